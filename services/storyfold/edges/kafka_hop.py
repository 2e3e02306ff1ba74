"""KafkaHop: the way between stages that run apart, over a topic of storyfold's own.

Who only sends has no consumer, who only receives no producer. Items with one key stay in one partition and in order;
a receiver that dies leaves what it was not done with to the next member of its group.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from kafka import KafkaAdminClient, errors

from storyfold.edges.kafka_clients import connected
from storyfold.edges.kafka_connection import FOREIGN_ERRORS, KafkaConnection, quiet_kafka_python
from storyfold.edges.kafka_receiver import KafkaReceiver, Reception
from storyfold.edges.kafka_rights import Resource, Rights
from storyfold.edges.kafka_sender import MESSAGE_BYTES, Dispatch, KafkaSender
from storyfold.edges.kafka_topics import FORBIDDEN_TOPIC, UNKNOWN_TOPIC, TopicPlan, create_topics
from storyfold.ports import Hop

T = TypeVar("T")

logger = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
# What nobody received in a day the ledger has sent again long since.
RETENTION_MS = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class HopPlan(Generic[T]):
    """A hop as both ends know it.

    Attributes:
        topic: with the prefix.
        group: of those who receive.
        partitions: at least so many.
        replication: copies of each; -1 leaves it to the cluster.
        capacity: items on the way before there is no more room.
        encode: makes a message of an item; raises `Unreadable`.
        decode: makes an item of a message; raises `Unreadable`.
        key_of: items with the same key stay in order.
        partition_of: where an item goes; None for where its key leads.
        smaller: what to send instead of an item that is too large; None where there is nothing.
        dropped: told of each message that is dropped.
        keeps_positions: whether receivers keep positions of their own, partition by partition.
    """

    topic: str
    group: str
    partitions: int
    replication: int
    capacity: int
    encode: Callable[[T], bytes]
    decode: Callable[[bytes | None], T]
    key_of: Callable[[T], str | None]
    partition_of: Callable[[T], int | None]
    smaller: Callable[[T], T | None]
    dropped: Callable[[], None]
    keeps_positions: bool = False


class KafkaHop(Generic[T]):
    """A hop over Kafka; implements `storyfold.ports.Hop`.

    Args:
        connection: where.
        plan: of the topic and what travels on it.
    """

    def __init__(self, connection: KafkaConnection, plan: HopPlan[T]) -> None:
        quiet_kafka_python()
        self._connection = connection
        self._plan = plan
        self._receiver: KafkaReceiver[T] = KafkaReceiver(
            connection, Reception(plan.topic, plan.group, plan.decode, plan.dropped, plan.keeps_positions)
        )
        self._sender = KafkaSender(
            connection,
            Dispatch(
                plan.topic,
                plan.group,
                plan.capacity,
                plan.encode,
                plan.key_of,
                plan.partition_of,
                plan.smaller,
                plan.dropped,
            ),
        )
        self._receives = False
        self._ready: asyncio.Task[None] | None = None

    async def ready(self) -> None:
        """Make the topic where it is missing, and widen it where it has too few partitions; waits for the broker."""
        if self._ready is None:
            self._ready = asyncio.create_task(self._prepare(), name=f"prepare {self._plan.topic}")
        await asyncio.shield(self._ready)

    async def measure(self) -> None:
        """Keep `room` up to date, until cancelled; for whoever sends and wants to know."""
        await self.ready()
        await self._sender.measure()

    async def send(self, items: Sequence[T]) -> None:
        """Put items on the way, waiting while the broker is away."""
        await self.ready()
        await self._sender.send(items)

    def room(self) -> int:
        """How many items would be taken at once without the receivers being too far behind."""
        return self._sender.room()

    async def receive(self, limit: int) -> tuple[T, ...]:
        """At least one and at most `limit` items, waiting for the first."""
        await self._join()
        return await self._receiver.receive(limit)

    def done(self, items: Sequence[T]) -> None:
        """Say that received items have been dealt with."""
        self._receiver.done(items)

    def position(self) -> int | None:
        """None: the group keeps the positions."""
        return None

    def depth(self) -> int:
        """How many items are on the way: to all, where that is measured here; else to this member of the group."""
        measured = self._sender.depth()
        return self._receiver.depth() if measured is None else measured

    # -- where receivers keep positions of their own ------------------------------------------------------------------

    async def given(self, seconds: float) -> Mapping[int, int]:
        """See `storyfold.pipeline.shards.ShardedHop`."""
        await self._join()
        return await self._receiver.given(seconds)

    def held(self) -> Mapping[int, int]:
        """What `given` would say now."""
        return self._receiver.held()

    def open(self, shard: int, position: int | None) -> Hop[T]:
        """See `storyfold.pipeline.shards.ShardedHop`."""
        self._receiver.open(shard, position)
        return _ShardHop(self, self._receiver, shard)

    async def close(self) -> None:
        """Leave the group and let go; safe to call more than once."""
        if self._ready is not None:
            self._ready.cancel()
            await asyncio.wait({self._ready})
        await self._receiver.close()
        await self._sender.close()

    async def _join(self) -> None:
        self._receives = True
        await self.ready()
        self._receiver.start()

    async def _prepare(self) -> None:
        told = False
        while (error := await asyncio.to_thread(self._make)) is not None:
            log = logger.debug if told else logger.warning
            log("the topic %s cannot be had yet, trying again: %s", self._plan.topic, error)
            told = True
            await asyncio.sleep(RETRY_SECONDS)

    def _make(self) -> Exception | None:
        """Have the topic; returns what kept us from it."""
        plan = self._plan
        settings = (
            ("cleanup.policy", "delete"),
            ("retention.ms", str(RETENTION_MS)),
            ("max.message.bytes", str(MESSAGE_BYTES)),
        )
        try:
            admin = connected(KafkaAdminClient, self._connection, client_id="storyfold-hop")
        except FOREIGN_ERRORS as error:
            return error
        rights = Rights(self._connection.username, ",".join(self._connection.bootstrap_servers))
        try:
            (there,) = admin.describe_topics([plan.topic])
            if there["error_code"] == FORBIDDEN_TOPIC:
                # Describing comes with either of them.
                return rights.missing("Read" if self._receives else "Write", Resource.TOPIC, plan.topic)
            if there["error_code"] == UNKNOWN_TOPIC:
                create_topics(admin, [TopicPlan(plan.topic, plan.partitions, plan.replication, settings)], rights)
            elif there["error_code"]:
                refusal: Exception = errors.for_code(there["error_code"])(plan.topic)
                return refusal
            elif len(there["partitions"]) < plan.partitions:
                with rights.needed("Alter", Resource.TOPIC, plan.topic):
                    admin.create_partitions({plan.topic: plan.partitions})
                logger.info("widened the topic %s to %d partitions", plan.topic, plan.partitions)
        except FOREIGN_ERRORS as error:
            return error
        finally:
            admin.close()
        return None


class _ShardHop(Generic[T]):
    """One partition of a hop, as its owner sees it; implements `storyfold.ports.Hop`."""

    def __init__(self, hop: KafkaHop[T], receiver: KafkaReceiver[T], shard: int) -> None:
        self._hop = hop
        self._receiver = receiver
        self._shard = shard

    async def send(self, items: Sequence[T]) -> None:
        """Put items on the way, to whichever shard they belong."""
        await self._hop.send(items)

    def room(self) -> int:
        """See `KafkaHop.room`."""
        return self._hop.room()

    async def receive(self, limit: int) -> tuple[T, ...]:
        """At least one and at most `limit` items of this shard, waiting for the first."""
        return await self._receiver.receive(limit, self._shard)

    def done(self, items: Sequence[T]) -> None:
        """Say that items have been dealt with: people see it, and backpressure."""
        self._receiver.done(items)

    def position(self) -> int | None:
        """The offset behind what was received."""
        return self._receiver.position(self._shard)

    def depth(self) -> int:
        """See `KafkaHop.depth`."""
        return self._hop.depth()


_: type[Hop[int]] = KafkaHop[int]
