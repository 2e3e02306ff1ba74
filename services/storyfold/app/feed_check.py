"""Feed check: fetches a feed once, as polling would, and explains what came."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from ipaddress import ip_network

from storyfold.app.assembly import allowed_ports, user_agent
from storyfold.config.settings import Settings
from storyfold.edges.clock import SystemClock
from storyfold.edges.http import HttpFetcher
from storyfold.edges.telemetry import PrometheusMeter
from storyfold.feeds.explanation import why
from storyfold.feeds.observation import Parsed
from storyfold.feeds.parse import parse_feed
from storyfold.feeds.policy import PollPolicy
from storyfold.feeds.schedule import decide
from storyfold.feeds.silence import silence_of
from storyfold.model.feeds import Feed, FeedSource, Identity, PollState, Publisher, Silence
from storyfold.model.fetching import FetchRequest, FetchResponse, Purpose
from storyfold.model.identity import PublisherId, feed_id_of
from storyfold.model.page import ParsedFeed
from storyfold.pipeline.politeness import Politeness
from storyfold.ports import Clock, FetchError

# Of many feeds, how many are asked at a time: they are different hosts as a rule.
AT_A_TIME = 8
_ROBOTS_SAY = {
    True: "robots.txt allows it",
    False: "robots.txt disallows it: polled all the same unless its feed obeys robots",
    None: "robots.txt cannot be reached",
}


@dataclass(frozen=True, slots=True)
class FeedReport:
    """What came of one feed.

    Attributes:
        url: that was asked.
        trouble: what is wrong and what to do; None where it can be polled.
        title: of the feed, where it is one.
        entries: how many it lists.
        facts: sentences about what came.
    """

    url: str
    trouble: str | None
    title: str
    entries: int
    facts: tuple[str, ...]


def check_feeds(settings: Settings, urls: Sequence[str]) -> tuple[FeedReport, ...]:
    """Fetch each feed once, without validators, and explain. Nothing is stored."""
    return asyncio.run(_check_all(settings, urls))


def one_off_fetcher(settings: Settings, clock: Clock) -> HttpFetcher:
    """The fetcher that polling would use, for a command's few requests."""
    return HttpFetcher(
        user_agent=user_agent(settings),
        allowed_networks=[ip_network(each) for each in settings.fetch.allowed_networks],
        allowed_ports=allowed_ports(settings),
        meter=PrometheusMeter(),
        clock=clock,
    )


async def _check_all(settings: Settings, urls: Sequence[str]) -> tuple[FeedReport, ...]:
    clock = SystemClock()
    fetcher = one_off_fetcher(settings, clock)
    gate = Politeness(fetcher, clock, settings.politeness)
    policy = settings.poll.policy
    turn = asyncio.Semaphore(AT_A_TIME)

    async def check(url: str) -> FeedReport:
        async with turn:
            try:
                response = await fetcher.fetch(FetchRequest(url, Purpose.FEED, limits=settings.fetch.limits))
            except FetchError as error:
                return FeedReport(url, str(error), "", 0, ())
        now = clock.now()
        source = FeedSource(feed_id_of(url), url, Publisher(PublisherId(url), url, url), "")
        parsed = None
        if response.status == 200:
            parsed = await asyncio.to_thread(parse_feed, response, now, source)
        report = explain(url, response, parsed)
        if parsed is None:
            return report
        allowed = await gate.allowed(url)
        return replace(
            report, facts=(*report.facts, _ROBOTS_SAY[allowed], *ahead(source, response, parsed, now, policy))
        )

    try:
        return tuple(await asyncio.gather(*(check(url) for url in urls)))
    finally:
        await gate.aclose()
        await fetcher.aclose()


def ahead(
    source: FeedSource, response: FetchResponse, parsed: ParsedFeed, now: datetime, policy: PollPolicy
) -> tuple[str, ...]:
    """What polling would make of a first answer: hub, silence, the next poll and why."""
    feed = Feed(source, PollState(url=source.url, next_poll_at=now))
    seen = Parsed(response, conditional=False, body_hash="", document=parsed, identity=Identity.GUID, known={})
    state = decide(feed, seen, now, policy, chance=0.0).state
    silence = silence_of(state, now, policy)
    hub = parsed.hints.hub
    return (
        *([f"its hub {hub} can bring its news at once (WebSub)"] if hub else []),
        *([f"{len(parsed.further)} further documents belong to it"] if parsed.further else []),
        *([f"{silence.silence.value}: {silence.reason}"] if silence.silence is not Silence.OK else []),
        *why(Feed(source, state), now, policy),
    )


def explain(url: str, response: FetchResponse, parsed: ParsedFeed | None) -> FeedReport:
    """Say what a response means for polling."""
    facts = [f"{each.status} to {each.target}" for each in response.redirects]
    facts.append(f"status {response.status}, {len(response.body):,} bytes in {response.elapsed.total_seconds():.2f} s")
    if parsed is None:
        return FeedReport(url, _advice(response), "", 0, tuple(facts))
    dated = [entry.published_at for entry in parsed.entries if entry.published_at is not None]
    facts.append(f"{parsed.format}, {len(parsed.entries)} entries, {len(dated)} of them dated")
    if dated:
        facts.append(f"newest entry from {max(dated):%Y-%m-%d %H:%M} UTC")
    validators = [name for name in ("etag", "last-modified") if response.header(name)]
    facts.append(f"can be asked whether it changed, by {' and '.join(validators)}" if validators else "no validators")
    if any(each.status in {301, 308} for each in response.redirects):
        facts.append(f"moved for good: put {response.url} into the feeds file")
    if parsed.complaint:
        facts.append(f"read all the same, but: {parsed.complaint}")
    trouble = (
        None
        if parsed.entries or parsed.further
        else "it is a feed, but lists no entries: look whether the publisher still fills it"
    )
    return FeedReport(url, trouble, parsed.title, len(parsed.entries), tuple(facts))


def _advice(response: FetchResponse) -> str:
    match response.status:
        case 200:
            return "what came is not a feed: look at the page for the address that it names as its feed"
        case 401 | 403 | 407 | 451:
            return "the server refuses us: set fetch.contact, and ask the publisher"
        case 404 | 410:
            return "there is nothing at this address (any more): look for the feed's new one"
        case 429:
            return "the server says that we ask too often: try again later"
        case status if status >= 500:
            return "the server has a fault of its own: try again later"
        case status:
            return f"the server answers {status}, which is no feed"
