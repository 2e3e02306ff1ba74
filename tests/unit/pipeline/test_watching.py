"""Redrive, retention and the watch: the loops that look after what stands still."""

import asyncio
import logging
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

import pytest

from storyfold.model.articles import Quality
from storyfold.model.commit import Commit, PlannedReread, TakenUp
from storyfold.model.entries import LedgerEntry
from storyfold.model.identity import ArticleId
from storyfold.model.metrics import Metric, Stage, Tally
from storyfold.model.rereads import Hint, Reread
from storyfold.model.retention import Retention
from storyfold.pipeline.redrive import RedriveStage
from storyfold.pipeline.retention import ROUND_SECONDS, RetentionStage
from storyfold.pipeline.watch import LOOK_SECONDS, Depth, WatchStage
from storyfold.ports import StoreUnavailable
from tests.fakes.clock import ManualClock, settle
from tests.fakes.hop import MemoryHop
from tests.fakes.meter import RecordingMeter
from tests.fakes.store import MemoryStore
from tests.fakes.values import NOW, entry, ledger, source

LEASE = timedelta(minutes=10)
LOOK = timedelta(seconds=LOOK_SECONDS)


class Resting:
    """A stage that holds three items and last went round at 0."""

    last_round = 0.0

    def in_hand(self) -> int:
        return 3


async def store_with(*keys: str, holder: str | None = None) -> MemoryStore:
    """A store that waits for entries of one feed."""
    store = MemoryStore()
    await store.register((source(),), NOW)
    rows = tuple(TakenUp(ledger(key, entry=entry(key)), None) for key in keys)
    await store.apply(Commit(taken_up=rows, holder=holder, held_until=NOW + LEASE if holder else None))
    return store


async def stopping(task: "asyncio.Task[None]") -> None:
    """Cancel a stage; an error of its own is raised here."""
    task.cancel()
    (outcome,) = await asyncio.gather(task, return_exceptions=True)
    assert isinstance(outcome, asyncio.CancelledError), outcome


def started(stage: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
    return asyncio.ensure_future(stage)


def test_what_waits_is_sent_once_and_again_when_its_lease_runs_out() -> None:
    """Rows that another holds are left alone until then."""

    async def scenario() -> None:
        clock, store, hop = ManualClock(NOW), await store_with("1", "2"), MemoryHop[LedgerEntry]()
        task = started(RedriveStage(store, hop, clock, "me", LEASE).run())
        await settle()
        assert ["1", "2"] == sorted(str(row.entry.guid) for row in hop.items)
        await clock.advance(LEASE - timedelta(seconds=5))
        assert 2 == hop.depth()
        await clock.advance(timedelta(seconds=10))
        assert 4 == hop.depth()
        await stopping(task)

    asyncio.run(scenario())


def test_a_clock_that_jumps_ahead_sends_early_and_loses_nothing() -> None:
    """Leases look run out: entries are sent again, which is harmless, as ids and revisions tell."""

    async def scenario() -> None:
        clock, store, hop = ManualClock(NOW), await store_with("1", holder="me"), MemoryHop[LedgerEntry]()
        task = started(RedriveStage(store, hop, clock, "me", LEASE).run())
        await clock.advance(timedelta(seconds=3))
        assert 0 == hop.depth()
        clock.jump(timedelta(days=1))
        await clock.advance(timedelta(seconds=3))
        assert 1 == hop.depth()
        clock.jump(timedelta(days=-2))
        await clock.advance(timedelta(seconds=3))
        assert 1 == hop.depth()
        assert 1 == (await store.ledger_counts()).waiting
        await stopping(task)

    asyncio.run(scenario())


def look_at(key: str) -> PlannedReread:
    name = ArticleId(key)
    return PlannedReread(
        ledger(key), Reread(name, 1, "http://e.example/", NOW, 3, 0, Hint.LIVE, "m", Quality.FULL, "h")
    )


def test_looks_at_known_articles_wait_until_no_entry_does() -> None:
    """Entries that are due, or on the hop, go first; then a few looks at a time; a missing store is asked again."""

    async def scenario() -> None:
        clock, store, hop = ManualClock(NOW), await store_with("1"), MemoryHop[LedgerEntry]()
        await store.apply(Commit(rereads=tuple(look_at(f"a{number}") for number in range(30))))
        task = started(RedriveStage(store, hop, clock, "me", LEASE).run())
        await clock.advance(timedelta(seconds=3))
        assert [None] == [row.again for row in hop.items]
        hop.items.clear()
        store.failing = StoreUnavailable("locked")
        await clock.advance(timedelta(seconds=3))
        store.failing = None
        await clock.advance(timedelta(seconds=1))
        assert 20 == sum(row.again is not None for row in hop.items)
        hop.items.clear()
        await clock.advance(timedelta(seconds=1))
        assert 10 == hop.depth()
        await stopping(task)

    asyncio.run(scenario())


def test_a_full_hop_or_a_missing_store_only_makes_redrive_wait() -> None:
    """It leases nothing that it cannot send, and goes on when there is room and a store again."""

    async def scenario() -> None:
        clock, store, hop = ManualClock(NOW), await store_with("1", "2"), MemoryHop[LedgerEntry](1)
        store.failing = StoreUnavailable("locked")
        task = started(RedriveStage(store, hop, clock, "me", LEASE).run())
        await clock.advance(timedelta(seconds=2))
        assert 0 == hop.depth()
        store.failing = None
        await clock.advance(timedelta(seconds=2))
        assert 1 == hop.depth()
        await hop.receive(1)
        await clock.advance(timedelta(seconds=2))
        assert 1 == hop.depth()
        await stopping(task)

    asyncio.run(scenario())


def test_retention_outlives_a_missing_store(caplog: pytest.LogCaptureFixture) -> None:
    """It says so and tries again the next time."""

    async def scenario() -> None:
        clock, store = ManualClock(NOW), MemoryStore()
        store.failing = StoreUnavailable("locked")
        task = started(RetentionStage(store, clock, Retention()).run())
        await settle()
        await clock.advance(timedelta(seconds=ROUND_SECONDS))
        store.failing = None
        await clock.advance(timedelta(seconds=ROUND_SECONDS))
        await stopping(task)

    with caplog.at_level(logging.WARNING):
        asyncio.run(scenario())
    assert 1 == caplog.text.count("the store cannot be pruned, trying again later: locked")


def test_the_watch_measures_ledger_hops_and_stages() -> None:
    """The equation balances, and ages are those of the steady clock."""

    async def scenario() -> None:
        clock, store, meter = ManualClock(NOW), await store_with("1", "2"), RecordingMeter()
        hop = MemoryHop[int]()
        await hop.send((1, 2, 3, 4))
        watch = WatchStage(store, clock, meter, {Stage.READ: Resting()}, (Depth(Stage.READ, hop),))
        task = started(watch.run())
        await settle()
        await clock.advance(3 * LOOK)
        assert 2 == meter.gauges[Metric.LEDGER_TALLY, Tally.TAKEN_UP]
        assert 0 == meter.gauges[Metric.LEDGER_IMBALANCE, None]
        assert 4 == meter.gauges[Metric.HOP_DEPTH, Stage.READ]
        assert 3 == meter.gauges[Metric.IN_HAND, Stage.READ]
        assert 3 * LOOK_SECONDS == meter.gauges[Metric.STAGE_AGE, Stage.READ]
        assert 0 == meter.counted(Metric.CLOCK_JUMPS)
        await stopping(task)

    asyncio.run(scenario())


@pytest.mark.parametrize("hours", [3, -3])
def test_a_jump_of_the_clock_is_counted_once_and_said(hours: int, caplog: pytest.LogCaptureFixture) -> None:
    """Forward or back, with the number of seconds; a missing store does not keep the watch from seeing it."""

    async def scenario() -> None:
        clock, store, meter = ManualClock(NOW), MemoryStore(), RecordingMeter()
        store.failing = StoreUnavailable("locked")
        task = started(WatchStage(store, clock, meter, {}, ()).run())
        await settle()
        clock.jump(timedelta(hours=hours))
        await clock.advance(3 * LOOK)
        assert 1 == meter.counted(Metric.CLOCK_JUMPS)
        await stopping(task)

    with caplog.at_level(logging.WARNING):
        asyncio.run(scenario())
    assert f"the wall clock jumped by {hours * 3600:+.0f} s" in caplog.text
    assert "the store cannot be measured, trying again: locked" in caplog.text
