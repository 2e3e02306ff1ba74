import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyfold.hosts.policy import HostPolicy
from storyfold.model.fetching import FetchRequest, FetchResponse, Purpose
from storyfold.pipeline.politeness import Politeness
from storyfold.ports import (
    BadResponse,
    BlockedAddress,
    BodyTooLarge,
    ConnectFailed,
    DeadlineExceeded,
    FetchError,
    TooManyRedirects,
)
from tests.fakes.clock import ManualClock, settle

HOST = "http://news.example"
ROBOTS = HOST + "/robots.txt"


async def after(clock: ManualClock, seconds: float) -> None:
    """Let everybody get as far as they can, then let time pass."""
    await settle()
    await clock.advance(timedelta(seconds=seconds))


class RobotsServer:
    """A fetcher that serves robots.txt: bytes, a status, or an error; remembers what it was asked."""

    def __init__(self) -> None:
        self.answer: bytes | int | FetchError = 404
        self.requests: list[FetchRequest] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def fetch(self, request: FetchRequest) -> FetchResponse:
        self.requests.append(request)
        await self.gate.wait()
        if isinstance(self.answer, FetchError):
            raise self.answer
        status, body = (self.answer, b"") if isinstance(self.answer, int) else (200, self.answer)
        return FetchResponse(request.url, status, (), body, (), timedelta())


class Stage:
    """Callers of a gate, and the moments at which they were let in."""

    def __init__(self, gate: Politeness, clock: ManualClock) -> None:
        self.gate = gate
        self.clock = clock
        self.entered: list[tuple[str, float]] = []
        self.inside = 0
        self.most_inside = 0

    def call(self, name: str, url: str = HOST + "/x", *, paced: bool = True, stay: float = 0.0) -> asyncio.Task[None]:
        async def visit() -> None:
            async with self.gate.slot(url, paced=paced):
                self.entered.append((name, self.clock.steady()))
                self.inside += 1
                self.most_inside = max(self.most_inside, self.inside)
                try:
                    if stay:
                        await self.clock.sleep(stay)
                finally:
                    self.inside -= 1

        return asyncio.get_running_loop().create_task(visit())


Story = Callable[[Politeness, ManualClock, RobotsServer, Stage], Coroutine[Any, Any, None]]


def play(story: Story, policy: HostPolicy | None = None, hosts: int = 100) -> None:
    async def scenario() -> None:
        clock, server = ManualClock(), RobotsServer()
        gate = Politeness(server, clock, policy or HostPolicy(), hosts=hosts, rules=30_000)
        await story(gate, clock, server, Stage(gate, clock))
        await gate.aclose()

    asyncio.run(scenario())


# -- slots --


def test_paced_callers_are_spaced_and_in_order() -> None:
    """Paced callers enter a second apart, first come first served."""

    async def story(_: Politeness, clock: ManualClock, __: RobotsServer, stage: Stage) -> None:
        for name in "abcd":
            stage.call(name)
        await after(clock, 10)
        assert stage.entered == [("a", 0), ("b", 1), ("c", 2), ("d", 3)]

    play(story)


def test_unpaced_callers_share_the_slots_and_nothing_else() -> None:
    """Unpaced callers wait for a slot only, and no more than the policy says are inside."""

    async def story(_: Politeness, clock: ManualClock, __: RobotsServer, stage: Stage) -> None:
        for name in "abcde":
            stage.call(name, paced=False, stay=3)
        await after(clock, 20)
        assert stage.entered == [("a", 0), ("b", 0), ("c", 3), ("d", 3), ("e", 6)]
        assert stage.most_inside == 2

    play(story)


def test_an_unpaced_caller_passes_those_that_wait_for_the_interval() -> None:
    """A feed is not held up by a queue of pages that must keep their distance."""

    async def story(_: Politeness, clock: ManualClock, __: RobotsServer, stage: Stage) -> None:
        for name in "abc":
            stage.call(name)
        await after(clock, 0.5)
        stage.call("feed", paced=False)
        await after(clock, 5)
        assert stage.entered == [("a", 0), ("feed", 0.5), ("b", 1), ("c", 2)]

    play(story)


def test_of_those_that_could_go_the_first_to_come_goes() -> None:
    """When a slot falls free, order of arrival decides between the two kinds."""

    async def story(_: Politeness, clock: ManualClock, __: RobotsServer, stage: Stage) -> None:
        stage.call("first", stay=5)
        await after(clock, 0)
        stage.call("page")
        stage.call("feed", paced=False)
        await after(clock, 10)
        assert stage.entered == [("first", 0), ("page", 5), ("feed", 5)]

    play(story, HostPolicy(concurrency=1))


def test_hosts_do_not_wait_for_one_another() -> None:
    """Scheme, name and port make a host; case and default ports do not."""

    async def story(_: Politeness, clock: ManualClock, __: RobotsServer, stage: Stage) -> None:
        urls = [f"{HOST}/", f"{HOST}:80/y", "http://NEWS.example/z", f"{HOST}:8080/", "https://news.example/"]
        urls += ["https://news.example:443/q", "http://[::1]:80/", "http://[::1]/", "http://[half"]
        for number, url in enumerate(urls):
            stage.call(str(number), url)
        await after(clock, 10)
        at = dict(stage.entered)
        assert tuple(at[str(number)] for number in range(len(urls))) == (0, 1, 2, 0, 0, 1, 0, 1, 0)

    play(story)


def test_nobody_enters_before_a_hold_off_ends() -> None:
    """Retry-After holds off both kinds, those that wait already included."""

    async def story(gate: Politeness, clock: ManualClock, _: RobotsServer, stage: Stage) -> None:
        stage.call("a")
        await settle()
        stage.call("b")
        await settle()
        gate.hold_off(HOST + "/other", clock.now() + timedelta(seconds=60))
        gate.hold_off(HOST, clock.now() + timedelta(seconds=5))
        stage.call("c", paced=False)
        await after(clock, 100)
        assert stage.entered == [("a", 0), ("b", 60), ("c", 60)]

    play(story)


def test_a_shorter_wait_is_not_kept_by_a_longer_one() -> None:
    """An unpaced caller behind a hold-off enters when that ends, although a paced one waits for longer."""

    async def story(gate: Politeness, clock: ManualClock, _: RobotsServer, stage: Stage) -> None:
        for name in "abcdefgh":
            stage.call(name)
        await after(clock, 0)
        gate.hold_off(HOST, clock.now() + timedelta(seconds=0.5))
        stage.call("feed", paced=False)
        await after(clock, 0.75)
        assert stage.entered == [("a", 0), ("feed", 0.5)]

    play(story)


def test_a_slot_is_given_back_whatever_happens_inside() -> None:
    """An error inside frees the slot and is not swallowed."""

    async def story(gate: Politeness, _: ManualClock, __: RobotsServer, ___: Stage) -> None:
        for _attempt in range(3):
            with pytest.raises(ConnectFailed):
                async with gate.slot(HOST, paced=False):
                    raise ConnectFailed(HOST, "gone")

    play(story, HostPolicy(concurrency=1))


def test_a_cancelled_waiter_frees_its_place() -> None:
    """Whoever gives up waiting costs those behind nothing."""

    async def story(_: Politeness, clock: ManualClock, __: RobotsServer, stage: Stage) -> None:
        stage.call("a")
        waiting = [stage.call(name) for name in "bc"]
        stage.call("d")
        await after(clock, 0.5)
        for task in waiting:
            task.cancel()
        await after(clock, 10)
        assert stage.entered == [("a", 0), ("d", 1)]

    play(story)


def test_a_caller_cancelled_inside_frees_its_slot() -> None:
    """Whoever is cancelled inside makes room at once."""

    async def story(_: Politeness, clock: ManualClock, __: RobotsServer, stage: Stage) -> None:
        inside = stage.call("a", paced=False, stay=100)
        stage.call("b", paced=False)
        await after(clock, 1)
        inside.cancel()
        await after(clock, 0)
        assert stage.entered == [("a", 0), ("b", 1)]

    play(story, HostPolicy(concurrency=1))


def test_a_slot_won_and_cancelled_in_the_same_moment_goes_to_the_next() -> None:
    """Neither being let in just before a cancellation nor just after it loses a slot."""

    async def story(gate: Politeness, clock: ManualClock, _: RobotsServer, stage: Stage) -> None:
        for cancel_first in (True, False):
            stage.entered.clear()
            slot = gate.slot(HOST, paced=False)
            await slot.__aenter__()
            waiter = stage.call("waiter", paced=False)
            stage.call("next", paced=False)
            await settle()
            if cancel_first:
                waiter.cancel()
            await slot.__aexit__(None, None, None)
            waiter.cancel()
            await after(clock, 0)
            assert [name for name, _ in stage.entered] == ["next"]

    play(story, HostPolicy(concurrency=1))


@settings(max_examples=60, deadline=None)
@given(
    calls=st.lists(
        st.tuples(st.booleans(), st.floats(0, 3), st.floats(0, 2), st.sampled_from([None, None, 0.0, 0.7])),
        max_size=25,
    ),
    concurrency=st.integers(1, 3),
)
def test_nobody_is_lost_and_nothing_is_broken(
    calls: list[tuple[bool, float, float, float | None]], concurrency: int
) -> None:
    """Whatever the callers do, all that stay get in, in the end and within the policy."""

    async def story(_: Politeness, clock: ManualClock, __: RobotsServer, stage: Stage) -> None:
        tasks = []
        for number, (paced, stay, pause, cancel_after) in enumerate(calls):
            task = stage.call(f"{number}{'p' if paced else 'u'}", paced=paced, stay=stay)
            tasks.append((task, cancel_after is not None))
            await after(clock, pause)
            if cancel_after is not None:
                await after(clock, cancel_after)
                task.cancel()
        await after(clock, 1000)
        assert all(task.done() for task, _ in tasks)
        assert not any(task.cancelled() for task, may_be in tasks if not may_be)
        assert stage.inside == 0
        assert stage.most_inside <= concurrency
        paced_at = [at for name, at in stage.entered if name.endswith("p")]
        assert all(later - earlier >= 1 - 1e-9 for earlier, later in pairwise(paced_at))

    play(story, HostPolicy(concurrency=concurrency))


def test_wait_of_tells_how_long_a_paced_caller_would_wait() -> None:
    """Interval, queue and hold-off count; an unknown host is open."""

    async def story(gate: Politeness, clock: ManualClock, _: RobotsServer, stage: Stage) -> None:
        assert gate.wait_of(HOST) == timedelta()
        stage.call("a")
        await after(clock, 0.25)
        assert gate.wait_of(HOST) == timedelta(seconds=0.75)
        stage.call("b")
        stage.call("c")
        await settle()
        assert gate.wait_of(HOST) == timedelta(seconds=2.75)
        gate.hold_off(HOST, clock.now() + timedelta(minutes=5))
        assert gate.wait_of(HOST) == timedelta(minutes=5, seconds=2)
        await after(clock, 1000)
        assert gate.wait_of(HOST) == timedelta()

    play(story)


# -- robots --


def test_robots_txt_is_fetched_once_for_all_who_ask() -> None:
    """Callers at the same time share one fetch, made for the purpose and within its limits."""

    async def story(gate: Politeness, _: ManualClock, server: RobotsServer, __: Stage) -> None:
        server.answer = b"User-agent: storyfold\nDisallow: /private\n"
        server.gate.clear()
        paths = ["/a", "/private/b", "/private", "/c"]
        asking = [asyncio.ensure_future(gate.allowed(HOST + path)) for path in paths]
        await settle()
        asking[0].cancel()
        await settle()
        server.gate.set()
        assert [await task for task in asking[1:]] == [False, False, True]
        assert [(request.url, request.purpose) for request in server.requests] == [(ROBOTS, Purpose.ROBOTS)]
        assert server.requests[0].limits.redirects == 5

    play(story)


def test_robots_txt_is_believed_for_a_day_and_no_longer() -> None:
    """It is asked for again once its time is over."""

    async def story(gate: Politeness, clock: ManualClock, server: RobotsServer, _: Stage) -> None:
        assert await gate.allowed(HOST) is True
        await after(clock, 24 * 3600 - 1)
        await gate.allowed(HOST)
        assert len(server.requests) == 1
        server.answer = b"User-agent: *\nDisallow: /\n"
        await after(clock, 2)
        assert await gate.allowed(HOST) is False
        assert len(server.requests) == 2

    play(story)


@pytest.mark.parametrize(
    ("expected", "answer"),
    [
        (True, 400),
        (True, 404),
        (True, 403),
        (True, 429),
        (True, 204),
        (True, 301),
        (None, 500),
        (None, 503),
        (None, ConnectFailed(ROBOTS, "no")),
        (None, DeadlineExceeded(ROBOTS, "late")),
        (None, BadResponse(ROBOTS, "noise")),
        (None, BodyTooLarge(ROBOTS, "long")),
        (True, TooManyRedirects(ROBOTS, "round and round")),
        (True, BlockedAddress(ROBOTS, "inside")),
        (None, BlockedAddress("http://inner.example/", "a redirect inside")),
    ],
)
def test_what_an_answer_for_robots_txt_means(expected: bool | None, answer: int | FetchError) -> None:
    """RFC 9309, 2.3.1: unavailable allows, unreachable forbids for now, a refused address is the page's affair."""

    async def story(gate: Politeness, _: ManualClock, server: RobotsServer, __: Stage) -> None:
        server.answer = answer
        assert expected is await gate.allowed(HOST + "/x")

    play(story)


def test_an_unreachable_robots_txt_is_tried_again_soon() -> None:
    """A failure is believed for minutes, not for a day."""

    async def story(gate: Politeness, clock: ManualClock, server: RobotsServer, _: Stage) -> None:
        server.answer = 503
        assert await gate.allowed(HOST) is None
        assert await gate.allowed(HOST) is None
        assert len(server.requests) == 1
        server.answer = 404
        await after(clock, 11 * 60)
        assert await gate.allowed(HOST) is True

    play(story)


def test_an_old_robots_txt_serves_while_the_new_one_cannot_be_reached() -> None:
    """RFC 9309, 2.4: what is known is better than nothing."""

    async def story(gate: Politeness, clock: ManualClock, server: RobotsServer, _: Stage) -> None:
        server.answer = b"User-agent: *\nDisallow: /private\n"
        assert await gate.allowed(HOST + "/a") is True
        await after(clock, 25 * 3600)
        server.answer = 500
        assert await gate.allowed(HOST + "/a") is True
        assert await gate.allowed(HOST + "/private") is False

    play(story)


def test_crawl_delay_lengthens_the_interval_up_to_the_cap() -> None:
    """A host that asks for more time between pages gets it."""

    async def story(gate: Politeness, clock: ManualClock, server: RobotsServer, stage: Stage) -> None:
        server.answer = b"User-agent: *\nCrawl-delay: 100\n"
        await gate.allowed(HOST)
        for name in "abc":
            stage.call(name)
        await after(clock, 100)
        assert stage.entered == [("a", 0), ("b", 30), ("c", 60)]

    play(story)


def test_fetching_robots_txt_takes_a_slot() -> None:
    """The visitor that reads robots.txt counts as one, and waits like one."""

    async def story(gate: Politeness, clock: ManualClock, server: RobotsServer, stage: Stage) -> None:
        stage.call("a", paced=False, stay=5)
        await settle()
        asking = asyncio.ensure_future(gate.allowed(HOST))
        await after(clock, 4)
        assert server.requests == []
        await after(clock, 2)
        assert await asking is True

    play(story, HostPolicy(concurrency=1))


# -- memory --


def test_idle_hosts_are_forgotten_least_recently_used_first() -> None:
    """Memory is bounded; a host used lately keeps its robots.txt, one long unused must ask again."""

    async def story(gate: Politeness, _: ManualClock, server: RobotsServer, __: Stage) -> None:
        hosts = [f"http://h{number}.example" for number in range(12)]
        for host in hosts[:10]:
            await gate.allowed(host)
        await gate.allowed(hosts[0])
        for host in hosts[10:]:
            await gate.allowed(host)
        assert len(server.requests) == 12
        await gate.allowed(hosts[0])
        assert len(server.requests) == 12
        await gate.allowed(hosts[1])
        assert len(server.requests) == 13

    play(story, hosts=10)


def test_hosts_with_callers_are_never_forgotten() -> None:
    """However many hosts there are, one that is in use keeps its slots and its queue."""

    async def story(_: Politeness, clock: ManualClock, __: RobotsServer, stage: Stage) -> None:
        stage.call("in", stay=50)
        await settle()
        stage.call("queued")
        for number in range(50):
            stage.call(f"other{number}", f"http://h{number}.example/", stay=1)
        await after(clock, 49)
        assert "queued" not in dict(stage.entered)
        await after(clock, 10)
        assert dict(stage.entered)["queued"] == 50

    play(story, HostPolicy(concurrency=1), hosts=3)


def test_hosts_that_asked_for_peace_are_remembered_as_long_as_there_is_room() -> None:
    """Forgetting prefers hosts that nobody would have to wait for; a flood of hold-offs is bounded all the same."""

    async def story(gate: Politeness, clock: ManualClock, _: RobotsServer, __: Stage) -> None:
        until = clock.now() + timedelta(hours=1)
        gate.hold_off(HOST, until)
        for number in range(20):
            async with gate.slot(f"http://h{number}.example/", paced=False):
                pass
        assert gate.wait_of(HOST) == timedelta(hours=1)
        for number in range(20):
            gate.hold_off(f"http://g{number}.example/", until)
        assert gate.wait_of(HOST) == timedelta()

    play(story, hosts=5)


def test_large_robots_files_are_bounded_all_together() -> None:
    """Hosts with robots.txt files at the parse limit are forgotten before they fill the memory."""

    async def story(gate: Politeness, _: ManualClock, server: RobotsServer, __: Stage) -> None:
        server.answer = b"User-agent: *\n" + b"".join(b"Disallow: /%d\n" % number for number in range(3000))
        for number in range(15):
            await gate.allowed(f"http://h{number}.example/")
        assert len(server.requests) == 15
        await gate.allowed("http://h14.example/")
        assert len(server.requests) == 15
        await gate.allowed("http://h0.example/")
        assert len(server.requests) == 16

    play(story)


def test_closing_ends_what_waits_in_the_background() -> None:
    """After closing, no task of the gate is left."""

    async def scenario() -> None:
        clock, server = ManualClock(), RobotsServer()
        server.gate.clear()
        gate = Politeness(server, clock, HostPolicy())
        stage = Stage(gate, clock)
        callers = [stage.call("a"), stage.call("b"), asyncio.ensure_future(gate.allowed("http://other.example"))]
        await settle()
        await gate.aclose()
        for caller in callers:
            caller.cancel()
        await asyncio.gather(*callers, return_exceptions=True)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(scenario())
