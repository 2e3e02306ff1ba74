"""Cutting text into words, in any script."""

import re
from dataclasses import dataclass

# Letters, digits and marks, with apostrophes, hyphens, dots and commas kept where they stand inside a word or number.
_WORD = re.compile(r"([^\W_]+(?:['’\-–.,][^\W_]+)*)")
_PLAIN = re.compile(r"[^\W_]+")

# Scripts that put no spaces between words: Thai, Lao, Myanmar, Khmer, kana, Han.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002ffff]+"
)
_GRAM = 2


def plain_words(text: str) -> list[str]:
    """Runs of letters and digits in lower case; runs of unspaced script are cut into overlapping pairs.

    Args:
        text: any.

    Returns:
        Words in order; what shingles are made of, so that punctuation and case do not hide a copy.
    """
    found = _PLAIN.findall(text.lower())
    return spread(found) if _UNSPACED.search(text) else found


@dataclass(frozen=True, slots=True)
class Cut:
    """A text cut where its words end.

    Attributes:
        runs: words as written, apostrophes, hyphens and decimal points kept; a run of unspaced script is one.
        gaps: what stands behind each, the last one's included.
        words: the runs, with unspaced script as in `plain_words`.
    """

    runs: list[str]
    gaps: list[str]
    words: list[str]


def cut(text: str) -> Cut:
    """Cut a text into words and what stands between them."""
    # One pass without an object a word; what is searched for stands at every other place.
    pieces = _WORD.split(text)
    runs = pieces[1::2]
    # One search over the text is cheaper than one for each of its words.
    return Cut(runs, pieces[2::2], spread(runs) if _UNSPACED.search(text) else runs)


def words_in(text: str) -> list[str]:
    """Words as written, apostrophes, hyphens and decimal points kept; unspaced script as in `plain_words`."""
    found = _WORD.findall(text)
    return spread(found) if _UNSPACED.search(text) else found


def in_small(found: list[str]) -> list[str]:
    """Words in lower case, with straight apostrophes and without the English possessive."""
    if not found:
        return []
    # All at once; a line break keeps each word's last letters apart from the next word, which decide a sigma's case.
    lowered = "\n".join([*found, ""]).lower().replace("’", "'").replace("'s\n", "\n")
    return lowered.split("\n")[:-1]


def spread(found: list[str]) -> list[str]:
    """Replace runs of unspaced script by their overlapping pairs of characters; other words stay."""
    out: list[str] = []
    for word in found:
        run = _UNSPACED.search(word)
        if run is None:
            out.append(word)
            continue
        out.extend(_PLAIN.findall(word[: run.start()]))
        letters = run.group()
        out.extend(letters[i : i + _GRAM] for i in range(max(1, len(letters) - _GRAM + 1)))
        out.extend(spread(_PLAIN.findall(word[run.end() :])))
    return out
