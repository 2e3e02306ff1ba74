"""Folding again: as the service does it, splits among it."""

from dataclasses import replace
from datetime import timedelta

from storyfold.app.refolding import Refolding
from storyfold.events.likeness import shipped_model
from storyfold.events.policy import FoldPolicy
from storyfold.events.window import Window
from storyfold.model.articles import Article, PlacedArticle, Placement, PlacementKind
from storyfold.model.commit import FoldedArticle
from storyfold.model.identity import EventId
from tests.fakes.events_press import START, article, features
from tests.fakes.two_quakes import OTHER_THIRD, quakes

THEN = EventId("then")
THIRD = (
    "Convoys with tents and water have reached Bundara, where an earthquake of magnitude 6.3 killed 12 people. "
    "The Bundara bridge lies in the harbour; Mayor Teresa Quill asked the capital Menorra for more rescuers."
)
FOURTH = (
    "Bundara buries its 12 dead after Wednesday's earthquake. Mayor Teresa Quill wants the Bundara bridge built anew "
    "before winter; survivors sleep in tents from Menorra near the harbour, as the tremor of magnitude 6.3 left ruins."
)


def placed(of: Article, minutes: int) -> FoldedArticle:
    """As a store holds it, in one event with all others."""
    return FoldedArticle(
        PlacedArticle(of, Placement(THEN, PlacementKind.REPORT, None, 1.0)),
        features(of),
        START + timedelta(minutes=minutes),
    )


def test_what_turns_out_to_be_two_is_split_again() -> None:
    """Glued by a careless model, two earthquakes are told apart when the event has doubled under the shipped one."""
    first, second, both, other, other_again = quakes()
    other_third = article("s3", "Sorvik colliery shut after quake", OTHER_THIRD, house="mine.example")
    third = article("b3", "Convoys reach Bundara after earthquake", THIRD, house="third.example")
    fourth = article("b4", "Bundara buries the dead of its earthquake", FOURTH, house="fourth.example")
    again = Refolding(Window(FoldPolicy(), replace(shipped_model(), join=-100.0)))
    for minutes, each in enumerate((first, other, both, second, other_again, other_third, third)):
        again.take(placed(each, minutes))
    assert 1 == len({member.now for member in again.members(lambda event_id: event_id)})
    again.window.model = shipped_model()
    again.take(placed(fourth, 8))
    members = {member.article_id: member.now for member in again.members(lambda event_id: event_id)}
    quake = {members[each.article_id] for each in (first, second, third, fourth)}
    mine = {members[each.article_id] for each in (other, other_again, other_third)}
    assert (1, 1) == (len(quake), len(mine))
    assert quake != mine


def test_what_has_left_the_window_is_let_go_of() -> None:
    """An article that comes weeks later stands alone, and nothing of the first is kept for splitting."""
    again = Refolding(Window(FoldPolicy()))
    first, second, *_ = quakes()
    again.take(placed(first, 0))
    again.take(placed(second, 60 * 24 * 30))
    assert 2 == len({member.now for member in again.members(lambda event_id: event_id)})
    assert 1 == again.window.size()
    assert {(PlacementKind.REPORT, PlacementKind.FIRST): 2} == again.kinds
