"""Rule 27: silence is an error; and rule 25a and 9b, which look at more than one URL."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from storyfold.feeds.policy import PollPolicy
from storyfold.feeds.silence import silence_of
from storyfold.model.feeds import Silence
from tests.conformance.scene import DAY, HOUR, Newsdesk, Scene, rss, scene
from tests.fakes.badserver import Exchange

Say = Callable[[str], None]


async def silence(stage: Scene, url: str) -> tuple[Silence, str]:
    """State and reason of a feed."""
    found = silence_of(await stage.state(url), stage.clock.now(), PollPolicy())
    return found.silence, found.reason


@pytest.mark.rule("27a")
def test_quiet(tmp_path: Path, say: Say) -> None:
    """An item an hour for two days, then nothing: ok at first, quiet within days, ok again with the next item."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            desk = Newsdesk(stage.clock)
            url = stage.serve("/f", desk)
            await stage.register(url)
            for number in range(48):
                desk.add(str(number))
                await stage.run(HOUR)
            assert Silence.OK is (await silence(stage, url))[0]
            await stage.run(4 * DAY)
            found, reason = await silence(stage, url)
            assert Silence.QUIET is found
            desk.add("at last")
            await stage.run(DAY)
            assert Silence.OK is (await silence(stage, url))[0]
            say(reason)

    asyncio.run(story())


@pytest.mark.rule("27b")
def test_empty(tmp_path: Path, say: Say) -> None:
    """200 with an empty channel for two days."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            url = stage.answer("/f", 200, rss())
            await stage.register(url)
            await stage.run(2 * DAY)
            found, reason = await silence(stage, url)
            assert Silence.EMPTY is found
            say(reason)

    asyncio.run(story())


@pytest.mark.rule("27c")
def test_undated(tmp_path: Path, say: Say) -> None:
    """Ten entries, no dates."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            url = stage.answer("/f", 200, rss(*((str(number), None) for number in range(10))))
            await stage.register(url)
            await stage.run()
            found, reason = await silence(stage, url)
            assert Silence.UNDATED is found
            say(reason)

    asyncio.run(story())


@pytest.mark.rule("27d")
def test_stuck_validators(tmp_path: Path, say: Say) -> None:
    """A server that was caught hiding entries behind 304."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            desk = Newsdesk(stage.clock)
            desk.add("a")

            async def lie(exchange: Exchange) -> None:
                if exchange.header("if-none-match"):
                    await exchange.answer(304)
                else:
                    await exchange.answer(200, desk.body(), ("ETag", '"stuck"'))

            url = stage.serve("/f", lie)
            await stage.register(url, interval=HOUR)
            await stage.run(2 * HOUR)
            desk.add("hidden")
            await stage.run(DAY + 2 * HOUR)
            found, reason = await silence(stage, url)
            assert Silence.STUCK_VALIDATORS is found
            say(reason)

    asyncio.run(story())


@pytest.mark.rule("27e")
def test_degraded(tmp_path: Path, say: Say) -> None:
    """A document that breaks off in the middle is read as far as it goes, and that is said."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            whole = rss(*((str(number), stage.clock.now()) for number in range(10)))
            url = stage.answer("/f", 200, whole[: len(whole) // 2])
            await stage.register(url)
            await stage.run()
            found, reason = await silence(stage, url)
            assert Silence.PARSE_DEGRADED is found
            say(reason[:80])

    asyncio.run(story())


@pytest.mark.rule("9b")
@pytest.mark.parametrize(("scope", "held"), [("url", 1), ("host", 2), ("domain", 3)])
def test_the_scope_of_retry_after(tmp_path: Path, say: Say, scope: str, held: int) -> None:
    """A feed is throttled; whether its host's other feed and its domain's other host are left alone is configured."""
    from storyfold.hosts.policy import HostPolicy, RetryAfterScope

    async def lookup(host: str) -> tuple[str, ...]:
        return ("127.0.0.1",)

    async def story() -> None:
        policy = HostPolicy(retry_after_scope=RetryAfterScope(scope))
        async with scene(tmp_path, hosts=policy, lookup=lookup) as stage:
            port = stage.server.port
            stage.answer("/throttled", 429, b"", ("Retry-After", "86400"))
            stage.answer("/other", 200, rss(("a", None)))
            urls = [
                f"http://one.example.com:{port}/throttled",
                f"http://one.example.com:{port}/other",
                f"http://two.example.com:{port}/other",
                f"http://three.example.net:{port}/other",
            ]
            await stage.register(urls[0])
            await stage.run()
            await stage.register(*urls[1:])
            await stage.run(timedelta(minutes=10))
            waiting = [stage.gate.wait_of(url) > 20 * HOUR for url in urls]
            assert (4 - held) == len(stage.requests("/other"))
            assert [scope != "url", scope != "url", scope == "domain", False] == waiting
            assert 1 == len(stage.requests("/throttled"))
            say(f"{scope}: {held} of 4 feeds left alone")

    asyncio.run(story())
