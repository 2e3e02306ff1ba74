"""Which partition a key belongs to: as Kafka's own clients say, remembered.

murmur2 in Python costs as much as all else that happens to a key, and the keys of a living event come again and again.
"""

from functools import lru_cache
from typing import Any

from kafka.partitioner import Partitioner
from kafka.partitioner.default import murmur2

# Keys of events that change at a time, several times over; some 100 bytes each.
REMEMBERED = 50_000


class KeyPartitioner(Partitioner):  # type: ignore[misc]  # kafka-python is published without types
    """What kafka-python's default does for records that have a key, as all of storyfold's do."""

    def partition(self, topic: str, _key: Any, key: bytes, _value: Any, _bytes: Any, cluster: Any) -> int:
        """The partition of a key; partitions are numbered from 0 without gaps."""
        return _hash(key) % len(cluster.partitions_for_topic(topic))


@lru_cache(REMEMBERED)
def _hash(key: bytes) -> int:
    positive: int = murmur2(key) & 0x7FFFFFFF
    return positive
