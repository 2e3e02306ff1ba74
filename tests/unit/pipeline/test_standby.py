"""A publisher that stands by: who publishes when, and what it means to be fenced."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from storyfold.model.commit import Commit
from storyfold.model.records import Record, Topic
from storyfold.pipeline.publish import PublishParts, PublishPolicy, PublishStage
from storyfold.pipeline.standby import ASK_SECONDS, LEASE, StandbyStage
from storyfold.ports import PublisherFenced, StoreUnavailable
from storyfold.wire.encode import Encoder
from tests.fakes.clock import ManualClock, settle
from tests.fakes.meter import RecordingMeter
from tests.fakes.publisher import MemoryCluster, MemoryPublisher
from tests.fakes.store import MemoryStore
from tests.fakes.store_values import NOON

pytestmark = pytest.mark.anyio
SECOND = timedelta(seconds=1)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Site:
    """One store, one cluster, and processes that may publish."""

    store: MemoryStore = field(default_factory=MemoryStore)
    cluster: MemoryCluster = field(default_factory=MemoryCluster)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOON))
    made: list[str] = field(default_factory=list)

    def stage(self, owner: str, *, force: bool = False) -> StandbyStage:
        def make() -> PublishStage:
            self.made.append(owner)
            publisher = MemoryPublisher(self.cluster)
            parts = PublishParts(self.store, publisher, Encoder(), self.clock, RecordingMeter(), random.Random(3))
            return PublishStage(parts, PublishPolicy())

        return StandbyStage(make, self.store, self.clock, owner, force=force)

    @asynccontextmanager
    async def running(
        self, owner: str, *, force: bool = False
    ) -> AsyncIterator[tuple[StandbyStage, asyncio.Task[None]]]:
        stage = self.stage(owner, force=force)
        task = asyncio.create_task(stage.run())
        await settle()
        try:
            yield stage, task
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def publishes(self, name: str) -> bool:
        """Whether somebody publishes what is put into the outbox now, once."""
        record = Record(Topic.CHANGES, "k", (("ce_id", name),), b"x", NOON, NOON)
        await self.store.apply(Commit(outbox=(record,)))
        await self.clock.advance(SECOND)
        return [name] == [each for each in map(id_of, self.cluster.committed) if each == name]


def id_of(record: Record) -> str:
    return dict(record.headers)["ce_id"]


async def test_one_publishes_and_the_other_stands_by() -> None:
    """The first that asks; the other makes no publisher, and has nothing to complain of."""
    site = Site()
    async with site.running("a") as (first, _), site.running("b") as (second, _):
        assert await site.publishes("one")
        await site.clock.advance(10 * LEASE)
        second.nudge()
        await second.drained()
        assert (["a"], True, True) == (site.made, first.connected, second.connected)


async def test_the_other_takes_over_when_the_first_dies() -> None:
    """After the lease and one question more, and nothing is published twice."""
    site = Site()
    async with site.running("a") as (_, dying), site.running("b"):
        assert await site.publishes("one")
        dying.cancel()
        await site.clock.advance(LEASE + timedelta(seconds=2 * ASK_SECONDS))
        assert ["a", "b"] == site.made
        assert await site.publishes("two")
        assert ["one", "two"] == list(map(id_of, site.cluster.committed))


async def test_an_orderly_stop_hands_over_at_once() -> None:
    """What is in the outbox is published first; the other needs no lease to run out."""
    site = Site()
    async with site.running("a") as (first, task), site.running("b"):
        first.nudge()
        draining = asyncio.create_task(first.drained())
        await site.clock.advance(SECOND)
        await draining
        task.cancel()
        await site.clock.advance(timedelta(seconds=ASK_SECONDS))
        assert ["a", "b"] == site.made


async def test_one_that_was_stopped_too_long_stands_by() -> None:
    """It wakes up, finds itself fenced and the turn another's, and does not fence back."""
    site = Site()
    async with site.running("a") as (stage, task):
        assert await site.publishes("one")
        await site.store.end_turn("publish", "a")  # as if its lease had run out while it was stopped
        async with site.running("b"):
            assert ["a", "b"] == site.made
            assert await site.publishes("two")
            await site.clock.advance(20 * LEASE)
            assert ["a", "b"] == site.made
            assert not task.done()
            assert stage.connected
            assert await site.publishes("three")


async def test_being_fenced_by_a_stranger_ends_it() -> None:
    """Another store publishes under the same name: to go on would fence it in turn, and so for ever."""
    site = Site()
    async with site.running("a") as (_, task):
        assert await site.publishes("one")
        await MemoryPublisher(site.cluster).open()
        await site.publishes("two")
        await site.clock.advance(timedelta(seconds=ASK_SECONDS))
        assert isinstance(task.exception(), PublisherFenced)


async def test_a_process_that_folds_takes_the_turn() -> None:
    """At its start, whoever has it; the other stands by from then on."""
    site = Site()
    async with site.running("standby"), site.running("whole", force=True):
        await site.clock.advance(20 * LEASE)
        assert ["standby", "whole"] == site.made
        assert await site.publishes("one")


async def test_a_store_that_is_away_changes_nothing() -> None:
    """Whoever publishes goes on trying; whoever stands by asks again."""
    site = Site()
    async with site.running("a"), site.running("b"):
        assert await site.publishes("one")
        site.store.failing = StoreUnavailable("away")
        await site.clock.advance(timedelta(seconds=2 * ASK_SECONDS))
        site.store.failing = None
        await site.clock.advance(timedelta(seconds=20))
        assert ["a"] == site.made
        assert await site.publishes("two")


async def test_a_defect_of_publishing_ends_it() -> None:
    """It is not mistaken for a turn that was lost."""
    site = Site()
    async with site.running("a") as (_, task):
        site.store.failing = RuntimeError("a defect")  # type: ignore[assignment]
        await site.clock.advance(timedelta(seconds=1))
        site.store.failing = None
        await site.clock.advance(timedelta(seconds=2 * ASK_SECONDS))
        assert isinstance(task.exception(), RuntimeError)
