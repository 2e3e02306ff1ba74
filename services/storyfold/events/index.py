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
        self._many.append(codes.astype(np.uint64) << np.uint64(32) | numbers)

    def drop(self, number: int) -> None:
        """Let nothing lead to a number any more."""
        self._gone.add(number)

    def oldest(self, codes: Sequence[int]) -> list[list[int]]:
        """The lowest numbers under each of some codes, ascending, each once."""
        reach = _BEYOND * self._most
        out = []
        for code, (start, end) in zip(codes, self._ranges(codes), strict=True):
            found = self._numbers[start : min(end, start + reach)].tolist()
            fresh = self._fresh.get(code)
            if fresh is not None:
                found = sorted({*found, *fresh[:reach]})
            out.append([number for number in found if number not in self._gone][: self._most])
        return out

    def newest(self, codes: Sequence[int]) -> tuple[NDArray[np.uint32], list[int]]:
        """The highest numbers under each of some codes, each once; some may be gone.

        Returns:
            Those of all codes end to end, and how many belong to each.
        """
        parts = [np.empty(0, np.uint32)]
        for code, (start, end) in zip(codes, self._ranges(codes), strict=True):
            found = self._numbers[max(start, end - self._most) : end]
            fresh = self._fresh.get(code)
            if fresh is not None:
                both = sorted({*found.tolist(), *fresh[-_BEYOND * self._most :]})
                found = np.array(both[-self._most :], np.uint32)
            parts.append(found)
        return np.concatenate(parts), [len(part) for part in parts[1:]]

    def _ranges(self, codes: Sequence[int]) -> list[tuple[int, int]]:
        """Where the numbers of each code lie in the sorted arrays."""
        if self._many:
            self._merge()
        keys = np.array(codes, np.uint32)
        starts, ends = self._codes.searchsorted(keys, "left"), self._codes.searchsorted(keys, "right")
        return list(zip(starts.tolist(), ends.tolist(), strict=True))

    def _merge(self) -> None:
        numbers = np.fromiter(chain.from_iterable(self._fresh.values()), np.uint64)
        sizes = [len(each) for each in self._fresh.values()]
        codes = np.fromiter(self._fresh, np.uint64, len(self._fresh)).repeat(sizes)
        held = self._codes.astype(np.uint64) << np.uint64(32) | self._numbers
        both = np.concatenate((held, codes << np.uint64(32) | numbers, *self._many))
        self._many.clear()
        both.sort(kind="stable")  # both parts are long runs already, or nearly
        kept = np.ones(len(both), np.bool_)
        np.not_equal(both[1:], both[:-1], out=kept[1:])
        if self._gone:
            gone = np.fromiter(self._gone, np.uint64, len(self._gone))
            kept &= ~np.isin(both & np.uint64(0xFFFFFFFF), gone)
            self._gone.clear()
        both = both[kept]
        self._codes = (both >> np.uint64(32)).astype(np.uint32)
        self._numbers = both.astype(np.uint32)
        self._fresh = {}
        self._count = 0
