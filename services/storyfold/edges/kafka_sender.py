"""The sending end of a hop over Kafka: what is sent is on the broker when `send` returns, however long that takes.

What is pending is measured now and then: how far the group that receives is behind. While that is more than the
capacity, or nobody can tell, there is no room, and polling stops first.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from kafka import KafkaAdminClient, KafkaProducer, TopicPartition, errors
from kafka.admin import OffsetSpec

from storyfold.edges.hop_messages import Unreadable
from storyfold.edges.kafka_clients import connected, let_go
from storyfold.edges.kafka_connection import FOREIGN_ERRORS, KafkaConnection
from storyfold.edges.kafka_rights import Resource, RightMissing, Rights, is_refusal

T = TypeVar("T")

logger = logging.getLogger(__name__)

# What one message may be, as the topic has it (`kafka_hop.plan`); bodies are capped well below, entries may be larger.
MESSAGE_BYTES = 8 * 1024 * 1024
# After a restart of its broker kafka-python may sit on what it has until this is over; another producer is quicker.
DELIVERY_SECONDS = 8.0
RETRY_SECONDS = 0.5
MEASURE_SECONDS = 1.0
# Above what connecting anew takes, at its worst.
MEASURE_PATIENCE_SECONDS = 12.0
# A measurement that is older tells nothing.
STALE_SECONDS = 10.0
CLOSE_SECONDS = 2.0

_TOO_LARGE = (errors.MessageSizeTooLargeError, errors.RecordListTooLargeError, errors.InvalidRecordError)


@dataclass(frozen=True, slots=True)
class Dispatch(Generic[T]):
    """What is sent, and how.

    Attributes:
        topic: on the cluster.
        group: that receives it.
        capacity: items on the way before there is no more room.
        encode: makes a message of an item; raises `Unreadable`.
        key_of: items with the same key stay in order; None for none.
        partition_of: where an item goes; None for where its key leads.
        smaller: what to send instead of an item that is too large; None where there is nothing.
        dropped: told of each item that cannot be sent.
    """

    topic: str
    group: str
    capacity: int
    encode: Callable[[T], bytes]
    key_of: Callable[[T], str | None]
    partition_of: Callable[[T], int | None]
    smaller: Callable[[T], T | None]
    dropped: Callable[[], None]


class KafkaSender(Generic[T]):
    """Sends to one topic.

    Args:
        connection: where.
        dispatch: what.
    """

    def __init__(self, connection: KafkaConnection, dispatch: Dispatch[T]) -> None:
        self._connection = connection
        self._dispatch = dispatch
        self._threads = ThreadPoolExecutor(1, "kafka-sender")
        self._measuring = ThreadPoolExecutor(1, "kafka-lag")
        self._producer: KafkaProducer | None = None
        self._admin: KafkaAdminClient | None = None
        self._lag = 0
        self._measured_at = float("-inf")
        self._sent = 0
        self._told: str | None = None
        self._told_lag: str | None = None
        self._rights = Rights(connection.username, ",".join(connection.bootstrap_servers))
        self._closed = False
        # Counts the producers; which one each message that is on its way was given to.
        self._generation = 0
        self._pending: dict[asyncio.Future[Exception | None], int] = {}

    async def send(self, items: Sequence[T]) -> None:
        """Put items on the way, waiting while the broker is away."""
        await asyncio.gather(*(self._carry(item) for item in items))

    def room(self) -> int:
        """How many items would be taken at once without the receivers being too far behind."""
        if time.monotonic() - self._measured_at > STALE_SECONDS:
            return 0
        return max(0, self._dispatch.capacity - self._lag - self._sent)

    def depth(self) -> int | None:
        """How many items are on the way, as last measured; None where nobody measures."""
        return None if self._measured_at == float("-inf") else self._lag + self._sent

    async def measure(self) -> None:
        """Measure how far the receivers are behind, until cancelled."""
        while True:
            sent = self._sent
            lag = await self._measured()
            if lag is not None:
                self._lag = lag
                self._sent -= sent
                self._measured_at = time.monotonic()
            await asyncio.sleep(MEASURE_SECONDS)

    async def _measured(self) -> int | None:
        """Measure once; a request that never ends, as after a restart of its broker, is left to itself."""
        measuring = asyncio.get_running_loop().run_in_executor(self._measuring, self._measure)
        try:
            return await asyncio.wait_for(measuring, MEASURE_PATIENCE_SECONDS)
        except TimeoutError:
            logger.debug("the hop %s cannot be measured: no answer", self._dispatch.topic)
            self._admin = None
            self._measuring.shutdown(wait=False)
            self._measuring = ThreadPoolExecutor(1, "kafka-lag")
            return None

    async def close(self) -> None:
        """Let go; what was not sent yet is not."""
        if self._closed:
            return
        self._closed = True
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._threads, self._drop)
        if self._admin is not None:
            await loop.run_in_executor(self._measuring, self._admin.close)
        self._threads.shutdown(wait=False)
        self._measuring.shutdown(wait=False)

    async def _carry(self, item: T) -> None:
        """Send one item until the broker has it."""
        while True:
            try:
                message = self._dispatch.encode(item)
            except Unreadable as unfit:
                self._give_up(item, str(unfit))
                return
            error = await self._deliver(item, message)
            if error is None:
                self._sent += 1
                self._told = None
                return
            if isinstance(error, _TOO_LARGE):
                less = self._dispatch.smaller(item)
                if less is None:
                    self._give_up(item, f"its {len(message)} bytes are too many: {error}")
                    return
                item = less
                continue
            if is_refusal(error):
                error = self._rights.missing("Write", Resource.TOPIC, self._dispatch.topic)
            self._tell(f"the hop {self._dispatch.topic} takes nothing: {error}")
            await asyncio.sleep(RETRY_SECONDS)

    async def _deliver(self, item: T, message: bytes) -> Exception | None:
        """Hand one message to the producer; returns what kept it from the broker."""
        loop = asyncio.get_running_loop()
        told: asyncio.Future[Exception | None] = loop.create_future()
        generation = 0

        def tell(error: Exception | None) -> None:
            if not told.done():
                told.set_result(error)

        def produce() -> None:
            nonlocal generation
            generation = self._generation
            try:
                future = self._opened().send(
                    self._dispatch.topic,
                    key=_key(self._dispatch.key_of(item)),
                    value=message,
                    partition=self._dispatch.partition_of(item),
                )
            except (*FOREIGN_ERRORS, AssertionError) as error:
                loop.call_soon_threadsafe(tell, error)
                return
            future.add_callback(lambda _: loop.call_soon_threadsafe(tell, None))
            future.add_errback(lambda error: loop.call_soon_threadsafe(tell, error))

        await loop.run_in_executor(self._threads, produce)
        self._pending[told] = generation
        try:
            # A producer that is given up may leave futures that nobody ever sets.
            error = await asyncio.wait_for(told, DELIVERY_SECONDS + 2 * CLOSE_SECONDS)
        except TimeoutError:
            error = errors.KafkaTimeoutError("the broker has not answered in time")
        finally:
            del self._pending[told]
        if error is not None and not isinstance(error, _TOO_LARGE) and not self._closed:
            await self._renew(generation, error)
        return error

    async def _renew(self, generation: int, error: Exception) -> None:
        """Have another producer in the place of one that failed, and all that it was given sent anew."""
        if generation != self._generation:
            return
        self._generation += 1
        await asyncio.get_running_loop().run_in_executor(self._threads, self._drop)
        for told, given in tuple(self._pending.items()):
            if given <= generation and not told.done():
                told.set_result(error)

    def _give_up(self, item: T, why: str) -> None:
        self._dispatch.dropped()
        logger.error("an item for %s (%s) cannot be sent: %s", self._dispatch.topic, self._dispatch.key_of(item), why)

    def _tell(self, message: str) -> None:
        log = logger.debug if self._told is not None else logger.warning
        log("%s; trying again, and polling waits", message)
        self._told = message

    # -- in the threads -----------------------------------------------------------------------------------------------

    def _opened(self) -> KafkaProducer:
        if self._producer is None:
            self._producer = connected(
                KafkaProducer,
                self._connection,
                client_id="storyfold-hop",
                acks="all",
                enable_idempotence=True,
                compression_type="gzip",
                linger_ms=5,
                batch_size=256 * 1024,
                max_request_size=MESSAGE_BYTES,
                delivery_timeout_ms=int(DELIVERY_SECONDS * 1000),
                max_block_ms=int(self._connection.patience * 1000),
                metadata_max_age_ms=5_000,
                allow_auto_create_topics=False,
                metrics_enabled=False,
            )
        return self._producer

    def _drop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is None:
            return
        if self._closed:
            with contextlib.suppress(*FOREIGN_ERRORS):
                producer.flush(CLOSE_SECONDS)
        let_go(producer, CLOSE_SECONDS)

    def _measure(self) -> int | None:
        """Messages behind the group's offsets; None where nobody can tell."""
        topic, group = self._dispatch.topic, self._dispatch.group
        try:
            if self._admin is None:
                self._admin = connected(KafkaAdminClient, self._connection, client_id="storyfold-hop")
            (described,) = self._admin.describe_topics([topic])
            places = [TopicPartition(topic, each["partition_index"]) for each in described["partitions"]]
            if not places:
                return None
            ends = self._admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.LATEST))
            starts = self._admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.EARLIEST))
            with self._rights.needed("Describe", Resource.GROUP, group):
                found = self._admin.list_group_offsets({group: places})[group]
            self._told_lag = None
        except FOREIGN_ERRORS as error:
            log = logger.warning if isinstance(error, RightMissing) and self._told_lag != str(error) else logger.debug
            log("the hop %s cannot be measured, and polling waits: %s", topic, error)
            self._told_lag = str(error)
            admin, self._admin = self._admin, None
            if admin is not None:
                with contextlib.suppress(*FOREIGN_ERRORS):
                    admin.close()
            return None
        lag = 0
        for place in places:
            at = found.get(place)
            reached = -1 if at is None else at.offset
            lag += max(0, ends[place].offset - max(reached, starts[place].offset))
        return lag


def _key(text: str | None) -> bytes | None:
    return None if text is None else text.encode("utf-8", "replace")
