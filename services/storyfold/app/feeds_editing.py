"""Editing a feeds file as text, so that its owner's comments, order and layout stay. Pure.

Nothing here is trusted blindly: `storyfold.app.feeds` reads the result again and compares before it is written.
"""

import html
import json
import re
import tomllib
from collections.abc import Sequence
from itertools import pairwise
from xml.sax.saxutils import quoteattr

from storyfold.feeds.opml import write_opml
from storyfold.feeds.tomlfile import write_toml
from storyfold.model.feeds import FeedSource

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


def entry_of(url: str, title: str, *, toml: bool) -> str:
    """A feed as a line of OPML or a table of TOML, with nothing but its address and title (which may be empty)."""
    if toml:
        return f"[[feeds]]\nurl = {_toml(url)}\n" + (f"title = {_toml(title)}\n" if title else "")
    named = f" text={quoteattr(title)}" if title else ""
    return f'<outline type="rss"{named} xmlUrl={quoteattr(url)}/>'


def entry_from(source: FeedSource, *, toml: bool) -> str:
    """A feed as a line of OPML or a table of TOML, with all that its owner said of it."""
    if toml:
        return write_toml((source,))
    return next(line.strip() for line in write_opml((source,)).splitlines() if line.lstrip().startswith("<outline"))


def is_toml(text: str, suffix: str) -> bool:
    """Which of the two formats a feeds file has; told by its name, else by its first character."""
    kind = suffix.lower()
    return kind == ".toml" or (kind not in {".opml", ".xml"} and bool(text.strip()) and text.lstrip()[0] != "<")


def with_entries(text: str, entries: Sequence[str], *, toml: bool) -> str | None:
    """A feeds file with further feeds at its end.

    Args:
        text: of the file; empty for a new one.
        entries: see `entry_of` and `entry_from`.
        toml: its format.

    Returns:
        The new text, or None where the file has no end that a feed could stand before.
    """
    if toml:
        return "\n".join(([text.rstrip("\n") + "\n"] if text.strip() else []) + list(entries))
    text = text if text.strip() else EMPTY_OPML
    ends = list(_BODY_END.finditer(_blanked(text)))
    if not ends:
        return None
    at = ends[-1].start()
    before = text[:at] if text[:at].endswith("\n") else text[:at] + "\n"
    return before + "".join(f"    {entry}\n" for entry in entries) + text[at:]


def without_feed(text: str, url: str, *, toml: bool) -> str | None:
    """A feeds file without a feed, however often it is listed.

    Returns:
        The new text, or None where the feed is not in it, or holds other things that would go with it.
    """
    cut = _without_table if toml else _without_outline
    left = cut(text, url)
    while left is not None and (further := cut(left, url)) is not None:
        left = further
    return left


def _without_outline(text: str, url: str) -> str | None:
    for found in _OUTLINE.finditer(_blanked(text)):
        address = _ADDRESS.search(found["attributes"])
        if address is None or html.unescape(address[1] or address[2] or "").strip() != url:
            continue
        if not found["closed"] and not found["empty"]:
            return None
        surplus = len(found["empty"] or "") if found["closed"] else 0
        return _cut(text, found.start(), found.end() - surplus)
    return None


def _without_table(text: str, url: str) -> str | None:
    lines = text.splitlines(keepends=True)
    starts = [index for index, line in enumerate(lines) if _HEADER.match(line)]
    for start, next_start in pairwise([*starts, len(lines)]):
        try:
            feeds = tomllib.loads("".join(lines[start:next_start])).get("feeds")
        except tomllib.TOMLDecodeError:
            continue
        if not (isinstance(feeds, list) and len(feeds) == 1 and feeds[0].get("url") == url):
            continue
        # Comments right before the next table belong to that one.
        own = [line for line in range(start, next_start) if lines[line].strip() and not lines[line].startswith("#")]
        return "".join(lines[:start] + lines[own[-1] + 1 :])
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
