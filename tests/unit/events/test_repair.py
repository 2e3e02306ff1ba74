"""An event whose reports fall into two groups is split; what hangs together is left alone."""

from datetime import timedelta

import pytest

from storyfold.events.curation import Decided, Told, divide
from storyfold.events.fold import fold
from storyfold.events.policy import FoldPolicy
from storyfold.events.repair import rift
from storyfold.events.window import Window
from storyfold.model.articles import Article
from storyfold.model.commit import FoldedArticle
from storyfold.model.events import ChangeKind
from storyfold.model.identity import ArticleId
from tests.fakes.events_press import QUAKE, QUAKE_AGAIN, START, article, features
from tests.fakes.two_quakes import OTHER_AGAIN, glued, quakes


@pytest.fixture
def window() -> Window:
    return Window(FoldPolicy())


def ids(*articles: Article) -> tuple[ArticleId, ...]:
    return tuple(each.article_id for each in articles)


def test_two_quakes_that_a_round_up_glued_are_told_apart(window: Window) -> None:
    """The round-up goes with one of them and holds nothing together."""
    one, again, both, other, other_again = quakes()
    held, _ = glued(window, (one, again, both, other, other_again))
    found = rift(window, held)
    assert found is not None
    assert set(ids(other, other_again)) == set(found.leaving) - set(ids(both))
    assert found.between < min(found.within)
    assert 3 == len(found.evidence())


def test_a_split_is_two_events_with_versions_of_their_own(window: Window) -> None:
    """The new one from 1, the old one without a gap; what left is told there, and the window knows both."""
    one, again, _, other, other_again = quakes()
    held, articles = glued(window, (one, again, other, other_again))
    assert (held.event_id,) == window.take_grown()
    assert () == window.take_grown()
    found = rift(window, held)
    assert found is not None
    before = window.document(held.event_id)
    now = START + timedelta(hours=1)
    decided = divide(Told(before, articles), frozenset(found.leaving), found.evidence(), now)
    assert isinstance(decided, Decided)
    fresh, shrunk = decided.events
    assert [ChangeKind.SPLIT] * 2 == [each.kind for each in decided.changes]
    assert (1, before.version + 1) == (fresh.version, shrunk.version)
    moved = [
        FoldedArticle(each.placed, each.features, each.placed_at, window.packed_again(each))
        for each in decided.articles
    ]
    window.divide(moved, decided.events)
    stayed, left = window.held(shrunk.event_id), window.held(fresh.event_id)
    assert stayed is not None
    assert left is not None
    assert (list(ids(one, again)), list(ids(other, other_again))) == (stayed.reports, left.reports)
    late = article("s3", "Sorvik pass stays closed after quake", OTHER_AGAIN.replace("31 injured", "the"))
    assert fresh.event_id == fold(window, late, features(late), now).events[-1].event_id


def test_one_event_is_left_alone(window: Window) -> None:
    """However its reports are worded; and of three reports nobody can say that they are two events."""
    again = (QUAKE_AGAIN.replace("tents", f"{word} tents") for word in ("white", "army", "large"))
    same = tuple(article(f"b{i}", "Bundara after the earthquake", body) for i, body in enumerate((QUAKE, *again)))
    held, _ = glued(window, same)
    assert rift(window, held) is None
    few, _ = glued(Window(FoldPolicy()), quakes()[2:])
    assert rift(window, few) is None


def test_one_report_that_fits_nowhere_makes_no_event(window: Window) -> None:
    """A group of one is noise, not another happening."""
    one, again, _, other, _ = quakes()
    held, _ = glued(window, (one, again, article("b3", "Bundara mourns", QUAKE_AGAIN[::1] + " Flags fly low."), other))
    assert rift(window, held) is None


def test_a_chain_holds_together_or_falls_where_it_is_thinnest(window: Window) -> None:
    """Of many reports only some are held against one another; the others go where they are nearer."""
    one, again, _, other, other_again = quakes()
    first = [article(f"b{i}", one.headline, f"{one.body if i % 2 else again.body} Note {i}.") for i in range(8)]
    second = [
        article(f"s{i}", other.headline, f"{other.body if i % 2 else other_again.body} Note {i}.") for i in range(8)
    ]
    held, _ = glued(window, (*first, *second))
    found = rift(window, held)
    assert found is not None
    assert ids(*second) == found.leaving
