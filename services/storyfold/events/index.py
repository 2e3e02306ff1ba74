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

    def __init__(self, most: int, *, newest: bool) -> None:
        """Make an empty index.

        Args:
            most: numbers that are found under one code.
            newest: whether those are the highest ones, else the lowest.
        """
        self._most = most
        self._newest = newest
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

    def find(self, codes: Sequence[int]) -> list[list[int]]:
        """The numbers under each of some codes, ascending, each once."""
        if self._many:
            self._merge()
        keys = np.array(codes, np.uint32)
        starts = self._codes.searchsorted(keys, "left").tolist()
        ends = self._codes.searchsorted(keys, "right").tolist()
        return [self._under(code, start, end) for code, start, end in zip(codes, starts, ends, strict=True)]

    def _under(self, code: int, start: int, end: int) -> list[int]:
        reach = _BEYOND * self._most
        start, end = (max(start, end - reach), end) if self._newest else (start, min(end, start + reach))
        found = self._numbers[start:end].tolist() if start < end else []
        fresh = self._fresh.get(code)
        if fresh is not None:
            found = sorted({*found, *fresh[-reach:]}) if self._newest else sorted({*found, *fresh[:reach]})
        if self._gone:
            found = [number for number in found if number not in self._gone]
        return found[-self._most :] if self._newest else found[: self._most]

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
