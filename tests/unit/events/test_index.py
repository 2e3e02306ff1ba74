"""The index of the window finds what was added, within its bounds, before and after it is merged."""

import pytest

from storyfold.events import index
from storyfold.events.index import Index


@pytest.mark.parametrize("rounds", [1, 70_000])
def test_it_finds_the_lowest_or_the_highest_numbers(rounds: int) -> None:
    """Each once, ascending, whether they lie in the arrays or came last."""
    lowest, highest = Index(3, newest=False), Index(3, newest=True)
    for each in (lowest, highest):
        for number in (5, 1, 9, 7, 7):
            each.add([1, 2], number)
        for _ in range(rounds):
            each.add([3], 4)
        each.add([1], 8)
    assert [[1, 5, 7], [1, 5, 7], [4], []] == lowest.find([1, 2, 3, 99])
    assert [[7, 8, 9], [5, 7, 9], [4], []] == highest.find([1, 2, 3, 99])


def test_numbers_that_are_gone_are_not_found() -> None:
    """Neither right away nor when they have been merged out, which makes room for others."""
    found = Index(2, newest=True)
    found.add([1], 1)
    found.add([1], 2)
    found.drop(2)
    assert [[1]] == found.find([1])
    found.add(range(10, 10 + index._FRESH), 3)
    assert [[1], [3]] == found.find([1, 10])
    found.add([1], 3)
    assert [[1, 3]] == found.find([1])
