"""Codes that lead to numbers, by the million, in few bytes each.

Sorted arrays hold what has been there for a while, a dictionary what came last; now and then the one is merged into the
other (a log-structured merge tree of two levels, O'Neil et al. 1996).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Entries that wait for being merged: merging a million takes some 20 ms, and is shared by so many.
_FRESH = 65_536
# Numbers that are gone are passed over when read; so many times what is asked for is looked through.
_BEYOND = 4
# Entries of the arrays that are merged at once: a few megabytes while they are.
_PIECE = 262_144
_HALF = np.uint64(32)


class Index:
    """Codes (uint32), each with the numbers (uint32) that were added under it."""

    def __init__(self, most: int) -> None:
        """Make an empty index, in which at most so many numbers are found under one code."""
        self._most = most
        self._codes: NDArray[np.uint32] = np.empty(0, np.uint32)
        self._numbers: NDArray[np.uint32] = np.empty(0, np.uint32)
        self._fresh: dict[int, list[int]] = {}
        self._count = 0
        self._gone: set[int] = set()
        self._many: list[NDArray[np.uint64]] = []

    def add(self, codes: Sequence[int], number: int) -> None:
        """Let some codes lead to a number as well."""
        fresh = self._fresh
        for code in codes:
            numbers = fresh.get(code)
            if numbers is None:
                fresh[code] = [number]
            elif number not in numbers[-self._most :]:
                numbers.append(number)
        self._count += len(codes)
        if self._count > _FRESH:
            self._merge()

    def extend(self, codes: NDArray[np.uint32], numbers: NDArray[np.uint32]) -> None:
        """Let each code lead to the number beside it; for many, of which none is asked for meanwhile."""
        self._many.append(_keys(codes, numbers))

    def drop(self, number: int) -> None:
        """Let nothing lead to a number any more."""
        self._gone.add(number)

    def oldest(self, codes: Sequence[int]) -> list[list[int]]:
        """The lowest numbers under each of some codes, ascending, each once."""
        reach = _BEYOND * self._most
        out = []
        starts, ends = self._spans(codes)
        for code, start, end in zip(codes, starts.tolist(), ends.tolist(), strict=True):
            found = self._numbers[start : min(end, start + reach)].tolist()
            fresh = self._fresh.get(code)
            if fresh is not None:
                found = sorted({*found, *fresh[:reach]})
            out.append([number for number in found if number not in self._gone][: self._most])
        return out

    def newest(self, codes: Sequence[int]) -> tuple[NDArray[np.uint32], NDArray[np.intp]]:
        """The highest numbers under each of some codes, each once; some may be gone.

        Returns:
            Those of all codes end to end, and how many belong to each.
        """
        starts, ends = self._spans(codes)
        sizes = np.minimum(ends - starts, self._most)
        befores = sizes.cumsum() - sizes
        found = self._numbers[np.arange(sizes.sum()) + (ends - sizes - befores).repeat(sizes)]
        reach = _BEYOND * self._most
        fresh = self._fresh
        late = [(place, fresh[code][-reach:]) for place, code in enumerate(codes) if code in fresh]
        if not late:
            return found, sizes
        # Place and number in one, so that those of each code are put in order at once.
        keys = np.arange(len(codes), dtype=np.uint64) << _HALF
        more = np.array(list(chain.from_iterable(numbers for _, numbers in late)), np.uint64)
        more |= keys[[place for place, _ in late]].repeat([len(numbers) for _, numbers in late])
        both = _distinct(np.concatenate((keys.repeat(sizes) | found, more)))
        sizes = np.bincount((both >> _HALF).astype(np.intp), minlength=len(codes))
        last = sizes.cumsum().repeat(sizes) - np.arange(len(both)) <= self._most
        return both[last].astype(np.uint32), np.minimum(sizes, self._most)

    def settle(self) -> None:
        """Put in order what `extend` brought, which the next question would do otherwise."""
        if self._many:
            self._merge()

    def _spans(self, codes: Sequence[int]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Where the numbers of each code lie in the sorted arrays."""
        self.settle()
        keys = np.array(codes, np.uint32)
        return self._codes.searchsorted(keys, "left"), self._codes.searchsorted(keys, "right")

    def _merge(self) -> None:
        """Merge what came last into the arrays, piece by piece: at no time there are more than two of each."""
        more = self._waiting()
        gone = np.fromiter(self._gone, np.uint32, len(self._gone))
        held = len(self._codes)
        codes, numbers = np.empty(held + len(more), np.uint32), np.empty(held + len(more), np.uint32)
        start = taken = size = 0
        while start < held or taken < len(more):
            end = min(start + _PIECE, held)
            piece = _keys(self._codes[start:end], self._numbers[start:end])
            # What is there already comes to lie in one piece with itself.
            following = _keys(self._codes[end : end + 1], self._numbers[end : end + 1])
            upto = int(more.searchsorted(following[0])) if len(following) else len(more)
            piece = _distinct(np.concatenate((piece, more[taken:upto])))
            if len(gone):
                piece = piece[~np.isin(piece.astype(np.uint32), gone)]
            codes[size : size + len(piece)] = piece >> _HALF
            numbers[size : size + len(piece)] = piece.astype(np.uint32)
            start, taken, size = end, upto, size + len(piece)
        self._codes, self._numbers = codes[:size], numbers[:size]
        self._gone.clear()

    def _waiting(self) -> NDArray[np.uint64]:
        """What came last, in order; it waits no more."""
        sizes = [len(each) for each in self._fresh.values()]
        codes = np.fromiter(self._fresh, np.uint64, len(self._fresh)).repeat(sizes)
        numbers = np.fromiter(chain.from_iterable(self._fresh.values()), np.uint64, sum(sizes))
        more = np.concatenate((codes << _HALF | numbers, *self._many))
        self._many.clear()
        self._fresh = {}
        self._count = 0
        more.sort()
        return more


def _keys(codes: NDArray[np.uint32], numbers: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Each code and its number in one, which sorts by both."""
    return codes.astype(np.uint64) << _HALF | numbers


def _distinct(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """In order, each once; the keys given are put in order."""
    keys.sort(kind="stable")  # long runs already
    kept = np.ones(len(keys), np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=kept[1:])
    return keys[kept]
