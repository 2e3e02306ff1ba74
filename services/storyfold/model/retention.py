"""How long the store keeps what is no longer needed, and what a pruning took away."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

# A robots.txt that is not believed any more still serves so long while it cannot be had anew (RFC 9309, 2.4).
ROBOTS_STALE: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Retention:
    """Settings of pruning.

    Attributes:
        bodies: the text of an article placed longer ago than this is emptied; the rest of it stays.
        articles: an article placed longer ago than this is forgotten.
        entries: a ledger row that ended longer ago than this is forgotten, once its feed no longer lists it.
        events: a closed, merged or retracted event last reported on longer ago than this is forgotten.
        changes: a step of an event taken longer ago than this is no longer told by storyfold explain.
    """

    bodies: timedelta = timedelta(days=30)
    articles: timedelta = timedelta(days=365)
    entries: timedelta = timedelta(days=30)
    events: timedelta = timedelta(days=365)
    changes: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Pruned:
    """What one pruning took away.

    Attributes:
        bodies: articles whose text was emptied.
        articles: articles forgotten.
        entries: ledger rows forgotten; the tallies keep counting them.
        events: events forgotten.
        changes: steps of events forgotten.
        hosts: hosts whose wishes are over, and robots.txt files grown stale.
    """

    bodies: int = 0
    articles: int = 0
    entries: int = 0
    events: int = 0
    changes: int = 0
    hosts: int = 0
