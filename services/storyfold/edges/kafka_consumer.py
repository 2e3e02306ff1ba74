"""Reads topics as any consumer would: `read_committed`, no group, all partitions. For `tail`, demos and tests."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from kafka import KafkaConsumer, TopicPartition

from storyfold.edges.kafka_clients import connected
from storyfold.edges.kafka_connection import FOREIGN_ERRORS, KafkaConnection, quiet_kafka_python


class ReaderFailed(Exception):
    """The topics cannot be read; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Message:
    """A record as a consumer sees it.

    Attributes:
        topic: with the prefix.
        partition: of it.
        offset: in it.
        at: the record's timestamp.
        key: UTF-8 text.
        headers: in order.
        value: bytes; None for a tombstone.
    """

    topic: str
    partition: int
    offset: int
    at: datetime
    key: str
    headers: tuple[tuple[str, str], ...]
    value: bytes | None


class TopicReader:
    """A consumer of all partitions of some topics.

    Args:
        connection: where.
        topics: names on the cluster, with the prefix.
        from_beginning: from the oldest record; otherwise from what comes next.

    Raises:
        ReaderFailed: no broker, or no such topic.
    """

    def __init__(self, connection: KafkaConnection, topics: Sequence[str], *, from_beginning: bool) -> None:
        quiet_kafka_python()
        where = ",".join(connection.bootstrap_servers)
        try:
            self._consumer = connected(
                KafkaConsumer,
                connection,
                client_id="storyfold-reader",
                isolation_level="read_committed",
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                allow_auto_create_topics=False,
                # The embedded broker looks for new records only when this has passed: 130 ms later at the default 500.
                fetch_max_wait_ms=20,
                metrics_enabled=False,
            )
        except FOREIGN_ERRORS as error:
            raise ReaderFailed(f"no Kafka broker answers at {where}: {error}; is storyfold running?") from error
        try:
            partitions = self._partitions(topics, where)
            self._consumer.assign(partitions)
            if from_beginning:
                self._consumer.seek_to_beginning(*partitions)
            else:
                self._consumer.seek_to_end(*partitions)
            # Settled now, not at the first poll: what comes from here on belongs to us.
            for partition in partitions:
                self._consumer.position(partition, timeout_ms=int(connection.patience * 1000))
        except FOREIGN_ERRORS as error:
            self.close()
            raise ReaderFailed(f"{where} does not let us read {', '.join(topics)}: {error}") from error
        except ReaderFailed:
            self.close()
            raise

    def _partitions(self, topics: Sequence[str], where: str) -> list[TopicPartition]:
        found: list[TopicPartition] = []
        for topic in topics:
            numbers = self._consumer.partitions_for_topic(topic)
            if not numbers:
                raise ReaderFailed(
                    f"there is no topic {topic} at {where}; storyfold creates it when it starts to publish"
                )
            found.extend(TopicPartition(topic, number) for number in sorted(numbers))
        return found

    def poll(self, seconds: float) -> tuple[Message, ...]:
        """What has come, waiting at most so long for it; in order within each partition.

        Raises:
            ReaderFailed: the broker said no. One that is gone for a while only gives nothing.
        """
        try:
            batches = self._consumer.poll(timeout_ms=int(seconds * 1000))
        except FOREIGN_ERRORS as error:
            raise ReaderFailed(f"reading stopped: {error}") from error
        return tuple(
            Message(
                record.topic,
                record.partition,
                record.offset,
                datetime.fromtimestamp(record.timestamp / 1000, UTC),
                (record.key or b"").decode("utf-8", "replace"),
                tuple((name, (value or b"").decode("utf-8", "replace")) for name, value in record.headers),
                record.value,
            )
            for records in batches.values()
            for record in records
        )

    def follow(self) -> Iterator[Message]:
        """Records for ever, as they come."""
        while True:
            yield from self.poll(0.5)

    def close(self) -> None:
        """Let go."""
        self._consumer.close(timeout_ms=1000)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()
