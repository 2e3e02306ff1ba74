"""The registry: the file is the truth, and a bad one changes nothing."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from storyfold.feeds.listing import FeedList
from storyfold.pipeline import registry
from storyfold.pipeline.registry import RegistryStage
from storyfold.ports import StoreUnavailable
from tests.fakes.clock import ManualClock
from tests.fakes.store import MemoryStore
from tests.fakes.values import source

ONE, TWO = source("https://one.example/rss"), source("https://two.example/rss")


class FileInMemory:
    """A feeds file that a test rewrites."""

    def __init__(self, listed: FeedList, mark: object | None = 1) -> None:
        self.listed = listed
        self.mark_now = mark
        self.reads = 0

    def mark(self) -> object | None:
        return self.mark_now

    def read(self) -> FeedList:
        self.reads += 1
        return self.listed


@asynccontextmanager
async def running(file: FileInMemory, store: MemoryStore, told: list[str]) -> AsyncIterator[RegistryStage]:
    stage = RegistryStage(file, store, ManualClock(), lambda: told.append("registered"))
    task = asyncio.create_task(stage.run())
    try:
        yield stage
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(holds: object, reads: int) -> None:
    """Wait for the file to have been read so many times, and what follows from it to be done."""
    assert isinstance(holds, FileInMemory)
    async with asyncio.timeout(5):
        while holds.reads < reads:
            await asyncio.sleep(0)
        for _ in range(50):
            await asyncio.sleep(0)


async def urls(store: MemoryStore) -> list[str]:
    """Of the feeds that are registered."""
    return [feed.source.url for feed in await store.feeds()]


def test_it_registers_at_the_start_and_when_told() -> None:
    """Polling is told each time; a hang-up reads the file again, changed or not."""

    async def scenario() -> None:
        file, store, told = FileInMemory(FeedList((ONE,), ())), MemoryStore(), list[str]()
        async with running(file, store, told) as stage:
            await until(file, 1)
            assert [ONE.url] == await urls(store)
            file.listed = FeedList((ONE, TWO), ())
            stage.reload()
            await until(file, 2)
            assert [ONE.url, TWO.url] == await urls(store)
            assert ["registered"] * 2 == told

    asyncio.run(scenario())


def test_a_file_that_lists_nothing_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """What was registered stays, each complaint is told, and the outcome is said."""

    async def scenario() -> None:
        file, store, told = FileInMemory(FeedList((ONE,), ())), MemoryStore(), list[str]()
        async with running(file, store, told) as stage:
            await until(file, 1)
            file.listed = FeedList((), ("line 3: not closed",))
            stage.reload()
            await until(file, 2)
            assert [ONE.url] == await urls(store)
            assert ["registered"] == told

    with caplog.at_level(logging.WARNING):
        asyncio.run(scenario())
    assert "feeds file: line 3: not closed" in caplog.text
    assert "the feeds registered before stay as they are" in caplog.text


def test_a_file_that_is_missing_at_the_start_is_said(caplog: pytest.LogCaptureFixture) -> None:
    """Its absence is worth a word, though there was no change."""

    async def scenario() -> None:
        file = FileInMemory(FeedList((), ("it is not there",)), mark=None)
        async with running(file, MemoryStore(), []):
            await until(file, 1)

    with caplog.at_level(logging.WARNING):
        asyncio.run(scenario())
    assert "feeds file: it is not there" in caplog.text


def test_a_store_that_is_away_is_asked_again() -> None:
    """The file counts as read only once it is registered."""

    async def scenario() -> None:
        file, store, told = FileInMemory(FeedList((ONE,), ())), MemoryStore(), list[str]()
        store.failing = StoreUnavailable("locked")
        async with running(file, store, told) as stage:
            await until(file, 1)
            assert [] == told
            store.failing = None
            stage.reload()
            await until(file, 2)
            assert ["registered"] == told

    asyncio.run(scenario())


def test_a_change_is_seen_without_being_told() -> None:
    """The file is looked at again after at most two seconds."""
    assert registry.LOOK_SECONDS <= 2
