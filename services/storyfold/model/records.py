"""Records: what leaves for Kafka, and the outbox that holds them until they are there."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storyfold.model.entries import LedgerEntry, RejectReason
from storyfold.model.identity import ArticleId


class Topic(StrEnum):
    """The public topics, without the configured prefix."""

    ARTICLES = "news.articles"
    EVENTS = "news.events"
    CHANGES = "news.event-changes"
    REJECTS = "news.rejects"


@dataclass(frozen=True, slots=True)
class Reject:
    """An entry that gave no article of its own: the value of `news.rejects`.

    Attributes:
        ledger: the entry and how it was tried.
        reason: why, from the closed list.
        message: a sentence for people: what happened, to what.
        article_id: the article that was there before, for `SAME_ARTICLE`; else None.
        at: when it was decided.
    """

    ledger: LedgerEntry
    reason: RejectReason
    message: str
    article_id: ArticleId | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """A message as it will stand on Kafka.

    Attributes:
        topic: logical name; the prefix is added by the publisher.
        key: UTF-8 text of the id that orders it.
        headers: CloudEvents attributes, in order.
        value: JSON, UTF-8.
        origin_at: when polling first met what led to it; for latency metrics.
        published_at: of the article that led to it, where there is one.
    """

    topic: Topic
    key: str
    headers: tuple[tuple[str, str], ...]
    value: bytes
    origin_at: datetime
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A record with its place in the order of publication, from 1."""

    sequence: int
    record: Record
