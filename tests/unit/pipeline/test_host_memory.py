"""What hosts asked for outlives the gate that heard it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import pairwise

import pytest

from storyfold.hosts.memory import HostKept, RobotsKept
from storyfold.hosts.policy import HostPolicy, RetryAfterScope
from storyfold.hosts.robots import Robots
from storyfold.model.fetching import FetchRequest, FetchResponse
from storyfold.pipeline.host_memory import HostMemory
from storyfold.pipeline.politeness import Politeness
from storyfold.ports import ConnectFailed, StoreUnavailable
from tests.fakes.clock import ManualClock, settle
from tests.fakes.store import MemoryStore

HOST = "https://news.example"
HOUR = timedelta(hours=1)


class Server:
    """Serves a robots.txt, or nothing."""

    def __init__(self, body: bytes | None = b"User-agent: *\nDisallow: /no\nCrawl-delay: 20") -> None:
        self.body = body
        self.asked = 0

    async def fetch(self, request: FetchRequest) -> FetchResponse:
        self.asked += 1
        if self.body is None:
            raise ConnectFailed(request.url, "nobody is there")
        return FetchResponse(request.url, 200, (), self.body, (), timedelta())


class Scene:
    """A store, a clock, a server, and gates over them as processes come and go."""

    def __init__(self, scope: RetryAfterScope = RetryAfterScope.HOST) -> None:
        self.clock, self.store, self.server = ManualClock(), MemoryStore(), Server()
        self.policy = HostPolicy(retry_after_scope=scope)

    async def gate(self) -> Politeness:
        memory = HostMemory(self.clock, self.policy.robots_ttl, self.store)
        gate = Politeness(self.server, self.clock, self.policy, memory=memory)
        await gate.share()
        return gate


def play(story: Callable[[Scene], Awaitable[None]], scope: RetryAfterScope = RetryAfterScope.HOST) -> None:
    async def scenario() -> None:
        await story(Scene(scope))

    asyncio.run(scenario())


def test_a_hold_off_outlives_a_restart_and_ends_when_it_should() -> None:
    """The next process waits for what is left of it, whatever its steady clock says."""

    async def story(scene: Scene) -> None:
        gate = await scene.gate()
        gate.hold_off(HOST + "/f", scene.clock.now() + 2 * HOUR)
        await gate.aclose()
        await scene.clock.advance(HOUR)
        again = await scene.gate()
        assert HOUR == again.wait_of(HOST + "/other")
        assert timedelta() == again.wait_of("https://else.example")
        await scene.clock.advance(HOUR)
        assert timedelta() == again.wait_of(HOST)

    play(story)


def test_a_domain_is_left_alone_by_other_processes_too() -> None:
    """Where Retry-After holds for the registrable domain, all its hosts are, known to the other process or not."""

    async def story(scene: Scene) -> None:
        polls, reads = await scene.gate(), await scene.gate()
        async with reads.slot("https://known.news.example/", paced=False):
            pass
        polls.hold_off("https://feeds.news.example/f", scene.clock.now() + HOUR)
        sharing = [asyncio.ensure_future(gate.run()) for gate in (polls, reads)]
        await scene.clock.advance(timedelta(seconds=2))
        for host in ("known", "unknown"):
            assert 3590 < reads.wait_of(f"https://{host}.news.example/").total_seconds() < 3600
        for task in sharing:
            task.cancel()
        await asyncio.gather(*sharing, return_exceptions=True)

    play(story, RetryAfterScope.DOMAIN)


def test_a_wall_clock_set_back_does_not_hold_a_host_off_for_ever() -> None:
    """A moment that lies further ahead than any Retry-After is taken for the longest one."""

    async def story(scene: Scene) -> None:
        gate = await scene.gate()
        gate.hold_off(HOST, scene.clock.now() + HOUR)
        await gate.aclose()
        scene.clock.jump(timedelta(days=-400))
        assert timedelta(days=7) == (await scene.gate()).wait_of(HOST)

    play(story)


def test_a_long_crawl_delay_outlives_a_restart() -> None:
    """The first page after the restart waits for what is left of the 20 s since the last one before it."""

    async def story(scene: Scene) -> None:
        entered: list[float] = []

        async def visit(gate: Politeness) -> None:
            await gate.allowed(HOST + "/yes")
            async with gate.slot(HOST, paced=True):
                entered.append(scene.clock.steady())

        gate = await scene.gate()
        await visit(gate)
        await gate.aclose()
        await scene.clock.advance(timedelta(seconds=7))
        visiting = asyncio.ensure_future(visit(await scene.gate()))
        await settle()
        await scene.clock.advance(timedelta(seconds=30))
        await visiting
        assert [20.0] == [later - earlier for earlier, later in pairwise(entered)]
        assert 1 == scene.server.asked

    play(story)


def test_a_robots_txt_outlives_a_restart_with_its_age() -> None:
    """It is believed for the rest of its day; a stale one serves while the host is out of reach (RFC 9309, 2.4)."""

    async def story(scene: Scene) -> None:
        gate = await scene.gate()
        await gate.allowed(HOST)
        await gate.aclose()
        await scene.clock.advance(23 * HOUR)
        again = await scene.gate()
        assert [False, True] == [await again.allowed(HOST + path) for path in ("/no", "/yes")]
        assert 1 == scene.server.asked
        await scene.clock.advance(2 * HOUR)
        scene.server.body = None
        assert not await again.allowed(HOST + "/no")
        assert not await (await scene.gate()).allowed(HOST + "/no")
        assert 3 == scene.server.asked

    play(story)


def test_a_robots_txt_that_waits_to_be_written_is_known() -> None:
    """A host that was forgotten meanwhile is not asked again within the second."""

    async def story(scene: Scene) -> None:
        memory = HostMemory(scene.clock, 24 * HOUR, scene.store)
        memory.note_robots(HOST, Robots(), HOUR)
        assert (Robots(), 3600.0) == await memory.robots(HOST)

    play(story)


def test_a_store_that_is_away_costs_nothing_but_memory(caplog: pytest.LogCaptureFixture) -> None:
    """Said once, waited for by nobody; what was not written is written when it is back; a bound lets the oldest go."""

    async def story(scene: Scene) -> None:
        scene.store.failing = StoreUnavailable("away")
        gate = await scene.gate()
        assert await gate.allowed(HOST)
        gate.hold_off(HOST, scene.clock.now() + HOUR)
        await gate.share()
        gate.hold_off(HOST, scene.clock.now() + 2 * HOUR)
        for number in range(600):
            await gate.allowed(f"https://{number}.example")
            if number % 100 == 0:
                await gate.share()
        assert 1 == sum("neither written down" in record.message for record in caplog.records)
        scene.store.failing = None
        await gate.share()
        kept = await scene.store.kept_hosts(scene.clock.now(), 10)
        assert 2 * HOUR == next(each for each in kept if each.host == HOST).until - scene.clock.now()
        assert await scene.store.kept_robots(HOST) is None
        assert isinstance(await scene.store.kept_robots("https://599.example"), RobotsKept)

    play(story)


def test_short_intervals_are_not_written_down() -> None:
    """A restart takes longer than a second between two pages."""

    async def story(scene: Scene) -> None:
        scene.server.body = b""
        gate = await scene.gate()
        async with gate.slot(HOST, paced=True):
            pass
        await gate.share()
        assert () == await scene.store.kept_hosts(scene.clock.now() - HOUR, 10)
        await scene.store.keep_hosts([HostKept(HOST, scene.clock.now() + HOUR, scene.clock.now() + HOUR)], ())
        await gate.share()
        assert HOUR == gate.wait_of(HOST)

    play(story)
