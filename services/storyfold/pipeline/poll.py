"""The poll stage: from feeds that are due to new entries in the ledger and on the hop to reading.

    due feeds | lease | host slot | fetch | same bytes? | parse in a worker | known entries? | decide | commit | entries

Each feed runs in a task of its own and ends in exactly one `PollOutcome`. One commit holds everything a poll decided,
so a crash at any point loses nothing: a feed whose lease runs out is polled again, and what it lists is known or new.
"""

import asyncio
import hashlib
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from storyfold.feeds.backoff import outcome_of_status
from storyfold.feeds.observation import Failed, HeldOff, NotModified, Observation, Parsed, Pushed, SameBody
from storyfold.feeds.policy import PollPolicy
from storyfold.feeds.schedule import PollDecision, decide, reidentified, request_validators
from storyfold.model.commit import Commit, PolledFeed, TakenUp
from storyfold.model.entries import LedgerEntry
from storyfold.model.feeds import Feed, KnownEntry, PollOutcome, Validators
from storyfold.model.fetching import FetchLimits, FetchRequest, FetchResponse, Purpose
from storyfold.model.identity import EntryId, FeedId
from storyfold.model.metrics import Metric, Stage
from storyfold.model.page import ParsedFeed
from storyfold.model.records import Record, Reject
from storyfold.pipeline.further import Follower
from storyfold.ports import (
    BadResponse,
    BadUrl,
    BlockedAddress,
    BodyTooLarge,
    Clock,
    ConnectFailed,
    DeadlineExceeded,
    DnsFailed,
    FeedParser,
    Fetcher,
    FetchError,
    Gate,
    Hop,
    Meter,
    Store,
    StoreUnavailable,
    Subscriptions,
    TlsFailed,
    TooManyRedirects,
    WorkerFailed,
)

T = TypeVar("T")

logger = logging.getLogger(__name__)

# Between two looks for due feeds: while there were enough of them; while the hop is full; when nothing is due.
BUSY_SECONDS, FULL_SECONDS, IDLE_SECONDS = 0.02, 0.1, 5.0
# Leasing one feed costs as much as leasing dozens: where less than this share of all places is free, more are waited
# for, for so many looks at most.
BATCH_SHARE, BATCH_LOOKS = 0.25, 10
# Between two tries while the store is not there.
PATIENCE_SECONDS = 1.0

_OUTCOMES: tuple[tuple[type[FetchError], PollOutcome], ...] = (
    (BadUrl, PollOutcome.BLOCKED_ADDRESS),
    (BlockedAddress, PollOutcome.BLOCKED_ADDRESS),
    (DnsFailed, PollOutcome.DNS),
    (ConnectFailed, PollOutcome.CONNECT),
    (TlsFailed, PollOutcome.TLS),
    (DeadlineExceeded, PollOutcome.TIMEOUT),
    (BodyTooLarge, PollOutcome.TOO_LARGE),
    (TooManyRedirects, PollOutcome.REDIRECTS),
    (BadResponse, PollOutcome.PROTOCOL),
)


@dataclass(frozen=True, slots=True)
class PollParts:
    """What the poll stage works with.

    Attributes:
        reject_record: makes the record that tells consumers of an old entry (`storyfold.wire.encode.Encoder.reject`).
        nudge: tells the publisher that the outbox has grown.
        hubs: hears what feeds say of hubs, and knows which of them bring news; None where there are no subscriptions.
    """

    store: Store
    fetcher: Fetcher
    parser: FeedParser
    gate: Gate
    clock: Clock
    meter: Meter
    entries: Hop[LedgerEntry]
    reject_record: Callable[[Reject], Record]
    nudge: Callable[[], None]
    rng: random.Random
    hubs: Subscriptions | None = None


class PollStage:
    """Polls feeds as they fall due, many at a time, each host politely.

    Args:
        parts: the ports.
        policy: when to poll.
        limits: bounds of one request.
        owner: in whose name feeds are leased and entries held.
        concurrency: feeds polled at a time.
        lease: how long a feed is ours; longer than any poll takes.
        hold: how long an entry that was sent on is left to reading before the ledger sends it again.
        patience: a feed whose host wants to be left alone for longer than this goes back instead of waiting in hand.
    """

    def __init__(
        self,
        parts: PollParts,
        *,
        policy: PollPolicy,
        limits: FetchLimits,
        owner: str,
        concurrency: int = 400,
        lease: timedelta = timedelta(minutes=10),
        hold: timedelta = timedelta(minutes=10),
        patience: timedelta = timedelta(minutes=2),
    ) -> None:
        self._parts = parts
        self._policy = policy
        self._limits = limits
        self._owner = owner
        self._concurrency = concurrency
        self._lease = lease
        self._hold = hold
        self._patience = patience
        self._in_hand: set[FeedId] = set()
        self._once_more: dict[FeedId, Feed] = {}
        self._wake = asyncio.Event()
        self._taking: asyncio.Task[None] | None = None
        self.last_round = parts.clock.steady()

    async def run(self) -> None:
        """Poll whatever is due, until cancelled, or, after `stop_taking`, until nothing is in hand.

        Cancelling drops what is in hand; its leases run out or are released.
        """
        async with asyncio.TaskGroup() as tasks:
            self._taking = tasks.create_task(self._take(tasks))

    def stop_taking(self) -> None:
        """Lease nothing more; `run` returns when the polls in hand have ended."""
        if self._taking is not None:
            self._taking.cancel()

    def wake(self) -> None:
        """Look for due feeds at once: the registry has changed."""
        self._wake.set()

    def in_hand(self) -> int:
        """How many feeds are being polled."""
        return len(self._in_hand)

    # -- taking feeds -------------------------------------------------------------------------------------------------

    async def _take(self, tasks: asyncio.TaskGroup) -> None:
        """Lease due feeds, each into a task of its own, as long as reading has room for what they will bring."""
        looks = 0
        while True:
            self.last_round = self._parts.clock.steady()
            free = self._concurrency - len(self._in_hand)
            if 0 < free < self._concurrency * BATCH_SHARE and looks < BATCH_LOOKS:
                looks += 1
                await self._rest(BUSY_SECONDS)
                continue
            looks = 0
            room = min(free, self._parts.entries.room())
            feeds = await self._due(room) if room > 0 else ()
            for feed in feeds:
                if feed.source.feed_id in self._in_hand:
                    # Its entries are still on their way out: polled when they are, as the lease is ours already.
                    self._once_more[feed.source.feed_id] = feed
                else:
                    self._in_hand.add(feed.source.feed_id)
                    tasks.create_task(self.carry(feed))
            if room <= 0:
                await self._rest(FULL_SECONDS)
            elif len(feeds) == room:
                await self._rest(BUSY_SECONDS)
            else:
                await self._rest(await self._idle_seconds())

    async def _due(self, limit: int) -> tuple[Feed, ...]:
        now = self._parts.clock.now()
        try:
            return await self._parts.store.lease_feeds(self._owner, now, self._lease, limit)
        except StoreUnavailable as error:
            logger.warning("feeds cannot be leased, trying again: %s", error)
            return ()

    async def _idle_seconds(self) -> float:
        """Until the next feed falls due, or a look for what others registered."""
        try:
            due = await self._parts.store.next_feed_due()
        except StoreUnavailable:
            return PATIENCE_SECONDS
        if due is None:
            return IDLE_SECONDS
        return min(IDLE_SECONDS, max(BUSY_SECONDS, (due - self._parts.clock.now()).total_seconds()))

    async def _rest(self, seconds: float) -> None:
        """Sleep, or until woken."""
        sleeping = asyncio.ensure_future(self._parts.clock.sleep(seconds))
        waking = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait((sleeping, waking), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._wake.clear()
            sleeping.cancel()
            waking.cancel()

    # -- one poll -----------------------------------------------------------------------------------------------------

    async def carry(self, feed: Feed, pushed: Pushed | None = None) -> None:
        """Poll one feed that is leased, commit what follows, count it, and send its new entries on.

        Again, where it fell due and was leased again while its entries waited to be sent.

        Args:
            feed: leased in this stage's name.
            pushed: what its hub brought, in place of asking its server.
        """
        feed_id = feed.source.feed_id
        self._in_hand.add(feed_id)
        try:
            await self._poll_and_send(feed, pushed)
            # One whose lease ran out under the poll that has just ended stands as it did before that.
            while (again := self._once_more.pop(feed_id, feed)).state != feed.state:
                feed = again
                await self._poll_and_send(feed, None)
        finally:
            self._in_hand.discard(feed_id)

    async def _poll_and_send(self, feed: Feed, pushed: Pushed | None) -> None:
        parts = self._parts
        started = parts.clock.steady()
        decision = await self.poll(feed, pushed)
        now = parts.clock.now()
        await self._patiently(lambda: parts.store.apply(self._commit(feed, decision, now)))
        if pushed is None:
            parts.meter.count(Metric.POLLS, decision.outcome)
            parts.meter.observe(Metric.POLL_SECONDS, parts.clock.steady() - started)
            self._tell_of_hub(feed, decision)
        self._count(decision)
        if (decision.state.next_poll_at - now).total_seconds() < IDLE_SECONDS:
            # The taker may be resting for longer: while this feed was leased, it was not among what falls due next.
            self._wake.set()
        fresh = tuple(row.ledger for row in decision.taken_up if row.known_as is None)
        if len(fresh) < len(decision.taken_up):
            parts.nudge()
        if fresh:
            await parts.entries.send(fresh)

    async def poll(self, feed: Feed, pushed: Pushed | None = None) -> PollDecision:
        """Look at one feed, or at what its hub brought, and decide what follows; nothing is written."""
        seen = pushed or await self._observe(feed)
        if self._parts.hubs is not None and feed.state.hub is not None:
            feed = replace(feed, pushed_until=await self._parts.hubs.pushed_until(feed))
        now = self._parts.clock.now()
        decision = decide(feed, seen, now, self._policy, chance=self._parts.rng.random())
        if isinstance(seen, Failed):
            if seen.response is not None and decision.hold_off is not None:
                self._parts.gate.hold_off(seen.response.url, decision.hold_off)
            logger.info("poll failed: %s: %s", decision.outcome.value, seen.message)
        return decision

    async def _observe(self, feed: Feed) -> Observation:
        parts, url = self._parts, feed.state.url
        if feed.source.obey_robots:
            allowed = await parts.gate.allowed(url)
            if allowed is None:
                return Failed(
                    PollOutcome.ROBOTS_UNREACHABLE, f"robots.txt cannot be reached: not polled for now ({url})"
                )
            if not allowed:
                return Failed(PollOutcome.ROBOTS, f"robots.txt does not allow the feed ({url})")
        wait = parts.gate.wait_of(url)
        if wait > self._patience:
            return HeldOff(parts.clock.now() + wait)
        validators = request_validators(feed.state, parts.clock.now(), self._policy)
        request = FetchRequest(url, Purpose.FEED, validators, self._limits)
        try:
            async with parts.gate.slot(url, paced=False):
                response = await parts.fetcher.fetch(request)
        except FetchError as error:
            return Failed(_outcome_of(error), str(error))
        conditional = validators != Validators()
        if response.status == 304 and conditional:
            return NotModified(response)
        if 200 <= response.status < 300:
            return await self._read(feed, response, conditional=conditional)
        outcome = outcome_of_status(response.status, retry_after=response.header("retry-after") is not None)
        return Failed(outcome, f"the server answered {response.status} ({response.url})", response)

    async def _read(self, feed: Feed, response: FetchResponse, *, conditional: bool) -> Observation:
        """Read a 2xx: the bytes of last time are not parsed again."""
        body_hash = hashlib.sha256(response.body).hexdigest()
        if body_hash == feed.state.body_hash:
            return SameBody(response, conditional)
        try:
            document = await self._parts.parser.parse(response, self._parts.clock.now(), feed.source)
        except WorkerFailed as error:
            self._parts.meter.count(Metric.WORKERS_KILLED, Stage.POLL)
            message = f"the parser failed on {len(response.body)} bytes: {error} ({response.url})"
            return Failed(PollOutcome.PARSER_FAILED, message, response)
        if document is None:
            return Failed(PollOutcome.NOT_A_FEED, _no_feed(response), response)
        if document.further:
            document, body_hash = await self._followed(feed, response, document, body_hash)
            if body_hash == feed.state.body_hash:
                return SameBody(response, conditional)
            # What an index says of its own age tells nothing about the sitemaps that it lists.
            response = without_validators(response) if document.is_index else response
        document, identity = reidentified(feed, document)
        return Parsed(response, conditional, body_hash, document, identity, await self.known(document))

    async def known(self, document: ParsedFeed) -> Mapping[EntryId, KnownEntry]:
        """Those entries of a document that the ledger has met."""
        ids = tuple(entry.entry_id for entry in document.entries)
        return await self._patiently(lambda: self._parts.store.known_entries(ids))

    async def _followed(
        self, feed: Feed, response: FetchResponse, document: ParsedFeed, body_hash: str
    ) -> tuple[ParsedFeed, str]:
        """The document with those that belong to it. Pages of one feed are known by the bytes of the first."""
        parts = self._parts
        follower = Follower(parts.fetcher, parts.parser, parts.gate, self._limits, parts.store.known_entries)
        now = parts.clock.now()
        whole, combined = await self._patiently(lambda: follower.whole(response, document, now, feed.source))
        return whole, combined if document.is_index else body_hash

    # -- what follows -------------------------------------------------------------------------------------------------

    def _commit(self, feed: Feed, decision: PollDecision, now: datetime) -> Commit:
        return Commit(
            polled=(PolledFeed(feed.source.feed_id, decision.state, now, decision.listed),),
            taken_up=decision.taken_up,
            outbox=tuple(
                self._parts.reject_record(reject) for row in decision.taken_up if (reject := _reject(row, now))
            ),
            holder=self._owner,
            held_until=now + self._hold,
        )

    def _tell_of_hub(self, feed: Feed, decision: PollDecision) -> None:
        if self._parts.hubs is not None and (feed.state.hub or decision.state.hub):
            self._parts.hubs.noticed(replace(feed, state=decision.state))

    def _count(self, decision: PollDecision) -> None:
        meter = self._parts.meter
        if decision.taken_up:
            meter.count(Metric.ENTRIES_NEW, by=len(decision.taken_up))
        for row in decision.taken_up:
            if row.known_as is not None:
                meter.count(Metric.REJECTS, row.known_as)

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask the store until it answers."""
        while True:
            try:
                return await ask()
            except StoreUnavailable as error:
                logger.warning("the store is not there, polls in hand wait for it: %s", error)
            await self._parts.clock.sleep(PATIENCE_SECONDS)


def without_validators(response: FetchResponse) -> FetchResponse:
    """A response as if its server had given no validators."""
    kept = tuple(header for header in response.headers if header[0] not in {"etag", "last-modified"})
    return replace(response, headers=kept)


def _outcome_of(error: FetchError) -> PollOutcome:
    return next(outcome for kind, outcome in _OUTCOMES if isinstance(error, kind))


def _reject(row: TakenUp, now: datetime) -> Reject | None:
    if row.known_as is None:
        return None
    message = "the feed listed it before it was watched, and it is older than the window for news"
    return Reject(row.ledger, row.known_as, message, None, now)


def _no_feed(response: FetchResponse) -> str:
    kind = response.header("content-type") or "no content type"
    return (
        f"not a feed in any known format ({kind}, {len(response.body)} bytes); look for the site's feed and register"
        f" that ({response.url})"
    )
