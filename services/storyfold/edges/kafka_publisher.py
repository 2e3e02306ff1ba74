"""The publisher over kafka-python: one transaction a batch, the position committed inside it.

The position is the sequence number of the last outbox row, kept as the offset of a consumer group of the publisher's
own on partition 0 of the events topic (KIP-98: offsets and records become visible together). Opening fences elders by
`transactional.id` and reads it back, so whatever a dead publisher left half done is decided before anything else.

kafka-python blocks, so each publisher has one thread, and every wait in it ends by a deadline.
"""

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, NoReturn, ParamSpec, TypeVar

from kafka import KafkaAdminClient, KafkaProducer, TopicPartition, errors
from kafka.structs import OffsetAndMetadata

from storyfold.edges.clock import SystemClock
from storyfold.edges.kafka_batches import BATCH_BYTES, RECORD_BYTES, Sent, hand_over
from storyfold.edges.kafka_causes import before_connecting, cause_of
from storyfold.edges.kafka_clients import connected, let_go
from storyfold.edges.kafka_connection import FOREIGN_ERRORS, KafkaConnection, quiet_kafka_python
from storyfold.edges.kafka_rights import Resource, RightMissing, Rights, is_refusal
from storyfold.edges.kafka_tail import shows_aborted, visible_ids
from storyfold.edges.kafka_topics import ensure_topics, plan_topics, topic_name
from storyfold.model.records import OutboxRow, Record, Topic
from storyfold.ports import Publisher, PublisherFenced, PublisherUnavailable, RecordRefused, RecordTooLarge

logger = logging.getLogger(__name__)
T = TypeVar("T")
P = ParamSpec("P")

# A transaction begun before the markers of the last one are written is told to come again; the library's own 100 ms
# would be most of a record's way.
RETRY_MILLISECONDS = 20
# How often a wait looks whether the publisher is being closed.
LOOK_SECONDS = 0.1
# Records sent before waiting for them, while current state is told again.
CHUNK = 500

_TOO_LARGE = (errors.MessageSizeTooLargeError, errors.RecordListTooLargeError)
_REFUSALS = (
    *_TOO_LARGE,
    errors.InvalidRecordError,
    errors.InvalidTopicError,
    errors.InvalidTimestampError,
    errors.PolicyViolationError,
    errors.TopicAuthorizationFailedError,
    errors.GroupAuthorizationFailedError,
)
_FENCES = (errors.ProducerFencedError, errors.InvalidProducerEpochError, errors.TransactionCoordinatorFencedError)


@dataclass(frozen=True, slots=True)
class KafkaPublication:
    """What a publisher is called and what it publishes to.

    Attributes:
        transactional_id: publishers with the same one fence each other.
        group: holds the position; see `kafka_topics.publisher_group`.
        prefix: of the topics.
        partitions: of topics that are created.
        replication: likewise; -1 leaves it to the cluster.
        patience: seconds one transaction may take before the broker counts as unavailable.
        transaction_timeout: seconds after which the broker aborts a transaction that nobody ends; bounds how long
            current state may take to be told again. Kafka's own limit is 900 (transaction.max.timeout.ms).
    """

    transactional_id: str
    group: str
    prefix: str = ""
    partitions: int = 3
    replication: int = -1
    patience: float = 10.0
    transaction_timeout: float = 600.0


@dataclass(slots=True)
class _Session:
    """One opened producer; used until the first thing that goes wrong."""

    producer: Any
    sent: list[Sent] = field(default_factory=list)
    begun_at: float = 0.0
    # Where the broker is the embedded one: topic and ce_id of what stands at the end of the topics already.
    embedded: bool = False
    visible: frozenset[tuple[str, str]] = frozenset()
    skipped: int = 0
    committed: int = 0
    position: int | None = None

    def failed(self) -> tuple[Record, Exception] | None:
        """The largest of the records that were refused, and why."""
        told = ((each.record, each.exception) for each in self.sent)
        failures = [(record, exception) for record, exception in told if exception is not None]
        refusals = [each for each in failures if isinstance(each[1], _REFUSALS)] or failures
        return max(refusals, key=lambda each: len(each[0].value), default=None)


class KafkaPublisher:
    """The Publisher port on a Kafka cluster.

    Args:
        connection: where.
        publication: as what.
    """

    def __init__(self, connection: KafkaConnection, publication: KafkaPublication) -> None:
        self._connection = connection
        self._publication = publication
        self._rights = Rights(connection.username, ",".join(connection.bootstrap_servers))
        self._place = TopicPartition(topic_name(publication.prefix, Topic.EVENTS), 0)
        self._names = {topic: topic_name(publication.prefix, topic) for topic in Topic}
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="kafka-publisher")
        self._closing = threading.Event()
        self._session: _Session | None = None
        self._warned: set[str] = set()
        self._clock = SystemClock()
        quiet_kafka_python()

    # -- the port -----------------------------------------------------------------------------------------------------

    async def open(self) -> int | None:
        """Fence older publishers, create missing topics, and read back the position."""
        return await self._call(self._open)

    async def publish(self, rows: Sequence[OutboxRow], position: int) -> None:
        """Publish rows and the position they lead to in one Kafka transaction."""
        await self._call(self._publish, [row.record for row in rows], position)

    async def restate(self, records: AsyncIterator[Record], position: int) -> None:
        """Publish current state and the position it stands for in one Kafka transaction."""
        await self._call(self._begin)
        finished = False
        try:
            chunk: list[Record] = []
            async for record in records:
                chunk.append(record)
                if len(chunk) == CHUNK:
                    await self._call(self._deliver, chunk)
                    chunk = []
            await self._call(self._deliver, chunk)
            await self._call(self._commit, position)
            finished = True
        finally:
            if not finished:
                await self._call(self._drop)

    async def close(self) -> None:
        """Let go; safe to call more than once."""
        if self._closing.is_set():
            return
        self._closing.set()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._drop)
        self._thread.shutdown(wait=False)

    async def _call(self, work: Callable[P, T], *args: P.args, **_: P.kwargs) -> T:
        if self._closing.is_set():
            raise PublisherUnavailable("the publisher is closed")
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *args)

    # -- in the thread ------------------------------------------------------------------------------------------------

    def _open(self) -> int | None:
        self._drop()
        where = self._rights.bootstrap
        before_connecting()
        try:
            admin = connected(KafkaAdminClient, self._connection, client_id="storyfold-publisher")
        except FOREIGN_ERRORS as error:
            raise PublisherUnavailable(f"no Kafka broker answers at {where}: {cause_of(error)}") from error
        try:
            return self._take_over(admin, where)
        except FOREIGN_ERRORS as error:
            self._drop()
            raise PublisherUnavailable(f"Kafka at {where} does not let the publisher begin: {error}") from error
        finally:
            admin.close()

    def _take_over(self, admin: KafkaAdminClient, where: str) -> int | None:
        publication = self._publication
        plans = plan_topics(publication.prefix, publication.partitions, publication.replication)
        for difference in ensure_topics(admin, plans, where, self._rights):
            if difference not in self._warned:
                self._warned.add(difference)
                logger.warning("%s", difference)
        milliseconds = int(publication.patience * 1000)
        producer = connected(
            KafkaProducer,
            self._connection,
            client_id="storyfold-publisher",
            transactional_id=publication.transactional_id,
            enable_idempotence=True,
            acks="all",
            transaction_timeout_ms=int(publication.transaction_timeout * 1000),
            delivery_timeout_ms=milliseconds,
            max_block_ms=milliseconds,
            batch_size=BATCH_BYTES,
            linger_ms=0,  # batches are full, or the last, when they are handed over
            retry_backoff_ms=RETRY_MILLISECONDS,
            max_request_size=RECORD_BYTES,
            allow_auto_create_topics=False,
            metrics_enabled=False,
        )
        self._session = _Session(producer)
        with self._rights.needed("Write", Resource.TRANSACTIONAL_ID, publication.transactional_id):
            producer.init_transactions()
        with self._rights.needed("Read", Resource.GROUP, publication.group):
            position = self._read_position(admin)
        self._session.position = position
        if shows_aborted(admin.describe_cluster()["cluster_id"]):
            self._session.embedded = True
            names = tuple(self._names.values())
            self._session.visible = visible_ids(self._connection, names, whole=position is None)
        return position

    def _read_position(self, admin: KafkaAdminClient) -> int | None:
        """The group's offset; a cluster that is just making its offsets topic lacks it for a moment."""
        group = self._publication.group
        deadline = time.monotonic() + self._publication.patience
        while True:
            try:
                found = admin.list_group_offsets({group: [self._place]})[group].get(self._place)
            except errors.RetriableError:
                if time.monotonic() > deadline or self._closing.wait(LOOK_SECONDS):
                    raise
            else:
                return None if found is None or found.offset < 0 else int(found.offset)

    def _publish(self, records: Sequence[Record], position: int) -> None:
        session = self._opened()
        if session.embedded and session.committed and not self._unseen(session, records):
            session = self._begin_anew(session)
        self._begin()
        try:
            self._send(session, records)
            self._settle(session)
        except FOREIGN_ERRORS as error:
            self._give_up(session, error)
        self._commit(position)

    def _begin_anew(self, old: _Session) -> _Session:
        """Open again, since Tansu 0.6 keeps a position without records only as the first transaction of a producer."""
        if self._open() != old.position:
            self._drop()
            raise PublisherFenced("a younger publisher has published meanwhile; stop one of them")
        return self._opened()

    def _unseen(self, session: _Session, records: Sequence[Record]) -> list[Record]:
        """The records that consumers do not see yet."""
        if not session.visible:
            return list(records)
        return [each for each in records if (self._names[each.topic], _id_of(each)) not in session.visible]

    def _opened(self) -> _Session:
        if self._session is None:
            raise PublisherUnavailable("the publisher is not open")
        return self._session

    def _begin(self) -> None:
        session = self._opened()
        session.sent.clear()
        session.skipped = 0
        session.begun_at = time.monotonic()
        try:
            session.producer.begin_transaction()
        except FOREIGN_ERRORS as error:
            self._give_up(session, error)

    def _send(self, session: _Session, records: Sequence[Record]) -> None:
        unseen = self._unseen(session, records)
        session.skipped += len(records) - len(unseen)
        now = int(self._clock.now().timestamp() * 1000)
        session.sent.extend(hand_over(session.producer, self._names, unseen, now))

    def _deliver(self, records: Sequence[Record]) -> None:
        """Send and wait until the broker has them, so that memory stays bounded in a long transaction."""
        session = self._opened()
        try:
            self._send(session, records)
            self._settle(session)
        except FOREIGN_ERRORS as error:
            self._give_up(session, error)
        session.sent.clear()

    def _settle(self, session: _Session) -> None:
        """Return when the broker has every record; only then may the transaction be committed.

        kafka-python commits what it was told to commit before a record failed, position and all: the record would be
        lost.
        """
        deadline = time.monotonic() + self._publication.patience
        while not all(each.is_done for each in session.sent):
            try:
                session.producer.flush(timeout=LOOK_SECONDS)
            except FOREIGN_ERRORS as error:
                # Not yet, or a batch was split and its halves are under way; the records' own futures tell.
                logger.debug("flushing: %s", error)
            if self._closing.wait(0.001):
                raise errors.KafkaTimeoutError("closed while waiting for the broker")
            if time.monotonic() > deadline:
                raise errors.KafkaTimeoutError(f"no answer within {self._publication.patience:g} s")
        failed = session.failed()
        if failed is not None:
            raise failed[1]

    def _commit(self, position: int) -> None:
        session = self._opened()
        # kafka-python's own commit_transaction and send_offsets_to_transaction wait without end for a broker that is
        # gone; these are their bodies with a deadline.
        manager = session.producer._transaction_manager  # noqa: SLF001 # the only way to a wait that ends
        deadline = time.monotonic() + self._publication.patience
        offsets = {self._place: OffsetAndMetadata(position, "", -1)}
        try:
            with self._rights.needed("Read", Resource.TOPIC, self._place.topic):
                self._wait(session, manager.send_offsets_to_transaction(offsets, self._publication.group), deadline)
            self._wait(session, manager.begin_commit(), deadline)
        except FOREIGN_ERRORS as error:
            self._give_up(session, error)
        # What a dead publisher left lies in its one batch behind the position: a batch without any of it is past that.
        if session.sent and not session.skipped:
            session.visible = frozenset()
        session.sent.clear()
        session.skipped = 0
        session.committed += 1
        session.position = position

    def _wait(self, session: _Session, result: Any, deadline: float) -> None:
        session.producer._sender.wakeup()  # noqa: SLF001 # as kafka-python does after each transactional request
        while not result.wait(timeout_ms=LOOK_SECONDS * 1000):
            if self._closing.is_set():
                raise errors.KafkaTimeoutError("closed while waiting for the broker")
            if time.monotonic() > deadline:
                raise errors.KafkaTimeoutError(f"no answer within {self._publication.patience:g} s")

    # -- when it goes wrong -------------------------------------------------------------------------------------------

    def _give_up(self, session: _Session, error: Exception) -> NoReturn:
        """Say what happened in the port's words; the session is over, and opening again settles what became of it."""
        failed = session.failed()
        if failed is not None and isinstance(failed[1], _REFUSALS):
            self._refuse(failed[0], failed[1])
        overdue = time.monotonic() - session.begun_at > 0.9 * self._publication.transaction_timeout
        # Without a right the whole transaction fails, and each of its records with words of its own.
        cause = error if failed is None or isinstance(error, RightMissing) else failed[1]
        self._drop()
        # A transaction that the broker itself ended, because nobody did in time, looks the same as being fenced.
        if isinstance(cause, _FENCES) and not overdue:
            raise PublisherFenced(
                f"a younger publisher named {self._publication.transactional_id!r} has taken over; stop one of them, "
                "or give this one another kafka.topic_prefix"
            ) from error
        if isinstance(cause, (RightMissing, *_REFUSALS)):
            raise RecordRefused(f"Kafka refuses the transaction: {cause}") from error
        raise PublisherUnavailable(f"the transaction did not come to an end: {cause}") from error

    def _refuse(self, record: Record, error: Exception) -> NoReturn:
        self._abort()
        self._drop()
        if is_refusal(error):
            right = self._rights.missing("Write", Resource.TOPIC, self._names[record.topic])
            raise RecordRefused(f"Kafka refuses records: {right}") from error
        if not isinstance(error, _TOO_LARGE):
            raise RecordRefused(f"Kafka refuses record {_id_of(record)}: {error}") from error
        what = f"{_id_of(record)} of {self._names[record.topic]} ({len(record.value)} bytes)"
        raise RecordTooLarge(
            f"Kafka refuses record {what}: {error}. Raise message.max.bytes (or the topic's max.message.bytes)",
            record.topic,
            len(record.value),
        ) from error

    def _abort(self) -> None:
        """Take back what was sent, where the broker is there to listen; opening again does the same."""
        session = self._opened()
        manager = session.producer._transaction_manager  # noqa: SLF001 # see _commit
        try:
            self._wait(session, manager.begin_abort(), time.monotonic() + self._connection.patience)
        except FOREIGN_ERRORS as error:
            logger.debug("the transaction was not aborted now: %s", error)

    def _drop(self) -> None:
        session, self._session = self._session, None
        if session is None:
            return
        let_go(session.producer, self._connection.patience)


def _id_of(record: Record) -> str:
    return dict(record.headers).get("ce_id", record.key)


_: type[Publisher] = KafkaPublisher
