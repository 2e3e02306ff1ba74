"""Callbacks: what hubs say and bring, judged and handed to polling (WebSub, 5 to 8).

    verification | awaited? | stored | echoed
    delivery | known? in measure? | (read) | signed? | read as a poll would | commit | entries

A delivery that is not signed with the secret is answered like any other, counted, and thrown away. What is in hand may
be lost in a crash: the slow poll finds it.
"""

import asyncio
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from storyfold.feeds import websub
from storyfold.feeds.identity import known_by_link
from storyfold.feeds.observation import Pushed
from storyfold.feeds.websub import WebSubPolicy
from storyfold.model.feeds import Feed, Identity
from storyfold.model.fetching import FetchResponse
from storyfold.model.metrics import Metric
from storyfold.model.page import ParsedFeed
from storyfold.model.websub import Admission, Subscription, SubscriptionState, WebSubOutcome
from storyfold.pipeline.poll import PollStage
from storyfold.ports import Callback, Clock, FeedParser, Meter, Store, StoreUnavailable, WorkerFailed

logger = logging.getLogger(__name__)

# Deliveries in hand, read or being read; each holds its body.
IN_HAND = 16
# A feed that is being polled is waited for; a poll takes half a minute at most.
_WAIT_SECONDS, _TRIES = 0.25, 160
_LONGEST_TOKEN, _TOKEN = 64, re.compile(r"[A-Za-z0-9_-]+")
# Callbacks whose measure is remembered; a minute without a call gives all of it back anyway.
_MEASURES = 10_000


@dataclass(frozen=True, slots=True)
class CallbackParts:
    """What callbacks work with."""

    store: Store
    parser: FeedParser
    poll: PollStage
    clock: Clock
    meter: Meter


@dataclass(frozen=True, slots=True)
class _Measure:
    """What is left of a callback's measure, and since when it fills up."""

    left: float
    at: float


class Callbacks:
    """The port that the callback server calls, and the work that follows.

    Args:
        parts: the ports.
        policy: what is awaited of hubs.
        owner: in whose name feeds are leased.
        lease: how long a feed is ours.
    """

    def __init__(self, parts: CallbackParts, policy: WebSubPolicy, *, owner: str, lease: timedelta) -> None:
        self._parts = parts
        self._policy = policy
        self._owner = owner
        self._lease = lease
        self._measures: dict[str, _Measure] = {}
        self._reading = 0
        self._taking = 0
        self._tasks: asyncio.TaskGroup | None = None

    # -- verification -------------------------------------------------------------------------------------------------

    async def confirm(self, token: str, said: Mapping[str, str]) -> str | None:
        """See `Callback.confirm`."""
        subscription = await self._at(token)
        if subscription is None:
            self._counted(WebSubOutcome.UNKNOWN)
            return None
        now, store = self._parts.clock.now(), self._parts.store
        if said.get("hub.mode") == "denied" and said.get("hub.topic") == subscription.topic:
            reason = said.get("hub.reason", "")
            await store.save_subscription(websub.denied(subscription, reason, now, self._policy))
            self._counted(WebSubOutcome.DENIED)
            return ""
        challenge = said.get("hub.challenge", "")
        if not challenge or not websub.awaits(subscription, said, now, self._policy):
            self._counted(WebSubOutcome.UNEXPECTED)
            return None
        if subscription.state is SubscriptionState.ENDING:
            await store.drop_subscription(subscription)
            self._counted(WebSubOutcome.UNSUBSCRIBED)
            return challenge
        if not await store.save_subscription(websub.verified(subscription, said, now, self._policy)):
            self._counted(WebSubOutcome.UNEXPECTED)
            return None
        self._counted(WebSubOutcome.VERIFIED)
        return challenge

    async def _at(self, token: str) -> Subscription | None:
        if len(token) > _LONGEST_TOKEN or not _TOKEN.fullmatch(token):
            # None of ours, and maybe nothing that a database can be asked for.
            return None
        try:
            return await self._parts.store.subscription_at(token)
        except StoreUnavailable:
            # Told the same as anybody; hubs ask again.
            return None

    # -- delivery -----------------------------------------------------------------------------------------------------

    async def admit(self, token: str) -> Admission:
        """See `Callback.admit`."""
        subscription = await self._at(token)
        if subscription is None or subscription.state is SubscriptionState.ENDING:
            self._counted(WebSubOutcome.UNKNOWN)
            return Admission.UNKNOWN
        if not self._measured(token):
            self._counted(WebSubOutcome.TOO_OFTEN)
            return Admission.TOO_OFTEN
        if self.in_hand() >= IN_HAND:
            self._counted(WebSubOutcome.BUSY)
            return Admission.BUSY
        self._reading += 1
        return Admission.ADMITTED

    def refused(self, outcome: WebSubOutcome) -> None:
        """See `Callback.refused`."""
        self._reading -= 1
        self._counted(outcome)

    async def receive(self, token: str, headers: Sequence[tuple[str, str]], body: bytes) -> None:
        """See `Callback.receive`."""
        self._reading -= 1
        subscription = await self._at(token)
        if subscription is None:
            self._counted(WebSubOutcome.UNKNOWN)
            return
        signature = next((value for name, value in headers if name == "x-hub-signature"), None)
        if not websub.signed(subscription.secret, signature, body):
            self._counted(WebSubOutcome.BAD_SIGNATURE)
            logger.warning("a delivery was thrown away: its signature is not that of the hub %s", subscription.hub)
            return
        response = FetchResponse(subscription.topic, 200, tuple(headers), body, (), timedelta(0))
        if self._tasks is None:
            self._counted(WebSubOutcome.LOST)
            return
        self._taking += 1
        self._tasks.create_task(self._take(subscription, response))

    def in_hand(self) -> int:
        """Deliveries being read from the network or taken."""
        return self._reading + self._taking

    async def run(self) -> None:
        """Take what is delivered, until cancelled; a defect in it ends the stage."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            try:
                await asyncio.Event().wait()
            finally:
                self._tasks = None

    async def _take(self, subscription: Subscription, response: FetchResponse) -> None:
        try:
            self._counted(await self._taken(subscription, response))
        finally:
            self._taking -= 1

    async def _taken(self, subscription: Subscription, response: FetchResponse) -> WebSubOutcome:
        """Bring the entries of a delivery to where a poll would."""
        feed = await self._leased(subscription)
        if feed is None:
            return WebSubOutcome.LOST
        document = await self._parsed(feed, response)
        if document is None:
            await self._parts.poll.carry(feed)
            outcome = WebSubOutcome.FETCHED
        else:
            await self._parts.poll.carry(feed, await self._pushed(feed, document))
            outcome = WebSubOutcome.DELIVERED
        await self._note(subscription)
        return outcome

    async def _leased(self, subscription: Subscription) -> Feed | None:
        """The feed, once nobody else has it in hand."""
        parts = self._parts
        for _ in range(_TRIES):
            try:
                feed = await parts.store.lease_feed(subscription.feed_id, self._owner, parts.clock.now(), self._lease)
            except StoreUnavailable:
                feed = None
            if feed is not None:
                return feed
            await parts.clock.sleep(_WAIT_SECONDS)
        return None

    async def _parsed(self, feed: Feed, response: FetchResponse) -> ParsedFeed | None:
        """The document; None where the body is no feed, or breaks the parser: then the feed itself is asked."""
        try:
            return await self._parts.parser.parse(response, self._parts.clock.now(), feed.source)
        except WorkerFailed:
            return None

    async def _pushed(self, feed: Feed, document: ParsedFeed) -> Pushed:
        if feed.state.identity is Identity.LINK:
            document = replace(document, entries=known_by_link(document.entries, feed.source.feed_id))
        known = await self._parts.poll.known(document)
        return Pushed(document, feed.state.identity, known)

    async def _note(self, subscription: Subscription) -> None:
        try:
            current = await self._parts.store.subscription_at(subscription.token)
            if current is not None:
                await self._parts.store.save_subscription(websub.pinged(current, self._parts.clock.now()))
        except StoreUnavailable:
            # Only a count for people.
            return

    # -- measure ------------------------------------------------------------------------------------------------------

    def _measured(self, token: str) -> bool:
        """Take one call off a callback's measure, which fills up evenly; False where nothing is left."""
        steady, most = self._parts.clock.steady(), float(self._policy.pings)
        before = self._measures.pop(token, _Measure(most, steady))
        left = min(most, before.left + (steady - before.at) * most / 60)
        self._measures[token] = _Measure(left - 1 if left >= 1 else left, steady)
        if len(self._measures) > _MEASURES:
            del self._measures[next(iter(self._measures))]
        return left >= 1

    def _counted(self, outcome: WebSubOutcome) -> None:
        self._parts.meter.count(Metric.WEBSUB, outcome)


_fits: type[Callback] = Callbacks
