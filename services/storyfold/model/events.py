"""Events and their changes."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storyfold.model.articles import Evidence, PlacementKind
from storyfold.model.identity import ArticleId, ChangeId, EventId, PublisherId


class EventStatus(StrEnum):
    """Where an event stands in its life."""

    EMERGING = "emerging"  # one publisher
    OPEN = "open"
    CLOSED = "closed"
    MERGED = "merged"
    RETRACTED = "retracted"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many articles tell of an event, and how.

    Attributes:
        articles: all, `reports + duplicates`.
        reports: in their own words.
        duplicates: copies.
        publishers: distinct houses.
        independent_publishers: distinct voices: houses with at least one report in their own words, and agencies whose
            words others print; however many print an agency's texts, it counts once.
    """

    articles: int
    reports: int
    duplicates: int
    publishers: int
    independent_publishers: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence taken from an article."""

    text: str
    article_id: ArticleId


class TimeResolution(StrEnum):
    """How exactly the time of a happening is known."""

    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Occurred:
    """When it happened, as far as the reports tell.

    Attributes:
        start: earliest moment (`from` on the wire).
        end: latest moment (`to` on the wire).
        resolution: how exactly.
        evidence: the words or the date it was taken from.
    """

    start: datetime
    end: datetime
    resolution: TimeResolution
    evidence: str


class ActorKind(StrEnum):
    """What a name stands for."""

    PERSON = "person"
    ORGANISATION = "organisation"
    GROUP = "group"
    PLACE = "place"


@dataclass(frozen=True, slots=True)
class Actor:
    """A name in the reports; `kind` is None where nothing tells."""

    name: str
    kind: ActorKind | None
    mentions: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where it happened; None marks what is not known, `confidence` is 0 to 1."""

    name: str
    country: str | None
    admin1: str | None
    latitude: float | None
    longitude: float | None
    geonames_id: int | None
    granularity: str | None
    confidence: float


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as one article reported it: `what` is counted, `at` is the article's time."""

    value: float
    what: str
    article_id: ArticleId
    at: datetime


@dataclass(frozen=True, slots=True)
class Quote:
    """Words between quotation marks; `speaker` is None where the sentence does not say."""

    text: str
    speaker: str | None
    article_id: ArticleId


@dataclass(frozen=True, slots=True)
class Category:
    """IPTC Media Topics code (``medtop:...``) and label."""

    code: str
    label: str


@dataclass(frozen=True, slots=True)
class EventArticle:
    """An article in an event's list."""

    article_id: ArticleId
    url: str
    headline: str
    publisher_id: PublisherId
    published_at: datetime
    kind: PlacementKind
    score: float


@dataclass(frozen=True, slots=True)
class Algorithm:
    """Which folding made this."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Event:
    """A happening in the world, at one version: the value of `news.events`.

    Attributes:
        event_id: stable for life.
        version: from 1, without gaps.
        status: where it stands.
        merged_into: the event it became part of, for `merged`.
        merged_from: events that became part of it.
        title: a headline chosen from its articles.
        summary: sentences taken from its articles.
        category: None where undecided.
        languages: ISO 639-1 of its articles, most frequent first.
        occurred: None where nothing tells.
        places: where, most certain first.
        actors: who, most mentioned first.
        figures: numbers as reported, oldest first; never averaged.
        quotes: at most 20.
        cited_sources: agencies, broadcasters and papers that the reports rest on, most cited first.
        counts: how many tell of it.
        first_published_at: of its articles.
        last_published_at: of its articles.
        articles: the newest 50, newest first.
        algorithm: what made this.
    """

    event_id: EventId
    version: int
    status: EventStatus
    merged_into: EventId | None
    merged_from: tuple[EventId, ...]
    title: Sentence
    summary: tuple[Sentence, ...]
    category: Category | None
    languages: tuple[str, ...]
    occurred: Occurred | None
    places: tuple[Place, ...]
    actors: tuple[Actor, ...]
    figures: tuple[Figure, ...]
    quotes: tuple[Quote, ...]
    cited_sources: tuple[str, ...]
    counts: Counts
    first_published_at: datetime
    last_published_at: datetime
    articles: tuple[EventArticle, ...]
    algorithm: Algorithm


class ChangeKind(StrEnum):
    """What sort of step an event took."""

    OPENED = "opened"
    REPORT_ADDED = "report-added"
    DUPLICATE_ADDED = "duplicate-added"
    DESCRIBED = "described"
    CORRECTED = "corrected"
    MERGED = "merged"
    SPLIT = "split"
    CLOSED = "closed"
    REOPENED = "reopened"
    RETRACTED = "retracted"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after, both as JSON text."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """One step in an event's life: the value of `news.event-changes`.

    Attributes:
        change_id: from the event and `to_version`.
        event_id: which event.
        from_version: 0 for `opened`.
        to_version: `from_version + 1`.
        kind: what sort of step.
        article_id: the article that caused it; None for steps that time caused.
        evidence: what decided, strongest first.
        diff: fields that differ.
        at: when it was decided.
    """

    change_id: ChangeId
    event_id: EventId
    from_version: int
    to_version: int
    kind: ChangeKind
    article_id: ArticleId | None
    evidence: tuple[Evidence, ...]
    diff: tuple[FieldChange, ...]
    at: datetime
