"""Three Apache brokers: any one of them may die while records are published."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from storyfold.edges.clock import SystemClock
from storyfold.edges.kafka_connection import KafkaConnection
from storyfold.edges.kafka_publisher import KafkaPublication, KafkaPublisher
from storyfold.edges.store.opening import open_store
from storyfold.model.commit import Commit
from storyfold.model.records import Record, Topic
from storyfold.pipeline.publish import PublishParts, PublishPolicy, PublishStage
from storyfold.ports import Store
from storyfold.wire.encode import Encoder
from tests.brokers.apache import ApacheKafka, KafkaMissing, apache_kafka
from tests.conftest import missing
from tests.fakes.kafka_broker import read_all
from tests.fakes.meter import RecordingMeter
from tests.fakes.store_values import NOON

pytestmark = [pytest.mark.anyio, pytest.mark.kafka]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def kafka() -> Iterator[ApacheKafka]:
    try:
        with apache_kafka(brokers=3) as cluster:
            yield cluster
    except KafkaMissing as error:
        missing(str(error))


class Line:
    """A store that gets records all the time, and a publish stage that drains it."""

    def __init__(self, store: Store, kafka: ApacheKafka) -> None:
        self.told = 0
        self._store = store
        publisher = KafkaPublisher(
            KafkaConnection(kafka.bootstrap, patience=3.0), KafkaPublication("t", "g", "", 3, 3, patience=5.0)
        )
        parts = PublishParts(store, publisher, Encoder(), SystemClock(), RecordingMeter(), random.Random(1))
        self.stage = PublishStage(parts, PublishPolicy(batch_rows=20, last_wait=1.0))

    async def tell(self, seconds: float) -> None:
        """Put records into the outbox for so long."""
        end = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < end:
            await self._store.apply(Commit(outbox=tuple(self._record() for _ in range(10))))
            self.stage.nudge()
            await asyncio.sleep(0.05)

    def _record(self) -> Record:
        self.told += 1
        return Record(Topic.EVENTS, f"k{self.told % 50}", (("ce_id", f"r{self.told}"),), b"x" * 500, NOON)


async def test_each_broker_dies_in_turn(tmp_path: Path, kafka: ApacheKafka) -> None:
    """One broker is killed, one hangs, one is restarted: every record arrives once, and in its key's order."""
    store = await open_store(f"sqlite:///{tmp_path / 'store.db'}")
    line = Line(store, kafka)
    running = asyncio.create_task(line.stage.run())
    await line.tell(1)
    await asyncio.wait_for(line.stage.drained(), 60)
    kafka.kill(1)
    await line.tell(2)
    await asyncio.wait_for(line.stage.drained(), 60)
    await asyncio.to_thread(kafka.restart, 1)
    kafka.pause(2)
    await line.tell(2)
    await asyncio.wait_for(line.stage.drained(), 60)
    kafka.resume(2)
    stopping = asyncio.create_task(asyncio.to_thread(kafka.restart, 3))
    await line.tell(2)
    await stopping
    await asyncio.wait_for(line.stage.drained(), 60)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await store.close()
    messages = await asyncio.to_thread(
        read_all, ",".join(kafka.bootstrap), "", [Topic.EVENTS], at_least=line.told, quiet=2.0
    )
    counts = Counter(dict(each.headers)["ce_id"] for each in messages)
    assert {f"r{number}": 1 for number in range(1, line.told + 1)} == dict(counts)
    for key in {each.key for each in messages}:
        numbers = [int(dict(each.headers)["ce_id"][1:]) for each in messages if each.key == key]
        assert sorted(numbers) == numbers
