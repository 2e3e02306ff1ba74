"""Notes in the store of what is on Kafka, made beside the publishing.

The position on Kafka is the truth, so a note may be late: it only lets rows be dropped. One is under way at a time, a
few are made a second, and each covers all that was published meanwhile: a note syncs the disk, and the commits that
bring the next records would wait for it.
"""

import asyncio

from storyfold.ports import Clock, Store

# Rows that are on Kafka already live longer by this; a note for each transaction would be a sync for each.
EVERY_SECONDS = 0.25


class Marks:
    """What is noted, and what is still to be.

    Args:
        store: where.
        clock: when.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._wanted = self._noted = 0
        self._noting: asyncio.Task[None] | None = None
        self._due = float("-inf")

    def reached(self, position: int) -> None:
        """Say that everything up to a position is on Kafka; said again, it is noted if it was too soon before.

        Raises:
            StoreError: the note before could not be made.
        """
        self._wanted = position
        if self._noting is not None and self._noting.done():
            self._noting.result()
        if self._clock.steady() >= self._due:
            self._begin_note()

    async def settle(self) -> None:
        """Return when everything reached is noted.

        Raises:
            StoreError: it could not be noted.
        """
        self._begin_note()
        while self._noting is not None and self._noted < self._wanted:
            await asyncio.shield(self._noting)
            self._begin_note()

    async def begin(self, position: int) -> None:
        """Let a note that is under way end, whatever becomes of it, and go on from a position that is noted."""
        noting, self._noting = self._noting, None
        self._wanted = 0
        if noting is not None:
            await asyncio.gather(noting, return_exceptions=True)
        self._wanted = self._noted = position
        self._due = float("-inf")

    def _begin_note(self) -> None:
        if self._noted < self._wanted and (self._noting is None or self._noting.done()):
            self._due = self._clock.steady() + EVERY_SECONDS
            self._noting = asyncio.create_task(self._note(self._wanted), name="outbox-marks")

    async def _note(self, wanted: int) -> None:
        await self._store.mark_published(wanted, self._clock.now())
        self._noted = wanted
