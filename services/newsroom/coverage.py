"""Who reports a happening, when and how: the assignments from which articles are written."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from newsroom.model import ArticleKind, Publisher
from newsroom.seeds import Random

# Shares of the happenings that are small, middling and big news, and the shares of publishers that tell
# of them.
_REACH = ((0.40, 0.02, 0.25), (0.75, 0.25, 0.6), (1.0, 0.6, 1.0))
# Hours after the happening at which the next-day figures and the settled ones are known.
_STAGE_HOURS = (6.0, 20.0)
_MOST_REPORTERS = 120


@dataclass(frozen=True, slots=True)
class Assignment:
    """One article that somebody will write.

    Attributes:
        stage: Which facts and figures are known by then.
        words: Wanted length.
    """

    publisher: Publisher
    kind: ArticleKind
    at: datetime
    stage: int
    words: int


def assign(
    happened: datetime, end: datetime, pace: float, houses: tuple[Publisher, ...], rng: Random
) -> tuple[Assignment, ...]:
    """Return who writes what about one happening, by time, nothing at or after `end`.

    Args:
        happened: When it happened.
        end: When the plan ends.
        pace: 1 for a plan of three days; less compresses the life of the happening.
        houses: All publishers.
        rng: Decides.
    """
    reporters = rng.sample(houses, _reach(len(houses), rng))
    wire = rng.random() < 0.6 and len(reporters) > 1
    big = len(reporters) > 0.5 * len(houses)
    assignments: list[Assignment] = []
    for publisher in reporters:
        delay = min(rng.lognormvariate(-0.2, 1.1), 30.0)
        if publisher.agency:
            delay = rng.uniform(0.05, 0.3)
        kind = _kind(publisher, rng, wire=wire)
        if kind in {ArticleKind.WIRE_COPY, ArticleKind.LIGHT_EDIT, ArticleKind.MIRROR}:
            delay += 0.5
        hours = [(delay, kind)]
        if rng.random() < (0.5 if big else 0.3):
            later = delay + rng.uniform(6, 30)
            again = rng.random() < 0.25 and wire and not publisher.agency
            hours.append((later, ArticleKind.WIRE_COPY if again else ArticleKind.FOLLOW_UP))
        if rng.random() < 0.04:
            hours.append((delay + rng.uniform(1, 5), ArticleKind.CORRECTION))
        if rng.random() < 0.05:
            hours.append((delay + rng.uniform(3, 40), ArticleKind.BACKGROUND))
        for after, what in hours:
            at = happened + timedelta(hours=after * pace)
            assignments.append(Assignment(publisher, what, at, _stage(after), _words(rng)))
    kept = [a for a in assignments if a.at < end]
    return tuple(sorted(kept, key=lambda a: (a.at, a.publisher.id)))


def _reach(count: int, rng: Random) -> int:
    draw = rng.random()
    low, high = next((low, high) for upto, low, high in _REACH if draw < upto)
    return min(max(1, round(count * rng.uniform(low, high))), count, _MOST_REPORTERS)


def _kind(publisher: Publisher, rng: Random, *, wire: bool) -> ArticleKind:
    draw = rng.random()
    if publisher.agency or draw > 0.46:
        return ArticleKind.REWRITE
    if wire and draw < 0.3:
        return ArticleKind.WIRE_COPY
    if draw < 0.38:
        return ArticleKind.REWRITE
    return ArticleKind.LIGHT_EDIT if draw < 0.43 else ArticleKind.MIRROR


def _stage(hours: float) -> int:
    return sum(hours >= limit for limit in _STAGE_HOURS)


def _words(rng: Random) -> int:
    return int(min(700, max(75, rng.lognormvariate(4.95, 0.6))))
