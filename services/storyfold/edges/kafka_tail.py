"""What stands at the end of topics already, for a broker that shows aborted records.

The embedded broker (Tansu 0.6) writes the marker of an aborted transaction, but does not name aborted transactions when
it answers a fetch, so `read_committed` consumers cannot leave their records out: what was sent is seen, once the
transaction has ended in whatever way. On such a broker the log itself is the truth. A publisher that opens reads the
end of it, and does not send again what is there; so a publisher that was killed in the middle of a batch is
continued rather than repeated. Apache Kafka needs none of this.
"""

import time
from collections.abc import Sequence

from kafka import KafkaConsumer, TopicPartition, errors

from storyfold.edges.broker_probe import CLUSTER_PREFIX
from storyfold.edges.kafka_clients import connected
from storyfold.edges.kafka_connection import KafkaConnection

# Offsets looked at in each partition behind a known position. What a dead publisher can have left is less than one
# batch and one marker for each time that it died there.
TAIL = 5_000


def shows_aborted(cluster_id: str | None) -> bool:
    """Whether a cluster is the embedded broker, by the name it was started with."""
    return (cluster_id or "").startswith(CLUSTER_PREFIX)


def visible_ids(connection: KafkaConnection, topics: Sequence[str], *, whole: bool) -> frozenset[tuple[str, str]]:
    """Topic and `ce_id` of the records that consumers can see.

    Args:
        connection: where.
        topics: names on the cluster.
        whole: from the beginning; otherwise the last `TAIL` offsets of each partition.

    Raises:
        KafkaError: the broker did not answer in time.
    """
    consumer = connected(
        KafkaConsumer,
        connection,
        client_id="storyfold-publisher",
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_poll_records=TAIL,
        metrics_enabled=False,
    )
    try:
        return _read(consumer, topics, connection.patience, whole=whole)
    finally:
        consumer.close(autocommit=False, timeout_ms=1000)


def _read(
    consumer: KafkaConsumer, topics: Sequence[str], patience: float, *, whole: bool
) -> frozenset[tuple[str, str]]:
    partitions = [
        TopicPartition(topic, number) for topic in topics for number in consumer.partitions_for_topic(topic) or ()
    ]
    ends = consumer.end_offsets(partitions)
    starts = {each: 0 if whole else max(0, ends[each] - TAIL) for each in partitions}
    left = {each for each in partitions if starts[each] < ends[each]}
    consumer.assign(sorted(left))
    for each in left:
        consumer.seek(each, starts[each])
    found: set[tuple[str, str]] = set()
    deadline = time.monotonic() + patience
    while left:
        for records in consumer.poll(timeout_ms=100).values():
            found.update(
                (each.topic, value.decode()) for each in records for name, value in each.headers if name == "ce_id"
            )
            deadline = time.monotonic() + patience
        left = {each for each in left if consumer.position(each) < ends[each]}
        if left and time.monotonic() > deadline:
            raise errors.KafkaTimeoutError(
                f"the end of {', '.join(sorted({each.topic for each in left}))} cannot be read"
            )
    return frozenset(found)
