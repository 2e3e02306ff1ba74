"""How two foldings of the same articles differ."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from storyfold.events.bcubed import Agreement, agreement
from storyfold.model.identity import ArticleId, EventId


@dataclass(frozen=True, slots=True)
class Member:
    """One article in both foldings.

    Attributes:
        article_id: which.
        then: its event as it was folded.
        now: its event as it is folded again.
    """

    article_id: ArticleId
    then: EventId
    now: EventId


@dataclass(frozen=True, slots=True)
class Difference:
    """Events that hang together because their articles lie otherwise now than then.

    Attributes:
        then: the events as they were, each with its articles in order, the largest first.
        now: the same articles as they are now.
        moved: articles that lie in another event now, when the events that share most are taken to be the same.
    """

    then: tuple[tuple[EventId, tuple[ArticleId, ...]], ...]
    now: tuple[tuple[EventId, tuple[ArticleId, ...]], ...]
    moved: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """How events differ.

    Attributes:
        articles: compared.
        then: events as they were.
        now: events as they are.
        same: events with exactly the same articles.
        merged: events of now that hold articles of more than one event of then.
        split: events of then whose articles lie in more than one event of now.
        agreement: B-cubed of now, with then as the truth.
        differences: the largest first.
    """

    articles: int
    then: int
    now: int
    same: int
    merged: int
    split: int
    agreement: Agreement
    differences: tuple[Difference, ...]


def compare(members: Sequence[Member]) -> Comparison:
    """Compare two foldings.

    Args:
        members: every article that stands in both, each once, in one order.
    """
    then: defaultdict[EventId, list[ArticleId]] = defaultdict(list)
    now: defaultdict[EventId, list[ArticleId]] = defaultdict(list)
    onward: defaultdict[EventId, Counter[EventId]] = defaultdict(Counter)
    back: defaultdict[EventId, set[EventId]] = defaultdict(set)
    for each in members:
        then[each.then].append(each.article_id)
        now[each.now].append(each.article_id)
        onward[each.then][each.now] += 1
        back[each.now].add(each.then)
    differences = [
        Difference(_listed(old, then), _listed(new, now), _moved(old, onward))
        for old, new in _knots(onward, back)
        if len(old) > 1 or len(new) > 1
    ]
    return Comparison(
        articles=len(members),
        then=len(then),
        now=len(now),
        same=sum(len(targets) == 1 and len(back[next(iter(targets))]) == 1 for targets in onward.values()),
        merged=sum(len(sources) > 1 for sources in back.values()),
        split=sum(len(targets) > 1 for targets in onward.values()),
        agreement=agreement([each.now for each in members], [each.then for each in members]),
        differences=tuple(sorted(differences, key=lambda each: (-each.moved, each.then[0][0]))),
    )


def _knots(
    onward: Mapping[EventId, Counter[EventId]], back: Mapping[EventId, set[EventId]]
) -> list[tuple[set[EventId], set[EventId]]]:
    """Events of then and now that share articles, directly or by way of others."""
    knots = []
    seen: set[EventId] = set()
    for start in onward:
        if start in seen:
            continue
        old, new, waiting = {start}, set[EventId](), [start]
        while waiting:
            for target in onward[waiting.pop()].keys() - new:
                new.add(target)
                fresh = back[target] - old
                old |= fresh
                waiting.extend(fresh)
        seen |= old
        knots.append((old, new))
    return knots


def _listed(
    ids: set[EventId], articles: Mapping[EventId, list[ArticleId]]
) -> tuple[tuple[EventId, tuple[ArticleId, ...]], ...]:
    ranked = sorted(ids, key=lambda event_id: (-len(articles[event_id]), event_id))
    return tuple((event_id, tuple(articles[event_id])) for event_id in ranked)


def _moved(old: set[EventId], onward: Mapping[EventId, Counter[EventId]]) -> int:
    cells = [(count, before, after) for before in old for after, count in onward[before].items()]
    left, right = set(old), {after for _, _, after in cells}
    moved = 0
    for count, before, after in sorted(cells, key=lambda cell: (-cell[0], cell[1], cell[2])):
        if before in left and after in right:
            left.remove(before)
            right.remove(after)
        else:
            moved += count
    return moved
