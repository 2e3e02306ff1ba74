"""Feeds in TOML, in and out: a ``[[feeds]]`` table for each.

::

    [[feeds]]
    url = "https://news.example/rss"
    title = "News"
    tags = ["world", "politics"]
    publisher = "The News"       # also: publisher_id, domain, country
    language = "en"
    interval = "15m"             # instead of adaptively
    robots = "obey"              # robots.txt also governs the feed itself
    body = "page"                # or "feed": never fetch pages
"""

import difflib
import json
import tomllib
from collections.abc import Iterable, Iterator
from typing import Any

from storyfold.feeds.outline import Outline, outline_of, tidy
from storyfold.model.feeds import FeedSource

_KEYS = ("url", "title", "tags", "publisher", "publisher_id", "domain", "country", "language", "interval")
_ALL_KEYS = (*_KEYS, "robots", "body")
_HEADER = "[[feeds]]"


def read_toml(text: str) -> tuple[tuple[Outline, ...], tuple[str, ...]]:
    """Read a TOML feeds file.

    Args:
        text: of the file.

    Returns:
        Feeds in the order of the file, and complaints about what cannot be understood.
    """
    try:
        document = tomllib.loads(text.lstrip("\ufeff").replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return (), (f"the file is not TOML: {error}; nothing of it is read: mend that line",)
    tables = document.get("feeds", [])
    complaints = [
        f"line 1: {name!r} is not known here; feeds stand under [[feeds]]" for name in document if name != "feeds"
    ]
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        return (), ("line 1: `feeds` is no list of tables; write [[feeds]] above each feed",)
    lines = [number for number, line in enumerate(text.splitlines(), 1) if line.strip().startswith(_HEADER)]
    outlines: list[Outline] = []
    for place, table in enumerate(tables):
        line = lines[place] if len(lines) == len(tables) else 1
        complaints.extend(_unknown(table, line))
        outlines.append(_outline(table, line))
    return tuple(outlines), tuple(complaints)


def write_toml(sources: Iterable[FeedSource]) -> str:
    """Write sources as TOML that `read_feeds` reads back as the same sources.

    Args:
        sources: to be written.
    """
    return "\n".join(_table(outline_of(source)) for source in sources)


def _unknown(table: dict[str, Any], line: int) -> Iterator[str]:
    for key in table:
        if key not in _ALL_KEYS:
            near = difflib.get_close_matches(key, _ALL_KEYS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(_ALL_KEYS)}"
            yield f"line {line}: {key!r} is no setting of a feed and is ignored; {hint}"


def _outline(table: dict[str, Any], line: int) -> Outline:
    def text(key: str) -> str:
        value = table.get(key, "")
        return tidy(str(value).lower() if isinstance(value, bool) else str(value))

    tags = table.get("tags", [])
    return Outline(
        url=text("url"),
        line=line,
        title=text("title"),
        tags=tuple(str(tag) for tag in tags) if isinstance(tags, list) else (str(tags),),
        publisher=text("publisher"),
        publisher_id=text("publisher_id"),
        domain=text("domain"),
        country=text("country"),
        language=text("language"),
        interval=text("interval"),
        robots=text("robots"),
        body=text("body"),
    )


def _table(outline: Outline) -> str:
    written = (
        ("url", outline.url),
        ("title", outline.title),
        ("tags", list(outline.tags)),
        ("publisher", outline.publisher),
        ("publisher_id", outline.publisher_id),
        ("domain", outline.domain),
        ("country", outline.country),
        ("language", outline.language),
        ("interval", outline.interval),
        ("robots", outline.robots),
        ("body", outline.body),
    )
    # Text without control characters is written the same in JSON and in TOML.
    lines = (f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in written if value)
    return _HEADER + "\n" + "".join(lines)
