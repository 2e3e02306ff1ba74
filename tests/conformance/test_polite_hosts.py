"""Rules 14 to 16: politeness, and what requests look like."""

import asyncio
import gzip
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import brotli
import pytest
import zstandard

from storyfold.hosts.policy import HostPolicy
from storyfold.model.feeds import PollOutcome
from storyfold.model.fetching import FetchRequest, Purpose
from tests.conformance.scene import DAY, HOUR, Newsdesk, rss, scene
from tests.fakes.badserver import Exchange, bad_server
from tests.fakes.clock import ManualClock
from tests.fakes.loopback import USER_AGENT

Say = Callable[[str], None]
START = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.mark.rule("14a")
def test_two_at_a_time(tmp_path: Path, say: Say) -> None:
    """Twelve feeds and six pages of one host, all at once: the server never sees a third exchange."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            inside = most = 0

            async def slow(exchange: Exchange) -> None:
                nonlocal inside, most
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0.01)
                inside -= 1
                await exchange.answer(200, rss((exchange.target, None)))

            async def read(number: int) -> None:
                url = stage.serve(f"/page/{number}", slow)
                async with stage.gate.slot(url, paced=True):
                    await stage.fetcher.fetch(FetchRequest(url, Purpose.PAGE))

            reading = [asyncio.ensure_future(read(number)) for number in range(6)]
            await stage.register(*(stage.serve(f"/feed/{number}", slow) for number in range(12)))
            await stage.run()
            for task in reading:
                while not task.done():
                    await stage.clock.advance(HOUR / 3600)
                    await asyncio.sleep(0.005)
            assert (18, 2) == (len(stage.asked), most)

    asyncio.run(story())
    say("18 requests, never more than 2 at a time")


@pytest.mark.rule("14b")
@pytest.mark.parametrize(("delay", "seconds"), [(None, 1), (7, 7), (3600, 30)])
def test_pages_are_spaced(tmp_path: Path, say: Say, delay: int | None, seconds: int) -> None:
    """Pages of a host are a second apart, or as far as its robots.txt asks, up to 30 s."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            line = f"Crawl-delay: {delay}\n" if delay is not None else ""
            stage.answer("/robots.txt", 200, f"User-agent: *\n{line}Allow: /\n".encode())
            url = stage.answer("/page", 200, b"<p>")
            assert await stage.gate.allowed(url)

            async def read() -> None:
                async with stage.gate.slot(url, paced=True):
                    await stage.fetcher.fetch(FetchRequest(url, Purpose.PAGE))

            tasks = [asyncio.ensure_future(read()) for _ in range(5)]
            while not all(task.done() for task in tasks):
                await stage.clock.advance(HOUR / 7200)
                await asyncio.sleep(0.003)
            times = [each.at for each in stage.requests("/page")]
            closest = min((later - earlier).total_seconds() for earlier, later in pairwise(times))
            assert seconds <= closest <= seconds + 1
            say(f"Crawl-delay {delay}: {closest:g} s apart")

    asyncio.run(story())


@pytest.mark.rule("14c")
@pytest.mark.parametrize(("status", "allowed"), [(404, True), (403, True), (500, None), (503, None)])
def test_the_status_of_robots_txt(tmp_path: Path, say: Say, status: int, allowed: bool | None) -> None:
    """Client errors allow everything; server errors forbid, for now."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            stage.answer("/robots.txt", status, b"User-agent: *\nDisallow: /")
            assert allowed is await stage.gate.allowed(stage.server.url("/page"))

    asyncio.run(story())
    say(f"{status}: {'allowed' if allowed else 'forbidden for now'}")


@pytest.mark.rule("14c")
@pytest.mark.parametrize(("hops", "forbidden"), [(5, True), (6, False)])
def test_redirects_of_robots_txt(tmp_path: Path, say: Say, hops: int, forbidden: bool) -> None:
    """Five are followed; beyond that the file counts as missing."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            stage.answer("/robots.txt", 301, b"", ("Location", "/r1"))
            for hop in range(1, hops):
                stage.answer(f"/r{hop}", 301, b"", ("Location", f"/r{hop + 1}"))
            stage.answer(f"/r{hops}", 200, b"User-agent: *\nDisallow: /")
            assert (not forbidden) is await stage.gate.allowed(stage.server.url("/page"))

    asyncio.run(story())
    say(f"{hops} redirects: {'obeyed' if forbidden else 'counts as missing'}")


@pytest.mark.rule("14c")
def test_robots_txt_is_matched_longest_first_and_believed_a_day(tmp_path: Path, say: Say) -> None:
    """An allow that is longer wins; a rule behind 500 KiB of comments counts; a day brings two requests, not more."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            padding = b"# " + b"x" * 1022 + b"\n"
            rules = b"User-agent: *\nDisallow: /a\nAllow: /a/b\n" + padding * 499 + b"Disallow: /late\n"
            stage.answer("/robots.txt", 200, rules)
            for _ in range(25):
                seen = [await stage.gate.allowed(stage.server.url(path)) for path in ("/a", "/a/b/c", "/late", "/")]
                assert [False, True, False, True] == seen
                await stage.clock.advance(HOUR)
            assert 2 == len(stage.requests("/robots.txt"))

    asyncio.run(story())
    say("100 questions in 25 h: 2 requests")


@pytest.mark.rule("14d")
@pytest.mark.parametrize("obey", [False, True])
def test_feeds_and_robots_txt(tmp_path: Path, say: Say, obey: bool) -> None:
    """A feed that its host disallows is polled, unless its owner wants robots.txt obeyed."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            stage.answer("/robots.txt", 200, b"User-agent: storyfold\nDisallow: /")
            url = stage.answer("/f", 200, rss(("a", None)))
            await stage.register(url, obey_robots=obey)
            await stage.run()
            assert (0 if obey else 1) == len(stage.requests("/f"))
            assert (PollOutcome.ROBOTS if obey else PollOutcome.NEW_ENTRIES) is (await stage.state(url)).last_outcome

    asyncio.run(story())
    say("obeyed where configured" if obey else "exempt by default")


@pytest.mark.rule("14e")
def test_a_robots_txt_out_of_reach_does_not_cost_a_day(tmp_path: Path, say: Say) -> None:
    """The host's fault is over after 20 minutes; the feed that obeys robots.txt is polled within the hour."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            stage.answer("/robots.txt", 503)
            url = stage.answer("/f", 200, rss(("a", None)))
            await stage.register(url, obey_robots=True)
            await stage.run(HOUR / 3)
            stage.answer("/robots.txt", 404)
            start = stage.clock.now()
            await stage.run(HOUR)
            assert stage.requests("/f")
            say(f"polled {(stage.requests('/f')[0].at - start).total_seconds() / 60:.0f} min after the fault was over")

    asyncio.run(story())


@pytest.mark.rule("14f")
def test_a_restart_forgets_no_hold_off(tmp_path: Path, say: Say) -> None:
    """A host that asked for a day of peace gets it from the next process too."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            url = stage.answer("/f", 429, b"", ("Retry-After", "86400"))
            await stage.register(url)
            await stage.run()
        async with scene(tmp_path, clock=stage.clock) as again:
            assert again.gate.wait_of(url) > 20 * HOUR
            say(f"{again.gate.wait_of(url) / HOUR:.0f} h of peace left after a restart")

    asyncio.run(story())


@pytest.mark.rule("14f")
def test_a_restart_forgets_no_robots_txt(tmp_path: Path, say: Say) -> None:
    """What was read an hour before the restart is believed for the rest of its day, and not asked for again."""

    async def story() -> None:
        async with bad_server() as server:
            server.answers("/robots.txt", 200, b"User-agent: *\nDisallow: /no\nCrawl-delay: 20")
            for age in range(23):
                async with scene(tmp_path, clock=ManualClock(START + age * HOUR)) as stage:
                    seen = [await stage.gate.allowed(server.url(path)) for path in ("/no", "/yes")]
                    assert [False, True] == seen
                    assert 1 == len(server.heads)
            async with scene(tmp_path, clock=ManualClock(START + 25 * HOUR)) as stage:
                assert await stage.gate.allowed(server.url("/yes"))
                assert 2 == len(server.heads)

    asyncio.run(story())
    say("23 restarts in 23 h: one robots.txt; another after a day")


@pytest.mark.rule("14f")
def test_another_process_hears_of_a_hold_off(tmp_path: Path, say: Say) -> None:
    """What the process that polls was asked for, the one that reads keeps to after the next exchange."""

    async def story() -> None:
        async with scene(tmp_path) as polls, scene(tmp_path, clock=polls.clock) as reads:
            url = polls.answer("/f", 503, b"", ("Retry-After", "3600"))
            assert reads.gate.wait_of(url) < HOUR / 60
            await polls.register(url)
            await polls.run()
            await polls.gate.share()
            await reads.gate.share()
            assert reads.gate.wait_of(url) > HOUR / 2

    asyncio.run(story())
    say("heard at the next exchange with the store, a second apart")


@pytest.mark.rule("15")
def test_what_a_request_says(tmp_path: Path, say: Say) -> None:
    """These headers and no others, for feeds, after redirects and for robots.txt alike."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            cookie = ("Set-Cookie", "track=me; Path=/; Max-Age=999999")
            stage.answer("/robots.txt", 200, b"", cookie)
            url = stage.answer("/f", 302, b"", ("Location", "/g?keep=this"), cookie)
            stage.answer("/g", 200, rss(("a", None)), cookie)
            await stage.register(url, obey_robots=True)
            await stage.run(2 * DAY)
            assert len(stage.asked) > 6
            for each in stage.asked:
                names = {line.partition(b":")[0].decode().lower() for line in each.head.split(b"\r\n")[1:] if line}
                assert names == {"host", "user-agent", "accept", "accept-encoding"}
                assert USER_AGENT.encode() == each.header("user-agent")
            assert {"/f", "/g?keep=this", "/robots.txt"} == {each.target for each in stage.asked}
            say(f"{len(stage.asked)} requests with Host, User-Agent, Accept, Accept-Encoding only")

    asyncio.run(story())


@pytest.mark.rule("16a")
@pytest.mark.parametrize(
    ("coding", "encode"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("br", brotli.compress), ("zstd", zstandard.compress)],
)
def test_codings(tmp_path: Path, say: Say, coding: str, encode: Callable[[bytes], bytes]) -> None:
    """Each is asked for and read."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            url = stage.answer("/f", 200, encode(rss(("a", None))), ("Content-Encoding", coding))
            await stage.register(url)
            await stage.run()
            assert ["a"] == [row.entry.guid for row in stage.hop.items]
            assert coding.encode() in (stage.asked[0].header("accept-encoding") or b"").split(b", ")

    asyncio.run(story())
    say(coding)


@pytest.mark.rule("16b")
def test_connections_are_kept(tmp_path: Path, say: Say) -> None:
    """Twenty feeds of a host need two connections."""

    async def story() -> None:
        async with scene(tmp_path, hosts=HostPolicy(concurrency=2)) as stage:
            await stage.register(*(stage.serve(f"/{number}", Newsdesk(stage.clock)) for number in range(20)))
            await stage.run()
            assert 20 == len(stage.asked)
            assert stage.server.connections <= 2
            say(f"20 requests, {stage.server.connections} connections")

    asyncio.run(story())
