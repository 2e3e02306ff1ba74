"""Asking hubs, when hubs hang and the store comes and goes."""

import asyncio
from dataclasses import replace
from itertools import count

from storyfold.feeds.websub import WebSubPolicy
from storyfold.model.feeds import Feed
from storyfold.model.identity import FeedId
from storyfold.model.metrics import Metric
from storyfold.model.websub import SubscriptionState, WebSubOutcome
from storyfold.pipeline.subscribing import SubscribeParts, SubscribeStage
from storyfold.ports import StoreUnavailable
from tests.fakes.clock import ManualClock, settle
from tests.fakes.fetcher import ScriptedFetcher, response
from tests.fakes.gate import OpenGate
from tests.fakes.meter import RecordingMeter
from tests.fakes.poll_values import HOUR, MINUTE, old_hand
from tests.fakes.store import MemoryStore

SLOW, QUICK = "https://slow.example/", "https://quick.example/"


class Desk:
    """A subscribing stage over fakes."""

    def __init__(self, hold: asyncio.Event | None = None) -> None:
        self.clock, self.store, self.meter = ManualClock(), MemoryStore(), RecordingMeter()
        self.fetcher = ScriptedFetcher(hold)
        for hub in (SLOW, QUICK):
            self.fetcher.answer(hub, response(hub, status=202))
        names = (f"name-{number}" for number in count())
        parts = SubscribeParts(self.store, self.fetcher, OpenGate(), self.clock, self.meter, name=lambda: next(names))
        self.stage = SubscribeStage(parts, WebSubPolicy(), "https://us.example/hub/")

    async def notice(self, *hubs: str | None) -> None:
        """Polls have found feeds with these hubs."""
        feeds = [self.feed(f"f{number}", hub) for number, hub in enumerate(hubs)]
        await self.store.register([feed.source for feed in feeds], self.clock.now())
        for feed in feeds:
            self.stage.noticed(feed)

    @staticmethod
    def feed(name: str, hub: str | None) -> Feed:
        feed = old_hand(hub=hub, url=f"https://news.example/{name}")
        return replace(feed, source=replace(feed.source, feed_id=FeedId(name), url=feed.state.url))

    def asked(self, hub: str) -> int:
        """Requests to a hub so far."""
        return sum(request.url == hub for request in self.fetcher.requests)


def test_a_hub_that_hangs_keeps_nobody_else_waiting() -> None:
    """Of 200 feeds of a hub that answers nothing five are asked for at a time, and those of another one go ahead."""

    async def story() -> None:
        desk = Desk(asyncio.Event())
        await desk.notice(*[SLOW] * 200, *[QUICK] * 3)
        running = asyncio.ensure_future(desk.stage.run())
        await settle()
        for _ in range(5):
            await desk.clock.advance(MINUTE / 60)
        assert (5, 3) == (desk.asked(SLOW), desk.asked(QUICK))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(story())


def test_a_store_that_is_away_loses_no_wish() -> None:
    """What was noticed meanwhile is asked for when it is back."""

    async def story() -> None:
        desk = Desk()
        await desk.notice(QUICK)
        desk.store.failing = StoreUnavailable("away")
        await desk.stage.look()
        assert await desk.stage.pushed_until(desk.feed("f0", QUICK)) is None
        assert 0 == desk.asked(QUICK)
        desk.store.failing = None
        await desk.stage.look()
        assert 1 == desk.asked(QUICK)

    asyncio.run(story())


def test_two_processes_ask_once() -> None:
    """Of two that look at one store, one asks the hub."""

    async def story() -> None:
        desk, other = Desk(), Desk()
        parts = SubscribeParts(desk.store, other.fetcher, OpenGate(), desk.clock, other.meter, name=lambda: "other")
        second = SubscribeStage(parts, WebSubPolicy(), "https://us.example/hub")
        await desk.notice(QUICK)
        second.noticed(desk.feed("f0", QUICK))
        await asyncio.gather(desk.stage.look(), second.look())
        await asyncio.gather(desk.stage.look(), second.look())
        assert 1 == desk.asked(QUICK) + other.asked(QUICK)
        assert 1 == desk.meter.counts[Metric.WEBSUB, WebSubOutcome.ASKED] + other.meter.counts[
            Metric.WEBSUB, WebSubOutcome.ASKED
        ]  # fmt: skip

    asyncio.run(story())


def test_feeds_that_left_are_looked_for_now_and_then() -> None:
    """Every half minute, not at every look; a hub that is silent is told three times."""

    async def story() -> None:
        desk = Desk()
        await desk.notice(QUICK)
        await desk.stage.look()
        await desk.store.register([], desk.clock.now())
        await desk.stage.look()
        (subscription,) = await desk.store.subscriptions()
        assert SubscriptionState.ASKED is subscription.state
        for _ in range(5):
            await desk.clock.advance(HOUR)
            await desk.stage.look()
        assert () == await desk.store.subscriptions()
        assert 4 == desk.asked(QUICK)

    asyncio.run(story())
