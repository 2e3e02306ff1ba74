"""The real poll stage in simulated time: real fetcher, real gate, real SQLite store, against a server on loopback.

The wall clock and the steady clock stand still until the scene moves them to the next poll, so days pass in seconds;
deadlines of exchanges run in real time.
"""

import asyncio
import hashlib
import random
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count
from pathlib import Path
from uuid import uuid4

from benchmarks.rig import free_port
from storyfold.edges.callback_server import CallbackBounds, callbacks_served
from storyfold.edges.http import HttpFetcher
from storyfold.edges.resolver import Lookup
from storyfold.edges.store.opening import open_store
from storyfold.edges.store.sql import SqlStore
from storyfold.feeds.parse import parse_feed
from storyfold.feeds.policy import PollPolicy
from storyfold.feeds.websub import WebSubPolicy
from storyfold.hosts.policy import HostPolicy
from storyfold.model.entries import LedgerEntry
from storyfold.model.feeds import Feed, FeedSource, PollState, Publisher
from storyfold.model.fetching import FetchLimits, FetchResponse
from storyfold.model.identity import PublisherId, feed_id_of
from storyfold.model.page import ParsedFeed
from storyfold.model.records import Record, Reject, Topic
from storyfold.pipeline.callbacks import CallbackParts, Callbacks
from storyfold.pipeline.host_memory import HostMemory
from storyfold.pipeline.politeness import Politeness
from storyfold.pipeline.poll import PollParts, PollStage
from storyfold.pipeline.subscribing import SubscribeParts, SubscribeStage
from storyfold.ports import FeedParser
from tests.fakes.badserver import BadServer, Behaviour, Exchange, bad_server
from tests.fakes.clock import ManualClock
from tests.fakes.hop import MemoryHop
from tests.fakes.loopback import loopback_fetcher
from tests.fakes.meter import RecordingMeter

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# Real seconds without progress after which somebody must be waiting for the simulated clock.
_STUCK = 0.2
# Real seconds after which nothing will come any more.
_LOST = 30.0


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the server saw it, and when in simulated time."""

    at: datetime
    target: str
    head: bytes

    def header(self, name: str) -> bytes | None:
        """Value of a header as sent; None where there was none."""
        return Exchange(self.head, asyncio.StreamReader(), None).header(name)  # type: ignore[arg-type]  # head only

    @property
    def conditional(self) -> bool:
        """Whether it carried a validator."""
        return self.header("if-none-match") is not None or self.header("if-modified-since") is not None


class CountingParser:
    """Parses where it stands, and counts."""

    def __init__(self) -> None:
        self.parsed = 0

    async def parse(self, response: FetchResponse, seen_at: datetime, source: FeedSource) -> ParsedFeed | None:
        """See `FeedParser`."""
        self.parsed += 1
        return parse_feed(response, seen_at, source)


@dataclass
class Scene:
    """A poll stage, the server it polls, and simulated time."""

    clock: ManualClock
    server: BadServer
    store: SqlStore
    database: Path
    stage: PollStage
    gate: Politeness
    fetcher: HttpFetcher
    meter: RecordingMeter
    hop: MemoryHop[LedgerEntry]
    parser: CountingParser
    subscribing: SubscribeStage
    callbacks: Callbacks
    public_url: str
    asked: list[Asked] = field(default_factory=list)
    sources: list[FeedSource] = field(default_factory=list)

    def serve(self, path: str, behaviour: Behaviour) -> str:
        """Serve a path, noting who asks when; returns its URL."""

        async def noting(exchange: Exchange) -> None:
            self.asked.append(Asked(self.clock.now(), exchange.target, exchange.head))
            await behaviour(exchange)

        return self.server.on(path, noting)

    def answer(self, path: str, status: int, body: bytes = b"", *headers: tuple[str, str]) -> str:
        """Serve a path with a fixed answer; returns its URL."""

        async def fixed(exchange: Exchange) -> None:
            await exchange.answer(status, body, *headers)

        return self.serve(path, fixed)

    def requests(self, path: str) -> list[Asked]:
        """What was asked of a path."""
        return [each for each in self.asked if each.target.partition("?")[0] == path]

    async def register(self, *urls: str, **fields: object) -> None:
        """Add feeds to the registered ones."""
        for url in urls:
            house = Publisher(PublisherId("127.0.0.1"), "News", "127.0.0.1")
            source = FeedSource(feed_id_of(url), url, house, "News")
            self.sources.append(replace(source, **fields))  # type: ignore[arg-type]  # fields by name
        await self.store.register(self.sources, self.clock.now())

    async def state(self, url: str) -> PollState:
        """What polling remembers of a feed."""
        return (await self.feed(url)).state

    async def feed(self, url: str) -> Feed:
        """A feed by its registered URL."""
        return next(feed for feed in await self.store.feeds() if feed.source.url == url)

    async def run(self, span: timedelta = timedelta()) -> None:
        """Let simulated time pass, poll by poll, and come to rest."""
        end = self.clock.now() + span
        await self.quiet()
        while (due := await self.store.next_feed_due()) is not None and due <= end:
            await self.clock.advance(max(timedelta(), due - self.clock.now()))
            await self.quiet()
        await self.clock.advance(max(timedelta(), end - self.clock.now()))
        await self.quiet()

    async def polls(self, count: int) -> None:
        """Let the next so many polls happen."""
        for _ in range(count):
            due = await self.store.next_feed_due()
            assert due is not None
            await self.run(max(timedelta(), due - self.clock.now()))

    async def quiet(self) -> None:
        """Wait until nothing is due, leased or in hand."""
        loop = asyncio.get_running_loop()
        begun = moved = loop.time()
        self.stage.wake()
        while not self._rests():
            await asyncio.sleep(0.002)
            if loop.time() - moved > _STUCK:
                # Somebody waits for a host, in simulated time.
                await self.clock.advance(timedelta(seconds=1))
                self.stage.wake()
                moved = loop.time()
            assert loop.time() - begun < _LOST, "the stage does not come to rest"

    def _rests(self) -> bool:
        if self.stage.in_hand() or self.callbacks.in_hand():
            return False
        now = int(self.clock.now().timestamp() * 1_000_000)
        busy = "select (select count(*) from feed_leases) + (select count(*) from feeds where due_at <= ?)"
        connection = sqlite3.connect(self.database)
        try:
            (count,) = connection.execute(busy, (now,)).fetchone()
        finally:
            connection.close()
        return count == 0 and self.stage.in_hand() == 0


@asynccontextmanager
async def scene(
    folder: Path,
    *,
    policy: PollPolicy | None = None,
    limits: FetchLimits | None = None,
    hosts: HostPolicy | None = None,
    networks: Sequence[str] = ("127.0.0.0/8", "::1/128"),
    lookup: Lookup | None = None,
    parser: FeedParser | None = None,
    clock: ManualClock | None = None,
) -> AsyncIterator[Scene]:
    """Run the poll stage in a folder; a second scene in the same folder is a restart.

    The server is a new one each time, on a port of its own.
    """
    clock = clock or ManualClock()
    meter = RecordingMeter()
    database = folder / "store.sqlite3"
    counting = CountingParser()
    hop: MemoryHop[LedgerEntry] = MemoryHop(100_000)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(bad_server())
        fetcher = await stack.enter_async_context(loopback_fetcher(networks=networks, meter=meter, lookup=lookup))
        store = await open_store(f"sqlite:///{database}")
        stack.push_async_callback(store.close)
        politeness = hosts or HostPolicy()
        gate = Politeness(fetcher, clock, politeness, memory=HostMemory(clock, politeness.robots_ttl, store))
        stack.push_async_callback(gate.aclose)
        await gate.share()
        public_url = f"http://127.0.0.1:{free_port()}"
        names = (f"unguessable-{number}-{uuid4()}" for number in count())
        subscribing = SubscribeStage(
            SubscribeParts(store, fetcher, gate, clock, meter, name=lambda: next(names)), WebSubPolicy(), public_url
        )
        stage = PollStage(
            PollParts(
                store=store,
                fetcher=fetcher,
                parser=parser or counting,
                gate=gate,
                clock=clock,
                meter=meter,
                entries=hop,
                reject_record=_record,
                nudge=_nobody,
                rng=random.Random(1),
                hubs=subscribing,
            ),
            policy=policy or PollPolicy(),
            limits=limits or FetchLimits(deadline=timedelta(seconds=2)),
            owner="conformance",
        )
        callbacks = Callbacks(
            CallbackParts(store, parser or counting, stage, clock, meter),
            WebSubPolicy(),
            owner="conformance",
            lease=HOUR,
        )
        bounds = CallbackBounds(body_bytes=200_000, deadline=timedelta(seconds=1))
        port = int(public_url.rpartition(":")[2])
        await stack.enter_async_context(callbacks_served(callbacks, "127.0.0.1", port, bounds))
        tasks = [asyncio.ensure_future(each.run()) for each in (stage, callbacks)]
        try:
            yield Scene(
                clock,
                server,
                store,
                database,
                stage,
                gate,
                fetcher,
                meter,
                hop,
                counting,
                subscribing,
                callbacks,
                public_url,
            )
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


@dataclass
class Newsdesk:
    """A well-behaved feed that grows: ETag and Last-Modified change with it, and a 304 is given when they match.

    Attributes:
        clock: simulated time.
        names: of its items, newest first, with the time of each.
        headers: sent with every answer.
        head: put into the channel.
    """

    clock: ManualClock
    names: list[tuple[str, datetime]] = field(default_factory=list)
    headers: tuple[tuple[str, str], ...] = ()
    head: str = ""
    validating: bool = True
    sent: list[tuple[str, str]] = field(default_factory=list)

    def add(self, name: str) -> None:
        """Publish an item now."""
        self.names.insert(0, (name, self.clock.now()))

    def etag(self) -> str:
        """Of the current content."""
        return 'W/"' + hashlib.sha256(repr(self.names).encode()).hexdigest()[:12] + ' odd "'

    def modified(self) -> str:
        """Of the current content, in an odd form."""
        newest = self.names[0][1] if self.names else datetime(2026, 1, 1, tzinfo=UTC)
        return newest.strftime("%d-%b-%y %H:%M UTC")

    def body(self) -> bytes:
        """The document."""
        return rss(*self.names, head=self.head)

    async def __call__(self, exchange: Exchange) -> None:
        """Answer a request."""
        validators = (("ETag", self.etag()), ("Last-Modified", self.modified())) if self.validating else ()
        if self.validating and exchange.header("if-none-match") == self.etag().encode():
            await exchange.answer(304, b"", *validators, *self.headers)
            return
        if self.validating:
            self.sent.append((self.etag(), self.modified()))
        await exchange.answer(200, self.body(), *validators, *self.headers)


def rss(*items: tuple[str, datetime | None], head: str = "", extra: str = "") -> bytes:
    """An RSS document with these items."""
    text = "".join(
        f"<item><title>Title {name}</title><link>https://news.example/{name}</link><guid>{name}</guid>"
        + (f"<pubDate>{format_datetime(at)}</pubDate>" if at else "")
        + "</item>"
        for name, at in items
    )
    return f'<rss version="2.0"><channel><title>News</title>{head}{text}{extra}</channel></rss>'.encode()


def _record(reject: Reject) -> Record:
    return Record(Topic.REJECTS, reject.ledger.entry.entry_id, (), b"{}", reject.at)


def _nobody() -> None:
    """Nobody publishes here."""
