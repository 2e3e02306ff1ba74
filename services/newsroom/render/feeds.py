"""Writes feeds: RSS 2.0, RSS 1.0, Atom 1.0 and JSON Feed 1.1, with the habits of their publisher."""

import json
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import assert_never

from newsroom.model import Article, FeedFormat, Habit, Publisher, Version
from newsroom.render.dates import claimed, iso, rfc822


@dataclass(frozen=True, slots=True)
class Listing:
    """A feed as it is to be written.

    Attributes:
        base: Address of the publisher without a slash at the end, such as `http://127.0.1.1:8000`.
        articles: What it lists, the newest first.
        now: The moment, on the clock of the plan.
        fetch: How many times it has been fetched; some guids depend on it.
    """

    publisher: Publisher
    base: str
    articles: tuple[Article, ...]
    now: datetime
    fetch: int


@dataclass(frozen=True, slots=True)
class _Entry:
    link: str
    guid: str | None
    title: str
    summary: str
    content: str | None
    date: datetime | None
    updated: datetime | None
    author: str | None


def feed_path(publisher: Publisher) -> str:
    """Return the path at which the publisher's feed stands."""
    match publisher.format:
        case FeedFormat.RSS20:
            return "/feed.xml"
        case FeedFormat.RSS10:
            return "/index.rdf"
        case FeedFormat.ATOM:
            return "/atom.xml"
        case FeedFormat.JSON:
            return "/feed.json"
        case _:
            assert_never(publisher.format)


def content_type(publisher: Publisher) -> str:
    """Return the media type that the publisher sends with its feed."""
    match publisher.format:
        case FeedFormat.RSS20:
            return "application/rss+xml; charset=utf-8"
        case FeedFormat.RSS10:
            return "application/rdf+xml; charset=utf-8"
        case FeedFormat.ATOM:
            return "application/atom+xml; charset=utf-8"
        case FeedFormat.JSON:
            return "application/feed+json; charset=utf-8"
        case _:
            assert_never(publisher.format)


def write_feed(listing: Listing) -> bytes:
    """Write the feed in its publisher's format and encoding."""
    entries = tuple(_entry(listing, article) for article in listing.articles)
    match listing.publisher.format:
        case FeedFormat.RSS20:
            text = _rss20(listing, entries)
        case FeedFormat.RSS10:
            text = _rss10(listing, entries)
        case FeedFormat.ATOM:
            text = _atom(listing, entries)
        case FeedFormat.JSON:
            return _json(listing, entries).encode()
        case _:
            assert_never(listing.publisher.format)
    return encode(listing.publisher, text)


def encode(publisher: Publisher, text: str) -> bytes:
    """Encode as the publisher does: UTF-8, or Windows-1252 while it still claims UTF-8."""
    if publisher.has(Habit.WRONG_CHARSET):
        return text.encode("cp1252", "xmlcharrefreplace")
    return text.encode()


def feed_link(publisher: Publisher, base: str, article: Article) -> str:
    """Return the link as it stands in the feed, with tracking parameters where that is the habit."""
    link = f"{base}{article.path}"
    if publisher.has(Habit.TRACKING_LINKS):
        link += f"{'&' if '?' in link else '?'}utm_source=rss&utm_medium=feed&utm_campaign=news"
    return link


def _entry(listing: Listing, article: Article) -> _Entry:
    publisher, version = listing.publisher, article.at(listing.now)
    date = claimed(publisher, article, article.published)
    title = version.headline
    if publisher.has(Habit.MARKUP_IN_TITLES):
        title = f"<b>{title.split(' ', 1)[0]}</b> {title.partition(' ')[2]}"
    content = None
    if publisher.full_text:
        content = "".join(f"<p>{escape(p, quote=False)}</p>" for p in version.paragraphs)
    return _Entry(
        link=feed_link(publisher, listing.base, article),
        guid=_guid(listing, article),
        title=title,
        summary=_teaser(version),
        content=content,
        date=date,
        updated=None if date is None or version.at == article.published else version.at,
        author=article.authors[0] if article.authors else None,
    )


def _guid(listing: Listing, article: Article) -> str | None:
    publisher = listing.publisher
    if publisher.has(Habit.MISSING_GUID):
        return None
    if publisher.has(Habit.REUSED_GUID):
        return f"{publisher.id}/news"
    if publisher.has(Habit.CHANGING_GUID):
        return f"{article.guid}-{listing.fetch}"
    return article.guid


def _teaser(version: Version) -> str:
    limit = 320
    if len(version.summary) <= limit:
        return version.summary
    return version.summary[:limit].rpartition(" ")[0] + " …"


def _name(publisher: Publisher) -> str:
    """Return the publisher's name as markup, with a bare ampersand where that is the habit."""
    return publisher.name if publisher.has(Habit.BARE_AMPERSANDS) else escape(publisher.name, quote=False)


def _tag(name: str, text: str | None, attributes: str = "") -> str:
    return "" if text is None else f"<{name}{attributes}>{escape(text, quote=False)}</{name}>\n"


def _rss20(listing: Listing, entries: tuple[_Entry, ...]) -> str:
    publisher = listing.publisher
    items = "".join(
        "<item>\n"
        + _tag("title", e.title)
        + _tag("link", e.link)
        + _tag("guid", e.guid, ' isPermaLink="false"')
        + _tag("description", e.summary)
        + _tag("content:encoded", e.content)
        + _tag("dc:creator", e.author)
        + _tag("pubDate", None if e.date is None else rfc822(publisher, e.updated or e.date))
        + "</item>\n"
        for e in entries
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom">\n<channel>\n'
        f"<title>{_name(publisher)}</title>\n<link>{listing.base}/</link>\n"
        f'<atom:link rel="self" href="{listing.base}{feed_path(publisher)}"/>\n'
        f"<description>All the news of {_name(publisher)}</description>\n<language>en</language>\n"
        f"{items}</channel>\n</rss>\n"
    )


def _rss10(listing: Listing, entries: tuple[_Entry, ...]) -> str:
    publisher = listing.publisher
    order = "".join(f'<rdf:li rdf:resource="{escape(e.guid or e.link)}"/>\n' for e in entries)
    items = "".join(
        f'<item rdf:about="{escape(e.guid or e.link)}">\n'
        + _tag("title", e.title)
        + _tag("link", e.link)
        + _tag("description", e.summary)
        + _tag("content:encoded", e.content)
        + _tag("dc:creator", e.author)
        + _tag("dc:date", None if e.date is None else iso(publisher, e.updated or e.date))
        + "</item>\n"
        for e in entries
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/">\n'
        f'<channel rdf:about="{listing.base}/">\n<title>{_name(publisher)}</title>\n'
        f"<link>{listing.base}/</link>\n<description>News</description>\n"
        f"<items>\n<rdf:Seq>\n{order}</rdf:Seq>\n</items>\n</channel>\n{items}</rdf:RDF>\n"
    )


def _atom(listing: Listing, entries: tuple[_Entry, ...]) -> str:
    publisher = listing.publisher
    newest = max((a.at(listing.now).at for a in listing.articles), default=listing.now)
    items = "".join(
        "<entry>\n"
        + _tag("title", e.title, ' type="html"' if publisher.has(Habit.MARKUP_IN_TITLES) else "")
        + f'<link rel="alternate" href="{escape(e.link)}"/>\n'
        + _tag("id", e.guid)
        + _tag("summary", e.summary)
        + _tag("content", e.content, ' type="html"')
        + ("" if e.author is None else f"<author>{_tag('name', e.author)}</author>\n")
        + _tag("published", None if e.date is None else iso(publisher, e.date))
        + _tag("updated", None if e.date is None else iso(publisher, e.updated or e.date))
        + "</entry>\n"
        for e in entries
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">\n'
        f"<title>{_name(publisher)}</title>\n<id>tag:{publisher.id},2020:feed</id>\n"
        f'<link rel="self" href="{listing.base}{feed_path(publisher)}"/>\n<link href="{listing.base}/"/>\n'
        f"<updated>{iso(publisher, newest)}</updated>\n{items}</feed>\n"
    )


def _json(listing: Listing, entries: tuple[_Entry, ...]) -> str:
    publisher = listing.publisher
    items = []
    for e in entries:
        fields = {
            "id": e.guid,
            "url": e.link,
            "title": e.title,
            "summary": e.summary,
            "content_html": e.content,
            "content_text": None if e.content else e.summary,
            "date_published": None if e.date is None else iso(publisher, e.date),
            "date_modified": None if e.updated is None else iso(publisher, e.updated),
            "authors": None if e.author is None else [{"name": e.author}],
        }
        items.append({key: value for key, value in fields.items() if value is not None})
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": publisher.name,
        "home_page_url": f"{listing.base}/",
        "feed_url": f"{listing.base}{feed_path(publisher)}",
        "language": "en",
        "items": items,
    }
    return json.dumps(feed, ensure_ascii=False, indent=1)
