"""JSON values of the records: the field names of docs/consuming.md and `schemas/`, each in one place.

What is not known is null; moments are RFC 3339 in UTC with a ``Z``. A change here is a change of the wire: it must be
backward compatible, or be a new version of the schema.
"""

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, assert_never

from storyfold.model.articles import Dated, Evidence, PlacedArticle, TextChange
from storyfold.model.events import Change, Event, EventArticle, Figure, Occurred, Place, Quote, Sentence
from storyfold.model.feeds import Publisher
from storyfold.model.records import Reject


class BodyTravel(StrEnum):
    """How much of an article's text leaves for Kafka; the operator's choice."""

    FULL = "full"
    EXCERPT = "excerpt"
    NONE = "none"


# An excerpt: about two paragraphs.
EXCERPT_CHARACTERS = 500
# A body longer than this is cut: Kafka takes no record above 1,048,588 bytes by default (message.max.bytes), and JSON
# may double a text that is full of quotation marks.
BODY_BYTES = 400_000


def moment(at: datetime) -> str:
    """An aware moment as RFC 3339 text in UTC."""
    return at.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def excerpt_of(head: str) -> str:
    """The beginning of a longer text, ended behind a word, with an ellipsis."""
    words, _, _ = head.rpartition(" ")
    return (words or head).rstrip() + "…"


def body_value(body: str, travel: BodyTravel) -> str | None:
    """The text that travels, or None where none does; a text beyond `BODY_BYTES` is cut whatever the choice."""
    match travel:
        case BodyTravel.NONE:
            return None
        case BodyTravel.EXCERPT:
            return body if len(body) <= EXCERPT_CHARACTERS else excerpt_of(body[:EXCERPT_CHARACTERS])
        case BodyTravel.FULL:
            encoded = body.encode("utf-8", "replace")
            return body if len(encoded) <= BODY_BYTES else excerpt_of(encoded[:BODY_BYTES].decode("utf-8", "ignore"))
        case _:  # pragma: no cover
            assert_never(travel)


def _dated(dated: Dated | None) -> dict[str, Any] | None:
    if dated is None:
        return None
    return {"at": moment(dated.at), "source": dated.source.value, "clamped": dated.clamped}


def _publisher(publisher: Publisher) -> dict[str, Any]:
    return {
        "id": publisher.publisher_id,
        "name": publisher.name,
        "domain": publisher.domain,
        "country": publisher.country,
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {"kind": evidence.kind.value, "what": evidence.what, "weight": evidence.weight}


def _text_change(change: TextChange, travel: BodyTravel) -> dict[str, Any]:
    """What changed; where bodies do not travel whole, neither do the sentences that changed in them."""
    hidden = change.field == "body" and travel is not BodyTravel.FULL
    return {
        "field": change.field,
        "before": [] if hidden else list(change.before),
        "after": [] if hidden else list(change.after),
        "cut": change.cut or hidden,
    }


def article_value(placed: PlacedArticle, travel: BodyTravel) -> dict[str, Any]:
    """The value of `news.articles`."""
    article, placement = placed.article, placed.placement
    return {
        "article_id": article.article_id,
        "version": article.version,
        "change": article.change.value,
        "url": article.url,
        "canonical_url": article.canonical_url,
        "entry_id": article.entry_id,
        "feed": article.feed_id,
        "publisher": _publisher(article.publisher),
        "headline": article.headline,
        "body": body_value(article.body, travel),
        "body_source": article.body_source.value,
        "quality": article.quality.value,
        "language": article.language,
        "authors": list(article.authors),
        "published_at": _dated(article.published_at),
        "modified_at": _dated(article.modified_at),
        "first_seen_at": moment(article.first_seen_at),
        "sections": list(article.sections),
        "keywords": list(article.keywords),
        "image": article.image,
        "is_accessible_for_free": article.is_accessible_for_free,
        "ai_opt_out": article.ai_opt_out,
        "wire": article.wire,
        "is_live_blog": article.is_live_blog,
        "tags": list(article.tags),
        "diff": [_text_change(each, travel) for each in article.diff],
        "placement": {
            "event_id": placement.event_id,
            "kind": placement.kind.value,
            "of": placement.of,
            "score": placement.score,
            "evidence": [_evidence(each) for each in placement.evidence],
        },
    }


def _sentence(sentence: Sentence) -> dict[str, Any]:
    return {"text": sentence.text, "article_id": sentence.article_id}


def _occurred(occurred: Occurred | None) -> dict[str, Any] | None:
    if occurred is None:
        return None
    return {
        "from": moment(occurred.start),
        "to": moment(occurred.end),
        "resolution": occurred.resolution.value,
        "evidence": occurred.evidence,
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "name": place.name,
        "country": place.country,
        "admin1": place.admin1,
        "lat": place.latitude,
        "lon": place.longitude,
        "geonames_id": place.geonames_id,
        "granularity": place.granularity,
        "confidence": place.confidence,
    }


def _figure(figure: Figure) -> dict[str, Any]:
    return {"value": figure.value, "what": figure.what, "article_id": figure.article_id, "at": moment(figure.at)}


def _quote(quote: Quote) -> dict[str, Any]:
    return {"text": quote.text, "speaker": quote.speaker, "article_id": quote.article_id}


def _listed(article: EventArticle) -> dict[str, Any]:
    return {
        "id": article.article_id,
        "url": article.url,
        "headline": article.headline,
        "publisher": article.publisher_id,
        "published_at": moment(article.published_at),
        "kind": article.kind.value,
        "score": article.score,
    }


def event_value(event: Event) -> dict[str, Any]:
    """The value of `news.events`."""
    counts, category = event.counts, event.category
    return {
        "event_id": event.event_id,
        "version": event.version,
        "status": event.status.value,
        "merged_into": event.merged_into,
        "merged_from": list(event.merged_from),
        "title": _sentence(event.title),
        "summary": [_sentence(each) for each in event.summary],
        "category": None if category is None else {"code": category.code, "label": category.label},
        "languages": list(event.languages),
        "occurred": _occurred(event.occurred),
        "places": [_place(each) for each in event.places],
        "actors": [
            {"name": each.name, "kind": None if each.kind is None else each.kind.value, "mentions": each.mentions}
            for each in event.actors
        ],
        "figures": [_figure(each) for each in event.figures],
        "quotes": [_quote(each) for each in event.quotes],
        "cited_sources": list(event.cited_sources),
        "counts": {
            "articles": counts.articles,
            "reports": counts.reports,
            "duplicates": counts.duplicates,
            "publishers": counts.publishers,
            "independent_publishers": counts.independent_publishers,
        },
        "first_published_at": moment(event.first_published_at),
        "last_published_at": moment(event.last_published_at),
        "articles": [_listed(each) for each in event.articles],
        "algorithm": {"name": event.algorithm.name, "version": event.algorithm.version},
    }


def change_value(change: Change) -> dict[str, Any]:
    """The value of `news.event-changes`."""
    return {
        "change_id": change.change_id,
        "event_id": change.event_id,
        "from_version": change.from_version,
        "to_version": change.to_version,
        "kind": change.kind.value,
        "article_id": change.article_id,
        "evidence": [_evidence(each) for each in change.evidence],
        "diff": [
            {"field": each.field, "before": json.loads(each.before), "after": json.loads(each.after)}
            for each in change.diff
        ],
        "at": moment(change.at),
    }


def reject_value(reject: Reject) -> dict[str, Any]:
    """The value of `news.rejects`."""
    ledger = reject.ledger
    entry, feed = ledger.entry, ledger.feed
    return {
        "entry_id": entry.entry_id,
        "revision": ledger.revision,
        "reason": reject.reason.value,
        "message": reject.message,
        "article_id": reject.article_id,
        "url": entry.url,
        "guid": entry.guid,
        "title": entry.title,
        "feed": feed.feed_id,
        "feed_url": feed.url,
        "publisher": _publisher(feed.publisher),
        "published_at": None if entry.published_at is None else moment(entry.published_at),
        "first_seen_at": moment(ledger.first_seen_at),
        "taken_up_at": moment(ledger.taken_up_at),
        "attempts": ledger.attempts,
        "at": moment(reject.at),
    }
