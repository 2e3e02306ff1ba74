"""Presence: who lives is left alone, who is dead is buried, and an outage of the store kills nobody."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from storyfold.pipeline.presence import BEAT_SECONDS, DEAD_SECONDS, PresenceStage
from storyfold.ports import StoreUnavailable
from tests.fakes.clock import ManualClock, settle
from tests.fakes.store import MemoryStore
from tests.fakes.store_values import HOUR, NOON, source_of

pytestmark = pytest.mark.anyio

LONG = timedelta(seconds=DEAD_SECONDS + 3 * BEAT_SECONDS)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@asynccontextmanager
async def living(store: MemoryStore, clock: ManualClock, *owners: str) -> AsyncIterator[list[asyncio.Task[None]]]:
    tasks = [asyncio.create_task(PresenceStage(store, clock, owner).run()) for owner in owners]
    await settle()
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def held(store: MemoryStore, owner: str) -> bool:
    """Whether an owner still has its feed: nobody else gets one."""
    return () == await store.lease_feeds("probe of " + owner, NOON, HOUR, 1)


async def test_one_that_died_is_buried_and_its_feeds_are_free() -> None:
    """After it stood still for a while, not before."""
    store, clock = MemoryStore(), ManualClock(NOON)
    await store.register([source_of("f")], NOON)
    async with living(store, clock, "a", "b") as (_, dying):
        await store.lease_feeds("b", NOON, 10 * HOUR, 1)
        dying.cancel()
        await clock.advance(timedelta(seconds=DEAD_SECONDS - BEAT_SECONDS))
        assert await held(store, "b")
        await clock.advance(LONG)
        assert not await held(store, "b")
        assert {"a"} == set(await store.beat("a"))


async def test_those_that_live_are_left_alone() -> None:
    """However long, whoever looks."""
    store, clock = MemoryStore(), ManualClock(NOON)
    async with living(store, clock, "a", "b"):
        await clock.advance(10 * LONG)
        assert {"a", "b"} == set(await store.beat("a"))


async def test_a_wall_clock_that_jumps_kills_nobody() -> None:
    """Only the steady clock counts, each process its own."""
    store, clock = MemoryStore(), ManualClock(NOON)
    await store.register([source_of("f")], NOON)
    await store.lease_feeds("b", NOON, 10 * HOUR, 1)
    async with living(store, clock, "a", "b"):
        clock.jump(timedelta(days=3))
        await clock.advance(timedelta(seconds=3 * BEAT_SECONDS))
        assert await held(store, "b")


async def test_nobody_is_dead_after_an_outage_of_the_store() -> None:
    """Nobody could beat meanwhile; whoever comes first looks anew."""
    store, clock = MemoryStore(), ManualClock(NOON)
    await store.register([source_of("f")], NOON)
    await store.lease_feeds("b", NOON, 10 * HOUR, 1)
    async with living(store, clock, "a", "b") as (_, late):
        store.failing = StoreUnavailable("away")
        late.cancel()
        await clock.advance(LONG)
        store.failing = None
        await clock.advance(timedelta(seconds=2 * BEAT_SECONDS))
        assert await held(store, "b")
