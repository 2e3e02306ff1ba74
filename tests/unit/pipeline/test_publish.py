"""The publish stage over a store and a cluster in memory: what it sends, when it waits, when it stops."""

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from storyfold.model.commit import Commit
from storyfold.model.events import EventStatus
from storyfold.model.metrics import Metric, PublishOutcome
from storyfold.model.records import Record, Topic
from storyfold.pipeline.publish import PublishParts, PublishPolicy, PublishStage
from storyfold.ports import PublisherFenced, StoreBroken, StoreUnavailable
from storyfold.wire.encode import Encoder
from tests.fakes.clock import ManualClock, settle
from tests.fakes.meter import RecordingMeter
from tests.fakes.publisher import MemoryCluster, MemoryPublisher
from tests.fakes.store import MemoryStore
from tests.fakes.store_values import NOON, event_of, folded_of

pytestmark = pytest.mark.anyio
SECOND = timedelta(seconds=1)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Line:
    """A stage with everything around it."""

    store: MemoryStore = field(default_factory=MemoryStore)
    cluster: MemoryCluster = field(default_factory=MemoryCluster)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOON))
    meter: RecordingMeter = field(default_factory=RecordingMeter)
    policy: PublishPolicy = field(default_factory=PublishPolicy)

    def stage(self) -> PublishStage:
        publisher = MemoryPublisher(self.cluster)
        parts = PublishParts(self.store, publisher, Encoder(), self.clock, self.meter, random.Random(3))
        return PublishStage(parts, self.policy)

    async def fill(self, *records: Record) -> None:
        await self.store.apply(Commit(outbox=records))

    @property
    def ids(self) -> list[str]:
        return [dict(each.headers)["ce_id"] for each in self.cluster.committed]


def record(name: str, topic: Topic = Topic.CHANGES, size: int = 10) -> Record:
    return Record(topic, "k", (("ce_id", name),), b"x" * size, NOON - 2 * SECOND, NOON - 60 * SECOND)


def article(name: str, body: str) -> Record:
    value = json.dumps({"article_id": name, "body": body}, separators=(",", ":")).encode()
    return Record(Topic.ARTICLES, name, (("ce_id", name),), value, NOON)


def is_connected(stage: PublishStage) -> bool:
    return stage.connected


@asynccontextmanager
async def running(stage: PublishStage) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(stage.run())
    await settle()
    yield task
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, Exception):
        await task


async def test_what_waits_is_published_in_order() -> None:
    """The outbox is drained in order, in one transaction, and its rows are dropped."""
    line = Line()
    await line.fill(record("a"), record("b"), record("c"))
    async with running(line.stage()):
        assert line.ids == ["a", "b", "c"]
        assert await line.store.outbox_depth(0) == (0, None)
        assert await line.store.published_position() == 3
    assert line.cluster.position == 3
    assert line.cluster.transactions == 1


async def test_batches_are_bounded() -> None:
    """No transaction holds more rows or bytes than it may, but always at least one row."""
    line = Line(policy=PublishPolicy(batch_rows=3, batch_bytes=100))
    await line.fill(*[record(f"r{number}", size=40) for number in range(4)], record("big", size=500))
    async with running(line.stage()):
        assert line.ids == ["r0", "r1", "r2", "r3", "big"]
    assert line.cluster.transactions == 3


async def test_a_nudge_is_heard_at_once() -> None:
    """A record that a nudge announces is published without any time passing."""
    line = Line()
    stage = line.stage()
    async with running(stage):
        await line.fill(record("a"))
        stage.nudge()
        await settle()
        assert line.ids == ["a"]


async def test_without_a_nudge_it_looks_by_itself() -> None:
    """A record that nobody announced is found at the next look."""
    line = Line()
    async with running(line.stage()):
        await line.fill(record("a"))
        await settle()
        assert line.ids == []
        await line.clock.advance(timedelta(seconds=0.2))
        assert line.ids == ["a"]


async def test_it_looks_more_often_while_records_flow() -> None:
    """Soon after a record the next is found soon; when nothing has come for a while, looks are few again."""
    line = Line()
    await line.fill(record("a"))
    async with running(line.stage()):
        await line.clock.advance(SECOND)
        await line.fill(record("b"))
        await line.clock.advance(timedelta(seconds=0.03))
        assert line.ids == ["a", "b"]
        await line.clock.advance(3 * SECOND)
        await line.fill(record("c"))
        await line.clock.advance(timedelta(seconds=0.03))
        assert line.ids == ["a", "b"]
        await line.clock.advance(timedelta(seconds=0.17))
        assert line.ids == ["a", "b", "c"]


async def test_a_broker_that_is_not_there() -> None:
    """While no broker answers the outbox grows and is counted; when one is there, everything goes out once."""
    line = Line()
    line.cluster.there = False
    await line.fill(record("a"))
    stage = line.stage()
    async with running(stage):
        await line.clock.advance(30 * SECOND)
        assert not is_connected(stage)
        await line.fill(record("b"))
        await line.clock.advance(30 * SECOND)
        assert line.meter.gauges[Metric.OUTBOX_ROWS, None] == 2
        assert line.meter.gauges[Metric.OUTBOX_AGE, None] > 50
        failures = line.meter.counted(Metric.TRANSACTIONS, PublishOutcome.FAILED)
        assert 4 < failures < 30
        line.cluster.there = True
        await line.clock.advance(15 * SECOND)
        assert is_connected(stage)
        assert line.ids == ["a", "b"]
        assert line.meter.gauges[Metric.OUTBOX_ROWS, None] == 0


async def test_a_lost_answer_repeats_nothing() -> None:
    """Where the commit succeeded and its answer was lost, the position on Kafka tells, and nothing is sent twice."""
    line = Line()
    line.cluster.answer_lost = True
    await line.fill(record("a"), record("b"))
    async with running(line.stage()):
        await line.clock.advance(SECOND)
        await line.fill(record("c"))
        await line.clock.advance(SECOND)
    assert line.ids == ["a", "b", "c"]
    assert await line.store.published_position() == 3


async def test_the_position_on_kafka_wins() -> None:
    """Rows that Kafka has, though the store never noted it, are not sent again."""
    line = Line()
    await line.fill(record("a"), record("b"))
    line.cluster.position = 1
    async with running(line.stage()):
        assert line.ids == ["b"]
        assert await line.store.published_position() == 2


async def test_a_younger_publisher_ends_the_stage() -> None:
    """A stage whose publisher is fenced stops with the error that says so."""
    line = Line()
    stage = line.stage()
    async with running(stage) as task:
        line.cluster.epoch += 1
        await line.fill(record("a"))
        stage.nudge()
        await settle()
        assert isinstance(task.exception(), PublisherFenced)
    assert line.meter.counted(Metric.TRANSACTIONS, PublishOutcome.FENCED) == 1
    assert line.ids == []


async def test_a_refused_record_holds_everything_up_but_loses_nothing() -> None:
    """A record that Kafka refuses is tried again after a while; once Kafka takes it, order is kept."""
    line = Line()
    line.cluster.largest = 100
    await line.fill(record("a", size=500), record("b"))
    async with running(line.stage()):
        await line.clock.advance(59 * SECOND)
        assert line.ids == []
        assert line.meter.counted(Metric.TRANSACTIONS, PublishOutcome.FAILED) == 1
        line.cluster.largest = 1000
        await line.clock.advance(2 * SECOND)
        assert line.ids == ["a", "b"]


async def test_a_store_that_is_away_is_waited_for() -> None:
    """A store that is locked or full is tried again; one that is broken ends the stage."""
    line = Line()
    stage = line.stage()
    async with running(stage) as task:
        line.store.failing = StoreUnavailable("locked")
        await line.clock.advance(5 * SECOND)
        line.store.failing = None
        await line.fill(record("a"))
        await line.clock.advance(15 * SECOND)
        assert line.ids == ["a"]
        line.store.failing = StoreBroken("read-only")
        stage.nudge()
        await settle()
        assert isinstance(task.exception(), StoreBroken)


async def lost_everything(line: Line) -> None:
    """Publish something, then make the cluster forget it, with state in the store and rows that never left."""
    async with running(line.stage()):
        await line.store.apply(
            Commit(
                articles=(folded_of("old", placed_at=NOON - timedelta(days=8)), folded_of("a1")),
                events=(event_of("v1", version=4), event_of("gone", status=EventStatus.CLOSED)),
                outbox=(record("change-1"), record("event-1", Topic.EVENTS)),
            )
        )
        await line.clock.advance(SECOND)
    line.cluster.forget()


async def test_a_cluster_that_lost_everything_is_told_again() -> None:
    """Articles inside the retention, open events and records that never left are published in one transaction."""
    line = Line()
    await lost_everything(line)
    await line.fill(record("change-2"), record("event-2", Topic.EVENTS))
    before = line.cluster.transactions
    async with running(line.stage()):
        assert line.ids == ["a1:1", "v1:4", "change-2"]
        assert line.cluster.position == 4
        assert line.cluster.transactions == before + 1
        await line.fill(record("change-3"))
        await line.clock.advance(SECOND)
        assert line.ids[-1] == "change-3"
    assert line.meter.counted(Metric.TRANSACTIONS, PublishOutcome.SNAPSHOT) == 1
    assert dict(line.cluster.committed[1].headers)["ce_type"] == "news.storyfold.event.restated.v1"


async def test_a_cluster_that_lost_its_end_is_told_again() -> None:
    """Where Kafka knows less than was published and dropped here, current state closes the gap."""
    line = Line()
    await lost_everything(line)
    line.cluster.position = 1
    async with running(line.stage()):
        assert line.ids == ["a1:1", "v1:4"]
        assert line.cluster.position == 2


async def test_word_of_another_broker_is_acted_on() -> None:
    """Told that the broker was replaced, the stage opens again at once and tells current state."""
    line = Line()
    stage = line.stage()
    async with running(stage):
        await line.store.apply(Commit(events=(event_of("v1"),), outbox=(record("a"),)))
        await line.clock.advance(SECOND)
        line.cluster.forget()
        stage.reopen()
        await settle()
        assert line.ids == ["v1:1"]


async def test_word_of_another_broker_ends_a_wait() -> None:
    """Told that the broker was replaced while it waits for it, the stage does not wait any longer."""
    line = Line()
    line.cluster.there = False
    await line.fill(record("a"))
    stage = line.stage()
    async with running(stage):
        await line.clock.advance(60 * SECOND)
        line.cluster.there = True
        stage.reopen()
        await settle()
        assert line.ids == ["a"]


async def test_latencies_are_measured() -> None:
    """Each record is counted by topic and timed from first sight and from publication."""
    line = Line()
    undated = Record(Topic.REJECTS, "k", (("ce_id", "r"),), b"{}", NOON + SECOND)
    await line.fill(record("a"), undated)
    async with running(line.stage()):
        pass
    seen = [(label, value) for metric, label, value in line.meter.observations if metric is Metric.SEEN_TO_KAFKA]
    published = [value for metric, _, value in line.meter.observations if metric is Metric.PUBLISHED_TO_KAFKA]
    assert seen == [(Topic.CHANGES, 2.0), (Topic.REJECTS, 0.0)]
    assert published == [60.0]
    assert line.meter.counted(Metric.RECORDS, Topic.CHANGES) == 1


async def test_drained_means_drained() -> None:
    """Waiting for the drain ends when what was in the outbox is on Kafka, and not before."""
    line = Line(policy=PublishPolicy(batch_rows=1))
    stage = line.stage()
    await line.fill(record("a"), record("b"))
    line.cluster.there = False
    async with running(stage):
        drained = asyncio.create_task(stage.drained())
        await line.clock.advance(SECOND)
        assert not drained.done()
        line.cluster.there = True
        await line.clock.advance(15 * SECOND)
        assert drained.done()
        assert line.ids == ["a", "b"]


async def test_an_abandoned_drain_harms_nobody() -> None:
    """Whoever stops waiting for the drain does not stop the stage."""
    line = Line()
    stage = line.stage()
    async with running(stage) as task:
        drained = asyncio.create_task(stage.drained())
        await asyncio.sleep(0)
        drained.cancel()
        await line.clock.advance(SECOND)
        await line.fill(record("a"))
        await line.clock.advance(SECOND)
        assert not task.done()
        assert line.ids == ["a"]


async def test_the_position_is_kept_from_being_forgotten() -> None:
    """After a while without records the position is committed anew, so that Kafka keeps it."""
    line = Line(policy=PublishPolicy(refresh=2 * SECOND))
    await line.fill(record("a"))
    async with running(line.stage()):
        before = line.cluster.transactions
        await line.clock.advance(SECOND * 1.5)
        assert line.cluster.transactions == before
        await line.clock.advance(SECOND / 2)
        await line.clock.advance(SECOND / 2)
        assert line.cluster.transactions == before + 1
        assert line.ids == ["a"]


async def test_stopping_closes_the_publisher() -> None:
    """A stage that is cancelled lets go of the broker."""
    line = Line()
    publisher = MemoryPublisher(line.cluster)
    parts = PublishParts(line.store, publisher, Encoder(), line.clock, line.meter, random.Random(3))
    async with running(PublishStage(parts, line.policy)):
        assert not publisher.closed
    assert publisher.closed


async def test_an_article_that_is_too_large_is_cut() -> None:
    """An article that the broker finds too large goes with its body cut, says so, is counted, and keeps its place."""
    line = Line(cluster=MemoryCluster(largest=2500))
    await line.fill(record("a"), article("b", "word " * 2000), article("c", "word " * 1000), record("d"))
    async with running(line.stage()):
        pass
    assert line.ids == ["a", "b", "c", "d"]
    cut = [dict(each.headers).get("storyfold_cut") for each in line.cluster.committed]
    assert cut == [None, "body", "body", None]
    assert all(1500 < len(each.value) <= 2500 for each in line.cluster.committed[1:3])
    assert line.meter.counted(Metric.RECORDS_CUT) == 2


async def test_a_larger_one_is_tried_again_after_an_hour() -> None:
    """The size that was refused is forgotten, as an operator may have raised the limit."""
    line = Line(cluster=MemoryCluster(largest=2500))
    await line.fill(article("a", "word " * 2000))
    async with running(line.stage()):
        line.cluster.largest = 100_000
        await line.fill(article("b", "word " * 2000))
        await line.clock.advance(60 * SECOND)
        await line.clock.advance(4000 * SECOND)
        await line.fill(article("c", "word " * 2000))
        await line.clock.advance(60 * SECOND)
    assert [True, True, False] == ["storyfold_cut" in dict(each.headers) for each in line.cluster.committed]


async def test_what_cannot_be_cut_waits() -> None:
    """A record without a body to cut holds publishing up until somebody raises the limit, and is not lost."""
    line = Line(cluster=MemoryCluster(largest=100))
    await line.fill(record("a"), record("b", size=200), record("c"))
    async with running(line.stage()):
        assert line.ids == []
        line.cluster.largest = 1000
        await line.clock.advance(61 * SECOND)
    assert line.ids == ["a", "b", "c"]


async def test_the_wall_clock_steps() -> None:
    """Steps of the wall clock, ahead and back, stop nothing, and no latency is less than nothing."""
    line = Line()
    async with running(line.stage()):
        for number, step in enumerate((3600, -7200, 86_400, -86_400)):
            line.clock.jump(step * SECOND)
            await line.fill(record(f"r{number}"))
            await line.clock.advance(SECOND)
    assert line.ids == ["r0", "r1", "r2", "r3"]
    assert all(value >= 0 for _, _, value in line.meter.observations)
