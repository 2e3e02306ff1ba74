"""Feed discovery: looks for the feeds of a site, and at each candidate, so that only feeds are named."""

import asyncio
from dataclasses import dataclass
from urllib.parse import urljoin

from storyfold.app.feed_check import one_off_fetcher
from storyfold.app.unable import Unable
from storyfold.config.settings import Settings
from storyfold.edges.clock import SystemClock
from storyfold.feeds.discovery import candidates
from storyfold.feeds.parse import parse_feed
from storyfold.hosts.robots import ALLOW_ALL, Robots, parse_robots
from storyfold.model.feeds import FeedSource, Publisher
from storyfold.model.fetching import FetchLimits, FetchRequest, FetchResponse, Purpose
from storyfold.model.identity import PublisherId, feed_id_of
from storyfold.model.page import ParsedFeed
from storyfold.ports import Clock, Fetcher, FetchError


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """A feed of the site.

    Attributes:
        url: to register.
        title: as it calls itself; may be empty.
        format: as `ParsedFeed.format`.
        entries: how many it lists; an index of sitemaps lists none itself.
        by: how it was come by.
    """

    url: str
    title: str
    format: str
    entries: int
    by: str


def discover_feeds(settings: Settings, site: str) -> tuple[FoundFeed, ...]:
    """Find the feeds of a site.

    Raises:
        Unable: the site does not answer.
    """
    return asyncio.run(_discover(settings, site))


async def _discover(settings: Settings, site: str) -> tuple[FoundFeed, ...]:
    clock = SystemClock()
    fetcher = one_off_fetcher(settings, clock)
    try:
        return await discover(site, fetcher, clock, settings.fetch.limits)
    except FetchError as error:
        raise Unable(f"the site cannot be looked at: {error}") from error
    finally:
        await fetcher.aclose()


async def discover(
    site: str, fetcher: Fetcher, clock: Clock, limits: FetchLimits | None = None
) -> tuple[FoundFeed, ...]:
    """Find the feeds of a site, one request after the other.

    Args:
        site: URL of any page of it; one that is a feed itself is the answer.
        fetcher: gets bytes.
        clock: for the time of sight.
        limits: of each exchange.

    Raises:
        FetchError: the site itself does not answer.
    """
    bounds = limits or FetchLimits()
    page = await fetcher.fetch(FetchRequest(site, Purpose.PAGE, limits=bounds))
    itself = await _parsed(page, clock)
    if itself is not None:
        return (FoundFeed(page.url, itself.title, itself.format, len(itself.entries), "the address itself"),)
    found: dict[str, FoundFeed] = {}
    for candidate in candidates(page, await _robots(page.url, fetcher, bounds)):
        try:
            response = await fetcher.fetch(FetchRequest(candidate.url, Purpose.FEED, limits=bounds))
        except FetchError:
            continue
        parsed = await _parsed(response, clock)
        if parsed is not None and (parsed.entries or parsed.is_index):
            feed = FoundFeed(candidate.url, parsed.title, parsed.format, len(parsed.entries), candidate.by.value)
            found.setdefault(response.url, feed)
    return tuple(found.values())


async def _parsed(response: FetchResponse, clock: Clock) -> ParsedFeed | None:
    if response.status != 200:
        return None
    source = FeedSource(feed_id_of(response.url), response.url, Publisher(PublisherId(""), "", ""), "")
    return await asyncio.to_thread(parse_feed, response, clock.now(), source)


async def _robots(url: str, fetcher: Fetcher, limits: FetchLimits) -> Robots:
    try:
        answer = await fetcher.fetch(FetchRequest(urljoin(url, "/robots.txt"), Purpose.ROBOTS, limits=limits))
    except FetchError:
        return ALLOW_ALL
    return parse_robots(answer.body, "storyfold") if answer.status == 200 else ALLOW_ALL
