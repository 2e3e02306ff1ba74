import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest

from storyfold.feeds.parse import parse_feed
from storyfold.feeds.policy import PollPolicy
from storyfold.model.commit import Commit
from storyfold.model.entries import LedgerEntry, RejectReason
from storyfold.model.feeds import Feed, FeedSource, PollOutcome, Publisher, Validators
from storyfold.model.fetching import FetchLimits, FetchResponse
from storyfold.model.identity import PublisherId, feed_id_of
from storyfold.model.metrics import Metric, Stage
from storyfold.model.page import ParsedFeed
from storyfold.model.records import Record, Reject, Topic
from storyfold.pipeline.poll import PollParts, PollStage
from storyfold.ports import (
    BadResponse,
    BadUrl,
    BlockedAddress,
    BodyTooLarge,
    ConnectFailed,
    DeadlineExceeded,
    DnsFailed,
    FetchError,
    StoreUnavailable,
    TlsFailed,
    TooManyRedirects,
    WorkerHung,
)
from tests.fakes.clock import ManualClock, settle
from tests.fakes.fetcher import ScriptedFetcher, response
from tests.fakes.gate import OpenGate
from tests.fakes.hop import MemoryHop
from tests.fakes.meter import RecordingMeter
from tests.fakes.store import MemoryStore

URL = "https://news.example/rss"
MINUTE = timedelta(minutes=1)


def source(url: str = URL, *, obey_robots: bool = False) -> FeedSource:
    house = Publisher(PublisherId("news.example"), "News", "news.example")
    return FeedSource(feed_id_of(url), url, house, "News", obey_robots=obey_robots)


def rss(*names: str, date: str = "Mon, 05 Jan 2026 11:00:00 GMT") -> bytes:
    items = "".join(
        f"<item><title>Title {name}</title><link>https://news.example/{name}</link><guid>{name}</guid>"
        f"<pubDate>{date}</pubDate></item>"
        for name in names
    )
    return f'<rss version="2.0"><channel><title>News</title>{items}</channel></rss>'.encode()


class InlineParser:
    """Parses where it stands; hangs on bodies that say so."""

    def __init__(self) -> None:
        self.parsed = 0

    async def parse(self, response: FetchResponse, seen_at: datetime, source: FeedSource) -> ParsedFeed | None:
        self.parsed += 1
        if b"hang" in response.body:
            raise WorkerHung("no answer within 30 s")
        return parse_feed(response, seen_at, source)


class ShakyStore(MemoryStore):
    """A store that is not there for the first calls of some methods."""

    def __init__(self, **absences: int) -> None:
        super().__init__()
        self.absences = absences

    def _away(self, name: str) -> None:
        if self.absences.get(name, 0) > 0:
            self.absences[name] -= 1
            raise StoreUnavailable(f"{name}: locked")

    async def apply(self, commit: Commit) -> None:
        self._away("apply")
        await super().apply(commit)

    async def lease_feeds(self, owner: str, now: datetime, lease: timedelta, limit: int) -> tuple[Feed, ...]:
        self._away("lease_feeds")
        return await super().lease_feeds(owner, now, lease, limit)

    async def next_feed_due(self) -> datetime | None:
        self._away("next_feed_due")
        return await super().next_feed_due()


class Scene:
    """A poll stage among fakes."""

    def __init__(
        self,
        *,
        hop_size: int = 1000,
        concurrency: int = 50,
        store: ShakyStore | None = None,
        hop: MemoryHop[LedgerEntry] | None = None,
    ) -> None:
        self.clock = ManualClock()
        self.store = store or ShakyStore()
        self.hold = asyncio.Event()
        self.hold.set()
        self.fetcher = ScriptedFetcher(self.hold)
        self.parser = InlineParser()
        self.gate = OpenGate()
        self.meter = RecordingMeter()
        self.hop: MemoryHop[LedgerEntry] = MemoryHop(hop_size) if hop is None else hop
        self.nudges = 0
        self.stage = PollStage(
            PollParts(
                store=self.store,
                fetcher=self.fetcher,
                parser=self.parser,
                gate=self.gate,
                clock=self.clock,
                meter=self.meter,
                entries=self.hop,
                reject_record=self._record,
                nudge=self._nudge,
                rng=random.Random(1),
            ),
            policy=PollPolicy(),
            limits=FetchLimits(),
            owner="me",
            concurrency=concurrency,
        )

    def _nudge(self) -> None:
        self.nudges += 1

    def _record(self, reject: Reject) -> Record:
        return Record(Topic.REJECTS, reject.ledger.entry.entry_id, (), b"{}", reject.at)

    async def register(self, *sources: FeedSource) -> None:
        await self.store.register(sources, self.clock.now())

    async def feed(self, url: str = URL) -> Feed:
        return next(feed for feed in await self.store.feeds() if feed.source.url == url)

    def polls(self, outcome: PollOutcome) -> float:
        return self.meter.counted(Metric.POLLS, outcome)

    async def pass_time(self, span: timedelta) -> None:
        """Let much time pass at once, then let the stage look."""
        self.clock.jump(span)
        await self.clock.advance(timedelta(seconds=5))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.ensure_future(self.stage.run())
        try:
            await settle()
            yield
        finally:
            task.cancel()
            await asyncio.wait((task,))


def test_new_entries_reach_the_ledger_and_the_hop_in_one_commit() -> None:
    """A first poll commits feed, entries and old entries' rejects at once, then sends the new ones on."""

    async def story() -> None:
        scene = Scene()
        await scene.register(source())
        scene.fetcher.answer(URL, response(URL, rss("a", "b"), headers=(("etag", '"1"'),)))
        async with scene.running():
            pass
        assert ["a", "b"] == [row.entry.guid for row in scene.hop.items]
        (commit,) = scene.store.commits
        assert ("me", scene.clock.now() + 10 * MINUTE) == (commit.holder, commit.held_until)
        assert commit.polled[0].listed == tuple(row.ledger.entry.entry_id for row in commit.taken_up)
        assert 1 == scene.polls(PollOutcome.NEW_ENTRIES)
        assert 2 == scene.meter.counted(Metric.ENTRIES_NEW)
        assert Validators('"1"', None) == (await scene.feed()).state.validators
        assert 0 == scene.nudges
        assert [(URL, False)] == scene.gate.slots

    asyncio.run(story())


def test_old_entries_of_a_first_poll_end_as_rejects() -> None:
    """They are in the ledger and on the outbox, and nobody reads their pages."""

    async def story() -> None:
        scene = Scene()
        await scene.register(source())
        scene.fetcher.answer(URL, response(URL, rss("a", date="Mon, 01 Dec 2025 11:00:00 GMT")))
        async with scene.running():
            pass
        assert [] == scene.hop.items
        counts = await scene.store.ledger_counts()
        assert (1, 1, True) == (counts.taken_up, counts.rejected, counts.balanced)
        assert 1 == len(await scene.store.outbox_after(0, 10))
        assert 1 == scene.nudges
        assert 1 == scene.meter.counted(Metric.REJECTS, RejectReason.OLD)

    asyncio.run(story())


def test_later_polls_ask_with_validators_and_skip_what_is_known() -> None:
    """A 304, the same bytes, and a changed body each end in their outcome; only changed bytes are parsed."""

    async def story() -> None:
        scene = Scene()
        await scene.register(source())
        etag = (("etag", '"1"'),)
        scene.fetcher.answer(
            URL,
            response(URL, rss("a"), headers=etag),
            response(URL, status=304, headers=etag),
            response(URL, rss("a"), headers=etag),
            response(URL, rss("b", "a"), headers=etag),
            response(URL, rss("b", "a") + b" ", headers=etag),
        )
        async with scene.running():
            for _ in range(4):
                await scene.pass_time(timedelta(hours=25))
        assert [Validators(), *[Validators('"1"', None)] * 4] == [
            each.validators for each in scene.fetcher.requests[:5]
        ]
        assert ["a", "b"] == [row.entry.guid for row in scene.hop.items]
        assert 2 == scene.polls(PollOutcome.NEW_ENTRIES)
        assert 1 == scene.polls(PollOutcome.NOT_MODIFIED)
        assert scene.polls(PollOutcome.SAME_BODY) >= 1
        assert 3 == scene.parser.parsed

    asyncio.run(story())


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (BadUrl(URL, "x"), PollOutcome.BLOCKED_ADDRESS),
        (BlockedAddress(URL, "x"), PollOutcome.BLOCKED_ADDRESS),
        (DnsFailed(URL, "x"), PollOutcome.DNS),
        (ConnectFailed(URL, "x"), PollOutcome.CONNECT),
        (TlsFailed(URL, "x"), PollOutcome.TLS),
        (DeadlineExceeded(URL, "x"), PollOutcome.TIMEOUT),
        (BodyTooLarge(URL, "x"), PollOutcome.TOO_LARGE),
        (TooManyRedirects(URL, "x"), PollOutcome.REDIRECTS),
        (BadResponse(URL, "x"), PollOutcome.PROTOCOL),
        (response(URL, status=404), PollOutcome.NOT_FOUND),
        (response(URL, status=500), PollOutcome.SERVER_ERROR),
        (response(URL, status=304), PollOutcome.PROTOCOL),
        (response(URL, b"<!doctype html><html><body>hello</body></html>"), PollOutcome.NOT_A_FEED),
        (response(URL, b""), PollOutcome.NOT_A_FEED),
        (response(URL, b"hang"), PollOutcome.PARSER_FAILED),
    ],
)
def test_every_failure_ends_in_its_outcome_and_other_feeds_go_on(
    answer: FetchResponse | FetchError, outcome: PollOutcome
) -> None:
    """A failure is counted once, backs its feed off with a message, and costs the next feed nothing."""

    async def story() -> None:
        scene = Scene()
        other = "https://other.example/rss"
        await scene.register(source(), source(other))
        scene.fetcher.answer(URL, answer)
        scene.fetcher.answer(other, response(other, rss("a")))
        async with scene.running():
            pass
        assert 1 == scene.polls(outcome)
        assert 1 == scene.polls(PollOutcome.NEW_ENTRIES)
        state = (await scene.feed()).state
        assert (1, outcome) == (state.failures, state.last_outcome)
        assert URL in (state.last_message or "")
        assert state.next_poll_at > scene.clock.now()
        killed = int(outcome is PollOutcome.PARSER_FAILED)
        assert killed == scene.meter.counted(Metric.WORKERS_KILLED, Stage.POLL)

    asyncio.run(story())


def test_every_kind_of_fetch_error_has_its_outcome() -> None:
    """A new kind in the port's tree would be noticed here."""
    from storyfold.pipeline import poll

    assert set(FetchError.__subclasses__()) == {kind for kind, _ in poll._OUTCOMES}


def test_a_throttled_host_is_left_alone_by_all() -> None:
    """429 with Retry-After holds the answering host off, and the feed is not asked before."""

    async def story() -> None:
        scene = Scene()
        await scene.register(source())
        scene.fetcher.answer(URL, response(URL, status=429, headers=(("retry-after", "7200"),)))
        start = scene.clock.now()
        async with scene.running():
            await scene.pass_time(119 * MINUTE)
            assert 1 == len(scene.fetcher.requests)
        assert [(URL, start + 120 * MINUTE)] == scene.gate.held_off

    asyncio.run(story())


def test_a_host_that_is_held_off_is_not_waited_for_in_hand() -> None:
    """A feed behind a long wait goes back to the store, unasked and unblamed."""

    async def story() -> None:
        scene = Scene()
        await scene.register(source())
        scene.gate.waits[URL] = timedelta(hours=1)
        async with scene.running():
            pass
        state = (await scene.feed()).state
        assert ([], 0) == (scene.fetcher.requests, state.failures)
        assert state.next_poll_at >= scene.clock.now() + timedelta(hours=1)
        assert 1 == scene.polls(PollOutcome.THROTTLED)

    asyncio.run(story())


@pytest.mark.parametrize(("word", "asked"), [(True, 1), (False, 0), (None, 0)])
def test_robots_govern_a_feed_where_its_owner_says_so(word: bool | None, asked: int) -> None:
    """Feeds are exempt by default; one that obeys is asked only with a clear yes."""

    async def story() -> None:
        scene = Scene()
        other = "https://other.example/rss"
        await scene.register(source(obey_robots=True), source(other))
        scene.gate.robots = {URL: word, other: False}
        scene.fetcher.answer(URL, response(URL, rss("a")))
        scene.fetcher.answer(other, response(other, rss("a")))
        async with scene.running():
            pass
        assert asked == [each.url for each in scene.fetcher.requests].count(URL)
        assert 1 - asked == scene.polls(PollOutcome.ROBOTS) + scene.polls(PollOutcome.ROBOTS_UNREACHABLE)
        assert 1 == [each.url for each in scene.fetcher.requests].count(other)

    asyncio.run(story())


def test_a_full_hop_stops_polling_first() -> None:
    """Nothing is leased while reading has no room, and polling goes on when it has."""

    async def story() -> None:
        scene = Scene(hop_size=2)
        urls = [f"https://news{n}.example/rss" for n in range(4)]
        await scene.register(*(source(url) for url in urls))
        for url in urls:
            scene.fetcher.answer(url, response(url, rss("a", "b")))
        async with scene.running():
            await scene.clock.advance(MINUTE)
            asked = len(scene.fetcher.requests)
            assert asked < 4
            taken: list[LedgerEntry] = []
            for _ in range(8):
                if scene.hop.depth():
                    taken.extend(await scene.hop.receive(2))
                await scene.clock.advance(timedelta(seconds=10))
            assert 8 == len(taken)
            assert 4 == len({each.url for each in scene.fetcher.requests})

    asyncio.run(story())


def test_no_more_feeds_are_in_hand_than_allowed() -> None:
    """Concurrency holds however many feeds are due, and slow ones free their place when they end."""

    async def story() -> None:
        scene = Scene(concurrency=3)
        urls = [f"https://news{n}.example/rss" for n in range(10)]
        await scene.register(*(source(url) for url in urls))
        for url in urls:
            scene.fetcher.answer(url, response(url, rss("a")))
        scene.hold.clear()
        async with scene.running():
            await scene.clock.advance(MINUTE)
            assert (3, 3) == (scene.stage.in_hand(), scene.gate.most_inside)
            scene.hold.set()
            await scene.clock.advance(MINUTE)
            assert 0 == scene.stage.in_hand()
        assert 10 == scene.polls(PollOutcome.NEW_ENTRIES)
        assert 3 == scene.gate.most_inside

    asyncio.run(story())


def test_where_few_places_are_free_a_moment_is_waited_for_more() -> None:
    """The last places are not leased for one by one, and not kept empty for long either."""

    async def story() -> None:
        scene = Scene(concurrency=8)
        urls = [f"https://news{n}.example/rss" for n in range(8)]
        await scene.register(*(source(url) for url in urls[:7]))
        for url in urls:
            scene.fetcher.answer(url, response(url, rss("a")))
        scene.hold.clear()
        async with scene.running():
            assert 7 == scene.stage.in_hand()
            await scene.register(*(source(url) for url in urls))
            scene.stage.wake()
            await scene.clock.advance(timedelta(seconds=0.05))
            assert 7 == scene.stage.in_hand()
            await scene.clock.advance(timedelta(seconds=0.5))
            assert 8 == scene.stage.in_hand()

    asyncio.run(story())


def test_a_store_that_is_not_there_is_waited_for() -> None:
    """Leases, looks and commits are tried again, and the poll in hand is not lost or made twice."""

    async def story() -> None:
        scene = Scene(store=ShakyStore(apply=3, lease_feeds=1, next_feed_due=1))
        await scene.register(source())
        scene.fetcher.answer(URL, response(URL, rss("a")))
        async with scene.running():
            await scene.clock.advance(MINUTE)
        assert 1 == len(scene.fetcher.requests)
        assert ["a"] == [row.entry.guid for row in scene.hop.items]
        assert 1 == scene.polls(PollOutcome.NEW_ENTRIES)

    asyncio.run(story())


def test_waking_looks_for_feeds_at_once() -> None:
    """A feed that was just registered does not wait for the next look."""

    async def story() -> None:
        scene = Scene()
        scene.fetcher.answer(URL, response(URL, rss("a")))
        async with scene.running():
            await scene.register(source())
            await settle()
            assert [] == scene.fetcher.requests
            scene.stage.wake()
            await settle()
            assert 1 == len(scene.fetcher.requests)

    asyncio.run(story())


def test_stopping_finishes_what_is_in_hand() -> None:
    """After `stop_taking` nothing is leased, and `run` returns once the poll in hand is committed and sent."""

    async def story() -> None:
        scene = Scene()
        scene.stage.stop_taking()
        await scene.register(source())
        scene.fetcher.answer(URL, response(URL, rss("a")))
        scene.hold.clear()
        task = asyncio.ensure_future(scene.stage.run())
        await settle()
        scene.stage.stop_taking()
        await settle()
        assert (1, False) == (scene.stage.in_hand(), task.done())
        scene.hold.set()
        await asyncio.wait_for(task, 5)
        assert ["a"] == [row.entry.guid for row in scene.hop.items]

    asyncio.run(story())


class DeafHop(MemoryHop[LedgerEntry]):
    """One that has not noticed yet that it is full, as when the broker behind it has just gone away."""

    def room(self) -> int:
        return 1000


def test_a_feed_whose_entries_wait_to_be_sent_is_polled_when_they_are() -> None:
    """It fell due and was leased again meanwhile: it is not left leased and forgotten."""

    async def story() -> None:
        scene = Scene(hop=DeafHop(1))
        await scene.register(source())
        scene.fetcher.answer(URL, response(URL, rss("a", "b")))
        async with scene.running():
            await scene.pass_time(90 * MINUTE)
            assert 1 == len(scene.fetcher.requests)
            await scene.hop.receive(1)
            await scene.pass_time(MINUTE)
            assert 2 == len(scene.fetcher.requests)

    asyncio.run(story())


def test_a_feed_in_hand_is_not_taken_twice() -> None:
    """When a lease runs out under a poll that still goes on, that poll goes on alone."""

    async def story() -> None:
        scene = Scene()
        await scene.register(source())
        scene.fetcher.answer(URL, response(URL, rss("a")))
        scene.hold.clear()
        async with scene.running():
            await scene.pass_time(30 * MINUTE)
            assert 1 == len(scene.fetcher.requests)
            scene.hold.set()
            await settle()
        assert 1 == scene.polls(PollOutcome.NEW_ENTRIES)

    asyncio.run(story())
