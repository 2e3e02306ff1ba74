"""What folding needs of an article, computed once in the read stage."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Features:
    """Facts about an article's text that need no other article.

    Attributes:
        language: ISO 639-1 or "und".
        text_hash: over the normalised words of headline and body: equal for exact copies.
        sketch: MinHash signature over word shingles, little-endian uint32; empty for texts too short.
        shingles: how many distinct shingles the sketch stands for.
        terms: term → weight within the article (headline and lead count more), the heaviest first.
        names: names of people, places and organisations as they occur, folded to lower case → mentions.
        numbers: numbers with what they count, normalised.
        length: words in the body.
    """

    language: str
    text_hash: str
    sketch: bytes
    shingles: int
    terms: tuple[tuple[str, float], ...]
    names: tuple[tuple[str, int], ...]
    numbers: tuple[str, ...]
    length: int
