"""The window as the store gives it back: packed, in parts, with odd ones among them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from storyfold.events.packing import found_by
from storyfold.events.policy import FoldPolicy
from storyfold.events.steps import Folding
from storyfold.events.window import SAMPLE, Window
from storyfold.model.articles import PlacementKind
from storyfold.model.commit import EventHead, WindowRow
from storyfold.model.events import EventStatus
from storyfold.model.identity import ArticleId, EventId
from tests.fakes.events_press import QUAKE, START, article, features, place, quake, quake_again, trial
from tests.fakes.two_quakes import OTHER, OTHER_AGAIN, glued


@pytest.fixture
def window() -> Window:
    return Window(FoldPolicy())


def row_of(folding: Folding) -> WindowRow:
    """What the store keeps of an article."""
    folded = folding.folded
    placement = folded.placed.placement
    key = folded.placed.article.article_id
    return WindowRow(key, placement.event_id, placement.kind, 1, folded.placed_at, folded.packed)


def test_copies_short_texts_and_whole_articles_stand_among_the_rows(window: Window) -> None:
    """All decide as before; an article of an event that is not there is passed over."""
    copy = article("copy", "Quake hits Bundara", QUAKE, house="mirror.example")
    short = article("short", "Flood in Tarn", "Tarn is flooded.", house="short.example")
    empty = article("empty", "", "", house="empty.example")
    foldings = [place(window, each, i * 60) for i, each in enumerate((quake(), copy, short, empty, trial()))]
    rows = [row_of(each) for each in foldings]
    assert PlacementKind.DUPLICATE is rows[1].kind
    assert (b"", b"") == found_by(rows[1].packed, 8)[1:]
    stray = replace(rows[2], event_id=EventId("elsewhere"), article_id=article("stray", "", "").article_id)
    filled = Window(FoldPolicy(), documents=10)
    filled.take_heads(EventHead(each.events[-1].event_id, EventStatus.OPEN, None) for each in foldings)
    filled.take_rows((*rows[:2], replace(foldings[2].folded, packed=b""), stray, *rows[3:]))
    assert (window.size(), ()) == (filled.size(), filled.let_go_of_empty())
    for each in foldings:
        filled.recall(window.document(each.folded.placed.placement.event_id))
    again = article("copy2", "Quake", QUAKE, house="third.example")
    assert [place(window, each, 600) for each in (again, quake_again())] == [
        place(filled, each, 600) for each in (again, quake_again())
    ]


def test_a_later_merge_is_known_from_the_heads(window: Window) -> None:
    """Articles of an event that was merged count with the one it became part of."""
    one, other = place(window, quake()), place(window, trial(), 60)
    filled = Window(FoldPolicy(), documents=10)
    into = one.events[-1].event_id
    filled.take_heads(
        (EventHead(into, EventStatus.OPEN, None), EventHead(other.events[-1].event_id, EventStatus.MERGED, into))
    )
    filled.take_rows(map(row_of, (one, other)))
    held = filled.held(other.events[-1].event_id)
    assert held is not None
    assert (into, 2) == (held.event_id, len(held.reports))


def test_a_big_event_is_sampled_evenly(window: Window) -> None:
    """The first report and the last are always among them."""
    bodies = (OTHER, OTHER_AGAIN)
    held, _ = glued(window, tuple(article(f"s{i}", f"Sorvik {i}", f"{bodies[i % 2]} {i}") for i in range(25)))
    sample = held.sample()
    assert SAMPLE == len(set(sample))
    assert (held.reports[0], held.reports[-1]) == (sample[0], sample[-1])


def test_what_is_packed_anew_is_what_was_packed(window: Window) -> None:
    """An article that the window does not know is packed from its features; one it knows stays as it is."""
    folding = place(window, quake())
    assert folding.folded.packed == window.packed_again(folding.folded)
    stranger = trial()
    unknown = replace(
        folding.folded, placed=replace(folding.folded.placed, article=stranger), features=features(stranger)
    )
    assert window.packed_again(unknown) == window.pack(
        stranger, features(stranger), PlacementKind.FIRST, folding.events[-1].event_id
    )


def test_what_has_left_is_not_missed(window: Window) -> None:
    """An event that is lost after some of its articles have left, and one that nobody holds."""
    event = place(window, quake()).events[-1]
    window.expire(START + timedelta(days=15))
    window.lose(event.event_id)
    window.lose(EventId("nobody"))
    assert (0, ()) == (window.size(), window.let_go_of_empty())


def test_the_reports_compared_with_are_those_that_the_event_has_now(window: Window) -> None:
    """What was laid out for comparing is laid out again when a report came."""
    first = place(window, quake())
    held = window.held(first.events[-1].event_id)
    assert held is not None
    before = window.sampled(held)
    assert before is window.sampled(held)
    place(window, quake_again(), 60)
    assert (1, 2) == (len(before.profiles), len(window.sampled(held).profiles))


def test_more_events_than_are_kept_laid_out_are_compared_with_all_the_same(window: Window) -> None:
    """What was let go of is made again."""
    row = row_of(place(window, quake()))
    names = [EventId(f"event {number}") for number in range(8_200)]
    filled = Window(FoldPolicy(), documents=10)
    filled.take_heads(EventHead(name, EventStatus.OPEN, None) for name in names)
    filled.take_rows(replace(row, event_id=name, article_id=ArticleId(name)) for name in names)
    samples = []
    for name in (*names, names[0]):
        held = filled.held(name)
        assert held is not None
        samples.append(filled.sampled(held))
    assert samples[0] == samples[-1]
    assert samples[0] is not samples[-1]


def test_no_more_candidates_than_are_asked_for_are_found() -> None:
    """The one that shares most."""
    prices = article("other", "Quake of prices in Bundara", "Shares fell. Brokers in Bundara were calm all day.")
    foldings = [place(Window(FoldPolicy()), each) for each in (quake(), prices)]
    filled = Window(FoldPolicy(), documents=10)
    filled.take_heads(EventHead(each.events[-1].event_id, EventStatus.OPEN, None) for each in foldings)
    filled.take_rows(map(row_of, foldings))
    probe = filled.probe(features(quake_again()), None)
    assert [each.events[-1].event_id for each in foldings] == [each.event_id for each in filled.candidates(probe, 2)]
    assert [foldings[0].events[-1].event_id] == [each.event_id for each in filled.candidates(probe, 1)]
