"""What one article shares with many others, counted for all of them at once.

An article that comes in is held against up to sixty reports. One after the other that is some 10,000 look-ups; here it
is one pass over their terms, numbers and phrases laid end to end. Sums run in the order of the others' terms and in
double precision, so that they are the same as one by one, on any machine.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

HEADLINE, NAME = 1, 4
_NUMBER, _PHRASE = 8, 16
# Of a term: its event had not been counted with it before; says nothing of likeness.
COUNTED = 32
# Codes of others are told apart from ours by their lowest bits alone, all but a few in a hundred.
_LOW = 0x1FFF
# What stands beside numbers and phrases, which have neither weights nor flags of their own.
_MOST = 4096
_NO_WEIGHTS = memoryview(bytes(4 * _MOST))
_NUMBERS = memoryview(bytes([_NUMBER]) * _MOST)
_PHRASES = memoryview(bytes([_PHRASE]) * _MOST)


class Shared(NamedTuple):
    """What two articles have in common.

    Attributes:
        words: dot product over the weighted terms.
        headline: sum of the squared rarities of the terms that stand in both headlines.
        names: sum of the squared weights, in the one, of common terms that are parts of names in the one.
        their_names: likewise for the other.
        numbers: sum of the squared weights of common numbers.
        phrases: how many.
    """

    words: float
    headline: float
    names: float
    their_names: float
    numbers: float
    phrases: float


class Comparable(Protocol):
    """An article that others are compared with; no more than 4,096 numbers and phrases."""

    @property
    def terms(self) -> array[int]:
        """Codes of its terms, uint32."""
        ...

    @property
    def weights(self) -> array[float]:
        """Of the terms, float32."""
        ...

    @property
    def flags(self) -> bytes:
        """Of the terms."""
        ...

    @property
    def numbers(self) -> array[int]:
        """Codes of its numbers, uint32; the lowest two bits are their weight."""
        ...

    @property
    def phrases(self) -> array[int]:
        """Codes of its phrases, uint32."""
        ...


@dataclass(frozen=True, slots=True)
class Sought:
    """An article made ready for being held against many: its codes in ascending order, and what belongs to each.

    Attributes:
        marks: true at the lowest bits of each code.
        codes: of terms, numbers and phrases.
        weights: of terms; 0 for the others.
        squares: rarities of terms, weights of numbers, or 1, squared.
        flags: of terms, or what else it is.
    """

    marks: NDArray[np.bool_]
    codes: NDArray[np.uint32]
    weights: NDArray[np.float64]
    squares: NDArray[np.float64]
    flags: NDArray[np.uint8]


def sought(article: Comparable, rarities: array[float]) -> Sought:
    """Make an article ready.

    Args:
        article: as it is compared.
        rarities: inverse document frequency of its terms, in their order.
    """
    terms, numbers, phrases = len(article.terms), len(article.numbers), len(article.phrases)
    codes = np.frombuffer(b"".join((article.terms, article.numbers, article.phrases)), np.uint32)
    weights = np.zeros(len(codes))
    weights[:terms] = np.frombuffer(article.weights, np.float32) if terms else 0.0
    squares = np.ones(len(codes))
    squares[:terms] = np.frombuffer(rarities, np.float32) if terms else 0.0
    squares[terms : terms + numbers] = codes[terms : terms + numbers] & 3
    squares *= squares
    flags = np.frombuffer(b"".join((article.flags, _NUMBERS[:numbers], _PHRASES[:phrases])), np.uint8)
    order = codes.argsort(kind="stable")
    marks = np.zeros(_LOW + 1, np.bool_)
    marks[codes & _LOW] = True
    return Sought(marks, codes[order], weights[order], squares[order], flags[order])


class Laid(NamedTuple):
    """Articles laid end to end.

    Attributes:
        codes: of terms, numbers and phrases of each, uint32.
        weights: float32; 0 where it is no term.
        flags: of terms, or what else it is.
        sizes: how many codes each has.
    """

    codes: bytes
    weights: bytes
    flags: bytes
    sizes: tuple[int, ...]


def lay(others: Sequence[Comparable]) -> Laid:
    """Lay articles end to end."""
    codes: list[array[int]] = []
    weights: list[array[float] | memoryview] = []
    flags: list[bytes | memoryview] = []
    sizes: list[int] = []
    for each in others:
        numbers, phrases = len(each.numbers), len(each.phrases)
        codes += (each.terms, each.numbers, each.phrases)
        weights += (each.weights, _NO_WEIGHTS[: 4 * (numbers + phrases)])
        flags += (each.flags, _NUMBERS[:numbers], _PHRASES[:phrases])
        sizes.append(len(each.terms) + numbers + phrases)
    return Laid(b"".join(codes), b"".join(weights), b"".join(flags), tuple(sizes))


def shared(one: Sought, parts: Sequence[Laid]) -> list[Shared]:
    """Count what an article shares with each of the articles in some parts."""
    sizes = np.array(list(chain.from_iterable(part.sizes for part in parts)), np.intp)
    count = len(sizes)
    if not len(one.codes):
        return [Shared(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)] * count
    codes = np.frombuffer(b"".join([part.codes for part in parts]), np.uint32)
    weights = np.frombuffer(b"".join([part.weights for part in parts]), np.float32)
    flags = np.frombuffer(b"".join([part.flags for part in parts]), np.uint8)
    likely = one.marks[codes & _LOW].nonzero()[0]
    found = codes[likely]
    ours = one.codes.searchsorted(found)
    ours[ours == len(one.codes)] = 0
    same = one.codes[ours] == found
    at, ours = likely[same], ours[same]
    owner = sizes.cumsum().searchsorted(at, "right")
    their_flags, our_flags = flags[at], one.flags[ours]
    both = their_flags & our_flags
    their_weights, our_weights = weights[at].astype(np.float64), one.weights[ours]
    squares = one.squares[ours]
    sums = (
        np.bincount(owner, their_weights * our_weights, count),
        np.bincount(owner, np.where(both & HEADLINE, squares, 0.0), count),
        np.bincount(owner, np.where(our_flags & NAME, our_weights * our_weights, 0.0), count),
        np.bincount(owner, np.where(their_flags & NAME, their_weights * their_weights, 0.0), count),
        np.bincount(owner, np.where(both & _NUMBER, squares, 0.0), count),
        np.bincount(owner, np.where(both & _PHRASE, squares, 0.0), count),
    )
    return list(map(Shared._make, zip(*[each.tolist() for each in sums], strict=True)))
