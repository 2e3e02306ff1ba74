"""Records as they stand on Kafka: CloudEvents 1.0 over the Kafka binding in binary mode, JSON values.

The same decision gives the same bytes: ids, times and field order come from the values alone. `ce_id` is unique for
ever within one `ce_source`, so a consumer that remembers ids can drop any repeat.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never

from storyfold.model.articles import PlacedArticle
from storyfold.model.events import Change, ChangeKind, Event
from storyfold.model.records import Record, Reject, Topic
from storyfold.wire.values import BodyTravel, article_value, change_value, event_value, moment, reject_value

CONTENT_TYPE = "application/json"
SPEC_VERSION = "1.0"
# The version of every schema in `schemas/`; a change that is not backward compatible makes a v2 beside it.
SCHEMA_VERSION = "v1"


def event_step(kind: ChangeKind | None) -> str:
    """The word in `ce_type` for the step that led to an event's version.

    Args:
        kind: of the change; None where the current state is told again to a broker that had lost it.
    """
    match kind:
        case None:
            return "restated"
        case ChangeKind.REPORT_ADDED | ChangeKind.DUPLICATE_ADDED | ChangeKind.DESCRIBED:
            return "updated"
        case (
            ChangeKind.OPENED
            | ChangeKind.CORRECTED
            | ChangeKind.MERGED
            | ChangeKind.SPLIT
            | ChangeKind.CLOSED
            | ChangeKind.REOPENED
            | ChangeKind.RETRACTED
        ):
            return kind.value
        case _:  # pragma: no cover
            assert_never(kind)


def type_of(subject: str, step: str) -> str:
    """A CloudEvents type, such as ``news.storyfold.event.updated.v1``."""
    return f"news.storyfold.{subject}.{step}.{SCHEMA_VERSION}"


def dump(value: dict[str, Any]) -> bytes:
    """Compact JSON in UTF-8.

    Halves of surrogate pairs, which broken pages contain and UTF-8 cannot carry, become ``?``.

    Raises:
        ValueError: a number in it is not finite.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class _Envelope:
    """What differs between the CloudEvents attributes of two records."""

    ce_id: str
    ce_type: str
    at: datetime
    subject: str


@dataclass(frozen=True, slots=True)
class Encoder:
    """Makes records.

    Attributes:
        body: how much of an article's text travels.
        source: `ce_source`: a URI reference that names this installation; two that publish to the same topics need
            two names.
    """

    body: BodyTravel = BodyTravel.FULL
    source: str = "storyfold"

    def article(self, placed: PlacedArticle, origin_at: datetime | None = None) -> Record:
        """An article version with its placement.

        Args:
            placed: what to tell.
            origin_at: when polling met the entry or revision that led to it; by default when it was first seen.
        """
        article = placed.article
        envelope = _Envelope(
            f"{article.article_id}:{article.version}",
            type_of("article", article.change.value),
            article.first_seen_at,
            article.article_id,
        )
        published = None if article.published_at is None else article.published_at.at
        return Record(
            Topic.ARTICLES,
            article.article_id,
            self._headers(envelope),
            dump(article_value(placed, self.body)),
            origin_at or article.first_seen_at,
            published,
        )

    def event(
        self, event: Event, kind: ChangeKind | None, origin_at: datetime, published_at: datetime | None = None
    ) -> Record:
        """A whole event at one version.

        Args:
            event: what to tell.
            kind: of the change that led to this version; None where current state is told again.
            origin_at: when polling met the entry that led to it, or when time did; becomes `ce_time`.
            published_at: of the article that led to it, where there is one.
        """
        envelope = _Envelope(
            f"{event.event_id}:{event.version}", type_of("event", event_step(kind)), origin_at, event.event_id
        )
        value = dump(event_value(event))
        return Record(Topic.EVENTS, event.event_id, self._headers(envelope), value, origin_at, published_at)

    def change(self, change: Change, origin_at: datetime, published_at: datetime | None = None) -> Record:
        """One step in an event's life.

        Args:
            change: what to tell.
            origin_at: when polling met the entry that led to it, or when time did.
            published_at: of the article that led to it, where there is one.
        """
        envelope = _Envelope(change.change_id, type_of("event-change", change.kind.value), change.at, change.event_id)
        value = dump(change_value(change))
        return Record(Topic.CHANGES, change.event_id, self._headers(envelope), value, origin_at, published_at)

    def reject(self, reject: Reject) -> Record:
        """An entry that gave no article."""
        ledger = reject.ledger
        entry = ledger.entry
        envelope = _Envelope(
            f"{entry.entry_id}:{ledger.revision}", type_of("entry", "rejected"), reject.at, entry.entry_id
        )
        value = dump(reject_value(reject))
        return Record(
            Topic.REJECTS, entry.entry_id, self._headers(envelope), value, ledger.taken_up_at, entry.published_at
        )

    def _headers(self, envelope: _Envelope) -> tuple[tuple[str, str], ...]:
        return (
            ("ce_specversion", SPEC_VERSION),
            ("ce_id", envelope.ce_id),
            ("ce_source", self.source),
            ("ce_type", envelope.ce_type),
            ("ce_time", moment(envelope.at)),
            ("ce_subject", envelope.subject),
            ("content-type", CONTENT_TYPE),
        )
