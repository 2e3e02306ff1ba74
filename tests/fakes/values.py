"""Ready-made values for tests: each with sensible defaults, each field replaceable."""

from datetime import UTC, datetime
from typing import Any

from storyfold.model.articles import BodySource, Dated, DateSource, Quality
from storyfold.model.entries import Entry, LedgerEntry
from storyfold.model.features import Features
from storyfold.model.feeds import FeedSource, Publisher
from storyfold.model.fetching import FetchResponse
from storyfold.model.identity import EntryId, PublisherId, entry_id_of, feed_id_of
from storyfold.model.page import PageArticle

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def publisher(name: str = "Valley Courier", **fields: Any) -> Publisher:
    """A publisher."""
    domain = name.lower().replace(" ", "") + ".example"
    return Publisher(**{"publisher_id": PublisherId(domain), "name": name, "domain": domain, **fields})


def source(url: str = "http://courier.example/feed.xml", **fields: Any) -> FeedSource:
    """A registered feed."""
    return FeedSource(
        **{"feed_id": feed_id_of(url), "url": url, "publisher": publisher(), "title": "Valley Courier", **fields}
    )


def entry(key: str = "1", **fields: Any) -> Entry:
    """An entry of `source()`."""
    values: dict[str, Any] = {
        "entry_id": entry_id_of(source().feed_id, key),
        "guid": key,
        "url": f"http://courier.example/news/{key}",
        "title": f"Headline {key}",
        "summary": "",
        "content": "",
        "authors": (),
        "published_at": NOW,
        "updated_at": None,
        "date_clamped": False,
        "categories": (),
        "image": None,
        "language": None,
        "content_hash": f"hash-{key}",
    }
    return Entry(**{**values, **fields})


def ledger(key: str = "1", **fields: Any) -> LedgerEntry:
    """A ledger row of `entry(key)`; `entry` replaces the entry as a whole."""
    values: dict[str, Any] = {
        "entry": entry(key),
        "feed": source(),
        "revision": 1,
        "attempts": 0,
        "first_seen_at": NOW,
        "taken_up_at": NOW,
    }
    return LedgerEntry(**{**values, **fields})


def response(status: int = 200, body: bytes = b"", **headers: str) -> FetchResponse:
    """A response; keyword names are header names with `_` for `-`."""
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return FetchResponse("http://courier.example/news/1", status, named, body, (), NOW - NOW)


def page_article(**fields: Any) -> PageArticle:
    """What extraction found."""
    values: dict[str, Any] = {
        "canonical_url": "http://courier.example/news/1",
        "headline": "Bridge closed after flood",
        "body": "The bridge over the Arl was closed on Monday.\n\nEngineers will look at it.",
        "body_source": BodySource.PAGE,
        "quality": Quality.FULL,
        "language": "en",
        "authors": ("Ada Stone",),
        "published_at": Dated(NOW, DateSource.META),
        "modified_at": None,
        "sections": (),
        "keywords": (),
        "image": None,
        "is_accessible_for_free": None,
        "ai_opt_out": None,
        "wire": None,
    }
    return PageArticle(**{**values, **fields})


def entry_id(key: str = "1") -> EntryId:
    """The id of `entry(key)`."""
    return entry(key).entry_id


def no_features() -> Features:
    """Features that say nothing, for tests that fold nothing."""
    return Features("und", "", b"", 0, (), (), (), 0)
