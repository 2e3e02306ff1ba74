"""How long events live, and how they end."""

from dataclasses import replace
from datetime import timedelta

import pytest

from storyfold.events.life import LIVING, Waiting, all_retracted, leave_behind, patience, retire, sweep
from storyfold.events.policy import FoldPolicy
from storyfold.events.revise import revise
from storyfold.events.window import Window
from storyfold.model.articles import ArticleChange, Evidence, EvidenceKind, PlacedArticle, PlacementKind
from storyfold.model.commit import EventHead
from storyfold.model.events import ChangeKind, Event, EventStatus
from storyfold.model.identity import EventId
from tests.fakes.events_press import QUAKE, START, article, features, place, quake, quake_again, trial

HOUR = timedelta(hours=1)
POLICY = FoldPolicy(window=240 * HOUR, quiet=10 * HOUR, longest_quiet=100 * HOUR)


def told(event: Event, *hours: float, kind: PlacementKind = PlacementKind.REPORT) -> Event:
    """An event with articles published at these hours."""
    (first, *_) = event.articles
    articles = [replace(first, published_at=START + hour * HOUR, kind=kind) for hour in hours]
    return replace(event, articles=tuple(articles))


@pytest.fixture
def window() -> Window:
    return Window(POLICY)


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ((0,), 10),
        ((0, 1, 2), 10),
        ((20, 0, 8), 24),
        ((0, 49, 50), 98),
        ((0, 51), 100),
        ((0, 24 * 365 * 50), 100),
    ],
)
def test_patience_is_twice_the_longest_gap_within_bounds(
    window: Window, hours: tuple[float, ...], expected: float
) -> None:
    """In whatever order the articles stand; a date in another age cannot keep an event open for ever."""
    event = place(window, quake()).events[-1]
    assert expected * HOUR == patience(told(event, *hours), POLICY)


def test_copies_have_no_rhythm_and_the_window_bounds_it(window: Window) -> None:
    """What nobody wrote anew says nothing of when the next report comes; what leaves the window must be closed."""
    event = place(window, quake()).events[-1]
    assert 10 * HOUR == patience(told(event, 0, 30, kind=PlacementKind.DUPLICATE), POLICY)
    assert 40 * HOUR == patience(told(event, 0, 30), replace(POLICY, window=40 * HOUR))


def test_an_event_closes_when_quiet_for_longer_than_its_rhythm(window: Window) -> None:
    """Named by the window after ten hours, it waits for its own sixty, and is closed once."""
    place(window, quake())
    again = quake_again()
    later = article("later", again.headline, again.body, house="late.example", published=START + 30 * HOUR)
    place(window, later, 30 * 3600)
    waiting = Waiting()
    assert () == sweep(window, START + 40 * HOUR, waiting)
    assert () == sweep(window, START + 89 * HOUR, waiting)
    (closing,) = sweep(window, START + 90 * HOUR, waiting)
    assert (EventStatus.CLOSED, ChangeKind.CLOSED) == (closing.event.status, closing.change.kind)
    assert "no report for 60 hours, its rhythm allows 60" == closing.change.evidence[0].what
    window.settle(closing)
    assert () == sweep(window, START + 200 * HOUR, waiting)


def test_a_report_while_waiting_puts_closing_off(window: Window) -> None:
    """The event waits anew from its last report; one that is closed by then is left alone."""
    place(window, quake())
    event = place(window, quake_again(), 3600).events[-1]
    waiting = Waiting()
    held = window.held(event.event_id)
    assert held is not None
    waiting.note(START + 20 * HOUR, held)
    third = article("third", "Bundara counts its dead", QUAKE[:300], house="third.example")
    place(window, third, 15 * 3600)
    assert () == sweep(window, START + 20 * HOUR, waiting)
    (closing,) = sweep(window, START + 25 * HOUR, waiting)
    waiting.note(START + 26 * HOUR, held)
    window.settle(closing)
    assert () == sweep(window, START + 26 * HOUR, waiting)


def test_an_event_that_was_merged_away_is_not_closed(window: Window) -> None:
    """Nor one that has left the window."""
    first, second = place(window, quake()).events[-1], place(window, trial(), 60).events[-1]
    waiting = Waiting()
    for event in (first, second):
        held = window.held(event.event_id)
        assert held is not None
        waiting.note(START + HOUR, held)
    lost = EventId("00000000-0000-7000-8000-000000000000")
    for event, into in ((first, lost), (second, first.event_id)):
        step = leave_behind(event, START)
        window.settle(replace(step, event=replace(event, status=EventStatus.MERGED, merged_into=into)))
    assert () == sweep(window, START + 2 * HOUR, waiting)


def test_a_closed_event_reopens_with_a_late_report(window: Window) -> None:
    """Versions go on without a gap, and it waits for its rhythm again."""
    place(window, quake())
    (closing,) = sweep(window, START + 11 * HOUR)
    window.settle(closing)
    late = place(window, quake_again(), 12 * 3600)
    assert [(2, 3, ChangeKind.REOPENED), (3, 4, ChangeKind.REPORT_ADDED)] == [
        (each.from_version, each.to_version, each.kind) for each in late.changes
    ]
    assert 1 == len(sweep(window, START + 30 * HOUR))


def test_what_time_left_behind_is_closed(window: Window) -> None:
    """Living events without an article in the window; those that merged ones lead to are heard of."""
    old, heard = place(window, trial()).events[-1], place(window, quake(), 60)
    home = heard.events[-1]
    merged = replace(home, event_id=EventId("m"), status=EventStatus.MERGED, merged_into=home.event_id)
    placement = replace(heard.folded.placed.placement, event_id=merged.event_id)
    folded = replace(heard.folded, placed=replace(heard.folded.placed, placement=placement))
    closed = replace(old, event_id=EventId("c"), status=EventStatus.CLOSED)
    filled = Window(FoldPolicy())
    filled.take_heads(EventHead(each.event_id, each.status, each.merged_into) for each in (old, home, merged, closed))
    filled.take_rows((folded,))
    assert (old.event_id,) == filled.let_go_of_empty()
    assert (None, None) == (filled.held(old.event_id), filled.held(closed.event_id))
    step = leave_behind(old, START)
    assert (old.event_id, EventStatus.CLOSED, 2) == (step.event.event_id, step.event.status, step.event.version)
    assert old.status in LIVING


def retracted(placed: PlacedArticle) -> PlacedArticle:
    return replace(placed, article=replace(placed.article, change=ArticleChange.RETRACTION))


def test_an_event_ends_with_its_last_report(window: Window) -> None:
    """Copies do not keep it up; a second time nothing happens; an event of copies alone is left alone."""
    one, copy = place(window, quake()), place(window, article("copy", "x", QUAKE, house="c.example"), 60)
    event = copy.events[-1]
    both = (one.folded.placed, copy.folded.placed)
    assert retire(event, both, START) is None
    step = retire(event, (retracted(both[0]), both[1]), START)
    assert step is not None
    assert (EventStatus.RETRACTED, ChangeKind.RETRACTED, 3) == (
        step.event.status,
        step.change.kind,
        step.event.version,
    )
    assert retire(step.event, (retracted(both[0]), both[1]), START) is None
    assert not all_retracted([both[1]])


def test_what_is_retracted_stays_so(window: Window) -> None:
    """A slip of the pen mended does not bring it back; new words do, unless a person retracted it."""
    placed = retracted(place(window, quake()).folded.placed)
    assert ArticleChange.RETRACTION is change_of(window, placed, "Earthquake kills 12 in coastal town of Bundara")
    assert ArticleChange.SUBSTANTIVE is change_of(window, placed, "Bundara: it happened after all")
    curated = (Evidence(EvidenceKind.CURATED, "retracted by desk", 1.0),)
    by_hand = replace(placed, placement=replace(placed.placement, evidence=curated))
    assert ArticleChange.RETRACTION is change_of(window, by_hand, "Bundara: it happened after all")


def change_of(window: Window, before: PlacedArticle, headline: str) -> ArticleChange:
    newer = replace(quake(), headline=headline)
    return revise(window, before, newer, features(newer), START).folded.placed.article.change
