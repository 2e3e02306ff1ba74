"""Editing a feeds file as text, so that its owner's comments, order and layout stay. Pure.

Nothing here is trusted blindly: `storyfold.app.feeds` reads the result again and compares before it is written.
"""

import html
import json
import re
import tomllib
from xml.sax.saxutils import quoteattr

EMPTY_OPML = """\
<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0">
  <head>
    <title>Feeds</title>
  </head>
  <body>
  </body>
</opml>
"""

_COMMENT = re.compile(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>", re.DOTALL)
_OUTLINE = re.compile(
    r"<outline\b(?P<attributes>(?:[^>\"']|\"[^\"]*\"|'[^']*')*?)(?P<closed>/?)>(?P<empty>\s*</outline\s*>)?",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"""\bxmlUrl\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_BODY_END = re.compile(r"[ \t]*</body\s*>", re.IGNORECASE)
_HEADER = re.compile(r"^\s*\[")


def with_feed(text: str, suffix: str, url: str, title: str) -> str | None:
    """A feeds file with one more feed at its end.

    Args:
        text: of the file; empty for a new one.
        suffix: of the file: ``.toml`` or anything else for OPML.
        url: of the feed.
        title: as shown to people; may be empty.

    Returns:
        The new text, or None where the file has no end that a feed could stand before.
    """
    if suffix == ".toml":
        lines = ["[[feeds]]", f"url = {_toml(url)}", *([f"title = {_toml(title)}"] if title else [])]
        return (text.rstrip("\n") + "\n\n" if text.strip() else "") + "\n".join(lines) + "\n"
    text = text if text.strip() else EMPTY_OPML
    ends = list(_BODY_END.finditer(_blanked(text)))
    if not ends:
        return None
    at = ends[-1].start()
    outline = f'    <outline type="rss" text={quoteattr(title or url)} xmlUrl={quoteattr(url)}/>\n'
    before = text[:at] if text[:at].endswith("\n") else text[:at] + "\n"
    return before + outline + text[at:]


def without_feed(text: str, suffix: str, url: str) -> str | None:
    """A feeds file without a feed.

    Returns:
        The new text, or None where the feed is not in it, or holds other things that would go with it.
    """
    return _without_table(text, url) if suffix == ".toml" else _without_outline(text, url)


def _without_outline(text: str, url: str) -> str | None:
    for found in _OUTLINE.finditer(_blanked(text)):
        address = _ADDRESS.search(found["attributes"])
        if address is None or html.unescape(address[1] or address[2] or "").strip() != url:
            continue
        if not found["closed"] and not found["empty"]:
            return None
        start, end = found.span()
        if not found["closed"]:
            return _cut(text, start, end)
        return _cut(text, start, end - len(found["empty"] or ""))
    return None


def _without_table(text: str, url: str) -> str | None:
    lines = text.splitlines(keepends=True)
    starts = [index for index, line in enumerate(lines) if _HEADER.match(line)]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        try:
            feeds = tomllib.loads("".join(lines[start:end])).get("feeds")
        except tomllib.TOMLDecodeError:
            continue
        if not (isinstance(feeds, list) and len(feeds) == 1 and feeds[0].get("url") == url):
            continue
        # Comments right before the next table belong to that one.
        while end < len(lines) and end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
            end -= 1
        kept = "".join(lines[end:])
        return "".join(lines[:start]).rstrip("\n") + ("\n" if start else "") + kept
    return None


def _blanked(text: str) -> str:
    """The same text with comments blanked out, so that positions stay and nothing is found inside them."""
    return _COMMENT.sub(lambda found: " " * len(found[0]), text)


def _cut(text: str, start: int, end: int) -> str:
    """Cut a span, and its line where nothing else stands on it."""
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", end)
    if line_end >= 0 and not text[line_start:start].strip() and not text[end:line_end].strip():
        return text[:line_start] + text[line_end + 1 :]
    return text[:start] + text[end:]


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
