"""Notes of what is on Kafka: made beside the publishing, one at a time, each for all that was reached meanwhile."""

import asyncio
from datetime import datetime, timedelta

import pytest

from storyfold.pipeline.marks import EVERY_SECONDS, Marks
from storyfold.ports import StoreUnavailable
from tests.fakes.clock import ManualClock, settle
from tests.fakes.store import MemoryStore
from tests.fakes.store_values import NOON

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class SlowStore(MemoryStore):
    """A store whose notes wait until they may, or fail."""

    def __init__(self) -> None:
        super().__init__()
        self.may = asyncio.Semaphore(0)
        self.fails = False
        self.marked: list[int] = []

    async def mark_published(self, sequence: int, now: datetime) -> None:
        await self.may.acquire()
        if self.fails:
            raise StoreUnavailable("the disk is full")
        self.marked.append(sequence)
        await super().mark_published(sequence, now)


async def test_one_note_for_all_that_was_reached_meanwhile() -> None:
    """While a note is under way, what is reached waits, and the next note is for all of it."""
    store = SlowStore()
    marks = Marks(store, ManualClock(NOON))
    for position in (1, 2, 3, 4):
        marks.reached(position)
        await settle()
    store.may.release()
    store.may.release()
    await marks.settle()
    assert store.marked == [1, 4]


async def test_few_notes_a_second() -> None:
    """What is reached right after a note waits for a quarter of a second, unless somebody wants it settled."""
    store, clock = SlowStore(), ManualClock(NOON)
    marks = Marks(store, clock)
    for _ in range(4):
        store.may.release()
    for position in (1, 2):
        marks.reached(position)
        await settle()
    soon = list(store.marked)
    await clock.advance(timedelta(seconds=EVERY_SECONDS))
    marks.reached(2)
    await settle()
    later = list(store.marked)
    marks.reached(3)
    await marks.settle()
    assert ([1], [1, 2], [1, 2, 3]) == (soon, later, store.marked)


async def test_nothing_is_noted_twice() -> None:
    """A position that is noted, or was when it began, gives no further note."""
    store = SlowStore()
    marks = Marks(store, ManualClock(NOON))
    await marks.begin(7)
    marks.reached(7)
    await marks.settle()
    assert store.marked == []


async def test_a_note_that_fails_is_told() -> None:
    """Whoever says next what is reached learns that the note before failed; begun anew, notes go on."""
    store = SlowStore()
    store.fails = True
    marks = Marks(store, ManualClock(NOON))
    store.may.release()
    marks.reached(3)
    await settle()
    with pytest.raises(StoreUnavailable, match="full"):
        marks.reached(4)
    store.fails = False
    await marks.begin(0)
    store.may.release()
    marks.reached(5)
    await marks.settle()
    assert store.marked == [5]
