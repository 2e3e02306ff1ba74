"""Articles: text and facts taken from a page."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storyfold.model.feeds import Publisher
from storyfold.model.identity import ArticleId, EntryId, EventId, FeedId


class DateSource(StrEnum):
    """Where a date was read."""

    FEED = "feed"
    JSON_LD = "json-ld"
    META = "meta"
    URL = "url"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Dated:
    """A moment, where it was read, and whether it lay in the future and was clamped to the time of sight."""

    at: datetime
    source: DateSource
    clamped: bool = False


class BodySource(StrEnum):
    """Where a body was taken from."""

    PAGE = "page"
    JSON_LD = "json-ld"
    FEED = "feed"


class Quality(StrEnum):
    """How much of the article the body is."""

    FULL = "full"
    PARTIAL = "partial"
    SUMMARY_ONLY = "summary-only"


class ArticleChange(StrEnum):
    """What a version of an article changed."""

    NEW = "new"
    COSMETIC = "cosmetic"
    SUBSTANTIVE = "substantive"
    CORRECTION = "correction"
    RETRACTION = "retraction"


@dataclass(frozen=True, slots=True)
class TextChange:
    """What a version of an article changed in one field.

    Attributes:
        field: name of the field, as on the wire; ``page`` where the page itself is gone.
        before: what stood there and stands there no more: values, or for the body sentences.
        after: what stands there instead.
        cut: whether more was changed than is told here.
    """

    field: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Article:
    """The text and facts extracted from a page (or, failing that, from the feed).

    Attributes:
        article_id: from `canonical_url`.
        version: 1 when new.
        change: what this version changed.
        url: the page that answered.
        canonical_url: canonical form of what the page calls itself, where that is believed, else of `url`.
        entry_id: the entry that led here.
        feed_id: its feed.
        publisher: its house.
        headline: plain text.
        body: plain text, paragraphs separated by one empty line.
        body_source: where the body was taken from.
        quality: how much of the article it is.
        language: ISO 639-1, or None where undecided.
        authors: people's names.
        published_at: None where nothing says it.
        modified_at: likewise.
        first_seen_at: when polling first met the entry.
        sections: as the page or feed names them.
        keywords: likewise.
        image: absolute URL.
        is_accessible_for_free: as the page states; None where it is silent.
        ai_opt_out: whether page or response objects to AI use (noai, TDM reservation); None where it is silent.
        wire: the agency, where the article is wire copy.
        is_live_blog: whether it is a running account that is added to as things happen.
        tags: the words that the owner of the feeds file gave its feed.
        diff: what this version changed; empty for version 1.
    """

    article_id: ArticleId
    version: int
    change: ArticleChange
    url: str
    canonical_url: str
    entry_id: EntryId
    feed_id: FeedId
    publisher: Publisher
    headline: str
    body: str
    body_source: BodySource
    quality: Quality
    language: str | None
    authors: tuple[str, ...]
    published_at: Dated | None
    modified_at: Dated | None
    first_seen_at: datetime
    sections: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    image: str | None = None
    is_accessible_for_free: bool | None = None
    ai_opt_out: bool | None = None
    wire: str | None = None
    is_live_blog: bool = False
    tags: tuple[str, ...] = ()
    diff: tuple[TextChange, ...] = ()


class PlacementKind(StrEnum):
    """What folding decided an article to be."""

    FIRST = "first"  # opened an event
    REPORT = "report"  # tells of a known event in its own words
    DUPLICATE = "duplicate"  # a copy of another article


class EvidenceKind(StrEnum):
    """What sort of observation spoke for (or against) a placement."""

    CANONICAL_URL = "canonical-url"
    GUID = "guid"
    TEXT_HASH = "text-hash"
    SHINGLES = "shingles"
    TERM = "term"
    NAME = "name"
    PLACE = "place"
    NUMBER = "number"
    TIME = "time"
    HEADLINE = "headline"
    SCORE = "score"
    CURATED = "curated"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One observation behind a decision.

    Attributes:
        kind: what sort.
        what: the term, name, number or id itself, in a person's words.
        weight: its share in the score; negative where it spoke against.
    """

    kind: EvidenceKind
    what: str
    weight: float


@dataclass(frozen=True, slots=True)
class Placement:
    """What folding decided for one article.

    Attributes:
        event_id: the event it belongs to.
        kind: first, report or duplicate.
        of: the article it is a copy of, for a duplicate.
        score: 0 to 1: how sure.
        evidence: the strongest observations first.
    """

    event_id: EventId
    kind: PlacementKind
    of: ArticleId | None
    score: float
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class PlacedArticle:
    """An article with its placement: the value of `news.articles`."""

    article: Article
    placement: Placement
