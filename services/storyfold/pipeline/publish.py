"""The publish stage: from the outbox to Kafka, in order, each record once.

    open → what is on Kafka? | behind it: outbox rows | one Kafka transaction, position inside | note, drop the rows
                             |                        | meanwhile: read the next rows          | beside the next one
                             | nothing, though there was: current state in one transaction, then on behind it

The position on Kafka is the truth: it was committed with the records. The store's own mark only lets rows be dropped,
so a commit whose answer was lost is settled by opening again and reading what is really there.
"""

import asyncio
import contextlib
import logging
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta

from storyfold.model.metrics import Metric, PublishOutcome
from storyfold.model.records import OutboxRow, Record, Topic
from storyfold.pipeline.fitting import Fitting
from storyfold.pipeline.marks import Marks
from storyfold.ports import (
    Clock,
    Meter,
    Publisher,
    PublisherFenced,
    PublisherUnavailable,
    RecordRefused,
    RecordTooLarge,
    Snapshot,
    Store,
    StoreUnavailable,
)
from storyfold.wire.encode import Encoder

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PublishPolicy:
    """Settings of the publish stage.

    Attributes:
        batch_rows: records in one Kafka transaction.
        batch_bytes: and their values together, beyond the first record.
        poll_seconds: between two looks into the outbox while nobody nudges.
        busy_poll_seconds: likewise, for so long as `busy_seconds` after something was published: records come together,
            and where folding is another process nobody nudges.
        busy_seconds: see there.
        first_wait: seconds before opening again after the broker was not there; doubles with each further time.
        last_wait: longest such wait.
        refused_wait: seconds before a record that Kafka refused is tried again.
        gauge_seconds: between two counts of the outbox.
        refresh: the position is committed anew after so long without a transaction: Kafka forgets the offsets of a
            group after seven days without any (offsets.retention.minutes).
        restated: articles placed longer ago than this are not told again; the retention of their topic.
    """

    batch_rows: int = 2000
    batch_bytes: int = 4 * 1024 * 1024
    poll_seconds: float = 0.2
    busy_poll_seconds: float = 0.03
    busy_seconds: float = 2.0
    first_wait: float = 0.25
    last_wait: float = 15.0
    refused_wait: float = 60.0
    gauge_seconds: float = 1.0
    refresh: timedelta = timedelta(hours=12)
    restated: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class PublishParts:
    """What the publish stage works with."""

    store: Store
    publisher: Publisher
    encoder: Encoder
    clock: Clock
    meter: Meter
    chance: random.Random


class PublishStage:
    """Drains the outbox to Kafka.

    Args:
        parts: the ports.
        policy: batch sizes and waits.
    """

    def __init__(self, parts: PublishParts, policy: PublishPolicy) -> None:
        self._parts = parts
        self._policy = policy
        self._nudged = asyncio.Event()
        self._replaced = asyncio.Event()
        self._drains: list[asyncio.Future[None]] = []
        self._position: int | None = None
        self._marks = Marks(parts.store, parts.clock)
        self._fitting = Fitting(parts.meter)
        self._failures = 0
        self._told: str | None = None
        self._counted_at = float("-inf")
        self._committed_at = parts.clock.steady()
        self.last_round = parts.clock.steady()
        self.connected = False
        """Whether the last word from the broker was a good one; for `/readyz`."""

    def nudge(self) -> None:
        """Say that the outbox has grown."""
        self._nudged.set()

    def reopen(self) -> None:
        """Say that the broker is another one now, which may have lost everything."""
        self._replaced.set()

    async def drained(self) -> None:
        """Return when everything that is in the outbox at this moment is on Kafka."""
        drain = asyncio.get_running_loop().create_future()
        self._drains.append(drain)
        self._nudged.set()
        await drain

    async def run(self) -> None:
        """Publish until cancelled.

        Raises:
            PublisherFenced: a younger publisher has taken over.
            StoreBroken: a person must act.
        """
        try:
            while True:
                try:
                    await self._publish_while_open()
                except PublisherFenced:
                    self._parts.meter.count(Metric.TRANSACTIONS, PublishOutcome.FENCED)
                    raise
                except RecordRefused as refused:
                    await self._refused(refused)
                except PublisherUnavailable as unavailable:
                    self._broker_failed(str(unavailable))
                    await self._rest(self._next_wait())
                except StoreUnavailable as unavailable:
                    self._tell(str(unavailable))
                    await self._rest(self._next_wait())
        finally:
            self.connected = False
            await self._marks.begin(self._position or 0)
            await self._parts.publisher.close()

    async def _refused(self, refused: RecordRefused) -> None:
        """Go on at once with a record that can be cut; wait for whoever can mend anything else."""
        now = self._parts.clock.now()
        if isinstance(refused, RecordTooLarge) and self._fitting.refused(refused, now):
            self._parts.meter.count(Metric.TRANSACTIONS, PublishOutcome.FAILED)
            return
        self._broker_failed(str(refused))
        await self._rest(self._policy.refused_wait)

    # -- one session with the broker ----------------------------------------------------------------------------------

    async def _publish_while_open(self) -> None:
        """Open, find the position, and go on from there until something fails or the broker is another one."""
        self._replaced.clear()
        position = self._position = await self._start_position()
        await self._marks.begin(position)
        self._broker_answered()
        ahead: tuple[OutboxRow, ...] = ()
        while not self._replaced.is_set():
            self.last_round = self._parts.clock.steady()
            self._nudged.clear()
            drains = list(self._drains)
            rows = ahead or await self._next_batch(position)
            if rows:
                position = rows[-1].sequence
                ahead = await self._publish(rows)
            await self._count_outbox(position)
            self._failures = 0
            if rows:
                continue
            self._marks.reached(position)
            if drains:
                await self._marks.settle()
            for drain in drains:
                self._drains.remove(drain)
                if not drain.done():
                    drain.set_result(None)
            if self._parts.clock.steady() - self._committed_at > self._policy.refresh.total_seconds():
                return  # opening again makes sure that the position is still there, then commits it anew
            await self._wait(self._until_next_look(), self._nudged, self._replaced)

    def _until_next_look(self) -> float:
        idle = self._parts.clock.steady() - self._committed_at
        return self._policy.busy_poll_seconds if idle < self._policy.busy_seconds else self._policy.poll_seconds

    async def _start_position(self) -> int:
        store, publisher = self._parts.store, self._parts.publisher
        on_kafka = await publisher.open()
        noted = await store.published_position()
        if on_kafka is None and not noted:
            return 0
        if on_kafka is None or on_kafka < (noted or 0):
            return await self._restate(on_kafka, noted or 0)
        await publisher.publish((), on_kafka)
        self._committed_at = self._parts.clock.steady()
        if on_kafka != noted:
            await store.mark_published(on_kafka, self._parts.clock.now())
        return on_kafka

    async def _next_batch(self, position: int) -> tuple[OutboxRow, ...]:
        rows = await self._parts.store.outbox_after(position, self._policy.batch_rows)
        size = 0
        for index, row in enumerate(rows):
            size += len(row.record.value)
            if size > self._policy.batch_bytes and index > 0:
                return rows[:index]
        return rows

    async def _publish(self, rows: tuple[OutboxRow, ...]) -> tuple[OutboxRow, ...]:
        """One batch; returns the next, which is read while the broker is at work."""
        clock = self._parts.clock
        position = rows[-1].sequence
        ahead = asyncio.ensure_future(self._next_batch(position))
        try:
            begun = clock.steady()
            fitting = self._fitting.fit_rows(rows, clock.now())
            await self._parts.publisher.publish(fitting, position)
            self._position = position
            self._fitting.count(fitting)
            self._committed_at = clock.steady()
            self._marks.reached(position)
            self._measure(rows, self._committed_at - begun)
            return await ahead
        finally:
            ahead.cancel()
            await asyncio.gather(ahead, return_exceptions=True)

    def _measure(self, rows: tuple[OutboxRow, ...], seconds: float) -> None:
        meter, now = self._parts.meter, self._parts.clock.now()
        meter.observe(Metric.TRANSACTION_SECONDS, seconds)
        meter.count(Metric.TRANSACTIONS, PublishOutcome.COMMITTED)
        seen: defaultdict[Topic, list[float]] = defaultdict(list)
        published: defaultdict[Topic, list[float]] = defaultdict(list)
        for row in rows:
            record = row.record
            seen[record.topic].append(max(0.0, (now - record.origin_at).total_seconds()))
            if record.published_at is not None:
                published[record.topic].append(max(0.0, (now - record.published_at).total_seconds()))
        for topic, spans in seen.items():
            meter.count(Metric.RECORDS, topic, len(spans))
            meter.observe_many(Metric.SEEN_TO_KAFKA, spans, topic)
        for topic, spans in published.items():
            meter.observe_many(Metric.PUBLISHED_TO_KAFKA, spans, topic)

    # -- current state, again -----------------------------------------------------------------------------------------

    async def _restate(self, on_kafka: int | None, noted: int) -> int:
        """Tell current state to a broker that has lost what it was told."""
        clock = self._parts.clock
        logger.warning(
            "Kafka %s, though everything up to %d was published: publishing the current state again",
            "knows of no record of this store" if on_kafka is None else f"knows of records up to {on_kafka} only",
            noted,
        )
        counted: dict[Topic, int] = {}

        def count(record: Record) -> None:
            counted[record.topic] = counted.get(record.topic, 0) + 1

        async with self._parts.store.snapshot(clock.now() - self._policy.restated) as snapshot:
            position = snapshot.sequence
            await self._parts.publisher.restate(self._records(snapshot, count), position)
        self._committed_at = clock.steady()
        self._parts.meter.count(Metric.TRANSACTIONS, PublishOutcome.SNAPSHOT)
        for topic, number in counted.items():
            self._parts.meter.count(Metric.RECORDS, topic, number)
        await self._parts.store.mark_published(position, clock.now())
        logger.info("published the current state again: %d records", sum(counted.values()))
        return position

    async def _records(self, snapshot: Snapshot, count: Callable[[Record], None]) -> AsyncIterator[Record]:
        encoder = self._parts.encoder
        async for placed in snapshot.articles:
            record = self._fitting.fit(encoder.article(placed), self._parts.clock.now())
            count(record)
            yield record
        async for event in snapshot.events:
            record = encoder.event(event, None, event.last_published_at)
            count(record)
            yield record
        async for row in snapshot.pending:
            record = self._fitting.fit(row.record, self._parts.clock.now())
            count(record)
            yield record

    # -- failures and waits -------------------------------------------------------------------------------------------

    def _broker_answered(self) -> None:
        if not self.connected:
            logger.info("publishing to Kafka, behind position %d", self._position or 0)
        self.connected = True
        self._told = None

    def _broker_failed(self, message: str) -> None:
        self.connected = False
        self._parts.meter.count(Metric.TRANSACTIONS, PublishOutcome.FAILED)
        self._tell(message)

    def _tell(self, message: str) -> None:
        """Say it once, until it is another message or over."""
        self._failures += 1
        log = logger.debug if message == self._told else logger.warning
        log("%s; what is to be published waits in the store", message)
        self._told = message

    def _next_wait(self) -> float:
        """Exponential backoff with jitter: half of it certain, half by chance."""
        longest = min(self._policy.last_wait, self._policy.first_wait * 2.0 ** min(self._failures - 1, 10))
        return longest * (0.5 + 0.5 * self._parts.chance.random())

    async def _rest(self, seconds: float) -> None:
        """Wait for the broker or the store to be better, with the outbox still counted; another broker ends it."""
        end = self._parts.clock.steady() + seconds
        while (left := end - self._parts.clock.steady()) > 0 and not self._replaced.is_set():
            self.last_round = self._parts.clock.steady()
            with contextlib.suppress(StoreUnavailable):
                if self._position is None:
                    self._position = await self._parts.store.published_position()
                await self._count_outbox(self._position or 0)
            await self._wait(min(left, self._policy.gauge_seconds), self._replaced)

    async def _wait(self, seconds: float, *events: asyncio.Event) -> None:
        """Sleep until the time is over or one of the events is set."""
        waits = [asyncio.ensure_future(self._parts.clock.sleep(seconds))]
        waits += [asyncio.ensure_future(_set(event)) for event in events]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _count_outbox(self, position: int) -> None:
        clock, meter = self._parts.clock, self._parts.meter
        if clock.steady() - self._counted_at < self._policy.gauge_seconds:
            return
        self._counted_at = clock.steady()
        rows, oldest = await self._parts.store.outbox_depth(position)
        meter.gauge(Metric.OUTBOX_ROWS, rows)
        meter.gauge(Metric.OUTBOX_AGE, 0.0 if oldest is None else max(0.0, (clock.now() - oldest).total_seconds()))


async def _set(event: asyncio.Event) -> None:
    await event.wait()
