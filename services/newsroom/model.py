"""The values of the simulated press: publishers, happenings, articles and the plan that holds them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

PublisherId = NewType("PublisherId", str)
HappeningId = NewType("HappeningId", str)
ArticleId = NewType("ArticleId", str)


class FeedFormat(StrEnum):
    """The format of a publisher's feed."""

    RSS20 = "rss-2.0"
    RSS10 = "rss-1.0"
    ATOM = "atom"
    JSON = "json-feed"


class Layout(StrEnum):
    """How a publisher's article pages are built."""

    ARTICLE = "article"
    SOUP = "soup"
    TABLE = "table"
    AMP = "amp"
    MICRODATA = "microdata"
    JSONLD = "json-ld"
    BLOCKS = "blocks"


class Habit(StrEnum):
    """Something that a publisher gets wrong all the time."""

    NO_ZONE_DATES = "no-zone-dates"
    FUTURE_DATES = "future-dates"
    MISSING_DATES = "missing-dates"
    ABSURD_DATES = "absurd-dates"
    REUSED_GUID = "reused-guid"
    CHANGING_GUID = "changing-guid"
    MISSING_GUID = "missing-guid"
    WRONG_CHARSET = "wrong-charset"
    BARE_AMPERSANDS = "bare-ampersands"
    TRACKING_LINKS = "tracking-links"
    MARKUP_IN_TITLES = "markup-in-titles"
    NO_VALIDATORS = "no-validators"


class HabitLevel(StrEnum):
    """How many publishers have bad habits."""

    NONE = "none"
    SOME = "some"
    ALL = "all"


class ArticleKind(StrEnum):
    """What an article is to the happening that it is about."""

    FIRST = "first"
    REWRITE = "rewrite"
    WIRE_COPY = "wire-copy"
    LIGHT_EDIT = "light-edit"
    FOLLOW_UP = "follow-up"
    CORRECTION = "correction"
    BACKGROUND = "background"
    MIRROR = "mirror"
    ROUND_UP = "round-up"


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who never lived."""

    given: str
    surname: str

    @property
    def name(self) -> str:
        """Given name and surname."""
        return f"{self.given} {self.surname}"


@dataclass(frozen=True, slots=True)
class Role:
    """A person in a part: the mayor of this happening, the president of this country."""

    slot: str
    person: Person


@dataclass(frozen=True, slots=True)
class Country:
    """An invented country with the people who hold its offices.

    Attributes:
        zone: Offset of its local time from UTC.
        roles: Office holders, who appear in every happening of the country.
    """

    name: str
    adjective: str
    capital: str
    currency: str
    zone: timedelta
    regions: tuple[str, ...]
    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of a happening as it is known at each stage: early, next day, settled."""

    slot: str
    amounts: tuple[float, float, float]
    decimals: int


@dataclass(frozen=True, slots=True)
class Detail:
    """A named thing of a happening that does not change: a ship, a company, a charge."""

    slot: str
    text: str


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened at one place in one span of time: the truth behind an event.

    Attributes:
        kind: Name of the bank that tells of it, such as `earthquake`.
        at: When it happened, UTC.
        figures: Its numbers and how they develop.
    """

    id: HappeningId
    kind: str
    country: Country
    region: str
    place: str
    nearby: str
    at: datetime
    roles: tuple[Role, ...]
    figures: tuple[Figure, ...]
    details: tuple[Detail, ...]


@dataclass(frozen=True, slots=True)
class Publisher:
    """A house on loopback with one feed.

    Attributes:
        id: Looks like a domain; never resolved.
        house: Sister publishers share it; otherwise the publisher's own id.
        full_text: The feed carries whole bodies.
        footer: The same words under every article, or the empty string.
        spells_numbers: Small numbers are written as words.
        url_style: Which of the URL patterns its articles have.
        staff: The journalists who sign its articles.
        agency: Short name of the news agency that it is, if it is one.
    """

    id: PublisherId
    name: str
    country: str
    house: str
    zone: timedelta
    format: FeedFormat
    layout: Layout
    full_text: bool
    habits: tuple[Habit, ...]
    footer: str
    spells_numbers: bool
    url_style: int
    staff: tuple[str, ...]
    agency: str | None

    def has(self, habit: Habit) -> bool:
        """Tell whether the publisher has this bad habit."""
        return habit in self.habits


@dataclass(frozen=True, slots=True)
class Version:
    """What stands at an article's URL from `at` on."""

    at: datetime
    headline: str
    summary: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Article:
    """An article as planned, with the truth about it.

    Attributes:
        path: Path and query below the publisher's address.
        guid: The identity that an honest feed would give it.
        happening: What it tells of; None where it is a story of its own (background, round-up).
        topic: The happening that a background piece took as its occasion.
        copy_of: The article whose words it carries; never itself a copy.
        agency: The news agency credited, where it is wire copy.
        versions: At least one, by time; the first is the article as published.
    """

    id: ArticleId
    publisher: PublisherId
    path: str
    guid: str
    kind: ArticleKind
    happening: HappeningId | None
    topic: HappeningId | None
    copy_of: ArticleId | None
    agency: str | None
    dateline: str | None
    authors: tuple[str, ...]
    sources: tuple[str, ...]
    versions: tuple[Version, ...]

    @property
    def published(self) -> datetime:
        """When it first appeared."""
        return self.versions[0].at

    @property
    def story(self) -> str:
        """The label for scoring: its happening, or itself where it is a story of its own."""
        return self.happening if self.happening is not None else f"own-{self.id}"

    def at(self, now: datetime) -> Version:
        """Return the version that stands at `now`; the first one if it is not yet published."""
        shown = self.versions[0]
        for version in self.versions[1:]:
            if version.at <= now:
                shown = version
        return shown


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that the simulated press will publish, by time."""

    seed: int
    start: datetime
    span: timedelta
    publishers: tuple[Publisher, ...]
    happenings: tuple[Happening, ...]
    articles: tuple[Article, ...]
