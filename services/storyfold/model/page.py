"""What goes into and comes out of parsing and extraction."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storyfold.model.articles import BodySource, Dated, Quality
from storyfold.model.entries import Entry
from storyfold.model.feeds import FeedSource


@dataclass(frozen=True, slots=True)
class FeedHints:
    """What a feed document itself says about polling it.

    Attributes:
        ttl_seconds: RSS ttl, or sy:updatePeriod / sy:updateFrequency; None where silent.
        skip_hours: hours of the day in UTC without news.
        skip_days: days of the week without news, Monday is 0.
        hub: WebSub hub.
        self_url: what the feed calls itself.
        expired: whether it says that nothing will ever be added (JSON Feed 1.1).
    """

    ttl_seconds: int | None = None
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()
    hub: str | None = None
    self_url: str | None = None
    expired: bool = False


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed document, parsed.

    Attributes:
        title: of the feed; may be empty.
        site_url: of the site it belongs to.
        language: BCP 47, where stated.
        format: as feedparser names it (``rss20``, ``atom10``, ``json1``, ...).
        entries: in document order, each id once.
        hints: about polling.
        complaint: what was wrong with the document, where parsing went on all the same.
        further: URLs of documents that belong to it: the sitemaps of an index, or the next page of a JSON Feed.
        is_index: whether it is an index of sitemaps.
    """

    title: str
    site_url: str | None
    language: str | None
    format: str
    entries: tuple[Entry, ...]
    hints: FeedHints
    complaint: str | None = None
    further: tuple[str, ...] = ()
    is_index: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page for extraction, or, with an empty body, the feed's own text alone.

    Attributes:
        url: the one that answered.
        body: bytes as received, decompressed.
        content_type: the header, verbatim; None where missing.
        entry: the entry that led here.
        source: its feed.
        seen_at: the time of sight: dates behind it are clamped to it.
        headers: those of the response that state something of the article; names in lower case.
    """

    url: str
    body: bytes
    content_type: str | None
    entry: Entry
    source: FeedSource
    seen_at: datetime
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PageArticle:
    """What extraction found on a page; see `storyfold.model.articles.Article` for the fields."""

    canonical_url: str
    headline: str
    body: str
    body_source: BodySource
    quality: Quality
    language: str | None
    authors: tuple[str, ...]
    published_at: Dated | None
    modified_at: Dated | None
    sections: tuple[str, ...]
    keywords: tuple[str, ...]
    image: str | None
    is_accessible_for_free: bool | None
    ai_opt_out: bool | None
    wire: str | None
    is_live_blog: bool = False


class NoArticleReason(StrEnum):
    """Why a page holds no article."""

    NOT_HTML = "not-html"
    NO_TEXT = "no-text"


@dataclass(frozen=True, slots=True)
class NoArticle:
    """Neither the page nor the feed has an article's text."""

    reason: NoArticleReason
    message: str
