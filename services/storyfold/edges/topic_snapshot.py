"""Topics as they stand: every committed record up to the moment of asking, and then no more."""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from storyfold.edges.kafka_connection import FOREIGN_ERRORS, KafkaConnection
from storyfold.edges.topic_reader import CannotSubscribe, SeenRecord, consumer_of, partitions_of, seen

_POLL_MILLISECONDS = 250
# A broker that has given everything up to the end it names, and then nothing for so long, has no more. The embedded
# broker may name an end too early while a transaction is open, so the end alone is not believed.
_QUIET_SECONDS = 2.0
# A broker that gives nothing for so long although it names more has lost its way.
_PATIENCE_SECONDS = 20.0


def snapshot(connection: KafkaConnection, topics: Sequence[str], until: datetime) -> Iterator[SeenRecord]:
    """Yield what stands on some topics, each partition in its order; a topic that does not exist has nothing.

    Blocks its thread.

    Args:
        connection: where the cluster is.
        topics: full names, prefix included.
        until: records written later are left out.

    Raises:
        CannotSubscribe: no broker answered, it went away, or it gave less than it said there is.
    """
    consumer = consumer_of(connection)
    try:
        parts = sorted(partitions_of(consumer, topics))
        if not parts:
            return
        consumer.assign(parts)
        consumer.seek_to_beginning(*parts)
        ends = consumer.end_offsets(parts)
        heard = time.monotonic()
        while not _over(consumer, ends, time.monotonic() - heard, connection):
            for records in consumer.poll(timeout_ms=_POLL_MILLISECONDS).values():
                for record in map(seen, records):
                    if record.written_at <= until:
                        heard = time.monotonic()
                        yield record
    except FOREIGN_ERRORS as error:
        where = ", ".join(connection.bootstrap_servers)
        raise CannotSubscribe(f"the broker at {where} went away: {error}; start again") from error
    finally:
        consumer.close()


def _over(consumer: Any, ends: dict[Any, int], silent: float, connection: KafkaConnection) -> bool:
    if silent < _QUIET_SECONDS:
        return False
    behind = [part for part, end in ends.items() if consumer.position(part) < end]
    if not behind:
        return True
    if silent >= _PATIENCE_SECONDS:
        where = ", ".join(connection.bootstrap_servers)
        raise CannotSubscribe(f"the broker at {where} says there is more on {behind[0].topic} than it gives; try again")
    return False
