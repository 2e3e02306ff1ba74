"""Numbers with what they count, as reported."""

import re

from storyfold.model.features import Counted

_WORDS = {
    word: value
    for value, word in enumerate("two three four five six seven eight nine ten eleven twelve".split(), start=2)
}
_SCALES = {"hundred": 100.0, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_FIGURE = re.compile(
    rf"(?<![\w.,$€£/-])(?P<value>\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.\d+)?|{'|'.join(_WORDS)})"
    rf"(?:\s+(?P<scale>{'|'.join(_SCALES)}))?"
    r"\s+(?:of\s+(?:their|its|his|her|the|our)\s+(?:own\s+)?)?"
    r"(?P<what>(?:[A-Z][a-z]+\s+)?(?:[a-z][a-z-]+\s+)?[a-z][a-z-]+)"
)
# Words that end the counted thing: what stands behind them is another.
_ENDS = frozenset(
    """a about after ahead all also and around as at away because been before by could during for from had has have
    he if in inside into is it its later more near of off on or out outside over per said say she since so
    than that the then there they through to under until up was were when where which while who will with
    would years""".split()
)
# A number in front of these counts nothing that happened: spans of time, parts of dates, clock times.
_NOTHING = frozenset(
    """am pm year years month months week weeks day days hour hours minute minutes second seconds time times percent
    cent o'clock january february march april may june july august september october november december st nd
    rd th""".split()
)
# What a participle counts is people or things that it happened to.
_PARTICIPLES = frozenset(
    "killed dead injured wounded missing arrested detained hurt rescued displaced evacuated".split()
)
_MOST = 8


def figures_in(text: str) -> tuple[Counted, ...]:
    """Find numbers with what they count.

    Args:
        text: running text, English.

    Returns:
        At most eight, in order, each once: ``400 inmates``, ``12 killed``; no dates, spans of time or sums of money.
    """
    out: dict[Counted, None] = {}
    for match in _FIGURE.finditer(text):
        what = _counted(match["what"])
        if what is None:
            continue
        value = _value(match["value"]) * _SCALES.get(match["scale"] or "", 1.0)
        if value.is_integer() and 1900 <= value <= 2100 and match["scale"] is None and "," not in match["value"]:
            continue
        out[Counted(value, what)] = None
        if len(out) == _MOST:
            break
    return tuple(out)


def _value(text: str) -> float:
    return float(_WORDS[text]) if text in _WORDS else float(text.replace(",", ""))


def _counted(phrase: str) -> str | None:
    kept: list[str] = []
    for word in phrase.split():
        if word.lower() in _NOTHING:
            return None
        if word in _ENDS:
            break
        kept.append(word)
        if (
            word in _PARTICIPLES
            or (word.endswith("s") and word.islower())
            or word in {"people", "men", "women", "children"}
        ):
            return " ".join(kept)
    # Without a plural or a participle nothing shows that something was counted.
    return None
