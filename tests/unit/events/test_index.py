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


def test_what_is_merged_in_pieces_is_found_like_the_rest() -> None:
    """Entries before, between, behind and at the edges of the pieces; what is there twice is found once."""
    found, pieces = Index(3), 3 * index._PIECE
    codes = np.arange(1, pieces + 1, dtype=np.uint32)
    found.extend(codes, codes % 7)
    found.settle()
    edges = [1, index._PIECE, index._PIECE + 1, 2 * index._PIECE + 1, pieces]
    found.extend(
        np.array([*edges, *edges, 0, pieces + 1], np.uint32),
        np.array([code % 7 for code in edges] + [9] * 7, np.uint32),
    )
    assert [[code % 7, 9] for code in edges] == newest(found, edges)
    assert [[9], [9], [2]] == found.oldest([0, pieces + 1, 2])
    assert pieces + 7 == len(found._codes)
