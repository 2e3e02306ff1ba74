"""The receiving end of a hop over Kafka: a member of a consumer group, in a thread of its own.

The thread polls all the time, so that the group keeps its member however long an item takes; partitions whose lane is
full are paused. What a lane holds comes out on the event loop. Every half second the group is told up to which offset
all is done with: whoever takes a partition over goes on from there. Where the receiver keeps positions of its own
(`keeps_positions`), that is for people to see, and a partition is read from where it is opened.
"""

import asyncio
import contextlib
import logging
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition, errors
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.structs import OffsetAndMetadata

from storyfold.edges.hop_messages import Unreadable
from storyfold.edges.kafka_clients import connected
from storyfold.edges.kafka_connection import FOREIGN_ERRORS, KafkaConnection
from storyfold.edges.kafka_lanes import Lane
from storyfold.edges.kafka_rights import Resource, Rights, is_refusal

T = TypeVar("T")

logger = logging.getLogger(__name__)

# A member that is silent for so long is given up, and its partitions go to others. Brokers allow 6 s at the least;
# kafka-python beats from a thread of its own, which a busy process may hold up for a second or two.
SESSION_SECONDS = 10.0
HEARTBEAT_SECONDS = 2.0
POLL_SECONDS = 0.1
COMMIT_SECONDS = 0.5
RETRY_SECONDS = 1.0
CLOSE_SECONDS = 3.0
# Items of one partition that wait here; a lane with half of them is filled again.
LANE = 100
# Records are at most some megabytes, and a fetch brings at least one.
FETCH_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Reception(Generic[T]):
    """What is received, and how.

    Attributes:
        topic: on the cluster.
        group: whose members share its partitions.
        decode: makes an item of a message; raises `Unreadable`.
        dropped: told of each message that could not be read.
        keeps_positions: whether partitions are read from where they are opened; otherwise from where the group is.
    """

    topic: str
    group: str
    decode: Callable[[bytes | None], T]
    dropped: Callable[[], None]
    keeps_positions: bool = False


class KafkaReceiver(Generic[T]):
    """A member of a consumer group.

    Args:
        connection: where.
        reception: what.
    """

    def __init__(self, connection: KafkaConnection, reception: Reception[T]) -> None:
        self._connection = connection
        self._reception = reception
        self._rights = Rights(connection.username, ",".join(connection.bootstrap_servers))
        self._lanes: dict[int, Lane[T]] = {}
        self._received: dict[int, tuple[Lane[T], int, T]] = {}
        self._given = 0
        self._turn = 0
        self._changed = asyncio.Event()
        # By partition; None for any.
        self._arrived: defaultdict[int | None, asyncio.Event] = defaultdict(asyncio.Event)
        self._commands: queue.SimpleQueue[Callable[[KafkaConsumer], None]] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name=f"kafka-receiver {reception.topic}", daemon=True)
        self._told: str | None = None

    @property
    def keeps_positions(self) -> bool:
        """See `Reception`."""
        return self._reception.keeps_positions

    # -- on the event loop --------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Join the group."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._thread.start()

    async def close(self) -> None:
        """Leave the group; what is in hand comes again, here or elsewhere."""
        self._closing.set()
        if self._loop is not None:
            await asyncio.to_thread(self._thread.join, CLOSE_SECONDS)

    async def receive(self, limit: int, partition: int | None = None) -> tuple[T, ...]:
        """At least one and at most `limit` items, of one partition or of any, waiting for the first."""
        while True:
            items: list[T] = []
            for lane in self._in_turn() if partition is None else self._lane(partition):
                for offset, item in lane.take(limit - len(items)):
                    self._received[id(item)] = (lane, offset, item)
                    items.append(item)
            if items:
                return tuple(items)
            await self._arrived[partition].wait()
            self._arrived[partition].clear()

    def _in_turn(self) -> tuple[Lane[T], ...]:
        """All lanes, each time another one first, so that none waits for all of the others."""
        lanes = tuple(self._lanes.values())
        self._turn += 1
        first = self._turn % max(1, len(lanes))
        return lanes[first:] + lanes[:first]

    def done(self, items: Sequence[T]) -> None:
        """Be done with received items."""
        for item in items:
            found = self._received.pop(id(item), None)
            if found is not None:
                found[0].finish(found[1])

    def depth(self) -> int:
        """Items in the partitions given to this member that nobody has received."""
        return sum(lane.behind() for lane in self._lanes.values())

    async def given(self, seconds: float) -> Mapping[int, int]:
        """The partitions that are given, with their numbers; when that has changed, or after so many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        self._changed.clear()
        return self.held()

    def held(self) -> dict[int, int]:
        """The partitions that are given now, with their numbers."""
        return {lane.partition: lane.given for lane in self._lanes.values()}

    def open(self, partition: int, position: int | None) -> None:
        """Read a given partition from a position on; None for all there is."""
        for lane in self._lane(partition):
            self._commands.put(partial(self._seek, lane=lane, opening=lane.open(position), position=position))

    def position(self, partition: int) -> int | None:
        """The offset behind what was received of a partition."""
        return next((lane.next for lane in self._lane(partition) if lane.next >= 0), None)

    def _lane(self, partition: int) -> tuple[Lane[T], ...]:
        lane = self._lanes.get(partition)
        return () if lane is None else (lane,)

    def _assignment_changed(self) -> None:
        lanes = set(map(id, self._lanes.values()))
        self._received = {key: each for key, each in self._received.items() if id(each[0]) in lanes}
        self._changed.set()

    def _put(self, lane: Lane[T], opening: int, items: Sequence[tuple[int, T]], behind: int, end: int | None) -> None:
        if lane.opened != opening:  # from before it was opened elsewhere
            lane.taken += len(items)
            return
        lane.put(items, behind)
        lane.end = lane.end if end is None else end
        self._arrived[lane.partition].set()
        self._arrived[None].set()

    # -- in the thread ------------------------------------------------------------------------------------------------

    def give(self, partitions: Iterable[int]) -> None:
        """Have lanes for partitions; called where the group's protocol runs, before anything of them is fetched."""
        for partition in partitions:
            self._given += 1
            opened = -1 if self._reception.keeps_positions else 0
            self._lanes[partition] = Lane(partition, self._given, opened)
        self._call(self._assignment_changed)

    def take_away(self, partitions: Iterable[int]) -> None:
        """Have them no longer."""
        for partition in partitions:
            self._lanes.pop(partition, None)
        self._call(self._assignment_changed)

    def _call(self, work: Callable[..., None], *arguments: Any) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended; nobody waits any more
                self._loop.call_soon_threadsafe(work, *arguments)

    def _tell(self, message: str) -> None:
        log = logger.debug if message == self._told else logger.warning
        log("%s; what is on the hop stays there", message)
        self._told = message

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                consumer = connected(KafkaConsumer, self._connection, **self._settings())
            except FOREIGN_ERRORS as error:
                self._tell(f"no Kafka broker answers: {error}")
                self._closing.wait(RETRY_SECONDS)
                continue
            try:
                consumer.subscribe([self._reception.topic], listener=_Listener(self, consumer))
                self._pump(consumer)
            except FOREIGN_ERRORS as error:
                self._tell(f"receiving from {self._reception.topic} failed: {self._named(error)}")
                self._closing.wait(RETRY_SECONDS)
            finally:
                with contextlib.suppress(*FOREIGN_ERRORS):
                    consumer.close(autocommit=False, timeout_ms=int(CLOSE_SECONDS * 500))
                self.take_away(tuple(self._lanes))

    def _named(self, error: Exception) -> Exception:
        """The right that is missing, where that is what was wrong."""
        if isinstance(error, errors.GroupAuthorizationFailedError):
            return self._rights.missing("Read", Resource.GROUP, self._reception.group)
        return self._rights.missing("Read", Resource.TOPIC, self._reception.topic) if is_refusal(error) else error

    def _settings(self) -> dict[str, Any]:
        return {
            "client_id": "storyfold-hop",
            "group_id": self._reception.group,
            "partition_assignment_strategy": (CooperativeStickyAssignor,),
            "session_timeout_ms": int(SESSION_SECONDS * 1000),
            "heartbeat_interval_ms": int(HEARTBEAT_SECONDS * 1000),
            "enable_auto_commit": False,
            "auto_offset_reset": "earliest",
            "isolation_level": "read_committed",
            "allow_auto_create_topics": False,
            "max_poll_records": LANE,
            "fetch_max_bytes": FETCH_BYTES,
            "max_partition_fetch_bytes": FETCH_BYTES // 4,
            # The embedded broker looks for new records only when this has passed.
            "fetch_max_wait_ms": 50,
            # A topic that is just being made, or a new partition, is seen soon.
            "metadata_max_age_ms": 5_000,
            "metrics_enabled": False,
        }

    def _pump(self, consumer: KafkaConsumer) -> None:
        committed: dict[int, tuple[int, int]] = {}
        commit_at = time.monotonic() + COMMIT_SECONDS
        while not self._closing.is_set():
            while not self._commands.empty():
                self._commands.get_nowait()(consumer)
            self._make_room(consumer)
            self._unpark(consumer)
            for place, records in consumer.poll(timeout_ms=int(POLL_SECONDS * 1000)).items():
                self._hand_over(consumer, place, records)
                self._told = None
            if time.monotonic() > commit_at:
                self._commit(consumer, committed)
                commit_at = time.monotonic() + COMMIT_SECONDS
        with contextlib.suppress(*FOREIGN_ERRORS):
            offsets = self._offsets(consumer, committed)
            if offsets:
                consumer.commit(offsets, timeout_ms=int(CLOSE_SECONDS * 500))

    def _hand_over(self, consumer: KafkaConsumer, place: TopicPartition, records: Sequence[Any]) -> None:
        lane = self._lanes.get(place.partition)
        if lane is None:
            return
        items: list[tuple[int, T]] = []
        for record in records:
            try:
                items.append((record.offset, self._reception.decode(record.value)))
            except Unreadable as error:
                self._reception.dropped()
                logger.warning(
                    "a message of %s is dropped, as %s; the ledger sends what it was about again",
                    f"{place.topic}[{place.partition}]@{record.offset}",
                    error,
                )
        lane.handed += len(items)
        self._call(self._put, lane, lane.sought, items, records[-1].offset + 1, consumer.highwater(place))

    def _make_room(self, consumer: KafkaConsumer) -> None:
        paused = consumer.paused()
        for place in consumer.assignment():
            lane = self._lanes.get(place.partition)
            held = LANE if lane is None or lane.opened < 0 else lane.handed - lane.taken
            if held >= LANE and place not in paused:
                consumer.pause(place)
            elif held < LANE // 2 and place in paused:
                consumer.resume(place)

    @staticmethod
    def _unpark(consumer: KafkaConsumer) -> None:
        """Let kafka-python 3.0.12 find again what it had fetched of a partition before it was paused.

        It looks for that only while no other fetch is current, yet leaves one that is used up in that place: a
        partition that was paused and resumed would then never be fetched again.
        """
        fetcher = consumer._fetcher  # noqa: SLF001 # see above
        if fetcher._next_partition_records is not None and not fetcher._next_partition_records:  # noqa: SLF001
            fetcher._next_partition_records = None  # noqa: SLF001

    def _seek(self, consumer: KafkaConsumer, lane: Lane[T], opening: int, position: int | None) -> None:
        place = TopicPartition(self._reception.topic, lane.partition)
        if self._lanes.get(lane.partition) is not lane or place not in consumer.assignment():
            return
        if position is None:
            consumer.seek_to_beginning(place)
        else:
            consumer.seek(place, position)
        lane.sought = opening

    def _commit(self, consumer: KafkaConsumer, committed: dict[int, tuple[int, int]]) -> None:
        offsets = self._offsets(consumer, committed)
        if offsets:
            with contextlib.suppress(*FOREIGN_ERRORS):
                consumer.commit_async(offsets, callback=partial(_told, committed))

    def _offsets(
        self, consumer: KafkaConsumer, committed: dict[int, tuple[int, int]]
    ) -> dict[TopicPartition, OffsetAndMetadata]:
        """What the group has not been told yet."""
        offsets: dict[TopicPartition, OffsetAndMetadata] = {}
        for place in consumer.assignment():
            lane = self._lanes.get(place.partition)
            if lane is not None and lane.safe >= 0 and committed.get(place.partition) != (lane.given, lane.safe):
                committed[place.partition] = (lane.given, lane.safe)
                offsets[place] = OffsetAndMetadata(lane.safe, "", -1)
        return offsets


def _told(committed: dict[int, tuple[int, int]], _: object, response: object) -> None:
    """Have the group told again, where it was not."""
    if isinstance(response, Exception):
        committed.clear()


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc] # kafka-python has no types
    """Tells a receiver what the group gives it and takes from it."""

    def __init__(self, receiver: KafkaReceiver[Any], consumer: KafkaConsumer) -> None:
        self._receiver = receiver
        self._consumer = consumer

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """These are ours from now on; paused until they are opened, where positions are the receiver's."""
        places = tuple(assigned)
        if self._receiver.keeps_positions:
            self._consumer.pause(*places)
        self._receiver.give(place.partition for place in places)

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """These are somebody else's now."""
        self._receiver.take_away(place.partition for place in revoked)
