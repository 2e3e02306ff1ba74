"""Notes in the store of what is on Kafka, made beside the publishing.

The position on Kafka is the truth, so a note may be late: it only lets rows be dropped. One is under way at a time, and
the next covers all that was published meanwhile; so the fuller the outbox, the fewer notes there are.
"""

import asyncio

from storyfold.ports import Clock, Store


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

    def reached(self, position: int) -> None:
        """Say that everything up to a position is on Kafka.

        Raises:
            StoreError: the note before could not be made.
        """
        self._wanted = position
        if self._noting is not None and self._noting.done():
            self._noting.result()
        if position > self._noted and (self._noting is None or self._noting.done()):
            self._noting = asyncio.create_task(self._note(), name="outbox-marks")

    async def settle(self) -> None:
        """Return when everything reached is noted.

        Raises:
            StoreError: it could not be noted.
        """
        if self._noting is not None:
            await asyncio.shield(self._noting)

    async def begin(self, position: int) -> None:
        """Let a note that is under way end, whatever becomes of it, and go on from a position that is noted."""
        noting, self._noting = self._noting, None
        self._wanted = 0
        if noting is not None:
            await asyncio.gather(noting, return_exceptions=True)
        self._wanted = self._noted = position

    async def _note(self) -> None:
        while self._noted < (wanted := self._wanted):
            await self._store.mark_published(wanted, self._clock.now())
            self._noted = wanted
