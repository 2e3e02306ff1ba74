"""The index of the window finds what was added, within its bounds, before and after it is merged."""

import numpy as np
import pytest

from storyfold.events import index
from storyfold.events.index import Index


def newest(of: Index, codes: list[int]) -> list[list[int]]:
    numbers, sizes = of.newest(codes)
    ends = np.cumsum(sizes).tolist()
    return [numbers[end - size : end].tolist() for size, end in zip(sizes, ends, strict=True)]


@pytest.mark.parametrize("rounds", [1, 70_000])
def test_it_finds_the_lowest_or_the_highest_numbers(rounds: int) -> None:
    """Each once, ascending, whether they lie in the arrays or came last."""
    found = Index(3)
    for number in (5, 1, 9, 7, 7):
        found.add([1, 2], number)
    for _ in range(rounds):
        found.add([3], 4)
    found.add([1], 8)
    assert [[1, 5, 7], [1, 5, 7], [4], []] == found.oldest([1, 2, 3, 99])
    assert [[7, 8, 9], [5, 7, 9], [4], []] == newest(found, [1, 2, 3, 99])


def test_many_at_once_are_found_like_others() -> None:
    """As at the start."""
    found = Index(2)
    found.extend(np.array([1, 1, 2], np.uint32), np.array([4, 3, 9], np.uint32))
    assert [[3, 4], [9]] == found.oldest([1, 2])
    assert [] == newest(found, [])


def test_numbers_that_are_gone_are_not_found() -> None:
    """Neither right away nor when they have been merged out, which makes room for others."""
    found = Index(2)
    found.add([1], 1)
    found.add([1], 2)
    found.drop(2)
    assert [[1]] == found.oldest([1])
    found.add(range(10, 10 + index._FRESH), 3)
    assert [[1], [3]] == found.oldest([1, 10])
    found.add([1], 3)
    assert [[1, 3]] == found.oldest([1])
