"""Composes a plan: the whole output of the simulated press as a function of a seed and a few sizes."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from newsroom.agenda import happenings
from newsroom.coverage import assign
from newsroom.houses import publishers as make_publishers
from newsroom.model import Article, ArticleId, ArticleKind, HabitLevel, Happening, Plan
from newsroom.roundups import round_ups
from newsroom.seeds import stream
from newsroom.story import Story, Told
from newsroom.text.world import lands
from newsroom.urls import address

_REMEMBERED = timedelta(days=3)
_REMEMBERED_COUNT = 12
_THREE_DAYS = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class Size:
    """How much is published.

    Attributes:
        publishers: At least 1.
        happenings: At least 1.
        habits: How many publishers have bad habits.
        round_ups: Some publishers print lists of the day's happenings.
    """

    publishers: int
    happenings: int
    habits: HabitLevel = HabitLevel.SOME
    round_ups: bool = False


def compose(seed: int, size: Size, start: datetime, span: timedelta) -> Plan:
    """Compose the plan of a seed; the same arguments give the same plan on any machine.

    Args:
        seed: Decides everything.
        size: How much.
        start: First moment of the plan, aware.
        span: Every article and version lies in [start, start + span).

    Raises:
        ValueError: A size below 1, a span that is not positive, or a start without a zone.
    """
    if size.publishers < 1 or size.happenings < 1:
        raise ValueError(f"a plan needs at least one publisher and one happening: {size}")
    if span <= timedelta(0) or start.tzinfo is None:
        raise ValueError(f"a plan needs a positive span and a start with a zone: {start} + {span}")
    world = lands(seed)
    houses = make_publishers(seed, size.publishers, size.habits, world)
    events = happenings(seed, size.happenings, start, span, world)
    told: list[Told] = []
    for event in events:
        story = Story(event, _around(event, events), start + span, stream(seed, "story", event.id))
        pace = min(1.0, span / _THREE_DAYS)
        assignments = assign(event.at, start + span, pace, houses, stream(seed, "coverage", event.id))
        told.extend(story.tell(assignments, houses))
    if size.round_ups:
        told.extend(round_ups(tuple(told), houses, stream(seed, "round-ups")))
    return Plan(seed, start, span, houses, events, _numbered(told))


def retime(plan: Plan, start: datetime, per_second: float) -> Plan:
    """Return the plan with its articles spread evenly from `start` on, for measuring throughput.

    Later versions keep their place among the articles. The words of the articles do not change.
    """
    step = timedelta(seconds=1 / per_second)
    stretch = step * len(plan.articles) / plan.span
    articles = []
    for index, article in enumerate(plan.articles):
        first = start + step * index
        versions = tuple(replace(v, at=first + (v.at - article.published) * stretch) for v in article.versions)
        articles.append(replace(article, versions=versions))
    return replace(plan, start=start, span=step * len(articles), articles=tuple(articles))


def _around(event: Happening, events: tuple[Happening, ...]) -> tuple[Happening, ...]:
    """Return happenings of about the same time that a reporter may think of: of the same country or kind."""
    return tuple(
        other
        for other in events
        if other.id != event.id
        and other.at <= event.at
        and event.at - other.at < _REMEMBERED
        and (other.country.name == event.country.name or other.kind == event.kind)
    )[-_REMEMBERED_COUNT:]


def _numbered(told: list[Told]) -> tuple[Article, ...]:
    """Put the articles in order of time and give them their ids, guids and addresses."""
    ordered = sorted(told, key=lambda item: (item.versions[0].at, item.publisher.id, item.local))
    names = {item.local: ArticleId(f"a{index:06}") for index, item in enumerate(ordered)}
    return tuple(_article(names, item, index) for index, item in enumerate(ordered))


def _article(names: dict[str, ArticleId], item: Told, index: int) -> Article:
    name = names[item.local]
    path, guid = address(item.publisher, item.versions[0], index)
    own_story = item.kind in {ArticleKind.BACKGROUND, ArticleKind.ROUND_UP}
    return Article(
        id=name,
        publisher=item.publisher.id,
        path=path,
        guid=guid,
        kind=item.kind,
        happening=None if own_story else item.happening,
        topic=item.happening if own_story else None,
        copy_of=None if item.copy_of is None else names[item.copy_of],
        agency=item.agency,
        dateline=item.dateline,
        authors=item.authors,
        sources=item.sources,
        versions=item.versions,
    )
