"""What really happened, as JSON: every released article with its labels, moments and versions."""

import hashlib
from typing import Any
from xml.sax.saxutils import quoteattr

from newsroom.model import Article, Version
from newsroom.render.feeds import feed_path
from newsroom.serve.press import Moments, Press
from newsroom.serve.sites import House


def truth(press: Press, houses: tuple[House, ...], *, bodies: bool) -> Any:
    """Return the truth about all that is released so far, ready for JSON.

    Args:
        press: What is released.
        houses: Who listens where.
        bodies: Include the paragraphs of every version, not only their hash.
    """
    bases = {house.publisher.id: house.address.base for house in houses}
    articles = [
        _article(article, bases[article.publisher], moments, bodies=bodies)
        for article in press.plan.articles
        if (moments := press.moments(article)) is not None
    ]
    return {
        "complete": press.complete,
        "totals": {
            "planned": len(press.plan.articles),
            "released": press.released_count,
            "listed": press.listed_count,
            "happenings": len(press.plan.happenings),
            "publishers": len(houses),
        },
        "publishers": [_publisher(house) for house in houses],
        "articles": articles,
    }


def body_hash(version: Version) -> str:
    """Return the SHA-256 of the body: its words, white space folded to one space."""
    return hashlib.sha256(" ".join(" ".join(version.paragraphs).split()).encode()).hexdigest()


def opml(houses: tuple[House, ...]) -> str:
    """Return the feeds of all publishers as OPML 2.0."""
    lines = "".join(
        f'    <outline type="rss" text={quoteattr(h.publisher.name)} title={quoteattr(h.publisher.name)} '
        f"publisher={quoteattr(h.publisher.name)} "
        f'xmlUrl="{h.address.base}{feed_path(h.publisher)}" htmlUrl="{h.address.base}/"/>\n'
        for h in houses
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n'
        "  <head><title>newsroom</title></head>\n"
        f"  <body>\n{lines}  </body>\n</opml>\n"
    )


def _publisher(house: House) -> Any:
    publisher = house.publisher
    return {
        "id": publisher.id,
        "name": publisher.name,
        "country": publisher.country,
        "house": publisher.house,
        "base": house.address.base,
        "feed": f"{house.address.base}{feed_path(publisher)}",
        "format": publisher.format,
        "layout": publisher.layout,
        "full_text": publisher.full_text,
        "habits": list(publisher.habits),
        "footer": publisher.footer,
        "agency": publisher.agency,
    }


def _article(article: Article, base: str, moments: Moments, *, bodies: bool) -> Any:
    return {
        "id": article.id,
        "url": f"{base}{article.path}",
        "publisher": article.publisher,
        "guid": article.guid,
        "headline": article.versions[0].headline,
        "happening": article.happening,
        "topic": article.topic,
        "story": article.story,
        "kind": article.kind,
        "copy_of": article.copy_of,
        "agency": article.agency,
        "authors": list(article.authors),
        "published": article.published.isoformat(),
        "released_at": moments.released,
        "first_listed_at": moments.listed,
        "versions": [_version(version, bodies=bodies) for version in article.versions],
    }


def _version(version: Version, *, bodies: bool) -> Any:
    fields: dict[str, Any] = {
        "at": version.at.isoformat(),
        "headline": version.headline,
        "body_sha256": body_hash(version),
    }
    if bodies:
        fields["body"] = list(version.paragraphs)
    return fields
