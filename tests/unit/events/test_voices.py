"""Whose words are whose: agencies, first publishers and houses."""

from dataclasses import replace

import pytest

from storyfold.events.packing import Source, pack, source_of
from storyfold.events.policy import FoldPolicy
from storyfold.events.voices import Voice, independent, is_house_of
from storyfold.events.window import Window
from storyfold.model.articles import Article, PlacementKind
from storyfold.model.identity import PublisherId
from tests.fakes.events_press import QUAKE, QUAKE_AGAIN, article, place


def house(name: str) -> PublisherId:
    return PublisherId(name)


@pytest.mark.parametrize(
    ("expected", "voices"),
    [
        (0, ()),
        (2, ((house("a.example"), None), (house("b.example"), None))),
        (1, ((house("a.example"), "Ostwire"), (house("b.example"), "OSTWIRE"))),
        (2, ((house("a.example"), "Ostwire"), (house("a.example"), None))),
        (1, ((house("ostwire.example"), None), (house("a.example"), "Ostwire"))),
        (2, ((house("europapress.es"), None), (house("a.example"), "Europa Press"), (house("b.example"), "EFE"))),
    ],
)
def test_an_agency_is_one_voice(expected: int, voices: tuple[Voice, ...]) -> None:
    """Houses count by their own words; an agency once, whether others print it or it is a house itself."""
    assert expected == independent(voices)


def test_an_agency_is_known_by_the_first_part_of_its_domain() -> None:
    """Case, spaces and strokes do not matter; a part of the name is not enough."""
    assert is_house_of(house("apa-mpe.gr"), "APA MPE")
    assert not is_house_of(house("apa.at"), "AP")


def test_the_agency_is_packed_behind_the_house() -> None:
    """Packing keeps both, and tells words of its own from an agency's."""
    for source in (Source(house("a.example"), "en", "Ostwire"), Source(house("a.example"), "en")):
        assert source == source_of(pack("00" * 16, b"", 0, source, None))


def wire(key: str, body: str, by: str, agency: str | None = "Ostwire") -> Article:
    return replace(article(key, f"Quake in Bundara: {key}", body, house=by), wire=agency)


def test_dispatches_of_one_agency_are_one_voice() -> None:
    """Two texts of one agency in two houses are two reports, and one voice."""
    window = Window(FoldPolicy())
    place(window, wire("one", QUAKE, "a.example"))
    (event,) = place(window, wire("two", QUAKE_AGAIN, "b.example"), 60).events
    assert (2, 2, 1) == (event.counts.reports, event.counts.publishers, event.counts.independent_publishers)


def test_a_copy_of_a_copy_goes_back_to_the_first_publisher() -> None:
    """The first of those that copy nobody, and its agency, stand in the evidence."""
    window = Window(FoldPolicy())
    first = wire("one", QUAKE, "a.example")
    place(window, first)
    place(window, wire("two", QUAKE.replace("Rescue workers", "Rescuers"), "b.example"), 60)
    again = wire("three", QUAKE.replace("Rescue workers", "Rescuers"), "c.example", None)
    placement = place(window, again, 120).folded.placed.placement
    assert (PlacementKind.DUPLICATE, first.article_id) == (placement.kind, placement.of)
    assert ["first published by a.example", "agency Ostwire"] == [each.what for each in placement.evidence[1:]]


def test_a_copy_goes_back_to_the_agency_itself() -> None:
    """Where the agency's own article came second, later copies are led to that."""
    window = Window(FoldPolicy())
    place(window, wire("one", QUAKE, "a.example"))
    own = wire("two", QUAKE.replace("Rescue workers", "Rescuers"), "ostwire.example")
    place(window, own, 60)
    later = wire("three", QUAKE.replace("dug through", "searched"), "c.example")
    assert own.article_id == place(window, later, 120).folded.placed.placement.of
