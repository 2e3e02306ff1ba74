"""Curation: what a person decided against folding."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storyfold.model.identity import ArticleId, EventId


@dataclass(frozen=True, slots=True)
class MergeEvents:
    """Two events are one."""

    one: EventId
    other: EventId


@dataclass(frozen=True, slots=True)
class SplitEvent:
    """Some articles of an event tell of another happening; their copies go with them."""

    event_id: EventId
    articles: tuple[ArticleId, ...]


@dataclass(frozen=True, slots=True)
class RetractEvent:
    """It did not happen, or is nobody's business; it takes no more reports."""

    event_id: EventId


@dataclass(frozen=True, slots=True)
class RetractArticle:
    """An article is not to be relied on; its facts leave its event."""

    article_id: ArticleId


CurationOrder = MergeEvents | SplitEvent | RetractEvent | RetractArticle


class CurationState(StrEnum):
    """How far a curation has come."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Curation:
    """One decision of a person, as recorded.

    Attributes:
        number: from 1, in the order in which they were recorded and are carried out.
        order: what is to be done.
        by: who wants it, as they call themselves.
        reason: why, in their words; may be empty.
        at: when it was recorded.
        state: how far it has come.
        told: why it was refused; empty otherwise.
        opened: the event that a split opened, once it is done.
    """

    number: int
    order: CurationOrder
    by: str
    reason: str
    at: datetime
    state: CurationState = CurationState.WAITING
    told: str = ""
    opened: EventId | None = None
