"""What public feed-reader scorecards judge by, over days of simulated time."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from tests.conformance.scene import DAY, HOUR, MINUTE, Newsdesk, Scene, rss, scene
from tests.fakes.badserver import Exchange

Say = Callable[[str], None]
DAYS = 5
COOKIE = ("Set-Cookie", "session=1; Path=/")


async def watch(folder: Path, look: Callable[[Scene, Newsdesk], None]) -> None:
    """Five days of a feed with an item every three hours, polled as it falls due."""
    async with scene(folder) as stage:
        desk = Newsdesk(stage.clock, headers=(COOKIE,))
        desk.add("first")
        url = stage.serve("/feed.xml", desk) + "?format=rss"
        await stage.register(url)
        for number in range(DAYS * 8):
            await stage.run(3 * HOUR)
            desk.add(str(number))
        look(stage, desk)


@pytest.mark.rule("S1")
def test_unconditional_requests(tmp_path: Path, say: Say) -> None:
    """The first request, and the probe that finds out servers that lie, at most once a day."""

    def look(stage: Scene, desk: Newsdesk) -> None:
        plain = [each for each in stage.asked if not each.conditional]
        assert 1 <= len(plain) <= DAYS + 1
        assert all(later.at - earlier.at >= 22 * HOUR for earlier, later in pairwise(plain))
        assert len(stage.asked) > 10 * len(plain)
        say(f"{len(plain)} of {len(stage.asked)} requests in {DAYS} days")

    asyncio.run(watch(tmp_path, look))


@pytest.mark.rule("S2")
def test_spacing(tmp_path: Path, say: Say) -> None:
    """Never closer than the floor."""

    def look(stage: Scene, desk: Newsdesk) -> None:
        closest = min(later.at - earlier.at for earlier, later in pairwise(stage.asked))
        assert closest >= 15 * MINUTE
        say(f"{len(stage.asked)} requests in {DAYS} days, closest {closest / MINUTE:.1f} min")

    asyncio.run(watch(tmp_path, look))


@pytest.mark.rule("S3")
def test_exact_validators(tmp_path: Path, say: Say) -> None:
    """Each conditional request carries a pair that the server sent together, and the last one that it sent."""

    def look(stage: Scene, desk: Newsdesk) -> None:
        sent = [(etag.encode(), modified.encode()) for etag, modified in desk.sent]
        carried = [
            (each.header("if-none-match"), each.header("if-modified-since")) for each in stage.asked if each.conditional
        ]
        assert set(carried) <= set(sent)
        order = [sent.index((etag or b"", modified or b"")) for etag, modified in carried]
        assert order == sorted(order)
        say(f"{len(carried)} conditional requests, {len(set(carried))} pairs of validators, all exact")

    asyncio.run(watch(tmp_path, look))


@pytest.mark.rule("S4")
def test_no_cookies(tmp_path: Path, say: Say) -> None:
    """None is ever sent back."""

    def look(stage: Scene, desk: Newsdesk) -> None:
        assert not any(each.header("cookie") or each.header("referer") for each in stage.asked)
        say(f"{len(stage.asked)} requests, no cookie, no referrer")

    asyncio.run(watch(tmp_path, look))


@pytest.mark.rule("S5")
def test_no_cache_busting(tmp_path: Path, say: Say) -> None:
    """The URL stays as it was registered, and nothing asks caches to step aside."""

    def look(stage: Scene, desk: Newsdesk) -> None:
        assert {"/feed.xml?format=rss"} == {each.target for each in stage.asked}
        assert not any(each.header("cache-control") or each.header("pragma") for each in stage.asked)
        say(f"{len(stage.asked)} requests for one URL, no Cache-Control, no Pragma")

    asyncio.run(watch(tmp_path, look))


@pytest.mark.rule("S6")
def test_throttled_for_days(tmp_path: Path, say: Say) -> None:
    """A server that answers 429 with an hour of Retry-After, for three days, is never asked within that hour."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            url = stage.answer("/f", 429, b"", ("Retry-After", "3600"))
            await stage.register(url, interval=15 * MINUTE)
            await stage.run(3 * DAY)
            closest = min(later.at - earlier.at for earlier, later in pairwise(stage.asked))
            assert closest >= HOUR
            say(f"{len(stage.asked)} requests in 3 days, closest {closest / HOUR:.2f} h")

    asyncio.run(story())


@pytest.mark.rule("S7")
def test_max_age_for_days(tmp_path: Path, say: Say) -> None:
    """An answer good for two hours is not asked for again within them, however much news there is."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            desk = Newsdesk(stage.clock, headers=(("Cache-Control", "max-age=7200"),))
            await stage.register(stage.serve("/f", desk))
            for number in range(48):
                desk.add(str(number))
                await stage.run(HOUR)
            closest = min(later.at - earlier.at for earlier, later in pairwise(stage.asked))
            assert closest >= 2 * HOUR
            say(f"{len(stage.asked)} requests in 2 days, closest {closest / HOUR:.2f} h")

    asyncio.run(story())


@pytest.mark.rule("S8")
def test_restarts(tmp_path: Path, say: Say) -> None:
    """Ten restarts within a minute of a poll ask nothing."""

    async def story() -> None:
        async def refuse(exchange: Exchange) -> None:
            await exchange.answer(200, rss(("a", None)))

        async with scene(tmp_path) as stage:
            await stage.register(stage.serve("/f", refuse))
            await stage.run(timedelta(minutes=1))
            assert 1 == len(stage.asked)
        for _ in range(10):
            async with scene(tmp_path, clock=stage.clock) as again:
                await again.run(timedelta(seconds=5))
                assert {} == {key: count for key, count in again.meter.counts.items() if count}

    asyncio.run(story())
    say("10 restarts, no request")
