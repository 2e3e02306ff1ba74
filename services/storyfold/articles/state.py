"""A body in the data that a page carries for its own program (``__NEXT_DATA__`` and kin)."""

import json
from collections.abc import Iterator
from typing import Any

from lxml.html import HtmlElement

from storyfold.articles.blocks import Block, blocks_from_text, is_prose, measure
from storyfold.articles.jsonld import plain

# Larger data are a whole site's; deeper and more nodes than these are not walked.
_SCRIPT_LIMIT, _DEPTH_LIMIT, _NODE_LIMIT = 2_000_000, 24, 20_000
_TEXT_KEYS = ("content", "text", "value", "html", "body", "model")
# A list with this many strings of this length is a text.
_LEAST_PARAGRAPHS, _LEAST_LINE = 2, 60


def data_scripts(root: HtmlElement) -> tuple[HtmlElement, ...]:
    """The page's scripts of JSON other than JSON-LD; to be asked for before they are cut out of the tree."""
    return tuple(
        script
        for script in root.iter("script")
        if (kind := script.get("type") or "").endswith("json") and not kind.endswith("ld+json")
    )


def body_in_data(scripts: tuple[HtmlElement, ...]) -> tuple[Block, ...]:
    """The longest running text in a page's data: one string with paragraphs, or a list of objects with one each."""
    found = [text for script in scripts for text in _texts(_load(script.text or ""))]
    return blocks_from_text(max(found, key=measure)) if found else ()


def _load(text: str) -> Any:
    if len(text) > _SCRIPT_LIMIT:
        return None
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def _texts(data: Any) -> Iterator[str]:
    waiting, seen = [(data, 0)], 0
    while waiting and seen < _NODE_LIMIT:
        value, depth = waiting.pop()
        seen += 1
        match value:
            case str() if is_prose(value):
                yield plain(value)
            case dict() if depth < _DEPTH_LIMIT:
                waiting += [(inner, depth + 1) for inner in value.values()]
            case list() if depth < _DEPTH_LIMIT:
                lines = [line for item in value if (line := _line(item))]
                if sum(measure(line) >= _LEAST_LINE for line in lines) >= _LEAST_PARAGRAPHS:
                    yield "\n".join(lines)
                waiting += [(inner, depth + 1) for inner in value]


def _line(item: Any) -> str:
    if isinstance(item, str):
        return plain(item)
    if not isinstance(item, dict):
        return ""
    return next((plain(item[key]) for key in _TEXT_KEYS if isinstance(item.get(key), str)), "")
