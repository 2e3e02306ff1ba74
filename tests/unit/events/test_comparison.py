"""How two foldings of the same articles differ."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyfold.events.comparison import Difference, Member, compare
from storyfold.model.identity import ArticleId, EventId


def members(then: str, now: str) -> list[Member]:
    """Articles 0, 1, 2 … with a letter each for their events."""
    pairs = enumerate(zip(then, now, strict=True))
    return [Member(ArticleId(str(i)), EventId(one), EventId(other)) for i, (one, other) in pairs]


def test_the_same_events_under_other_names_are_the_same() -> None:
    """Ids do not matter, articles do."""
    found = compare(members("aabbc", "xxyyz"))
    assert (5, 3, 3, 3, 0, 0) == (found.articles, found.then, found.now, found.same, found.merged, found.split)
    assert 1.0 == found.agreement.f1
    assert () == found.differences


def test_what_was_merged_and_split_hangs_together() -> None:
    """Event a lost an article to b's, c fell apart; the largest difference comes first."""
    found = compare(members("aaabbccccdd", "aabbbxxyzdd"))
    assert (1, 1, 2) == (found.same, found.merged, found.split)
    assert [2, 1] == [each.moved for each in found.differences]
    assert (
        Difference(
            then=((EventId("a"), ("0", "1", "2")), (EventId("b"), ("3", "4"))),
            now=((EventId("b"), ("2", "3", "4")), (EventId("a"), ("0", "1"))),
            moved=1,
        )
        == (found.differences[1])
    )
    assert found.agreement.f1 < 1


def test_nothing_to_compare() -> None:
    """No articles, no differences."""
    assert (0, 0, ()) == (compare([]).articles, compare([]).same, compare([]).differences)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("vwxyz")), max_size=12))
def test_what_is_not_the_same_is_told(pairs: list[tuple[str, str]]) -> None:
    """Every event is the same or part of one difference, and the measure is 1 only where all are the same."""
    found = compare(members("".join(one for one, _ in pairs), "".join(other for _, other in pairs)))
    assert found.then == found.same + sum(len(each.then) for each in found.differences)
    assert found.now == found.same + sum(len(each.now) for each in found.differences)
    assert (found.agreement.f1 == pytest.approx(1.0)) == (not found.differences)
    assert all(0 < each.moved for each in found.differences)
