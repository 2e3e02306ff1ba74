"""What can befall a cluster that is there, on Apache Kafka: small limits, deleted topics, quotas, lost positions."""

import asyncio
import gc
import json
import random
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from storyfold.edges.clock import SystemClock
from storyfold.edges.kafka_publisher import KafkaPublication, KafkaPublisher
from storyfold.edges.store.opening import open_store
from storyfold.model.commit import Commit
from storyfold.model.metrics import Metric, PublishOutcome
from storyfold.model.records import Record, Topic
from storyfold.pipeline.publish import PublishParts, PublishPolicy, PublishStage
from storyfold.ports import Store
from storyfold.wire.encode import Encoder
from tests.brokers.apache import run_tool
from tests.fakes.kafka_broker import connect, read_all
from tests.fakes.meter import RecordingMeter
from tests.fakes.store_values import NOON, event_of, folded_of

pytestmark = [pytest.mark.anyio, pytest.mark.kafka]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Line:
    """A store and a publish stage on topics of their own."""

    def __init__(self, store: Store, bootstrap: str, policy: PublishPolicy) -> None:
        self.store = store
        self.bootstrap = bootstrap
        self.prefix = f"t{secrets.token_hex(4)}."
        self.group = f"{self.prefix}group"
        self.meter = RecordingMeter()
        publication = KafkaPublication(f"{self.prefix}p", self.group, self.prefix, 1, 1, patience=8.0)
        publisher = KafkaPublisher(connect(bootstrap), publication)
        parts = PublishParts(store, publisher, Encoder(), SystemClock(), self.meter, random.Random(1))
        self.stage = PublishStage(parts, policy)
        self.admin = KafkaAdminClient(bootstrap_servers=bootstrap.split(","))

    async def tell(self, *records: Record) -> None:
        """Put records into the outbox."""
        await self.store.apply(Commit(outbox=records))
        self.stage.nudge()

    async def drained(self, seconds: float = 60) -> None:
        """Wait until all of them are on Kafka."""
        await asyncio.wait_for(self.stage.drained(), seconds)

    async def ids(self, at_least: int, *topics: Topic) -> list[str]:
        """The ids that a consumer of some topics sees."""
        messages = await asyncio.to_thread(read_all, self.bootstrap, self.prefix, topics or tuple(Topic), at_least)
        return [dict(each.headers)["ce_id"] for each in messages]


@asynccontextmanager
async def line_on(folder: Path, bootstrap: str, policy: PublishPolicy | None = None) -> AsyncIterator[Line]:
    store = await open_store(f"sqlite:///{folder / 'store.db'}")
    line = Line(store, bootstrap, policy or PublishPolicy(refused_wait=0.5, last_wait=0.5))
    running = asyncio.create_task(line.stage.run())
    try:
        await line.drained()
        yield line
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await store.close()
        await asyncio.to_thread(line.admin.close)


def record(name: str, topic: Topic = Topic.EVENTS, size: int = 300) -> Record:
    return Record(topic, name, (("ce_id", name),), b"x" * size, NOON)


def article(name: str, size: int) -> Record:
    value = json.dumps({"article_id": name, "body": "word " * (size // 5)}).encode()
    return Record(Topic.ARTICLES, name, (("ce_id", name),), value, NOON)


async def until(holds: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to pass in time"
        await asyncio.sleep(0.05)


async def test_a_limit_below_a_record(tmp_path: Path, apache_bootstrap: str) -> None:
    """Where a topic takes 20 kB, larger articles arrive with their bodies cut, in order, and batches are split."""
    async with line_on(tmp_path, apache_bootstrap) as line:
        limit = {"max.message.bytes": "20000"}
        resource = ConfigResource(ConfigResourceType.TOPIC, f"{line.prefix}{Topic.ARTICLES.value}", limit)
        await asyncio.to_thread(line.admin.alter_configs, [resource])
        sizes = (1_000, 60_000, 15_000, 300_000, 19_000, 1_000)
        told = [article(f"a{number}", size) for number, size in enumerate(sizes)]
        await line.tell(*told, record("e"))
        await line.drained()
        messages = await asyncio.to_thread(read_all, apache_bootstrap, line.prefix, [Topic.ARTICLES], len(told))
        assert [f"a{number}" for number in range(len(told))] == [dict(each.headers)["ce_id"] for each in messages]
        cut = [dict(each.headers).get("storyfold_cut") for each in messages]
        assert [None, "body", None, "body"] == cut[:4]
        assert all(each.value is not None and len(each.value) < 20_000 for each in messages)
        assert line.meter.counted(Metric.RECORDS_CUT) >= 2
        assert await line.ids(1, Topic.EVENTS) == ["e"]


async def test_a_record_that_cannot_be_cut(tmp_path: Path, apache_bootstrap: str) -> None:
    """An event above the limit holds publishing up, and goes out by itself once the limit is raised."""
    async with line_on(tmp_path, apache_bootstrap) as line:
        name = f"{line.prefix}{Topic.EVENTS.value}"
        small = ConfigResource(ConfigResourceType.TOPIC, name, {"max.message.bytes": "2000"})
        await asyncio.to_thread(line.admin.alter_configs, [small])
        await line.tell(record("a"), record("b", size=10_000), record("c"))
        await until(lambda: line.meter.counted(Metric.TRANSACTIONS, PublishOutcome.FAILED) >= 2)
        assert await line.ids(0) == []
        large = ConfigResource(ConfigResourceType.TOPIC, name, {"max.message.bytes": "200000"})
        await asyncio.to_thread(line.admin.alter_configs, [large])
        await line.drained()
        assert await line.ids(3) == ["a", "b", "c"]


async def test_a_topic_that_is_deleted(tmp_path: Path, apache_bootstrap: str) -> None:
    """A topic deleted under the publisher is made again, and what is told from then on arrives once."""
    async with line_on(tmp_path, apache_bootstrap) as line:
        await line.tell(record("a", Topic.REJECTS), record("b", Topic.CHANGES))
        await line.drained()
        await asyncio.to_thread(line.admin.delete_topics, [f"{line.prefix}{Topic.REJECTS.value}"])
        await line.tell(record("c", Topic.REJECTS), record("d", Topic.CHANGES))
        await line.drained()
        assert await line.ids(1, Topic.REJECTS) == ["c"]
        assert await line.ids(2, Topic.CHANGES) == ["b", "d"]


async def test_a_position_that_is_lost(tmp_path: Path, apache_bootstrap: str) -> None:
    """Where the cluster has forgotten the position, current state is told again, and then goes on from there."""
    async with line_on(tmp_path, apache_bootstrap) as line:
        await line.store.apply(Commit(articles=(folded_of("a1"),), events=(event_of("v1"),), outbox=(record("a"),)))
        await line.drained()
        await asyncio.to_thread(line.admin.delete_groups, [line.group])
        line.stage.reopen()
        await until(lambda: line.meter.counted(Metric.TRANSACTIONS, PublishOutcome.SNAPSHOT) == 1)
        await line.tell(record("b"))
        await line.drained()
        seen = await line.ids(4)
        assert [1, 1, 1] == [seen.count("a"), seen.count("b"), seen.count("v1:1")]


async def test_opening_again_leaves_nothing_behind(apache_bootstrap: str) -> None:
    """However often a publisher opens anew, there are no more threads or files than before."""
    prefix = f"t{secrets.token_hex(4)}."
    publisher = KafkaPublisher(connect(apache_bootstrap), KafkaPublication(f"{prefix}p", f"{prefix}g", prefix, 1, 1))
    process = psutil.Process()
    counts = []
    for _ in range(6):
        await publisher.open()
        gc.collect()
        counts.append((process.num_threads(), process.num_fds()))
    await publisher.close()
    # What tests before this one left may still go.
    assert all(last <= second for second, last in zip(counts[1], counts[-1], strict=True)), counts


async def test_a_quota(tmp_path: Path, apache_bootstrap: str) -> None:
    """A client quota slows publishing down; nothing fails for it, is lost, or is repeated."""
    async with line_on(tmp_path, apache_bootstrap, PublishPolicy(batch_rows=50)) as line:
        await asyncio.to_thread(set_quota, apache_bootstrap, "--add-config", "producer_byte_rate=60000")
        try:
            told = [record(f"r{number}", size=2000) for number in range(500)]
            await line.tell(*told)
            begun = time.monotonic()
            await line.drained(90)
            took = time.monotonic() - begun
        finally:
            await asyncio.to_thread(set_quota, apache_bootstrap, "--delete-config", "producer_byte_rate")
        assert [f"r{number}" for number in range(500)] == await line.ids(500)
        assert line.meter.counted(Metric.TRANSACTIONS, PublishOutcome.FAILED) == 0
        assert took > 2, "the quota was not felt"


def set_quota(bootstrap: str, *change: str) -> None:
    """Set or remove the quota of the publisher's client id."""
    entity = ("--entity-type", "clients", "--entity-name", "storyfold-publisher")
    run_tool("kafka.admin.ConfigCommand", "--bootstrap-server", bootstrap, "--alter", *change, *entity)
