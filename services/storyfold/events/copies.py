"""Sketches of texts, by which copies are recognised.

A text's word shingles are hashed and the smallest hashes kept (bottom-k sketch, Cohen and Kaplan 2007). Below the
smaller of two sketches' largest hash both are complete samples, so that resemblance and containment (Broder 1997)
can be read off the same sketch.
"""

from __future__ import annotations

import hashlib
from array import array
from dataclasses import dataclass
from zlib import crc32

import numpy as np

# Five words: what agencies' copy desks leave intact and two reporters' own sentences seldom share.
WIDTH = 5
# 400 hashes read off the resemblance of texts of up to 400 words exactly, of others within about .025.
SIZE = 400
# Fewer shingles than this are a headline, not a text: nothing can be said about copying.
LEAST = 12
# 200 kB of text hold some 35,000 words; copies are recognised by their first 10,000.
LONGEST = 10_000
# One for each word of a shingle: the same words in another order are another shingle. Arithmetic is modulo 2 ** 64.
_FACTORS = tuple(map(np.uint64, (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1)))
_SPREAD = np.uint64(0x9FB21C651E98DF25)


@dataclass(frozen=True, slots=True)
class Overlap:
    """How two texts overlap.

    Attributes:
        resemblance: Jaccard index of their shingles, 0 to 1, as estimated.
        containment: share of the smaller text's shingles that stand in the larger, likewise.
    """

    resemblance: float
    containment: float


def text_hash(words: list[str]) -> str:
    """Name a text by its words: equal for copies that differ in case, spaces and punctuation only."""
    return hashlib.blake2b(" ".join(words).encode(), digest_size=16).hexdigest()


def sketch(words: list[str]) -> tuple[bytes, int]:
    """Sketch a text.

    Args:
        words: lower case, in order.

    Returns:
        The smallest hashes, ascending, as little-endian uint32, and the number of distinct shingles; an empty sketch
        for a text too short.
    """
    words = words[:LONGEST]
    shingles = max(0, len(words) - WIDTH + 1)
    # A CRC is linear and so no random order; a multiplication by an odd constant (Knuth's) mixes its bits.
    codes = np.fromiter(map(crc32, map(str.encode, words)), np.uint64, len(words))
    mixed = np.zeros(shingles, np.uint64)
    for place, factor in enumerate(_FACTORS):
        mixed += codes[place : place + shingles] * factor
    mixed ^= mixed >> np.uint64(31)
    mixed *= _SPREAD
    mixed >>= np.uint64(32)
    mixed.sort()
    # `np.unique` costs more than all of this on some hundreds of numbers.
    hashes = mixed[np.flatnonzero(np.diff(mixed, prepend=~mixed[:1]))]
    if len(hashes) < LEAST:
        return b"", len(hashes)
    return hashes[:SIZE].astype("<u4").tobytes(), len(hashes)


def hashes_of(packed: bytes) -> array[int]:
    """Unpack a sketch."""
    kept = array("I")
    kept.frombytes(packed)
    return kept


def overlap(one: array[int], one_shingles: int, other: array[int], other_shingles: int) -> Overlap:
    """Estimate how two texts overlap from their sketches.

    Args:
        one: a sketch, ascending.
        one_shingles: how many shingles it stands for.
        other: another.
        other_shingles: likewise.

    Returns:
        Exact where both sketches are whole, else an estimate over the part where both are complete.
    """
    if not one or not other:
        return Overlap(0.0, 0.0)
    shared = len(set(one).intersection(other))
    if one_shingles <= len(one) and other_shingles <= len(other):
        return Overlap(shared / (one_shingles + other_shingles - shared), shared / min(one_shingles, other_shingles))
    # Common limit: a whole sketch reaches to the end of the range, a cut one to its largest hash.
    limit = min(
        one[-1] if one_shingles > len(one) else 0xFFFFFFFF,
        other[-1] if other_shingles > len(other) else 0xFFFFFFFF,
    )
    from_one = _below(one, limit)
    from_other = _below(other, limit)
    union = from_one + from_other - shared
    least = from_one if one_shingles < other_shingles else from_other
    return Overlap(shared / union if union else 0.0, shared / least if least else 0.0)


def _below(hashes: array[int], limit: int) -> int:
    low, high = 0, len(hashes)
    while low < high:
        middle = (low + high) // 2
        if hashes[middle] <= limit:
            low = middle + 1
        else:
            high = middle
    return low
