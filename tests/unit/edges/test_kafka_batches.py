"""Batches made by us are what kafka-python would have made, and tell of each record what became of it."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka import TopicPartition, errors
from kafka.producer.producer_batch import ProducerBatch
from kafka.producer.record_accumulator import RecordAccumulator
from kafka.record.memory_records import MemoryRecords, MemoryRecordsBuilder

from storyfold.edges.kafka_batches import BATCH_BYTES, RECORD_BYTES, Sent, hand_over
from storyfold.model.records import Record, Topic
from tests.fakes.store_values import NOON

NAMES = {topic: f"t.{topic.value}" for topic in Topic}
AT = 1_767_225_600_000
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
records = st.builds(
    Record,
    st.just(Topic.EVENTS),
    texts,
    st.lists(st.tuples(texts, texts), max_size=9).map(tuple),
    st.binary(max_size=300),
    st.just(NOON),
)


class Transaction:
    """As much of a transaction manager as a hand-over asks for."""

    def __init__(self, error: Exception | None = None) -> None:
        self.partitions: list[TopicPartition] = []
        self._error = error

    def maybe_add_partition_to_transaction(self, place: TopicPartition) -> None:
        if self._error is not None:
            raise self._error
        self.partitions.append(place)


class Sender:
    """Counts how often it is woken."""

    woken = 0

    def wakeup(self) -> None:
        self.woken += 1


class Producer:
    """kafka-python's producer without its thread and its sockets: its accumulator is the real one."""

    def __init__(self, partitions: int = 1, error: Exception | None = None) -> None:
        self._accumulator = RecordAccumulator(batch_size=BATCH_BYTES)
        self._transaction_manager = Transaction()
        self._sender = Sender()
        self._partitions = partitions
        self._error = error

    def partitions_for(self, _topic: str) -> set[int]:
        if self._error is not None:
            raise self._error
        return set(range(self._partitions))

    def end(self, error: Exception) -> None:
        """Let the transaction have failed."""
        self._transaction_manager = Transaction(error)

    def close(self) -> None:
        self._accumulator._closed = True

    def waiting(self, topic: Topic = Topic.EVENTS, partition: int = 0) -> Sequence[ProducerBatch]:
        """Batches that wait to be sent."""
        return tuple(self._accumulator._batches[TopicPartition(NAMES[topic], partition)])


def record(number: int, size: int = 10, topic: Topic = Topic.EVENTS, key: str = "k") -> Record:
    return Record(topic, key, (("ce_id", f"id-{number}"),), b"x" * size, NOON)


def send(producer: Producer, sent: Sequence[Record]) -> list[Sent]:
    return list(hand_over(producer, NAMES, sent, AT))


def contents(batch: ProducerBatch) -> list[tuple[bytes, bytes, list[tuple[str, bytes]], int, int]]:
    batch.records.close()
    found = [each for part in MemoryRecords(batch.records.buffer()) for each in part]
    return [(each.key, each.value, each.headers, each.offset, each.timestamp) for each in found]


@given(st.lists(records, min_size=1, max_size=5))
def test_the_bytes_are_those_of_the_library(sent: list[Record]) -> None:
    """A batch is, byte for byte, what kafka-python makes of the same records, its checksum included."""
    producer = Producer()
    send(producer, sent)
    theirs = MemoryRecordsBuilder(2, 0, BATCH_BYTES)
    for each in sent:
        headers = [(name, value.encode()) for name, value in each.headers]
        theirs.append(AT, each.key.encode(), each.value, headers)
    (batch,) = producer.waiting()
    for builder in (theirs, batch.records):
        builder.set_producer_state(7, 3, 40, True)
        builder.close()
    assert theirs.buffer() == batch.records.buffer()
    assert theirs.next_offset() == batch.record_count


def test_batches_end_where_they_are_full() -> None:
    """Records of one partition stand in order in batches that the broker takes, each of which the producer knows of."""
    producer = Producer()
    send(producer, [record(number, 100_000) for number in range(12)])
    batches = producer.waiting()
    assert [5, 5, 2] == [batch.record_count for batch in batches]
    ids = [headers[0][1] for batch in batches for _, _, headers, _, _ in contents(batch)]
    assert [b"id-%d" % number for number in range(12)] == ids
    assert max(len(batch.records.buffer()) for batch in batches) <= BATCH_BYTES
    assert set(batches) == set(producer._accumulator._incomplete.all())
    assert 3 == producer._sender.woken


def test_one_record_may_be_larger_than_a_batch() -> None:
    """What does not fit beside others goes alone: how much is too much is for the broker to say."""
    producer = Producer()
    send(producer, [record(1), record(2, BATCH_BYTES), record(3)])
    assert [1, 1, 1] == [batch.record_count for batch in producer.waiting()]


def test_each_partition_has_its_batch() -> None:
    """Records go to the topic and the partition of their key, and the transaction is told of each."""
    producer = Producer(partitions=3)
    send(producer, [record(1, key="a"), record(2, key="k"), record(3, topic=Topic.CHANGES, key="a")])
    assert [1, 1, 1] == [
        len(producer.waiting(topic, partition))
        for topic, partition in ((Topic.EVENTS, 1), (Topic.EVENTS, 2), (Topic.CHANGES, 1))
    ]
    assert 3 == len(producer._transaction_manager.partitions)


def test_the_broker_has_a_batch() -> None:
    """A record is on its way until the broker has its batch."""
    producer = Producer()
    (sent,) = send(producer, [record(1)])
    before = sent.is_done, sent.exception
    producer.waiting()[0].complete(0, -1)
    assert [(False, None), (True, None)] == [before, (sent.is_done, sent.exception)]


def test_the_broker_refuses_a_batch() -> None:
    """Each record knows why it was refused."""
    producer = Producer()
    first, second = send(producer, [record(1), record(2)])
    reasons = [errors.InvalidRecordError("bad"), errors.KafkaError("beside a bad one")]
    producer.waiting()[0].complete_exceptionally(reasons[0], reasons.__getitem__)
    assert reasons == [first.exception, second.exception]


def test_batches_that_are_split() -> None:
    """When kafka-python splits a batch that the broker finds too large, records are found in what became of it."""
    producer = Producer()
    sent = send(producer, [record(number) for number in range(3)])
    whole = producer.waiting()[0]
    producer._accumulator._batches[whole.topic_partition].clear()
    whole.records.close()
    producer._accumulator.split_and_reenqueue(whole)
    assert whole.produce_future.wait(0), "whoever waits for the old batch looks again"
    front, back = producer.waiting()
    front.complete(0, -1)
    assert [True, True, False] == [each.is_done for each in sent]
    reason = errors.MessageSizeTooLargeError()
    back.complete_exceptionally(reason, lambda index: {0: reason}[index])
    assert [None, None, reason] == [each.exception for each in sent]


def test_a_topic_that_may_not_be_seen() -> None:
    """What the broker says of a topic is what became of its records; nothing is on its way."""
    producer = Producer(error=errors.TopicAuthorizationFailedError())
    first, second = send(producer, [record(1), record(2)])
    assert first.is_done
    assert isinstance(second.exception, errors.TopicAuthorizationFailedError)
    assert () == producer.waiting()


def test_what_no_client_sends() -> None:
    """Where a record is beyond all measure, it alone is told of and nothing is on its way."""
    producer = Producer()
    (huge,) = send(producer, [record(1), record(2, RECORD_BYTES + 1), record(3)])
    assert "id-2" == dict(huge.record.headers)["ce_id"]
    assert isinstance(huge.exception, errors.MessageSizeTooLargeError)
    assert () == producer.waiting()


def test_a_transaction_that_is_over() -> None:
    """Once it failed, handing over fails, and nothing is left to be sent."""
    producer = Producer()
    producer.end(errors.KafkaError("over"))
    with pytest.raises(errors.KafkaError, match="over"):
        send(producer, [record(1)])
    assert () == producer.waiting()


def test_a_producer_that_is_closed() -> None:
    """Nothing is handed to a producer that nobody drives any more."""
    producer = Producer()
    producer.close()
    with pytest.raises(errors.IllegalStateError, match="closed"):
        send(producer, [record(1)])
    assert () == producer.waiting()
    assert 0 == producer._accumulator._appends_in_progress.get()
