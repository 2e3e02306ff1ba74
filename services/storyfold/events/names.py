"""Names in running text, found by their capitals."""

import re
from collections import Counter
from itertools import pairwise

from storyfold.events.words import WORD

# Scripts of languages that write every noun with a capital: only runs of two words or more are names there.
_NOUNS_CAPITALISED = frozenset({"de", "lb"})
_POSSESSIVE = re.compile(r"['’]s$")
# Small words that stand inside names.
_INNER = frozenset("of de la du von van der den del da do dos el al bin ibn y und and the".split())
_LINKS = frozenset({" ", "-", " & "})
_STARTS = frozenset('.!?:;\n"“”„«»•|—')
_MOST_WORDS = 5


def names_in(text: str, stop_words: frozenset[str], language: str) -> Counter[str]:
    """Find runs of capitalised words that are not merely the start of a sentence.

    Args:
        text: running text (a headline in title case says nothing about names).
        stop_words: in lower case; never a name by themselves.
        language: ISO 639-1.

    Returns:
        Names as written, in order of first mention → mentions.
    """
    matches = list(WORD.finditer(text))
    lower = {match.group() for match in matches if match.group()[0].islower()}
    found: Counter[str] = Counter()
    run: list[str] = []
    fresh = True
    least = 2 if language in _NOUNS_CAPITALISED else 1
    for match, after in pairwise([*matches, None]):
        assert match is not None  # noqa: S101 - pairwise pads the right side only; this tells the type checker
        word = _POSSESSIVE.sub("", match.group())
        small = word.lower()
        named = word[0].isupper() and small not in stop_words and len(word) > 1
        if named and fresh and small in lower:
            named = False
        if named:
            run.append(word)
        gap = "\n" if after is None else text[match.end() : after.start()]
        if run and (not named or gap not in _LINKS or word != match.group()):
            if least <= len(run) <= _MOST_WORDS:
                found[" ".join(run)] += 1
            run = []
        fresh = not _STARTS.isdisjoint(gap)
    return found
