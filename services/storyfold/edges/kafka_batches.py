"""Records made into whole batches, which the producer sends as they are.

`KafkaProducer.send` checks, measures, locks and answers for each record alone, and writes its headers byte by byte:
most of what publishing cost. A transaction is known as a whole, so its batches are made in one go (the format is
kafka.apache.org/documentation/#recordbatch, version 2) and handed to the producer's accumulator full. From there on
everything is kafka-python's: numbering, sending, retrying, splitting what is too large, ending the transaction.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from kafka import TopicPartition, errors
from kafka.producer.future import FutureProduceResult
from kafka.producer.producer_batch import ProducerBatch
from kafka.record.memory_records import MemoryRecordsBuilder

from storyfold.edges.kafka_partitioning import partition_of
from storyfold.model.records import Record, Topic

# A broker takes no batch above message.max.bytes (1,048,588 by default); half of that leaves room for a small setting.
BATCH_BYTES = 512 * 1024
# Above any record that storyfold makes; what is too large is for the broker to say.
RECORD_BYTES = 16 * 1024 * 1024
# Length, attributes, time and number, before the rest of a record, take at most so much.
BEFORE_BYTES = 12
# Record batches of Kafka 0.11 and later; not compressed.
_FORMAT, _PLAIN = 2, 0
# No attributes, and no milliseconds after the first record of the batch.
_ATTRIBUTES_AND_TIME = b"\0\0"
# Lengths and numbers that come again; headers have a dozen names.
_REMEMBERED = 16_384


class Sent:
    """A record on its way; kafka-python tells of batches, and of its place when a batch is split.

    Attributes:
        record: which.
    """

    __slots__ = ("_future", "_index", "record")

    def __init__(self, record: Record, future: FutureProduceResult, index: int) -> None:
        self.record = record
        self._future = future
        self._index = index

    @property
    def is_done(self) -> bool:
        """Whether the broker has it, or will not have it."""
        return bool(self._future.is_done)

    @property
    def exception(self) -> Exception | None:
        """Why the broker does not have it; None while nobody knows."""
        if not self._future.is_done:
            return None
        if self._future.exception is not None:
            refused: Exception = self._future.exception
            return refused
        explain = self._future.value[2]
        return None if explain is None else explain(self._index)

    def rebind(self, future: FutureProduceResult, index: int) -> None:
        """Called by kafka-python, in its own thread, when it splits a batch: the record is in another one now."""
        old, self._index, self._future = self._future, index, future
        old._latch.set()  # noqa: SLF001 # nobody will end the old one; whoever waits for it is to look again


class _Filling:
    """A batch of one partition that still has room."""

    def __init__(self, place: TopicPartition, milliseconds: int) -> None:
        self.place = place
        self._records = MemoryRecordsBuilder(_FORMAT, _PLAIN, BATCH_BYTES)
        self._builder = self._records._builder  # noqa: SLF001 # where the bytes go
        self._builder._first_timestamp = self._builder._max_timestamp = milliseconds  # noqa: SLF001 # one for all
        self._bytes: bytearray = self._builder._buffer  # noqa: SLF001 # begins with room for the header
        self.batch = ProducerBatch(place, self._records)
        self._future = self.batch.produce_future
        self.sent: list[Sent] = self.batch._record_futures  # noqa: SLF001 # whom a split tells

    def has_room(self, rest: bytes) -> bool:
        """Whether a record fits; the first does, whatever its size."""
        return not self.sent or len(self._bytes) + BEFORE_BYTES + len(rest) <= BATCH_BYTES

    def add(self, record: Record, rest: bytes) -> Sent:
        """Take a record in, encoded as `_encode` does."""
        index = len(self.sent)
        number = _varint(index)
        self._bytes += _varint(len(_ATTRIBUTES_AND_TIME) + len(number) + len(rest))
        self._bytes += _ATTRIBUTES_AND_TIME
        self._bytes += number
        self._bytes += rest
        sent = Sent(record, self._future, index)
        self.sent.append(sent)
        return sent

    def finish(self) -> ProducerBatch:
        """The batch, as if its records had been appended one by one."""
        number = len(self.sent)
        self._builder._num_records, self._builder._last_offset = number, number - 1  # noqa: SLF001 # see above
        self._records._next_offset = number  # noqa: SLF001 # see above
        return self.batch


def hand_over(
    producer: Any, names: Mapping[Topic, str], records: Sequence[Record], milliseconds: int
) -> Iterator[Sent]:
    """Put records on their way, in order by partition; all of them when the iterator is used up.

    Where one is larger than any client sends, none is sent, and that one alone is told of.

    Args:
        producer: a KafkaProducer with a transaction begun, whose `send` nobody uses meanwhile.
        names: of the topics on the cluster.
        records: what to send.
        milliseconds: since 1970; the records' time on Kafka.

    Raises:
        KafkaError: the transaction is over already.
    """
    for record in records:
        if len(record.value) > RECORD_BYTES:
            too_large = errors.MessageSizeTooLargeError(f"no client sends more than {RECORD_BYTES} bytes")
            yield Sent(record, _failed(names[record.topic], too_large), 0)
            return
    fillings: dict[tuple[Topic, int], _Filling] = {}
    partitions: dict[Topic, int | FutureProduceResult] = {}
    for record in records:
        topic = record.topic
        if topic not in partitions:
            partitions[topic] = _partitions(producer, names[topic])
        number = partitions[topic]
        if not isinstance(number, int):
            yield Sent(record, number, 0)
            continue
        key = record.key.encode()
        place = topic, partition_of(key, number)
        rest = _encode(record, key)
        filling = fillings.get(place)
        if filling is None or not filling.has_room(rest):
            if filling is not None:
                _push(producer, filling)
            fillings[place] = filling = _Filling(TopicPartition(names[topic], place[1]), milliseconds)
        yield filling.add(record, rest)
    for filling in fillings.values():
        _push(producer, filling)


def _partitions(producer: Any, topic: str) -> int | FutureProduceResult:
    """How many a topic has; where the broker does not say, what came of asking."""
    try:
        return len(producer.partitions_for(topic))
    except errors.BrokerResponseError as error:
        return _failed(topic, error)


def _failed(topic: str, error: Exception) -> FutureProduceResult:
    return FutureProduceResult(TopicPartition(topic, -1)).failure(error)


def _push(producer: Any, filling: _Filling) -> None:
    """Do what `KafkaProducer.send` and `RecordAccumulator.append` do with a new batch."""
    accumulator = producer._accumulator  # noqa: SLF001 # see the module
    producer._transaction_manager.maybe_add_partition_to_transaction(filling.place)  # noqa: SLF001 # see the module
    batch = filling.finish()
    with _appending(accumulator), accumulator._tp_lock(filling.place):  # noqa: SLF001 # see the module
        if accumulator._closed:  # noqa: SLF001 # see the module
            raise errors.IllegalStateError("the producer is closed")
        accumulator._batches[filling.place].append(batch)  # noqa: SLF001 # see the module
        accumulator._incomplete.add(batch)  # noqa: SLF001 # see the module
    producer._sender.wakeup()  # noqa: SLF001 # see the module


@contextlib.contextmanager
def _appending(accumulator: Any) -> Iterator[None]:
    """A producer that is closed meanwhile waits for us, so that no batch is forgotten."""
    accumulator._appends_in_progress.increment()  # noqa: SLF001 # see the module
    try:
        yield
    finally:
        accumulator._appends_in_progress.decrement()  # noqa: SLF001 # see the module


def _encode(record: Record, key: bytes) -> bytes:
    """What stands in a batch behind the number of a record."""
    value, headers = record.value, record.headers
    parts = [_varint(len(key)), key, _varint(len(value)), value, _varint(len(headers))]
    for name, text in headers:
        data = text.encode()
        parts += (_name(name), _varint(len(data)), data)
    return b"".join(parts)


@lru_cache(_REMEMBERED)
def _varint(number: int) -> bytes:
    """A number, not negative, zigzag and in groups of seven bits (protobuf.dev/programming-guides/encoding)."""
    rest = number << 1
    groups = bytearray()
    while rest > 0x7F:
        groups.append(rest & 0x7F | 0x80)
        rest >>= 7
    groups.append(rest)
    return bytes(groups)


@lru_cache(_REMEMBERED)
def _name(name: str) -> bytes:
    data = name.encode()
    return _varint(len(data)) + data
