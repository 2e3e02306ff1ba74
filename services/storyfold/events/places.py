"""Places named in an article where places stand: in the dateline, beside "city" or "province", behind "in"."""

import re

_NAME = r"(?P<name>[A-Z][\w’'-]+(?:\s+[A-Z][\w’'-]+){0,2})"
_DATELINE = re.compile(
    r"^\s*(?P<name>[A-Z][A-Z.'’-]+(?:[\s/]+[A-Z][A-Z.'’-]+){0,3})(?:,\s*[A-Z][\w. ]{1,20})?"
    r"\s*(?:\([^)\n]{1,30}\))?\s*(?:--|[—–-])\s"
)
_BESIDE = re.compile(
    rf"\b(?:(?:city|town|village|province|district|island|port|capital)\s+(?:of\s+)?){_NAME}"
    rf"|(?P<before>[A-Z][\w’'-]+(?:\s+[A-Z][\w’'-]+)?)\s+(?:city|town|province|district|county|island)\b"
)
_IN = re.compile(rf"\b(?:in|near|entered|captured|outside)\s+(?:the\s+(?:city|town|village|province)\s+of\s+)?{_NAME}")
_NOT = frozenset(
    """January February March April May June July August September October November December Monday Tuesday Wednesday
    Thursday Friday Saturday Sunday The A An English French Spanish German Russian Chinese Arabic Congress
    Parliament Court Twitter Facebook President Mr Mrs Ms Dr Prime Photo Image""".split()
)
_SURE, _LIKELY, _POSSIBLE = 0.6, 0.5, 0.3
_MOST = 5


def places_in(headline: str, body: str) -> tuple[tuple[str, float], ...]:
    """Find names that stand where places stand.

    Args:
        headline: plain text.
        body: plain text, from the start.

    Returns:
        Names with a confidence of 0 to 1, most certain first, at most five. No gazetteer stands behind this: the
        confidence says how strongly the wording tells of a place, not that there is one of this name.
    """
    found: dict[str, float] = {}
    dateline = _DATELINE.match(body)
    if dateline:
        _note(found, dateline["name"].title(), _SURE)
    text = f"{headline}\n{body}"
    for match in _BESIDE.finditer(text):
        _note(found, match["name"] or match["before"], _LIKELY)
    for match in _IN.finditer(body):
        _note(found, match["name"], _POSSIBLE)
    ranked = sorted(found, key=lambda name: -found[name])
    return tuple((name, found[name]) for name in ranked[:_MOST])


def _note(found: dict[str, float], name: str, confidence: float) -> None:
    name = re.sub(r"['’]s$", "", name)
    if name.split()[0] not in _NOT:
        # A second sight makes a place a little surer, never certain.
        found[name] = max(confidence, min(found.get(name, 0.0) + 0.1, 0.8))
