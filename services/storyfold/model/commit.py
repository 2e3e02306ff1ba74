"""What a stage decided, as one value that the store applies in one transaction."""

from dataclasses import dataclass, field
from datetime import datetime

from storyfold.model.articles import PlacedArticle
from storyfold.model.entries import LedgerEntry, PutOff, RejectReason, Settled
from storyfold.model.events import Event
from storyfold.model.features import Features
from storyfold.model.feeds import PollState
from storyfold.model.identity import FeedId
from storyfold.model.records import Record


@dataclass(frozen=True, slots=True)
class PolledFeed:
    """A feed whose poll ended: its new memory; the lease on it ends with the commit."""

    feed_id: FeedId
    state: PollState
    at: datetime


@dataclass(frozen=True, slots=True)
class TakenUp:
    """A ledger row that begins: a new entry, or a new revision of a known one.

    Attributes:
        ledger: the row.
        known_as: set where it ends in the same breath (an old entry of a feed polled for the first time).
    """

    ledger: LedgerEntry
    known_as: RejectReason | None = None


@dataclass(frozen=True, slots=True)
class FoldedArticle:
    """An article version with its placement and the features that folding keeps."""

    placed: PlacedArticle
    features: Features
    placed_at: datetime


@dataclass(frozen=True, slots=True)
class Commit:
    """Everything one step decided. Applied whole or not at all.

    Attributes:
        polled: feeds whose poll ended.
        taken_up: ledger rows that begin. A row that exists at this revision or a later one is left alone.
        settled: ledger rows that end.
        put_off: ledger rows that are due again later.
        articles: article versions, placed.
        events: events at their new version; the highest version is kept.
        outbox: records to be published, in this order.
        holder: who has the rows in `taken_up` in hand from the start; None for nobody.
        held_until: when that lease runs out.
    """

    polled: tuple[PolledFeed, ...] = ()
    taken_up: tuple[TakenUp, ...] = ()
    settled: tuple[Settled, ...] = ()
    put_off: tuple[PutOff, ...] = ()
    articles: tuple[FoldedArticle, ...] = ()
    events: tuple[Event, ...] = ()
    outbox: tuple[Record, ...] = ()
    holder: str | None = None
    held_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class FeedSync:
    """What registering a list of feeds changed.

    Attributes:
        added: feeds that are new, or back.
        removed: feeds that left the list; their memory is kept, they are not polled.
    """

    added: tuple[FeedId, ...]
    removed: tuple[FeedId, ...]


@dataclass(frozen=True, slots=True)
class WindowState:
    """The part of the store that folding keeps in memory: articles in the order they were placed, and their events."""

    articles: tuple[FoldedArticle, ...] = ()
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class LedgerCounts:
    """The ledger equation: `taken_up == done + rejected + waiting`, each counted on its own.

    `taken_up`, `done` and `rejected` are tallies added to in the commits that caused them (they survive pruning);
    `waiting` counts the rows that are pending or due for retry. `by_reason` splits `rejected`.
    """

    taken_up: int = 0
    done: int = 0
    rejected: int = 0
    pending: int = 0
    retry: int = 0
    by_reason: tuple[tuple[RejectReason, int], ...] = field(default=())

    @property
    def waiting(self) -> int:
        """Rows that have not ended."""
        return self.pending + self.retry

    @property
    def balanced(self) -> bool:
        """Whether the equation holds."""
        return self.taken_up == self.done + self.rejected + self.waiting
