"""A Kafka cluster in memory, as far as publishing to it goes, and the publisher on it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from storyfold.model.records import OutboxRow, Record
from storyfold.ports import Publisher, PublisherFenced, PublisherUnavailable, RecordTooLarge


@dataclass
class MemoryCluster:
    """What a cluster remembers, and how it misbehaves on request.

    Attributes:
        committed: records that `read_committed` consumers see, in order.
        position: of the publisher's group.
        epoch: of the youngest publisher.
        there: whether it answers at all.
        answer_lost: the next commit succeeds, but nobody is told.
        largest: bytes of a value beyond which a record is refused.
        transactions: how many were committed.
    """

    committed: list[Record] = field(default_factory=list)
    position: int | None = None
    epoch: int = 0
    there: bool = True
    answer_lost: bool = False
    largest: int = 1_000_000
    transactions: int = 0

    def forget(self) -> None:
        """Lose everything, as a broker in memory does when it ends."""
        self.committed.clear()
        self.position = None
        self.epoch += 1


class MemoryPublisher:
    """The publisher port over a cluster in memory."""

    def __init__(self, cluster: MemoryCluster) -> None:
        self._cluster = cluster
        self._epoch: int | None = None
        self.closed = False

    async def open(self) -> int | None:
        if self.closed or not self._cluster.there:
            raise PublisherUnavailable("no broker answers")
        self._cluster.epoch += 1
        self._epoch = self._cluster.epoch
        return self._cluster.position

    async def publish(self, rows: Sequence[OutboxRow], position: int) -> None:
        self._commit([row.record for row in rows], position)

    async def restate(self, records: AsyncIterator[Record], position: int) -> None:
        try:
            self._commit([record async for record in records], position)
        except BaseException:
            self._epoch = None
            raise

    def _commit(self, records: Sequence[Record], position: int) -> None:
        cluster, epoch = self._cluster, self._epoch
        if epoch is None:
            raise PublisherUnavailable("the publisher is not open")
        self._epoch = None
        if not cluster.there:
            raise PublisherUnavailable("no broker answers")
        if epoch != cluster.epoch:
            raise PublisherFenced("a younger publisher has taken over")
        for record in records:
            if len(record.value) > cluster.largest:
                name = dict(record.headers).get("ce_id")
                raise RecordTooLarge(f"record {name} is too large", record.topic, len(record.value))
        cluster.committed.extend(records)
        cluster.position = position
        cluster.transactions += 1
        if cluster.answer_lost:
            cluster.answer_lost = False
            raise PublisherUnavailable("no answer in time")
        self._epoch = epoch

    async def close(self) -> None:
        self.closed = True
        self._epoch = None


_: type[Publisher] = MemoryPublisher
