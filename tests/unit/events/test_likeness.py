"""What two articles are observed to have in common, and what an event is taken to be by its reports."""

import pytest

from storyfold.events.features import features_of
from storyfold.events.likeness import KINDS, LIMIT, Probe, observe, of_event
from storyfold.events.policy import FoldPolicy
from storyfold.events.window import Window
from tests.fakes.events_press import QUAKE, QUAKE_AGAIN, START, TRIAL


@pytest.fixture
def window() -> Window:
    return Window(FoldPolicy())


def _probe(window: Window, headline: str, body: str) -> Probe:
    return window.probe(features_of(headline, body, "en"), START)


def _seen(one: Probe, other: Probe) -> dict[str, float]:
    (observed,) = observe(one, [other.profile])
    assert observed is not None
    return dict(zip(KINDS, observed, strict=True))


def test_event_is_what_most_of_its_reports_say() -> None:
    """One near report among many far ones does not carry an article over."""
    assert of_event([3.0, -3.0, -3.0, -3.0, -3.0]) < -1.0
    assert of_event([1.0, 1.0, 1.0]) == pytest.approx(1.0)


def test_nearest_reports_have_a_say() -> None:
    """Of two events with the same mean the one with the nearer reports is nearer."""
    assert of_event([0.0, 0.0, 0.0, 0.0]) < of_event([2.0, 2.0, -2.0, -2.0])


def test_event_without_reports_is_as_far_as_can_be() -> None:
    """Where nothing was compared nothing speaks for the event."""
    assert of_event([]) == -LIMIT


def test_share_of_names_is_the_larger_of_both(window: Window) -> None:
    """A short report all of whose names stand in a long one shares all its names, whichever comes first."""
    long = _probe(window, "Earthquake kills 12 in coastal town of Bundara", QUAKE)
    short = _probe(
        window, "Bundara mourns", "The harbour town of Bundara buried its dead after the tremor, rescuers wept."
    )
    assert _seen(long, short)["names"] == pytest.approx(_seen(short, long)["names"])
    assert _seen(long, short)["names"] == pytest.approx(1.0)


def test_text_without_names_says_nothing_of_names(window: Window) -> None:
    """Where one text names nobody, names count as between two usual reports of different events."""
    nameless = _probe(
        window, "earthquake kills twelve", "an earthquake killed twelve people and broke houses near the harbour"
    )
    assert _seen(_probe(window, "Earthquake kills 12", QUAKE), nameless)["names"] == pytest.approx(0.4)


def test_labels_tell_of_no_event(window: Window) -> None:
    """A page of which no more than a label was read is compared with nothing, from either side."""
    label, full = _probe(window, "Earthquake", ""), _probe(window, "Earthquake kills 12", QUAKE)
    assert observe(label, [full.profile]) == [None]
    assert observe(full, [label.profile]) == [None]


def test_unknown_dates_are_no_evidence(window: Window) -> None:
    """An article without a date is neither near nor far in time."""
    undated = window.probe(features_of("Bundara earthquake", QUAKE_AGAIN, "en"), None)
    assert _seen(undated, _probe(window, "Earthquake kills 12", QUAKE))["apart"] == 0.0


def test_short_texts_are_known_to_share_little(window: Window) -> None:
    """The shorter text's length is taken into account, up to 150 words."""
    one = _probe(window, "Earthquake kills 12", QUAKE)
    assert _seen(one, _probe(window, "Bundara earthquake", "Earthquake in Bundara kills twelve people."))["short"] > 0
    many = f"{QUAKE}\n{QUAKE_AGAIN}\n{TRIAL}"
    assert _seen(_probe(window, "Bundara", many), _probe(window, "Bundara now", many))["short"] == 0.0
