"""What a person's decision does to events: pure, and each step a change with the evidence ``curated``.

An event that is cut in two is described anew from its articles, as if they had come in the order in which they were
placed; articles that move, or that are retracted, take a version of their own, so that their records tell of it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from storyfold.events.changes import change_of, diff, step
from storyfold.events.describe import joined, opened, united, without
from storyfold.events.life import LIVING, all_retracted, living_status
from storyfold.events.steps import Folding
from storyfold.events.tallies import Standing, tally_of, told_by
from storyfold.model.articles import ArticleChange, Evidence, EvidenceKind, PlacedArticle, PlacementKind
from storyfold.model.commit import FoldedArticle
from storyfold.model.curation import Curation, CurationState, MergeEvents, SplitEvent
from storyfold.model.events import Change, ChangeKind, Event, EventStatus
from storyfold.model.identity import ArticleId, EventId, event_id_of

Pair = frozenset[EventId]


@dataclass(frozen=True, slots=True)
class Told:
    """An event with all its articles, in the order they were placed."""

    event: Event
    articles: tuple[FoldedArticle, ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """What a curation does.

    Attributes:
        articles: at their new versions, where it moved or retracted some.
        events: at each new version, in the order of publication.
        changes: one for each of `events`.
        opened: the event that a split opened.
    """

    articles: tuple[FoldedArticle, ...]
    events: tuple[Event, ...]
    changes: tuple[Change, ...]
    opened: EventId | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a curation cannot be carried out, as a sentence for whoever wants it."""

    why: str


def merge(one: Told, other: Told, curation: Curation, now: datetime) -> Decided | Refused:
    """Make one event of two: the later id ends and resolves to the earlier one."""
    if one.event.event_id == other.event.event_id:
        return Refused(f"both are event {one.event.event_id} already")
    for told in (one, other):
        if told.event.status is EventStatus.RETRACTED:
            return Refused(f"event {told.event.event_id} is retracted and takes nothing in")
    winner, loser = sorted((one.event, other.event), key=lambda event: event.event_id)
    standing = Standing()
    for each in (*one.articles, *other.articles):
        _count(standing, each)
    evidence = _evidence("merged", curation)
    ended, ending = step(
        loser,
        replace(loser, status=EventStatus.MERGED, merged_into=winner.event_id),
        ChangeKind.MERGED,
        None,
        evidence,
        now=now,
    )
    whole = united(winner, loser, standing.tally())
    if {winner.status, loser.status} & LIVING:
        whole = replace(whole, status=living_status(whole))
    grown, growing = step(winner, whole, ChangeKind.MERGED, None, evidence, now=now)
    # The winner's record stands before the loser's, so that an id never leads nowhere.
    return Decided((), (grown, ended), (growing, ending))


def split(told: Told, articles: Sequence[ArticleId], curation: Curation, now: datetime) -> Decided | Refused:
    """Take articles, and the copies of them, out of an event into one of their own."""
    event = told.event
    if event.status is EventStatus.RETRACTED:
        return Refused(f"event {event.event_id} is retracted")
    ids = {each.placed.article.article_id for each in told.articles}
    strangers = [each for each in articles if each not in ids]
    if strangers:
        return Refused(f"article {strangers[0]} does not belong to event {event.event_id}")
    return divide(told, frozenset(articles), _evidence("split off", curation), now)


def divide(
    told: Told, wanted: frozenset[ArticleId], evidence: tuple[Evidence, ...], now: datetime
) -> Decided | Refused:
    """Make two events of one.

    Args:
        told: the event with all its articles.
        wanted: those that leave; the copies of them go with them.
        evidence: why.
        now: the moment of decision.
    """
    event = told.event
    gone = _with_copies(wanted, told.articles)
    staying = tuple(each for each in told.articles if each.placed.article.article_id not in gone)
    going = [each for each in told.articles if each.placed.article.article_id in gone]
    if not staying or not going:
        return Refused(f"event {event.event_id} would be left without articles: nothing is split off by that")
    new_id = event_id_of(going[0].placed.article.article_id, now)
    moved = tuple(_moved(each, new_id, first=i == 0, gone=gone, evidence=evidence) for i, each in enumerate(going))
    fresh = _status_like(event, _described(new_id, moved))
    rest = _described(event.event_id, staying)
    left = replace(
        _status_like(event, rest),
        version=event.version,
        merged_from=event.merged_from,
        title=rest.title if event.title.article_id in gone else event.title,
    )
    shrunk, shrinking = step(event, left, ChangeKind.SPLIT, None, evidence, now=now)
    opening = change_of(None, fresh, ChangeKind.SPLIT, None, evidence, now=now)
    return Decided(moved, (fresh, shrunk), (opening, shrinking), new_id)


def retract_event(told: Told, curation: Curation, now: datetime) -> Decided | Refused:
    """End an event: it takes no more reports."""
    event = told.event
    if event.status is EventStatus.RETRACTED:
        return Refused(f"event {event.event_id} is retracted already")
    ended, ending = step(
        event,
        replace(event, status=EventStatus.RETRACTED),
        ChangeKind.RETRACTED,
        None,
        _evidence("retracted", curation),
        now=now,
    )
    return Decided((), (ended,), (ending,))


def retract_article(told: Told, article_id: ArticleId, curation: Curation, now: datetime) -> Decided | Refused:
    """Take an article's facts out of its event, and end the event where no report of it is left standing."""
    found = next((each for each in told.articles if each.placed.article.article_id == article_id), None)
    if found is None:
        return Refused(f"article {article_id} does not belong to event {told.event.event_id}")
    if found.placed.article.change is ArticleChange.RETRACTION:
        return Refused(f"article {article_id} is retracted already")
    evidence = _evidence("retracted", curation)
    placed = found.placed
    article = replace(placed.article, version=placed.article.version + 1, change=ArticleChange.RETRACTION, diff=())
    placement = replace(placed.placement, evidence=(*evidence, *placed.placement.evidence))
    retracted = replace(found, placed=PlacedArticle(article, placement))
    event = told.event
    bare = without(event, article_id)
    others = (each.placed for each in told.articles if each is not found)
    kind = ChangeKind.CORRECTED
    if event.status is not EventStatus.RETRACTED and all_retracted((retracted.placed, *others)):
        kind, bare = ChangeKind.RETRACTED, replace(bare, status=EventStatus.RETRACTED)
    if not diff(event, bare):
        return Decided((retracted,), (), ())
    stepped, change = step(event, bare, kind, article_id, evidence, now=now)
    return Decided((retracted,), (stepped,), (change,))


def kept_apart(curations: Iterable[Curation]) -> frozenset[Pair]:
    """Pairs of events that a person split and nobody has merged since, by the ids they had then."""
    pairs: set[Pair] = set()
    for curation in curations:
        if curation.state is not CurationState.DONE:
            continue
        match curation.order:
            case SplitEvent(event_id=event_id) if curation.opened is not None:
                pairs.add(frozenset((event_id, curation.opened)))
            case MergeEvents(one=one, other=other):
                pairs.discard(frozenset((one, other)))
            case _:
                pass
    return frozenset(pairs)


def heeding(folding: Folding, apart: frozenset[Pair], resolve: Callable[[EventId], EventId]) -> Folding:
    """Take a merge back out of a folding where a person has split those events.

    Args:
        folding: as folding decided, not yet taken in.
        apart: see `kept_apart`.
        resolve: follows merges to the event that an id stands for, before this folding.

    Returns:
        The folding, without the steps of its merge where it may not be; what is left has no gaps between versions, as
        folding merges last.
    """
    ended = next((event for event in folding.events if event.status is EventStatus.MERGED), None)
    if ended is None or ended.merged_into is None:
        return folding
    both = frozenset((ended.event_id, ended.merged_into))
    if all(frozenset(map(resolve, pair)) != both for pair in apart):
        return folding
    steps = [
        (event, change)
        for event, change in zip(folding.events, folding.changes, strict=True)
        if change.kind is not ChangeKind.MERGED
    ]
    return replace(folding, events=tuple(event for event, _ in steps), changes=tuple(change for _, change in steps))


def _evidence(what: str, curation: Curation) -> tuple[Evidence, ...]:
    reason = f": {curation.reason}" if curation.reason else ""
    return (Evidence(EvidenceKind.CURATED, f"{what} by {curation.by}{reason}", 1.0),)


def _count(standing: Standing, folded: FoldedArticle) -> None:
    placed = folded.placed
    standing.add(told_by(placed.article, folded.features), placed.placement.kind)


def _with_copies(wanted: frozenset[ArticleId], articles: Sequence[FoldedArticle]) -> frozenset[ArticleId]:
    while True:
        copies = {each.placed.article.article_id for each in articles if each.placed.placement.of in wanted}
        if copies <= wanted:
            return wanted
        wanted |= copies


def _moved(
    folded: FoldedArticle,
    event_id: EventId,
    *,
    first: bool,
    gone: frozenset[ArticleId],
    evidence: tuple[Evidence, ...],
) -> FoldedArticle:
    placement = folded.placed.placement
    copy = placement.kind is PlacementKind.DUPLICATE and placement.of in gone and not first
    kind = PlacementKind.DUPLICATE if copy else PlacementKind.FIRST if first else PlacementKind.REPORT
    article = folded.placed.article
    # The text is the same: what a consumer learns is the new placement.
    change = article.change if article.change is ArticleChange.RETRACTION else ArticleChange.COSMETIC
    newer = replace(article, version=article.version + 1, change=change, diff=())
    placement = replace(
        placement,
        event_id=event_id,
        kind=kind,
        of=placement.of if copy else None,
        evidence=(*evidence, *placement.evidence),
    )
    return replace(folded, placed=PlacedArticle(newer, placement))


def _described(event_id: EventId, articles: Sequence[FoldedArticle]) -> Event:
    """An event as these articles tell it."""
    first = articles[0]
    placed = first.placed
    tally = tally_of(None, placed.article, placed.placement.kind, first.features)
    event = opened(event_id, placed.article, first.features, placed.placement, tally)
    standing = Standing()
    _count(standing, first)
    for each in articles[1:]:
        placed = each.placed
        tally = tally_of(standing, placed.article, placed.placement.kind, each.features)
        event = joined(event, placed.article, each.features, placed.placement, tally)
        _count(standing, each)
    for each in articles:
        if each.placed.article.change is ArticleChange.RETRACTION:
            event = without(event, each.placed.article.article_id)
    return event


def _status_like(whole: Event, part: Event) -> Event:
    """A part of a living event lives; a part of a closed one is closed."""
    return replace(part, status=living_status(part) if whole.status in LIVING else whole.status)
