"""The watch: measures what stands still: queues, ages, the ledger equation, the clock.

Counters are counted where things happen. What can only be seen by looking (how many rows wait, how old the oldest is,
whether a stage still goes round) is looked at here, every few seconds.
"""

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from storyfold.feeds.policy import PollPolicy
from storyfold.feeds.silence import silence_of
from storyfold.model.feeds import Feed, PollOutcome, Silence
from storyfold.model.metrics import Metric, Stage, Tally, Waiting
from storyfold.ports import Clock, Meter, Store, StoreUnavailable

logger = logging.getLogger(__name__)

# Between two looks.
LOOK_SECONDS = 2.0
# Feeds are counted this many looks apart: that reads a row for each.
FEEDS_EVERY = 5
# A difference between wall clock and steady clock that is worth a word.
JUMP_SECONDS = 5.0


class Watched(Protocol):
    """A stage as the watch sees it."""

    last_round: float

    def in_hand(self) -> int:
        """Items it is working on."""
        ...


class HasDepth(Protocol):
    """The part of a hop that the watch needs."""

    def depth(self) -> int:
        """How many items are on the way."""
        ...


@dataclass(frozen=True, slots=True)
class Depth:
    """Something that can be full: the hop into a stage."""

    stage: Stage
    hop: HasDepth


class WatchStage:
    """Looks, and sets gauges.

    Args:
        store: whose ledger and outbox are measured.
        clock: time.
        meter: where the gauges stand.
        stages: the stages that run here.
        hops: the hops that run here.
        policy: by which silence is judged.
        whole: whether the store is measured too, or only what runs here.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        meter: Meter,
        stages: Mapping[Stage, Watched],
        hops: tuple[Depth, ...],
        policy: PollPolicy | None = None,
        *,
        whole: bool = True,
    ) -> None:
        self._whole = whole
        self._policy = policy or PollPolicy()
        self._store = store
        self._clock = clock
        self._meter = meter
        self._stages = stages
        self._hops = hops
        self._offset: float | None = None

    async def run(self) -> None:
        """Look every few seconds, until cancelled."""
        looks = 0
        while True:
            self._look_here()
            try:
                if self._whole:
                    await self._look_at_store()
                if self._whole and looks % FEEDS_EVERY == 0:
                    self._count_feeds(await self._store.feeds(), self._clock.now())
                    for state, count in (await self._store.subscription_counts()).items():
                        self._meter.gauge(Metric.SUBSCRIPTIONS, count, state)
            except StoreUnavailable as error:
                logger.warning("the store cannot be measured, trying again: %s", error)
            looks += 1
            await self._clock.sleep(LOOK_SECONDS)

    def _look_here(self) -> None:
        steady = self._clock.steady()
        for stage, watched in self._stages.items():
            self._meter.gauge(Metric.IN_HAND, watched.in_hand(), stage)
            self._meter.gauge(Metric.STAGE_AGE, steady - watched.last_round, stage)
        for depth in self._hops:
            self._meter.gauge(Metric.HOP_DEPTH, depth.hop.depth(), depth.stage)
        offset = self._clock.now().timestamp() - steady
        if self._offset is not None and abs(offset - self._offset) > JUMP_SECONDS:
            self._meter.count(Metric.CLOCK_JUMPS)
            logger.warning(
                "the wall clock jumped by %+.0f s; polls and retries keep their moments, so some come sooner or later",
                offset - self._offset,
            )
        self._offset = offset

    async def _look_at_store(self) -> None:
        counts = await self._store.ledger_counts()
        meter = self._meter
        meter.gauge(Metric.LEDGER_TALLY, counts.taken_up, Tally.TAKEN_UP)
        meter.gauge(Metric.LEDGER_TALLY, counts.done, Tally.DONE)
        meter.gauge(Metric.LEDGER_TALLY, counts.rejected, Tally.REJECTED)
        meter.gauge(Metric.LEDGER_WAITING, counts.pending, Waiting.PENDING)
        meter.gauge(Metric.LEDGER_WAITING, counts.retry, Waiting.RETRY)
        imbalance = counts.taken_up - counts.done - counts.rejected - counts.waiting
        meter.gauge(Metric.LEDGER_IMBALANCE, imbalance)
        if imbalance:
            logger.error("the ledger does not balance, by %d: please report this as a defect", imbalance)
        position = await self._store.published_position() or 0
        rows, oldest = await self._store.outbox_depth(position)
        age = (self._clock.now() - oldest).total_seconds() if oldest is not None else 0.0
        meter.gauge(Metric.OUTBOX_ROWS, rows)
        meter.gauge(Metric.OUTBOX_AGE, max(0.0, age))

    def _count_feeds(self, feeds: tuple[Feed, ...], now: datetime) -> None:
        outcomes = Counter(feed.state.last_outcome for feed in feeds)
        for outcome in PollOutcome:
            self._meter.gauge(Metric.FEEDS, outcomes[outcome], outcome)
        silences = Counter(silence_of(feed.state, now, self._policy).silence for feed in feeds)
        for silence in Silence:
            self._meter.gauge(Metric.FEEDS_SILENT, silences[silence], silence)
        self._meter.gauge(Metric.FEEDS_OVERDUE, sum(1 for feed in feeds if feed.state.next_poll_at <= now))
