"""Reading public topics back, as any subscriber would: committed records only, no group, no offsets left behind."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from storyfold.edges.kafka_clients import connected
from storyfold.edges.kafka_connection import FOREIGN_ERRORS, KafkaConnection, quiet_kafka_python

# How long one request waits for records: also how soon a topic that is created later is noticed.
_POLL_MILLISECONDS = 250
_PAUSE_SECONDS = 0.25


class CannotSubscribe(Exception):
    """No broker answered; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class SeenRecord:
    """A record as a subscriber sees it; `value` is None for a tombstone."""

    topic: str
    partition: int
    offset: int
    key: str
    headers: tuple[tuple[str, str], ...]
    value: bytes | None
    written_at: datetime


def read_topics(
    connection: KafkaConnection,
    topics: Sequence[str],
    *,
    from_beginning: bool,
    going_on: Callable[[], bool],
) -> Iterator[SeenRecord]:
    """Yield records as they come, until told to stop.

    Blocks its thread. A topic that does not exist yet is read once it does.

    Args:
        connection: where the cluster is.
        topics: full names, prefix included.
        from_beginning: whether to begin with the oldest record; else with the next one.
        going_on: asked several times a second; False ends the reading.

    Raises:
        CannotSubscribe: no broker answered at the start.
    """
    consumer = consumer_of(connection)
    try:
        known: set[TopicPartition] = set()
        first = True
        while going_on():
            fresh = partitions_of(consumer, topics) - known
            if fresh:
                known |= fresh
                # What is created after the start is read whole: none of it was there before.
                _assign(consumer, known, fresh, whole=from_beginning or not first)
            first = False
            if not known:
                time.sleep(_PAUSE_SECONDS)
                continue
            for records in consumer.poll(timeout_ms=_POLL_MILLISECONDS).values():
                yield from map(seen, records)
    except FOREIGN_ERRORS as error:
        where = ", ".join(connection.bootstrap_servers)
        raise CannotSubscribe(f"the broker at {where} went away: {error}; start again") from error
    finally:
        consumer.close()


def consumer_of(connection: KafkaConnection) -> Any:
    """A consumer of committed records that is in no group.

    Raises:
        CannotSubscribe: no broker answers.
    """
    quiet_kafka_python()
    try:
        return connected(
            KafkaConsumer,
            connection,
            isolation_level="read_committed",
            enable_auto_commit=False,
            group_id=None,
            auto_offset_reset="earliest",
            metadata_max_age_ms=2000,
        )
    except FOREIGN_ERRORS as error:
        where = ", ".join(connection.bootstrap_servers)
        raise CannotSubscribe(
            f"no broker answers at {where}: start storyfold (or the broker), or set kafka.bootstrap_servers"
        ) from error


def partitions_of(consumer: Any, topics: Sequence[str]) -> set[TopicPartition]:
    """All partitions of some topics; none of one that does not exist."""
    return {
        TopicPartition(topic, partition)
        for topic in topics
        for partition in sorted(consumer.partitions_for_topic(topic) or ())
    }


def _assign(consumer: Any, known: set[TopicPartition], fresh: set[TopicPartition], *, whole: bool) -> None:
    """Read further partitions, and those read so far from where they stand."""
    positions = {each: consumer.position(each) for each in known - fresh}
    consumer.assign(sorted(known))
    if whole:
        consumer.seek_to_beginning(*sorted(fresh))
    else:
        consumer.seek_to_end(*sorted(fresh))
    for partition, position in positions.items():
        consumer.seek(partition, position)


def seen(record: Any) -> SeenRecord:
    """A record as the client gives it, read."""
    return SeenRecord(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=(record.key or b"").decode(errors="replace"),
        headers=tuple((name, (value or b"").decode(errors="replace")) for name, value in record.headers),
        value=record.value,
        written_at=datetime.fromtimestamp(record.timestamp / 1000, UTC),
    )
