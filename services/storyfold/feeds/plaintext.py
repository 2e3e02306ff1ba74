"""Plain text out of the HTML that feeds carry in titles and summaries, in linear time on any input."""

import html
import re

# No "<" inside a tag: so a stray one costs a single step, never a scan to the end of the text.
_TAG = re.compile(r"<(/?[A-Za-z][A-Za-z0-9:]*|!|\?)[^<>]*>")
_INLINE = frozenset(
    {"a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "em", "font", "i", "ins", "kbd", "mark", "q"}
    | {"s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr"}
)
# Elements (and comments) whose content no reader sees.
_HIDDEN = (("<script", "</script>"), ("<style", "</style>"), ("<!--", "-->"), ("<noscript", "</noscript>"))


def plain_text(text: str) -> str:
    """Turn HTML into one line of text.

    Args:
        text: HTML, or text that may have character references in it.

    Returns:
        The visible text, white space collapsed; encodable as UTF-8 whatever came in.
    """
    if "<" in text:
        for start, end in _HIDDEN:
            text = _without(text, start, end)
        text = _TAG.sub(_gap, text)
    return literal_text(text)


def literal_text(text: str) -> str:
    """Tidy text that holds no markup: what looks like a tag stays.

    Args:
        text: text that may have character references in it.

    Returns:
        The text, white space collapsed; encodable as UTF-8 whatever came in.
    """
    if "&" in text:
        text = html.unescape(text)
    return encodable(" ".join(text.split()))


def encodable(text: str) -> str:
    """Replace what UTF-8 and JSON consumers choke on: lone surrogates and NUL.

    Args:
        text: any text, as JSON escapes and numeric character references can make it.
    """
    if text.isascii():
        return text.replace("\x00", "")
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")


def _gap(tag: re.Match[str]) -> str:
    return "" if tag[1].lstrip("/").lower() in _INLINE else " "


def _without(text: str, start: str, end: str) -> str:
    lowered = text.lower()
    if start not in lowered or len(lowered) != len(text):
        return text
    kept, position = [], 0
    while (opening := lowered.find(start, position)) >= 0:
        kept.append(text[position:opening])
        closing = lowered.find(end, opening + len(start))
        position = len(text) if closing < 0 else closing + len(end)
    kept.append(text[position:])
    return " ".join(kept)
