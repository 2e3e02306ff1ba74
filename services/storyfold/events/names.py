"""Names in running text, found by their capitals."""

from collections import Counter

from storyfold.events.words import WORD

# Scripts of languages that write every noun with a capital: only runs of two words or more are names there.
_NOUNS_CAPITALISED = frozenset({"de", "lb"})
_POSSESSIVE = ("'s", "’s")
# Small words that stand inside names, and stop words that are parts of names when capitalised.
_INNER = frozenset("of de la du von van der den del da do dos al bin ibn".split())
_NAMING = frozenset({"news", "times", "people", "new"})
_LINKS = frozenset({" ", "-", " & "})
_STARTS = frozenset('.!?:;\n"“”„«»•|—')
_MOST_WORDS = 6


def names_in(text: str, stop_words: frozenset[str], language: str) -> Counter[str]:
    """Find runs of capitalised words that are not merely the start of a sentence.

    Args:
        text: running text (a headline in title case says nothing about names).
        stop_words: in lower case; never a name by themselves.
        language: ISO 639-1.

    Returns:
        Names as written, in order of first mention → mentions.
    """
    spans = [(match.group(), match.start(), match.end()) for match in WORD.finditer(text)]
    lower = {word for word, _, _ in spans if word[0].islower()}
    found: Counter[str] = Counter()
    opening: Counter[str] = Counter()
    least = 2 if language in _NOUNS_CAPITALISED else 1
    run: list[str] = []
    fresh, begun_fresh = True, False
    last = len(spans) - 1
    for i, (raw, _, end) in enumerate(spans):
        gap = "\n" if i == last else text[end : spans[i + 1][1]]
        if raw[0].isupper() and len(raw) > 1:
            word = raw[:-2] if raw.endswith(_POSSESSIVE) else raw
            small = word.lower()
            if (small not in stop_words or (run and small in _NAMING)) and not (fresh and small in lower):
                if not run:
                    begun_fresh = fresh
                run.append(word)
                goes_on = gap in _LINKS and word is raw
            else:
                goes_on = False
        else:
            goes_on = bool(run) and raw in _INNER and gap == " " and i < last and spans[i + 1][0][0].isupper()
            if goes_on:
                run.append(raw)
        if run and not goes_on:
            while run and run[-1] in _INNER:
                run.pop()
            if least <= len(run) <= _MOST_WORDS:
                # A single word that opens a sentence is a name only where it is one elsewhere.
                (opening if begun_fresh and len(run) == 1 else found)[" ".join(run)] += 1
            run = []
        fresh = gap != " " and not _STARTS.isdisjoint(gap)
    for name, count in opening.items():
        if name in found:
            found[name] += count
    return found
