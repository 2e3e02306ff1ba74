"""Which partition a key belongs to: as Kafka's own clients say, remembered.

murmur2 in Python costs as much as all else that happens to a key, and the keys of a living event come again and again.
"""

from functools import lru_cache

from kafka.partitioner.default import murmur2

# Keys of events that change at a time, several times over; some 100 bytes each.
REMEMBERED = 50_000


def partition_of(key: bytes, partitions: int) -> int:
    """The partition of a key among so many, numbered from 0 without gaps."""
    return _hash(key) % partitions


@lru_cache(REMEMBERED)
def _hash(key: bytes) -> int:
    positive: int = murmur2(key) & 0x7FFFFFFF
    return positive
