"""Subscribing: keeps subscriptions to hubs as feeds want them (WebSub).

    polled feeds | wanted otherwise? | store | due | ask the hub | (it verifies: `callbacks`) | renew in time

Several processes may do this for one store: each change is taken only where it was made of what stands there, so one of
them asks a hub, and the others find that it was asked.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from storyfold.feeds import websub
from storyfold.feeds.websub import WebSubPolicy, Wish, wish_of
from storyfold.hosts.retry_after import retry_after_of
from storyfold.model.feeds import Feed
from storyfold.model.fetching import FetchLimits, FetchRequest, FetchResponse, Purpose
from storyfold.model.identity import FeedId
from storyfold.model.metrics import Metric
from storyfold.model.websub import Subscription, WebSubOutcome
from storyfold.ports import Clock, Fetcher, FetchError, Gate, Meter, Store, StoreUnavailable, Subscriptions

logger = logging.getLogger(__name__)

# Between two looks for what is due, and for subscriptions whose feed has left.
LOOK_SECONDS, LEFT_SECONDS = 1.0, 30.0
# Requests at a time, and at one hub; nearly all feeds of the world have one of a handful.
_AT_A_TIME, _AT_ONE_HUB = 50, 5
# Looked at, at a time: one hub's feeds must not hide another's.
_MOST_DUE = 2_000
# Feeds that wait to be looked at; beyond, the next poll tells again.
_MOST_WISHES = 20_000
# A hub answers in a few bytes.
_HUB_LIMITS = FetchLimits(deadline=timedelta(seconds=15), body_bytes=64 * 1024, wire_bytes=64 * 1024, redirects=5)


@dataclass(frozen=True, slots=True)
class SubscribeParts:
    """What the stage works with.

    Attributes:
        name: makes text that nobody can guess.
    """

    store: Store
    fetcher: Fetcher
    gate: Gate
    clock: Clock
    meter: Meter
    name: Callable[[], str]


class SubscribeStage:
    """Asks hubs.

    Args:
        parts: the ports.
        policy: how subscriptions are kept.
        public_url: under which hubs reach the callbacks.
    """

    def __init__(self, parts: SubscribeParts, policy: WebSubPolicy, public_url: str) -> None:
        self._parts = parts
        self._policy = policy
        self._base = public_url.rstrip("/")
        self._wishes: dict[FeedId, Wish] = {}
        self._asking: dict[FeedId, str] = {}
        self._looked = -LEFT_SECONDS

    def noticed(self, feed: Feed) -> None:
        """See `Subscriptions.noticed`."""
        if len(self._wishes) < _MOST_WISHES:
            self._wishes[feed.source.feed_id] = wish_of(feed)

    async def pushed_until(self, feed: Feed) -> datetime | None:
        """See `Subscriptions.pushed_until`."""
        try:
            return websub.live_until(await self._parts.store.subscription_of(feed.source.feed_id))
        except StoreUnavailable:
            return None

    async def run(self) -> None:
        """Keep subscriptions, until cancelled. A hub that hangs keeps nobody but its own feeds waiting."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                for each in await self._due():
                    tasks.create_task(self._ask(each))
                await self._parts.clock.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Change what is to be changed, and ask every hub that is to be asked now, to the end."""
        await asyncio.gather(*map(self._ask, await self._due()))

    async def _due(self) -> tuple[Subscription, ...]:
        """Change what is to be changed, and choose what to ask for now: of each hub a few at a time."""
        clock, store = self._parts.clock, self._parts.store
        try:
            if clock.steady() - self._looked >= LEFT_SECONDS:
                await self._end_left()
                self._looked = clock.steady()
            await self._heed()
            due = await store.due_subscriptions(clock.now(), _MOST_DUE)
        except StoreUnavailable as error:
            logger.warning("subscriptions wait for the store: %s", error)
            return ()
        chosen: list[Subscription] = []
        asking = Counter(self._asking.values())
        for each in due:
            if each.feed_id not in self._asking and asking[each.hub] < _AT_ONE_HUB and asking.total() < _AT_A_TIME:
                asking[each.hub] += 1
                self._asking[each.feed_id] = each.hub
                chosen.append(each)
        return tuple(chosen)

    async def _end_left(self) -> None:
        """Give up what belongs to feeds that are not polled any more."""
        store, now = self._parts.store, self._parts.clock.now()
        for each in await store.left_subscriptions(_MOST_WISHES):
            await store.save_subscription(websub.ended(each, now))

    async def _heed(self) -> None:
        """Change subscriptions to what feeds said since the last look."""
        store = self._parts.store
        while self._wishes:
            feed_id, wish = next(iter(self._wishes.items()))
            before = await store.subscription_of(feed_id)
            changed = websub.heeded(wish, before, self._base, self._parts.clock.now(), self._parts.name)
            if changed is not None:
                await store.save_subscription(changed)
            if self._wishes.get(feed_id) == wish:
                del self._wishes[feed_id]

    async def _ask(self, subscription: Subscription) -> None:
        try:
            await self._asked(subscription)
        except StoreUnavailable as error:
            logger.warning("subscriptions wait for the store: %s", error)
        finally:
            del self._asking[subscription.feed_id]

    async def _asked(self, subscription: Subscription) -> None:
        store, clock = self._parts.store, self._parts.clock
        if websub.given_up(subscription):
            await store.drop_subscription(subscription)
            return
        # Stored first: the hub may verify before it answers, and who loses here leaves it to the other process.
        asked = websub.asked(subscription, clock.now(), self._policy)
        if not await store.save_subscription(asked):
            return
        outcome, message, wait = await self._post(asked)
        self._parts.meter.count(Metric.WEBSUB, outcome)
        if outcome is WebSubOutcome.ASKED:
            return
        logger.info("a hub did not take a subscription: %s", message)
        current = await store.subscription_of(subscription.feed_id)
        if current is not None and current.token == subscription.token:
            refused = outcome is WebSubOutcome.HUB_REFUSED and wait == timedelta(0)
            await store.save_subscription(
                websub.failed(current, message, clock.now(), self._policy, refused=refused, wait=wait)
            )

    async def _post(self, subscription: Subscription) -> tuple[WebSubOutcome, str, timedelta]:
        """One request: how it ended, a sentence, and for how long the hub wants to be left alone."""
        hub, gate = subscription.hub, self._parts.gate
        held = gate.wait_of(hub)
        if held > self._policy.first_retry:
            return WebSubOutcome.HUB_UNREACHABLE, f"the hub asked to be left alone ({hub})", held
        form = websub.request(subscription, self._policy)
        try:
            async with gate.slot(hub, paced=False):
                response = await self._parts.fetcher.fetch(
                    FetchRequest(hub, Purpose.HUB, limits=_HUB_LIMITS, form=form)
                )
        except FetchError as error:
            return WebSubOutcome.HUB_UNREACHABLE, str(error), timedelta(0)
        if 200 <= response.status < 300:
            return WebSubOutcome.ASKED, "", timedelta(0)
        return self._refusal(response)

    def _refusal(self, response: FetchResponse) -> tuple[WebSubOutcome, str, timedelta]:
        message, now = f"the hub answered {response.status} ({response.url})", self._parts.clock.now()
        wanted = retry_after_of(response.header("retry-after"), now)
        if wanted is not None:
            self._parts.gate.hold_off(response.url, wanted)
            return WebSubOutcome.HUB_REFUSED, message, wanted - now
        if response.status >= 500 or response.status == 429:
            return WebSubOutcome.HUB_UNREACHABLE, message, timedelta(0)
        return WebSubOutcome.HUB_REFUSED, message, timedelta(0)


_fits: type[Subscriptions] = SubscribeStage
