"""What the window keeps of an article, as one run of bytes: the same in memory and in the store.

A window holds hundreds of thousands of articles. As objects each would take 5 KiB; packed it is 3 at most, a window is
filled from the store without computing anything anew, and what an article was compared by stays what it was.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from math import isnan, nan
from struct import Struct
from typing import TYPE_CHECKING

from storyfold.events.likeness import Profile
from storyfold.model.identity import PublisherId

if TYPE_CHECKING:
    from typing_extensions import Buffer

# Says how the bytes are laid out and what they mean. Another number makes folding pack what the store holds anew from
# its features, so raise it whenever `Profile`, what it is computed from, or this module changes.
LAYOUT = b"sf\x03"

# Hash of the text, shingles, hashes in the sketch, bytes of the publisher's name, bytes of the language.
_TEXT = Struct("<3s16sIHHB")
# Terms, numbers, phrases, bytes of days, months, weekdays, length; norms; norm of numbers; published.
_PROFILE = Struct("<HHHBHBI2ddd")
_TERMS = Struct("<H")
# Stands between a publisher's name and that of an agency.
_BEHIND = "\0"


@dataclass(frozen=True, slots=True)
class Source:
    """Who told, in which language (ISO 639-1 or "und"), and the agency whose words they are; None for their own."""

    publisher: PublisherId
    language: str
    agency: str | None = None


def pack(text_hash: str, sketch: bytes, shingles: int, source: Source, profile: Profile | None) -> bytes:
    """Pack an article.

    Args:
        text_hash: 32 hexadecimal digits.
        sketch: see `copies.sketch`.
        shingles: how many the sketch stands for.
        source: who told it.
        profile: None for a copy, with which no report is compared.
    """
    told = source.publisher if source.agency is None else f"{source.publisher}{_BEHIND}{source.agency}"
    name, language = told.encode(), source.language.encode()
    head = _TEXT.pack(LAYOUT, bytes.fromhex(text_hash), shingles, len(sketch) // 4, len(name), len(language))
    parts: list[Buffer] = [head, name, language, sketch]
    if profile is not None:
        days = _bits(profile.days)
        counts = (len(profile.terms), len(profile.numbers), len(profile.phrases), len(days))
        published = nan if profile.published is None else profile.published
        parts += (
            _PROFILE.pack(
                *counts,
                profile.months,
                profile.weekdays,
                profile.length,
                *profile.norms,
                profile.number_norm,
                published,
            ),
            profile.terms,
            profile.weights,
            profile.flags,
            profile.numbers,
            profile.phrases,
            days,
        )
    return b"".join(parts)


def text_hash_of(packed: bytes) -> str:
    """The hash of its text."""
    return hash_of(packed).hex()


def hash_of(packed: bytes) -> bytes:
    """The same as 16 bytes."""
    return packed[3:19]


def sketch_of(packed: bytes) -> tuple[array[int], int]:
    """Its sketch, and how many shingles that stands for."""
    _, _, shingles, hashes, name, language = _TEXT.unpack_from(packed)
    start = _TEXT.size + name + language
    return array("I", packed[start : start + 4 * hashes]), shingles


def source_of(packed: bytes) -> Source:
    """Who told it."""
    _, _, _, _, name, language = _TEXT.unpack_from(packed)
    end = _TEXT.size + name
    publisher, _, agency = packed[_TEXT.size : end].decode().partition(_BEHIND)
    return Source(PublisherId(publisher), packed[end : end + language].decode(), agency or None)


def found_by(packed: bytes, shingles: int) -> tuple[bytes, bytes, bytes]:
    """What indexes are made of: its smallest shingle hashes, its terms and their flags; a copy has no terms."""
    _, _, _, hashes, name, language = _TEXT.unpack_from(packed)
    start = _TEXT.size + name + language
    at = start + 4 * hashes
    smallest = packed[start : start + 4 * min(hashes, shingles)]
    if at == len(packed):
        return smallest, b"", b""
    (terms,) = _TERMS.unpack_from(packed, at)
    at += _PROFILE.size
    return smallest, packed[at : at + 4 * terms], packed[at + 8 * terms : at + 9 * terms]


def profile_in(packed: bytes) -> Profile:
    """Its profile; there is none of a copy.

    Raises:
        struct.error: it is a copy.
    """
    _, _, _, hashes, name, language = _TEXT.unpack_from(packed)
    at = _TEXT.size + name + language + 4 * hashes
    (
        terms,
        numbers,
        phrases,
        days,
        months,
        weekdays,
        length,
        head,
        names,
        number_norm,
        published,
    ) = _PROFILE.unpack_from(packed, at)
    at += _PROFILE.size
    weights_at = at + 4 * terms
    flags_at = weights_at + 4 * terms
    numbers_at = flags_at + terms
    phrases_at = numbers_at + 4 * numbers
    days_at = phrases_at + 4 * phrases
    return Profile(
        terms=array("I", packed[at:weights_at]),
        weights=array("f", packed[weights_at:flags_at]),
        flags=packed[flags_at:numbers_at],
        norms=(head, names),
        numbers=array("I", packed[numbers_at:phrases_at]),
        number_norm=number_norm,
        phrases=array("I", packed[phrases_at:days_at]),
        days=int.from_bytes(packed[days_at : days_at + days], "little"),
        months=months,
        weekdays=weekdays,
        published=None if isnan(published) else published,
        length=length,
    )


def _bits(bits: int) -> bytes:
    return bits.to_bytes((bits.bit_length() + 7) // 8, "little")
