"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1), read as tolerantly as its text asks readers to be."""

import html
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from storyfold.feeds.dates import clamped, from_iso
from storyfold.feeds.excerpt import complaint_about, newest
from storyfold.feeds.hints import first_link
from storyfold.feeds.identity import Draft, identified
from storyfold.feeds.plaintext import encodable, literal_text, plain_text
from storyfold.model.feeds import FeedSource
from storyfold.model.fetching import FetchResponse
from storyfold.model.page import FeedHints, ParsedFeed
from storyfold.urls.canonical import absolute_url

Tree = Mapping[str, Any]


def read_json_feed(
    text: str, response: FetchResponse, seen_at: datetime, source: FeedSource, most: int
) -> ParsedFeed | None:
    """Read a JSON Feed.

    Args:
        text: the document.
        response: that it came with.
        seen_at: the time of sight.
        source: the feed as registered.
        most: items read at most.

    Returns:
        The feed; None where the text is no JSON, or JSON of another kind.
    """
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(tree, dict) or not isinstance(tree.get("items"), list):
        return None
    if "jsonfeed.org/version/" not in _text(tree, "version"):
        return None
    language = _text(tree, "language") or None
    items = [item for item in tree["items"] if isinstance(item, dict)]
    kept = newest([(from_iso(_text(item, "date_published")), item) for item in items], most)
    drafts = (_draft(item, response.url, language, tuple(_authors(tree)), seen_at) for item in kept)
    hubs = [_text(hub, "url") for hub in _trees(tree, "hubs") if _text(hub, "type").lower() == "websub"]
    return ParsedFeed(
        title=literal_text(_text(tree, "title")),
        site_url=absolute_url(response.url, _text(tree, "home_page_url")),
        language=language,
        format="json11" if _text(tree, "version").rstrip("/").endswith("1.1") else "json1",
        entries=identified(drafts, source.feed_id),
        hints=FeedHints(
            hub=first_link(response, "hub", hubs),
            self_url=first_link(response, "self", [_text(tree, "feed_url")]),
            expired=tree.get("expired") is True,
        ),
        complaint=complaint_about(len(items) - len(kept), most) if len(kept) < len(items) else None,
        further=tuple(filter(None, [absolute_url(response.url, _text(tree, "next_url"))])),
    )


def _draft(item: Tree, base: str, language: str | None, house: tuple[str, ...], seen_at: datetime) -> Draft:
    published, ahead = clamped(from_iso(_text(item, "date_published")), seen_at)
    updated, update_ahead = clamped(from_iso(_text(item, "date_modified")), seen_at)
    content = _text(item, "content_html") or html.escape(_text(item, "content_text"), quote=False)
    tags = item.get("tags")
    return Draft(
        guid=_identifier(item.get("id")),
        url=absolute_url(base, _text(item, "url")) or absolute_url(base, _text(item, "external_url")),
        title=literal_text(_text(item, "title")),
        summary=plain_text(_text(item, "summary")),
        content=encodable(content),
        authors=tuple(_authors(item)) or house,
        published_at=published,
        updated_at=updated,
        date_clamped=ahead or update_ahead,
        date_text=_text(item, "date_published"),
        categories=tuple(literal_text(tag) for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
        image=absolute_url(base, _text(item, "image")) or absolute_url(base, _text(item, "banner_image")),
        language=_text(item, "language") or language,
    )


def _identifier(value: object) -> str | None:
    """An id as text: the format asks for text and for tolerance of numbers, whose text form then is the id."""
    match value:
        case bool() | None:
            return None
        case str():
            return encodable(value).strip() or None
        case int() | float():
            return str(value)
        case _:
            return None


def _authors(tree: Tree) -> Iterator[str]:
    single = tree.get("author")
    for author in [*_trees(tree, "authors"), *([single] if isinstance(single, dict) else [])]:
        name = literal_text(_text(author, "name"))
        if name:
            yield name


def _text(tree: Tree, name: str) -> str:
    value = tree.get(name)
    return encodable(value) if isinstance(value, str) else ""


def _trees(tree: Tree, name: str) -> Iterator[Tree]:
    value = tree.get(name)
    if isinstance(value, list):
        yield from (part for part in value if isinstance(part, dict))
