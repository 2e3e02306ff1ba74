"""Names in running text, found by their capitals."""

from collections import Counter

from storyfold.events.words import Cut

# Scripts of languages that write every noun with a capital: only runs of two words or more are names there.
_NOUNS_CAPITALISED = frozenset({"de", "lb"})
_POSSESSIVE = ("'s", "’s")
# Small words that stand inside names, and stop words that are parts of names when capitalised.
_INNER = frozenset("of de la du von van der den del da do dos al bin ibn".split())
_NAMING = frozenset({"news", "times", "people", "new"})
_LINKS = frozenset({" ", "-", " & "})
_STARTS = frozenset('.!?:;\n"“”„«»•|—')
_MOST_WORDS = 6


def names_in(text: Cut, stop_words: frozenset[str], language: str) -> Counter[str]:
    """Find runs of capitalised words that are not merely the start of a sentence.

    Args:
        text: running text (a headline in title case says nothing about names).
        stop_words: in lower case; never a name by themselves.
        language: ISO 639-1.

    Returns:
        Names as written, in order of first mention → mentions.
    """
    runs, gaps = text.runs, text.gaps
    written = set(runs)
    found: Counter[str] = Counter()
    opening: Counter[str] = Counter()
    least = 2 if language in _NOUNS_CAPITALISED else 1
    read = 0
    # Only a capital begins a name: the other words, nine of ten, are not looked at one by one.
    for first in [i for i, word in enumerate(runs) if word[0].isupper()]:
        if first < read:
            continue
        name, read = _run(text, first, stop_words, written)
        if least <= len(name) <= _MOST_WORDS:
            # A single word that opens a sentence is a name only where it is one elsewhere.
            alone = len(name) == 1 and (first == 0 or _opens(gaps[first - 1]))
            (opening if alone else found)[" ".join(name)] += 1
    for single, count in opening.items():
        if single in found:
            found[single] += count
    return found


def _run(text: Cut, first: int, stop_words: frozenset[str], written: set[str]) -> tuple[list[str], int]:
    """Follow a name from the word that may begin it: its words, and the first word not looked at."""
    runs, gaps = text.runs, text.gaps
    last = len(runs) - 1
    name: list[str] = []
    i = first
    while True:
        raw = runs[i]
        gap = "\n" if i == last else gaps[i]
        if raw[0].isupper() and len(raw) > 1:
            word = raw[:-2] if raw.endswith(_POSSESSIVE) else raw
            small = word.lower()
            stops = small in stop_words and not (name and small in _NAMING)
            # Capitalised because it opens a sentence: written small elsewhere.
            if stops or (small in written and small[0].islower() and (i == 0 or _opens(gaps[i - 1]))):
                break
            name.append(word)
            goes_on = gap in _LINKS and word is raw
        else:
            goes_on = bool(name) and raw in _INNER and gap == " " and i < last and runs[i + 1][0].isupper()
            if goes_on:
                name.append(raw)
        if not goes_on:
            break
        i += 1
    while name and name[-1] in _INNER:
        name.pop()
    return name, i + 1


def _opens(gap: str) -> bool:
    """Whether what stands between two words ends a sentence."""
    return gap != " " and not _STARTS.isdisjoint(gap)
