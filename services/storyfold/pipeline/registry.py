"""The registry: keeps the store's feeds equal to the feeds file.

    feeds file | changed? | read | register

The file is the source of truth. A file that cannot be read, or that lists nothing, changes nothing: what was
registered before goes on being polled, and the complaint says what to mend.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Protocol

from storyfold.feeds.listing import FeedList
from storyfold.ports import Clock, Store, StoreUnavailable

logger = logging.getLogger(__name__)

# Between two looks at the file.
LOOK_SECONDS = 2.0


class FeedsFile(Protocol):
    """The feeds file as the registry sees it."""

    def mark(self) -> object | None:
        """A value that changes whenever the file does; None where it is not there."""
        ...

    def read(self) -> FeedList:
        """Read and parse it; never raises: what is wrong stands in the complaints."""
        ...


class RegistryStage:
    """Registers the feeds file at the start, when it changes, and when told to.

    Args:
        file: the feeds file.
        store: where feeds are registered.
        clock: time.
        registered: called after each registration, so that polling looks at once.
    """

    def __init__(self, file: FeedsFile, store: Store, clock: Clock, registered: Callable[[], None]) -> None:
        self._file = file
        self._store = store
        self._clock = clock
        self._registered = registered
        self._told = asyncio.Event()

    def reload(self) -> None:
        """Read the file again now, changed or not (SIGHUP)."""
        self._told.set()

    async def run(self) -> None:
        """Keep the store's feeds equal to the file, until cancelled."""
        # Equal to no mark, not even that of a file that is missing: its absence at the start is worth a word.
        seen: object | None = object()
        while True:
            mark = await asyncio.to_thread(self._file.mark)
            if self._told.is_set() or mark != seen:
                self._told.clear()
                if await self._register():
                    seen = mark
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), LOOK_SECONDS)

    async def _register(self) -> bool:
        """Whether the file has been dealt with, one way or the other."""
        listed = await asyncio.to_thread(self._file.read)
        for complaint in listed.complaints:
            logger.warning("feeds file: %s", complaint)
        if not listed.sources:
            logger.error(
                "the feeds file lists no feed that can be polled; the feeds registered before stay as they are"
            )
            return True
        try:
            sync = await self._store.register(listed.sources, self._clock.now())
        except StoreUnavailable as error:
            logger.warning("the feeds file cannot be registered yet: %s", error)
            return False
        logger.info("%d feeds registered: %d new, %d gone", len(listed.sources), len(sync.added), len(sync.removed))
        self._registered()
        return True
