"""Where the feeds of a site may be: what its page and headers name, its robots.txt, and well-known paths."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urljoin

from storyfold.feeds.hints import header_links
from storyfold.hosts.robots import Robots
from storyfold.model.fetching import FetchResponse
from storyfold.urls.canonical import absolute_url

# In the order in which publishing systems use them: WordPress and Ghost, Hugo, Jekyll, Blogger, Drupal, micro.blog.
WELL_KNOWN = ("/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml", "/feeds/posts/default", "/feed.json")
# A site that names more has a feed for every tag; its first ones are the general ones.
_MOST = 30

_KINDS = frozenset(
    {"application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml", "application/json"}
)
_TAG = re.compile(r"<(link|base)\b((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([a-z\-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)


class FoundBy(StrEnum):
    """How a candidate was come by."""

    LINK = "link element"
    HEADER = "Link header"
    ROBOTS = "robots.txt"
    PATH = "well-known path"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A URL that may be a feed: whether it is one, a look at it tells."""

    url: str
    by: FoundBy


def candidates(page: FetchResponse, robots: Robots) -> tuple[Candidate, ...]:
    """Collect where feeds may be, each URL once, the best evidence first.

    Args:
        page: of the site, of any kind.
        robots: of its host.
    """
    found = [
        *(Candidate(url, FoundBy.LINK) for url in _linked(page)),
        *(Candidate(url, FoundBy.HEADER) for url in header_links(page, "alternate")),
        *(Candidate(url, FoundBy.ROBOTS) for sitemap in robots.sitemaps if (url := absolute_url(page.url, sitemap))),
        *(Candidate(urljoin(page.url, path), FoundBy.PATH) for path in WELL_KNOWN),
    ]
    once: dict[str, Candidate] = {}
    for candidate in found:
        once.setdefault(candidate.url, candidate)
    return tuple(once.values())[:_MOST]


def _linked(page: FetchResponse) -> Iterator[str]:
    """Targets of alternate links with a feed's type (RSS autodiscovery; HTML, 4.6.6.1)."""
    tags = [(name.lower(), _attributes(text)) for name, text in _TAG.findall(page.body.decode("utf-8", "replace"))]
    base = next((values["href"] for name, values in tags if name == "base" and "href" in values), "")
    for name, values in tags:
        relations = values.get("rel", "").lower().split()
        kind = values.get("type", "").partition(";")[0].strip().lower()
        if name == "link" and "alternate" in relations and "stylesheet" not in relations and kind in _KINDS:
            target = absolute_url(absolute_url(page.url, base) or page.url, values.get("href", ""))
            if target is not None:
                yield target


def _attributes(text: str) -> dict[str, str]:
    return {
        name.lower(): html.unescape(double or single or bare) for name, double, single, bare in _ATTRIBUTE.findall(text)
    }
