"""From a response to a feed: which format it is, and the reader that knows it (polling.md, 19-24).

Readers: `syndication` (RSS, RDF and Atom, by feedparser), `jsonfeed`, `sitemap`. Nothing here raises on any bytes.
"""

import re
from dataclasses import replace
from datetime import datetime

from storyfold.feeds.encodings import decode
from storyfold.feeds.jsonfeed import read_json_feed
from storyfold.feeds.sitemap import read_sitemap
from storyfold.feeds.syndication import read_syndication
from storyfold.feeds.unpacking import unpacked
from storyfold.model.feeds import FeedSource
from storyfold.model.fetching import FetchResponse
from storyfold.model.page import ParsedFeed

# The largest of the 49 captured feeds lists 200 items; a publisher's whole archive would take feedparser minutes.
MOST_ENTRIES = 5000
# Of a gzip file, unpacked: sitemaps.org allows 50 MB, none of which is news; the fetcher's own bound is 16 MiB.
MOST_BYTES = 16 * 1024 * 1024

# Characters that no XML document may hold (XML 1.0, 2.2): one of them makes a strict parser give up the whole feed.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_PROLOGUE = re.compile(
    r"(?:\s+|<\?[^>]*>|<!--(?:(?!-->).)*-->|<!DOCTYPE[^>\[]*(?:\[[^\]]*\])?\s*>)+", re.DOTALL | re.IGNORECASE
)
_ROOT = re.compile(r"<(?:[A-Za-z_][\w.\-]*:)?([A-Za-z_][\w.\-]*)")


def parse_feed(
    response: FetchResponse, seen_at: datetime, source: FeedSource, most: int = MOST_ENTRIES
) -> ParsedFeed | None:
    """Parse a feed document.

    Args:
        response: with status 200.
        seen_at: the time of sight, for dates in the future.
        source: the feed as registered; its id names the entries.
        most: entries read of one document: the newest. What is left out is told in `complaint`.

    Returns:
        The feed; None where the body is none in any format known here (HTML for instance).
    """
    text = document_of(response)
    if text is None:
        return None
    if text.startswith("{"):
        return read_json_feed(text, response, seen_at, source, most)
    match root_of(text):
        case "html" | "head" | "body" | "svg" | "opml":
            return None
        case "urlset" | "sitemapindex":
            parsed = read_sitemap(text, response, seen_at, source, most)
        case _:
            parsed = read_syndication(text, response, seen_at, source, most)
    if parsed is not None and source.language is not None and parsed.language is None:
        return replace(parsed, language=source.language)
    return parsed


def document_of(response: FetchResponse) -> str | None:
    """Unpack and decode a document, without what no XML may hold.

    Args:
        response: with the document as body.

    Returns:
        The text; None where it is a file that does not unpack, or not within bounds.
    """
    body = unpacked(response.body, MOST_BYTES)
    if body is None:
        return None
    return _ILLEGAL.sub("", decode(body, response.header("content-type"))).lstrip("\ufeff \t\r\n")


def root_of(text: str) -> str:
    """Name the first element of a document, without prefix, in lower case; empty where there is none near the start.

    Args:
        text: the document.
    """
    head = text[:4096]
    if head[:14].lower() == "<!doctype html":
        return "html"
    prologue = _PROLOGUE.match(head)
    root = _ROOT.match(head, prologue.end() if prologue else 0)
    return root[1].lower() if root else ""
