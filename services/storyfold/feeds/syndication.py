"""RSS 0.9x-2.0, RDF and Atom, by feedparser, the parser of record: what it finds, is found.

`fast` reads what it is sure of in feedparser's place, with the same result at a tenth of the cost. feedparser is given
text that is decoded already, never a URL to resolve against (a relative guid must stay verbatim, wherever the feed is
fetched from), and no leave to tidy HTML, which costs a quarter of the time and is read as text anyway. Its dictionaries
hold whatever the document says: a ``<ttl a="b">`` turns a text into a dictionary. So every value is checked for its
type here, once.
"""

import html
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import feedparser

from storyfold.feeds.dates import clamped, from_struct, from_text, lacks_zone, plausible, usual_offset
from storyfold.feeds.excerpt import complaint_about, newest_items
from storyfold.feeds.fast import fast_tree
from storyfold.feeds.hints import first_link, skip_days, skip_hours, ttl_seconds
from storyfold.feeds.identity import Draft, identified
from storyfold.feeds.plaintext import encodable, literal_text, plain_text
from storyfold.model.feeds import FeedSource
from storyfold.model.fetching import FetchResponse
from storyfold.model.page import FeedHints, ParsedFeed
from storyfold.urls.canonical import absolute_url

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_NUMERIC = re.compile(r"&#(?:[xX]([0-9A-Fa-f]{1,8})|([0-9]{1,9}));")
_HTTP = re.compile(r"https?://", re.IGNORECASE)
# What feedparser says about the transport of a document rather than about the document.
_TRANSPORT = (feedparser.NonXMLContentType, feedparser.CharacterEncodingOverride)

Tree = Mapping[str, Any]


def read_syndication(
    text: str,
    response: FetchResponse,
    seen_at: datetime,
    source: FeedSource,
    most: int,
    *,
    reader: Callable[[str], Tree | None] | None = None,
) -> ParsedFeed | None:
    """Read an RSS, RDF or Atom document.

    Args:
        text: the document.
        response: that it came with.
        seen_at: the time of sight.
        source: the feed as registered.
        most: items read at most.
        reader: makes the tree; the fast reader, then feedparser, by default.

    Returns:
        The feed; None where feedparser finds neither a known root nor any item, or fails.
    """
    document, surplus = newest_items(text, most)
    tree = (reader or tree_of)(document)
    if tree is None or not (tree.get("version") or tree.get("entries")):
        return None
    version = _text(tree, "version")
    feed: Tree = tree["feed"]
    items = list(_trees(tree, "entries"))
    language = _language(_text(feed, "language"))
    context = _Context(
        base=response.url,
        atom=version.startswith("atom"),
        language=language,
        zone=usual_offset(_date_text(item) for item in items),
        seen_at=seen_at,
    )
    site = absolute_url(response.url, _text(feed, "link"))
    return ParsedFeed(
        title=_plain(feed, "title"),
        site_url=site,
        language=language,
        format=version or "unknown",
        entries=identified((_draft(item, context) for item in items), source.feed_id),
        hints=_hints(feed, text, response),
        complaint=complaint_about(surplus, most) if surplus else _complaint(tree),
    )


def tree_of(document: str) -> Tree | None:
    """Read a document the quick way where that is safe.

    Args:
        document: the text.
    """
    return fast_tree(document) or feedparser_tree(document)


def feedparser_tree(document: str) -> Tree | None:
    """Read a document by feedparser.

    Args:
        document: the text.

    Returns:
        Its tree; None where it fails, even without the references over which it is known to stumble.
    """
    tree = _parsed(document)
    return _parsed(_NUMERIC.sub(_legal_reference, document)) if tree is None else tree


def _parsed(document: str) -> Tree | None:
    try:
        tree: Tree = feedparser.parse(
            io.BytesIO(document.encode("utf-8", "replace")),
            response_headers={"content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception:  # noqa: BLE001 - a foreign parser on hostile bytes: UnicodeError, AssertionError, KeyError, ...
        return None
    return tree


def _legal_reference(found: re.Match[str]) -> str:
    """Drop a reference to a surrogate or beyond Unicode, over which feedparser stumbles; keep others."""
    code = int(found[1], 16) if found[1] else int(found[2])
    return "" if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF else found[0]


def _complaint(tree: Tree) -> str | None:
    error = tree.get("bozo_exception")
    if not tree.get("bozo") or error is None or isinstance(error, _TRANSPORT):
        return None
    return encodable(f"not well-formed: {error}")[:300]


def _hints(feed: Tree, text: str, response: FetchResponse) -> FeedHints:
    links = list(_trees(feed, "links"))

    def targets(rel: str) -> list[str]:
        return [_text(link, "href") for link in links if _text(link, "rel") == rel and _text(link, "href")]

    return FeedHints(
        ttl_seconds=ttl_seconds(_text(feed, "ttl"), _text(feed, "sy_updateperiod"), _text(feed, "sy_updatefrequency")),
        skip_hours=skip_hours(text),
        skip_days=skip_days(text),
        hub=first_link(response, "hub", targets("hub")),
        self_url=first_link(response, "self", targets("self")),
    )


@dataclass(frozen=True, slots=True)
class _Context:
    """What the items of one document have in common: base URL, kind, language, the usual zone of its dates, and now."""

    base: str
    atom: bool
    language: str | None
    zone: timedelta
    seen_at: datetime


def _draft(item: Tree, context: _Context) -> Draft:
    published, updated = _moment(item, "published", context.zone), _moment(item, "updated", context.zone)
    if published is None and not context.atom:
        # dc:date, which feedparser files under "updated", is a publication date in RSS (Dublin Core module).
        published, updated = updated, None
    published, ahead = clamped(published, context.seen_at)
    updated, update_ahead = clamped(updated, context.seen_at)
    return Draft(
        guid=_text(item, "id").strip() or None,
        url=_link(item, context.base),
        title=_plain(item, "title") or _plain(item, "media_title"),
        summary=_plain(item, "summary") or _plain(item, "media_description"),
        content=_content(item),
        authors=_authors(item),
        published_at=published,
        updated_at=updated,
        date_clamped=ahead or update_ahead,
        date_text=_date_text(item),
        categories=_categories(item),
        image=_image(item, context.base),
        language=_item_language(item) or context.language,
    )


def _moment(item: Tree, name: str, zone: timedelta) -> datetime | None:
    parsed = dict.get(item, f"{name}_parsed") if isinstance(item, dict) else None
    # feedparser does not read a date of RFC 5322 without its zone.
    read = plausible(parsed) if isinstance(parsed, datetime) else from_struct(parsed)
    moment = read or from_text(_text(item, name))
    if moment is not None and zone and lacks_zone(_text(item, name)):
        return moment - zone
    return moment


def _date_text(item: Tree) -> str:
    return _text(item, "published") or _text(item, "updated")


def _link(item: Tree, base: str) -> str | None:
    original = _text(item, "feedburner_origlink")
    link = original or _text(item, "link")
    if not original and link == _text(item, "id") and not _HTTP.match(link):
        # A guid without isPermaLink="false" counts as a link in RSS 2.0; "12345" is none all the same.
        return None
    return absolute_url(base, link)


def _content(item: Tree) -> str:
    best = ""
    for part in _trees(item, "content"):
        value = _text(part, "value")
        if len(value) > len(best):
            best = html.escape(value, quote=False) if _text(part, "type") == "text/plain" else value
    return encodable(best)


def _authors(item: Tree) -> tuple[str, ...]:
    names = [_plain(author, "name") for author in _trees(item, "authors")]
    return tuple(dict.fromkeys(name for name in names if name)) or tuple(filter(None, [_plain(item, "author")]))


def _categories(item: Tree) -> tuple[str, ...]:
    names = (_plain(tag, "label") or _plain(tag, "term") for tag in _trees(item, "tags"))
    return tuple(dict.fromkeys(name for name in names if name))


def _image(item: Tree, base: str) -> str | None:
    candidates = [
        *(_text(media, "url") for media in _trees(item, "media_content") if _is_picture(media)),
        *(_text(thumbnail, "url") for thumbnail in _trees(item, "media_thumbnail")),
        *(_text(link, "href") for link in _trees(item, "links") if _is_picture(link)),
        *(_text(picture, "href") for picture in [item.get("image")] if isinstance(picture, Mapping)),
    ]
    return next((url for candidate in candidates if (url := absolute_url(base, candidate))), None)


def _is_picture(media: Tree) -> bool:
    return _text(media, "medium") == "image" or _text(media, "type").startswith("image/")


def _item_language(item: Tree) -> str | None:
    details = [item.get("title_detail"), item.get("summary_detail")]
    stated = (_language(_text(detail, "language")) for detail in details if isinstance(detail, Mapping))
    return next(filter(None, stated), None)


def _language(text: str) -> str | None:
    tidy = text.strip().replace("_", "-")
    return tidy if _LANGUAGE.fullmatch(tidy) else None


def _plain(tree: Tree, name: str) -> str:
    value = _text(tree, name)
    detail = tree.get(f"{name}_detail")
    literal = isinstance(detail, Mapping) and _text(detail, "type") == "text/plain"
    return literal_text(value) if literal else plain_text(value)


def _text(tree: Tree, name: str) -> str:
    # dict.get: feedparser's own `get` answers some names with others ("updated" with "published").
    value = dict.get(tree, name) if isinstance(tree, dict) else None
    return value if isinstance(value, str) else ""


def _trees(tree: Tree, name: str) -> Iterator[Tree]:
    value = tree.get(name)
    if isinstance(value, list):
        yield from (part for part in value if isinstance(part, Mapping))
