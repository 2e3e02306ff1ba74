"""The partition of a key is the one that Kafka's own clients choose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner import DefaultPartitioner

from storyfold.edges.kafka_partitioning import partition_of


class Cluster:
    """What kafka-python knows of a cluster, as far as partitioning asks."""

    def __init__(self, partitions: int) -> None:
        self._partitions = set(range(partitions))

    def topics(self) -> set[str]:
        return {"t"}

    def partitions_for_topic(self, _topic: str) -> set[int]:
        return self._partitions

    available_partitions_for_topic = partitions_for_topic


@given(st.binary(min_size=1, max_size=60), st.integers(1, 40))
def test_as_the_default(key: bytes, partitions: int) -> None:
    """Any key goes where kafka-python's default puts it, the first time and the second."""
    cluster = Cluster(partitions)
    expected = DefaultPartitioner().partition("t", key, key, b"", b"", cluster)
    assert expected == partition_of(key, partitions)
    assert expected == partition_of(key, partitions)


@pytest.mark.parametrize(
    ("key", "hashed"), [(b"21", -973932308), (b"foobar", -790332482), (b"a-little-bit-long-string", -985981536)]
)
def test_as_java(key: bytes, hashed: int) -> None:
    """The hashes are those that Apache Kafka's own tests name."""
    assert (hashed & 0x7FFFFFFF) % 1000 == partition_of(key, 1000)
