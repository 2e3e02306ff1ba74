"""Opening: a store that several machines share may come later than the processes that use it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from storyfold.edges.store.opening import open_store
from storyfold.edges.store.sql import SqlStore
from storyfold.ports import Clock, StoreUnavailable

T = TypeVar("T")

logger = logging.getLogger(__name__)

# Between two tries.
AGAIN_SECONDS = 2.0


async def open_patiently(url: str, clock: Clock) -> SqlStore:
    """Open a store; wait for a server that is not there yet, as for one that is away later.

    A file that is locked or full is not waited for: whoever starts the program can see to it.

    Args:
        url: as `open_store` takes it.
        clock: time.

    Raises:
        StoreUnavailable: a file that is locked or full.
        StoreBroken: a person must act.
    """
    return await patiently(url, clock, lambda: open_store(url))


async def patiently(url: str, clock: Clock, ask: Callable[[], Awaitable[T]]) -> T:
    """Ask a store for what a start needs, as patiently as it is opened: it may go away again in between.

    Args:
        url: of the store.
        clock: time.
        ask: what to ask; done again until it is answered.

    Raises:
        StoreUnavailable: a file that is locked or full.
        StoreBroken: a person must act.
    """
    told = None
    while True:
        try:
            return await ask()
        except StoreUnavailable as error:
            if url.startswith("sqlite"):
                raise
            if str(error) != told:
                logger.warning("waiting for the store: %s", error)
            told = str(error)
        await clock.sleep(AGAIN_SECONDS)


async def unless(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """Do some work unless told to stop meanwhile; None where that came first, and the work has been ended."""
    working = asyncio.create_task(work)
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return await working if working.done() else None
    finally:
        stopping.cancel()
        working.cancel()
        # What it has opened is closed by whoever called, and not while it still opens more.
        await asyncio.wait({working})
