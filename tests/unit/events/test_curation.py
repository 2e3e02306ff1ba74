"""What a person's decision does to events."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from storyfold.events.curation import (
    Decided,
    Refused,
    Told,
    heeding,
    kept_apart,
    merge,
    retract_article,
    retract_event,
    split,
)
from storyfold.events.likeness import LIMIT, shipped_model
from storyfold.events.policy import FoldPolicy
from storyfold.events.steps import Folding
from storyfold.events.window import Window
from storyfold.model.articles import ArticleChange, Evidence, EvidenceKind, PlacementKind
from storyfold.model.curation import (
    Curation,
    CurationOrder,
    CurationState,
    MergeEvents,
    RetractArticle,
    RetractEvent,
    SplitEvent,
)
from storyfold.model.events import ChangeKind, EventStatus
from storyfold.model.identity import ArticleId, EventId
from tests.fakes.events_press import QUAKE, QUAKE_AGAIN, START, article, place, quake, quake_again, trial

LATER = START + timedelta(hours=1)
CURATED = (Evidence(EvidenceKind.CURATED, "merged by desk: same thing", 1.0),)


def curation(order: CurationOrder, number: int = 1, reason: str = "same thing") -> Curation:
    return Curation(number, order, "desk", reason, LATER)


MERGE = curation(MergeEvents(EventId("a"), EventId("b")))


def told(foldings: Sequence[Folding], event_id: EventId | None = None) -> Told:
    """An event as the store has it after these foldings."""
    wanted = event_id or foldings[0].events[-1].event_id
    event = [event for folding in foldings for event in folding.events if event.event_id == wanted][-1]
    folded = [each.folded for each in foldings if each.folded.placed.placement.event_id == wanted]
    return Told(event, tuple(folded))


@pytest.fixture
def window() -> Window:
    return Window(FoldPolicy())


@pytest.fixture
def quakes(window: Window) -> Told:
    """An event with a report, a copy of it, and another report."""
    copy = article("copy", "Quake hits Bundara", QUAKE, house="mirror.example")
    return told([place(window, quake()), place(window, copy, 60), place(window, quake_again(), 120)])


@pytest.fixture
def trials(window: Window, quakes: Told) -> Told:
    """Another event, opened later."""
    assert quakes.articles
    return told([place(window, trial(), 180)])


def decided(outcome: Decided | Refused) -> Decided:
    assert isinstance(outcome, Decided), outcome
    return outcome


def refusal(outcome: Decided | Refused) -> str:
    assert isinstance(outcome, Refused), outcome
    return outcome.why


def test_merging_ends_the_later_event(quakes: Told, trials: Told) -> None:
    """The earlier one takes its articles, counts and id in; the winner's step stands first, both say who and why."""
    done = decided(merge(trials, quakes, MERGE, LATER))
    winner, loser = done.events
    assert (quakes.event.event_id, quakes.event.version + 1) == (winner.event_id, winner.version)
    assert (EventStatus.MERGED, winner.event_id, 2) == (loser.status, loser.merged_into, loser.version)
    assert (4, 3, 1, 3) == (
        winner.counts.articles,
        winner.counts.reports,
        winner.counts.duplicates,
        winner.counts.publishers,
    )
    assert [(ChangeKind.MERGED, CURATED)] * 2 == [(each.kind, each.evidence) for each in done.changes]
    assert (trials.event.event_id,) == winner.merged_from
    assert () == done.articles


def test_merging_with_a_living_event_wakes_a_closed_one(quakes: Told, trials: Told) -> None:
    """Two closed ones stay closed."""
    closed = replace(quakes, event=replace(quakes.event, status=EventStatus.CLOSED))
    assert EventStatus.OPEN is decided(merge(closed, trials, MERGE, LATER)).events[0].status
    both = replace(trials, event=replace(trials.event, status=EventStatus.CLOSED))
    assert EventStatus.CLOSED is decided(merge(closed, both, MERGE, LATER)).events[0].status


def test_what_cannot_be_merged_is_refused(quakes: Told, trials: Told) -> None:
    """One event with itself, and anything with a retracted one."""
    assert "already" in refusal(merge(quakes, quakes, MERGE, LATER))
    gone = replace(trials, event=replace(trials.event, status=EventStatus.RETRACTED))
    assert "retracted" in refusal(merge(quakes, gone, MERGE, LATER))


def test_splitting_describes_both_parts_anew(quakes: Told) -> None:
    """Articles move with a version of their own; the counts and titles are those of the parts."""
    order = SplitEvent(quakes.event.event_id, (quake_again().article_id,))
    done = decided(split(quakes, order.articles, curation(order, reason=""), LATER))
    fresh, left = done.events
    (moved,) = done.articles
    assert fresh.event_id == done.opened == moved.placed.placement.event_id != left.event_id
    assert [(0, 1), (quakes.event.version, quakes.event.version + 1)] == [
        (each.from_version, each.to_version) for each in done.changes
    ]
    assert {ChangeKind.SPLIT} == {each.kind for each in done.changes}
    assert "split off by desk" == done.changes[0].evidence[0].what
    assert (1, 2) == (fresh.counts.articles, left.counts.articles)
    assert (EventStatus.EMERGING, EventStatus.OPEN) == (fresh.status, left.status)
    assert (quake_again().headline, quake().headline) == (fresh.title.text, left.title.text)
    assert (2, ArticleChange.COSMETIC, PlacementKind.FIRST) == (
        moved.placed.article.version,
        moved.placed.article.change,
        moved.placed.placement.kind,
    )
    assert EvidenceKind.CURATED is moved.placed.placement.evidence[0].kind
    assert quakes.articles[2].placed_at == moved.placed_at


def test_copies_go_with_what_they_copy(quakes: Told) -> None:
    """And stay copies of it; the event that is left takes another title when its own has gone."""
    done = decided(split(quakes, [quake().article_id], MERGE, LATER))
    assert [(PlacementKind.FIRST, None), (PlacementKind.DUPLICATE, quake().article_id)] == [
        (each.placed.placement.kind, each.placed.placement.of) for each in done.articles
    ]
    assert quake_again().headline == done.events[1].title.text
    assert EventStatus.EMERGING is done.events[1].status


def test_a_copy_that_leaves_its_original_is_a_report(quakes: Told, window: Window) -> None:
    """A person says that it is something of its own; what was retracted stays so, and adds no facts."""
    copy = quakes.articles[1]
    retracted = replace(copy.placed, article=replace(copy.placed.article, change=ArticleChange.RETRACTION))
    marked = replace(quakes, articles=(quakes.articles[0], replace(copy, placed=retracted), quakes.articles[2]))
    ids = [quake_again().article_id, copy.placed.article.article_id]
    done = decided(split(marked, ids, MERGE, LATER))
    assert [PlacementKind.FIRST, PlacementKind.REPORT] == [each.placed.placement.kind for each in done.articles]
    assert ArticleChange.RETRACTION is done.articles[0].placed.article.change
    assert copy.placed.article.article_id not in {each.article_id for each in done.events[0].summary}
    assert window.size() == 3


def test_what_cannot_be_split_is_refused(quakes: Told) -> None:
    """A stranger, everything, and a retracted event; a closed one gives two closed ones."""
    assert "does not belong" in refusal(split(quakes, [trial().article_id], MERGE, LATER))
    everything = [each.placed.article.article_id for each in quakes.articles]
    assert "without articles" in refusal(split(quakes, everything, MERGE, LATER))
    assert "without articles" in refusal(split(quakes, [], MERGE, LATER))
    gone = replace(quakes, event=replace(quakes.event, status=EventStatus.RETRACTED))
    assert "is retracted" in refusal(split(gone, [quake().article_id], MERGE, LATER))
    closed = replace(quakes, event=replace(quakes.event, status=EventStatus.CLOSED))
    parts = decided(split(closed, [quake().article_id], MERGE, LATER)).events
    assert {EventStatus.CLOSED} == {each.status for each in parts}


def test_a_retracted_event_ends(quakes: Told) -> None:
    """One step; a second time is refused."""
    done = decided(retract_event(quakes, curation(RetractEvent(quakes.event.event_id)), LATER))
    assert (EventStatus.RETRACTED, ChangeKind.RETRACTED) == (done.events[0].status, done.changes[0].kind)
    assert "already" in refusal(retract_event(replace(quakes, event=done.events[0]), MERGE, LATER))


def test_a_retracted_article_takes_its_facts_along(quakes: Told) -> None:
    """The event goes on while a report of it stands, and is retracted with the last one."""
    done = decided(retract_article(quakes, quake().article_id, MERGE, LATER))
    (event,) = done.events
    assert (ChangeKind.CORRECTED, EventStatus.OPEN) == (done.changes[0].kind, event.status)
    assert quake().article_id not in {each.article_id for each in event.summary}
    assert quake().article_id not in {each.article_id for each in event.quotes}
    assert (2, ArticleChange.RETRACTION) == (
        done.articles[0].placed.article.version,
        done.articles[0].placed.article.change,
    )
    after = Told(event, (*done.articles, *quakes.articles[1:]))
    last = decided(retract_article(after, quake_again().article_id, MERGE, LATER))
    assert (ChangeKind.RETRACTED, EventStatus.RETRACTED) == (last.changes[0].kind, last.events[0].status)
    ended = Told(last.events[0], (*done.articles, quakes.articles[1], *last.articles))
    copy = quakes.articles[1].placed.article.article_id
    assert () == decided(retract_article(ended, copy, MERGE, LATER)).events


def test_what_cannot_be_retracted_is_refused(quakes: Told) -> None:
    """A stranger, and what is retracted already."""
    assert "does not belong" in refusal(retract_article(quakes, ArticleId("x"), MERGE, LATER))
    done = decided(retract_article(quakes, quake().article_id, MERGE, LATER))
    again = replace(quakes, articles=(*done.articles, *quakes.articles[1:]))
    assert "already" in refusal(retract_article(again, quake().article_id, MERGE, LATER))


def test_what_was_split_is_kept_apart_until_a_person_merges_it() -> None:
    """Only what was carried out counts."""
    one, other = EventId("a"), EventId("b")
    done = replace(curation(SplitEvent(one, ())), state=CurationState.DONE, opened=other)
    assert frozenset({frozenset((one, other))}) == kept_apart([done])
    assert frozenset() == kept_apart([replace(done, state=CurationState.WAITING)])
    merged = replace(curation(MergeEvents(other, one)), state=CurationState.DONE)
    retracted = replace(curation(RetractArticle(ArticleId("x"))), state=CurationState.DONE)
    assert frozenset() == kept_apart([done, retracted, merged])


def merging(window: Window) -> Folding:
    """Two events opened under a strict model, and a third report that makes them one under a lax one."""
    window.model = replace(shipped_model(), join=LIMIT + 1)
    place(window, quake())
    place(window, quake_again(), 60)
    window.model = replace(shipped_model(), join=-LIMIT, merge=-LIMIT)
    third = article("third", "Bundara: toll stays at 12", QUAKE_AGAIN[:240] + QUAKE[60:200], house="c.example")
    return place(window, third, 120)


def test_folding_does_not_merge_what_a_person_split(window: Window) -> None:
    """The merge is taken out, the report stays, and versions have no gap; others merge as they did."""
    folding = merging(window)
    winner, loser = folding.events[-2:]

    def before(event_id: EventId) -> EventId:
        return winner.event_id if event_id == "older" else event_id

    apart = frozenset({frozenset((EventId("older"), loser.event_id))})
    heeded = heeding(folding, apart, before)
    assert [ChangeKind.REPORT_ADDED] == [each.kind for each in heeded.changes]
    assert folding.folded == heeded.folded
    assert (heeded.events[0].version,) == tuple(each.to_version for each in heeded.changes)
    others = frozenset({frozenset((EventId("x"), loser.event_id))})
    assert folding == heeding(folding, others, before)
    report = replace(folding, events=folding.events[:1], changes=folding.changes[:1])
    assert report == heeding(report, apart, before)
