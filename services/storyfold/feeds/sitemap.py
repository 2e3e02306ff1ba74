"""Google News sitemaps (schemas/sitemap-news/0.9): urls with a news:news element are items of a feed."""

import contextlib
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

from lxml import etree

from storyfold.feeds.dates import clamped, from_iso
from storyfold.feeds.excerpt import complaint_about, newest
from storyfold.feeds.identity import Draft, identified
from storyfold.feeds.plaintext import literal_text
from storyfold.model.feeds import FeedSource
from storyfold.model.fetching import FetchResponse
from storyfold.model.page import FeedHints, ParsedFeed
from storyfold.urls.canonical import absolute_url


def read_sitemap(
    text: str, response: FetchResponse, seen_at: datetime, source: FeedSource, most: int
) -> ParsedFeed | None:
    """Read a news sitemap.

    Args:
        text: the document.
        response: that it came with.
        seen_at: the time of sight.
        source: the feed as registered.
        most: items read at most.

    Returns:
        The feed, with a complaint where the sitemap lists no news; an index of sitemaps is one without entries that
        has further documents. None where it cannot be read at all.
    """
    # A parser of its own for each document: no entities, no network, no depth or size beyond libxml2's own limits.
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, recover=True, huge_tree=False
    )
    root = None
    with contextlib.suppress(etree.XMLSyntaxError):
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    if root is None:
        return None
    further = _sitemaps(root, response.url)
    found = [draft for url in root.iterfind("{*}url") for draft in _drafts(url, response.url, seen_at)]
    kept = newest([(draft.published_at, draft) for draft in found], most)
    return ParsedFeed(
        title="",
        site_url=None,
        language=next((draft.language for draft in kept if draft.language), None),
        format="news-sitemap",
        entries=identified(kept, source.feed_id),
        hints=FeedHints(),
        complaint=_complaint(root, len(found), most) or _fault(parser),
        further=further,
        is_index=_is_index(root),
    )


def _is_index(root: etree._Element) -> bool:
    return isinstance(root.tag, str) and etree.QName(root).localname.lower() == "sitemapindex"


def _sitemaps(root: etree._Element, base: str) -> tuple[str, ...]:
    """Sitemaps of an index: those called news first, then the most lately changed, then in their order."""
    if not _is_index(root):
        return ()
    listed = [
        (url, _text(sitemap, "lastmod"))
        for sitemap in root.iterfind("{*}sitemap")
        if (url := absolute_url(base, _text(sitemap, "loc")))
    ]
    # Texts of one form order as their dates do; a stable sort leaves the rest as it stands.
    listed.sort(key=lambda each: each[1], reverse=True)
    listed.sort(key=lambda each: "news" not in urlsplit(each[0]).path.lower())
    return tuple(dict.fromkeys(url for url, _ in listed))


def _complaint(root: etree._Element, found: int, most: int) -> str | None:
    if found == 0 and not _is_index(root) and len(root) > 0:
        return "lists pages but no news (no news:news element); register the site's news sitemap"
    return complaint_about(found - most, most) if found > most else None


def _fault(parser: etree.XMLParser) -> str | None:
    return next((f"not well-formed: {error.message}" for error in parser.error_log.filter_from_errors()), None)


def _drafts(url: etree._Element, base: str, seen_at: datetime) -> Iterator[Draft]:
    news = url.find("{*}news")
    if news is None:
        return
    date_text = _text(news, "publication_date")
    published, ahead = clamped(from_iso(date_text), seen_at)
    updated, update_ahead = clamped(from_iso(_text(url, "lastmod")), seen_at)
    yield Draft(
        guid=None,
        url=absolute_url(base, _text(url, "loc")),
        title=literal_text(_text(news, "title")),
        summary="",
        content="",
        authors=(),
        published_at=published,
        updated_at=updated,
        date_clamped=ahead or update_ahead,
        date_text=date_text,
        categories=tuple(filter(None, (literal_text(word) for word in _text(news, "keywords").split(",")))),
        image=absolute_url(base, _text(url, "image/{*}loc")),
        language=_text(news, "publication/{*}language") or None,
    )


def _text(element: etree._Element, path: str) -> str:
    return (element.findtext("{*}" + path) or "").strip()
