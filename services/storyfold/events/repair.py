"""Splitting an event that turns out to be two.

Whether an event is one is looked at when it has grown to twice the reports of the last look, so that the cost an
article stays bounded. Its reports fall into two groups where the model says so clearly: alike within each, and apart
between them by a margin below the line at which an article would join. An article that tells of both happenings goes
with one of them and holds nothing together. What was split is merged again only when the mean between all reports
reaches `Model.merge`, which lies far above: it takes other reports, so nothing goes back and forth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from storyfold.events.likeness import Profile, log_odds, observe
from storyfold.events.window import Held, Window
from storyfold.model.articles import Evidence, EvidenceKind
from storyfold.model.identity import ArticleId, EventId

# Reports that are held against one another, spread evenly over the event's life.
_SAMPLE = 12
# How far below the line at which an article joins the groups must lie apart, and how far above it they hold together.
_MARGIN = 0.5
# A group of one is a report that was placed wrongly, or a round-up; taking it out alone would make events of noise.
_LEAST = 2
_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Rift:
    """Where an event falls in two.

    Attributes:
        event_id: which.
        leaving: the reports that tell of another happening than the first one does; their copies go with them.
        between: mean log odds between the two groups.
        within: the same within each, that of those who stay first.
    """

    event_id: EventId
    leaving: tuple[ArticleId, ...]
    between: float
    within: tuple[float, float]

    def evidence(self) -> tuple[Evidence, ...]:
        """What decided, in a person's words."""
        said = (
            ("mean log odds between the two groups of reports", self.between),
            ("mean log odds within the group that stays", self.within[0]),
            ("mean log odds within the group that leaves", self.within[1]),
        )
        return tuple(Evidence(EvidenceKind.SCORE, what, round(odds, 3)) for what, odds in said)


def rift(window: Window, held: Held) -> Rift | None:
    """Say where an event falls in two; None where it is one, or nobody can tell.

    Args:
        window: what is compared with; it is not changed.
        held: an event in it.
    """
    reports = held.reports
    if len(reports) < 2 * _LEAST:
        return None
    count = min(_SAMPLE, len(reports))
    sample = [reports[i * (len(reports) - 1) // (count - 1)] for i in range(count)]
    odds = _matrix(window, sample)
    stay, leave = _groups(odds)
    if min(len(stay), len(leave)) < _LEAST:
        return None
    between = _mean([odds[i][j] for i in stay for j in leave])
    within = tuple(_mean([odds[i][j] for i in group for j in group if i != j]) for group in (stay, leave))
    join = window.model.join
    if between > join - _MARGIN or min(within) < join + _MARGIN:
        return None
    left = {sample[place] for place in leave}
    profiles = [window.profile(sample[place]) for place in (*stay, *leave)]
    for each in reports[1:]:
        if each not in sample and _leaves(window, each, profiles, len(stay)):
            left.add(each)
    leaving = tuple(each for each in reports if each in left)
    return Rift(held.event_id, leaving, between, (within[0], within[1]))


def _matrix(window: Window, sample: Sequence[ArticleId]) -> list[list[float]]:
    """Log odds of each pair, the same both ways."""
    profiles = [window.profile(each) for each in sample]
    seen = [[log_odds(window.model, pair) for pair in observe(window.probe_again(each), profiles)] for each in sample]
    size = range(len(sample))
    return [[(seen[i][j] + seen[j][i]) / 2 for j in size] for i in size]


def _groups(odds: list[list[float]]) -> tuple[list[int], list[int]]:
    """Two groups around the pair that is least alike; the first report's comes first."""
    size = range(len(odds))
    _, one, other = min((odds[i][j], i, j) for i in size for j in size if i < j)
    first, second = [one], [other]
    for _ in range(_ROUNDS):
        nearer = [_nearness(odds[i], first, i) >= _nearness(odds[i], second, i) for i in size]
        groups = [i for i in size if nearer[i]], [i for i in size if not nearer[i]]
        if groups == (first, second) or not all(groups):
            break
        first, second = groups
    return (first, second) if 0 in first else (second, first)


def _nearness(row: list[float], group: list[int], own: int) -> float:
    """The mean to the others of a group; a group of oneself is as near as can be."""
    others = [row[i] for i in group if i != own]
    return _mean(others) if others else float("inf")


def _leaves(window: Window, article_id: ArticleId, profiles: Sequence[Profile], stay: int) -> bool:
    odds = [log_odds(window.model, seen) for seen in observe(window.probe_again(article_id), profiles)]
    return _mean(odds[stay:]) > _mean(odds[:stay])


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
