"""Values back from records: what `storyfold.wire.encode` wrote, read again.

Unknown fields are passed over, as consumers are promised. Decoding is for records of our own making: one that lacks a
field raises `Undecodable`, which names what was wrong.
"""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from storyfold.model.articles import (
    Article,
    ArticleChange,
    BodySource,
    Dated,
    DateSource,
    Evidence,
    EvidenceKind,
    PlacedArticle,
    Placement,
    PlacementKind,
    Quality,
    TextChange,
)
from storyfold.model.events import (
    Actor,
    ActorKind,
    Algorithm,
    Category,
    Change,
    ChangeKind,
    Counts,
    Event,
    EventArticle,
    EventStatus,
    FieldChange,
    Figure,
    Occurred,
    Place,
    Quote,
    Sentence,
    TimeResolution,
)
from storyfold.model.feeds import Publisher
from storyfold.model.identity import ArticleId, ChangeId, EntryId, EventId, FeedId, PublisherId

T = TypeVar("T")


class Undecodable(ValueError):
    """A value that is not JSON of the expected schema; the message says where."""


def decode_article(value: bytes) -> PlacedArticle:
    """Read a value of `news.articles`; a body that did not travel comes back empty.

    Raises:
        Undecodable: it is not one.
    """
    return _decoded(value, "news.articles", _placed)


def decode_event(value: bytes) -> Event:
    """Read a value of `news.events`.

    Raises:
        Undecodable: it is not one.
    """
    return _decoded(value, "news.events", _event)


def decode_change(value: bytes) -> Change:
    """Read a value of `news.event-changes`.

    Raises:
        Undecodable: it is not one.
    """
    return _decoded(value, "news.event-changes", _change)


def _decoded(value: bytes, what: str, build: Callable[[dict[str, Any]], T]) -> T:
    try:
        return build(json.loads(value))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Undecodable(f"not a value of {what}: {type(error).__name__}: {error}") from error


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _dated(value: dict[str, Any] | None) -> Dated | None:
    if value is None:
        return None
    return Dated(_moment(value["at"]), DateSource(value["source"]), value["clamped"])


def _publisher(value: dict[str, Any]) -> Publisher:
    return Publisher(PublisherId(value["id"]), value["name"], value["domain"], value["country"])


def _evidence(values: list[dict[str, Any]]) -> tuple[Evidence, ...]:
    return tuple(Evidence(EvidenceKind(each["kind"]), each["what"], each["weight"]) for each in values)


def _placed(value: dict[str, Any]) -> PlacedArticle:
    placement = value["placement"]
    article = Article(
        article_id=ArticleId(value["article_id"]),
        version=value["version"],
        change=ArticleChange(value["change"]),
        url=value["url"],
        canonical_url=value["canonical_url"],
        entry_id=EntryId(value["entry_id"]),
        feed_id=FeedId(value["feed"]),
        publisher=_publisher(value["publisher"]),
        headline=value["headline"],
        body=value["body"] or "",
        body_source=BodySource(value["body_source"]),
        quality=Quality(value["quality"]),
        language=value["language"],
        authors=tuple(value["authors"]),
        published_at=_dated(value["published_at"]),
        modified_at=_dated(value["modified_at"]),
        first_seen_at=_moment(value["first_seen_at"]),
        sections=tuple(value["sections"]),
        keywords=tuple(value["keywords"]),
        image=value["image"],
        is_accessible_for_free=value["is_accessible_for_free"],
        ai_opt_out=value["ai_opt_out"],
        wire=value["wire"],
        is_live_blog=value.get("is_live_blog", False),
        tags=tuple(value.get("tags", ())),
        diff=tuple(
            TextChange(each["field"], tuple(each["before"]), tuple(each["after"]), each["cut"])
            for each in value.get("diff", ())
        ),
    )
    return PlacedArticle(
        article,
        Placement(
            EventId(placement["event_id"]),
            PlacementKind(placement["kind"]),
            placement["of"],
            placement["score"],
            _evidence(placement["evidence"]),
        ),
    )


def _sentence(value: dict[str, Any]) -> Sentence:
    return Sentence(value["text"], ArticleId(value["article_id"]))


def _occurred(value: dict[str, Any] | None) -> Occurred | None:
    if value is None:
        return None
    return Occurred(
        _moment(value["from"]), _moment(value["to"]), TimeResolution(value["resolution"]), value["evidence"]
    )


def _category(value: dict[str, Any] | None) -> Category | None:
    return None if value is None else Category(value["code"], value["label"])


def _place(value: dict[str, Any]) -> Place:
    return Place(
        value["name"],
        value["country"],
        value["admin1"],
        value["lat"],
        value["lon"],
        value["geonames_id"],
        value["granularity"],
        value["confidence"],
    )


def _actor(value: dict[str, Any]) -> Actor:
    kind = value["kind"]
    return Actor(value["name"], None if kind is None else ActorKind(kind), value["mentions"])


def _listed(value: dict[str, Any]) -> EventArticle:
    return EventArticle(
        ArticleId(value["id"]),
        value["url"],
        value["headline"],
        PublisherId(value["publisher"]),
        _moment(value["published_at"]),
        PlacementKind(value["kind"]),
        value["score"],
    )


def _counts(value: dict[str, Any]) -> Counts:
    return Counts(
        value["articles"],
        value["reports"],
        value["duplicates"],
        value["publishers"],
        value["independent_publishers"],
    )


def _event(value: dict[str, Any]) -> Event:
    return Event(
        event_id=EventId(value["event_id"]),
        version=value["version"],
        status=EventStatus(value["status"]),
        merged_into=value["merged_into"],
        merged_from=tuple(value["merged_from"]),
        title=_sentence(value["title"]),
        summary=tuple(_sentence(each) for each in value["summary"]),
        category=_category(value["category"]),
        languages=tuple(value["languages"]),
        occurred=_occurred(value["occurred"]),
        places=tuple(_place(each) for each in value["places"]),
        actors=tuple(_actor(each) for each in value["actors"]),
        figures=tuple(
            Figure(each["value"], each["what"], ArticleId(each["article_id"]), _moment(each["at"]))
            for each in value["figures"]
        ),
        quotes=tuple(Quote(each["text"], each["speaker"], ArticleId(each["article_id"])) for each in value["quotes"]),
        cited_sources=tuple(value["cited_sources"]),
        counts=_counts(value["counts"]),
        first_published_at=_moment(value["first_published_at"]),
        last_published_at=_moment(value["last_published_at"]),
        articles=tuple(_listed(each) for each in value["articles"]),
        algorithm=Algorithm(value["algorithm"]["name"], value["algorithm"]["version"]),
    )


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _change(value: dict[str, Any]) -> Change:
    return Change(
        change_id=ChangeId(value["change_id"]),
        event_id=EventId(value["event_id"]),
        from_version=value["from_version"],
        to_version=value["to_version"],
        kind=ChangeKind(value["kind"]),
        article_id=value["article_id"],
        evidence=_evidence(value["evidence"]),
        diff=tuple(
            FieldChange(each["field"], _compact(each["before"]), _compact(each["after"])) for each in value["diff"]
        ),
        at=_moment(value["at"]),
    )
