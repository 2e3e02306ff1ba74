"""LocalHop: the way between stages that run in one process."""

import asyncio
from collections.abc import Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class LocalHop(Generic[T]):
    """A bounded queue; implements `storyfold.ports.Hop`.

    What is on it is lost with the process. The ledger still has it as waiting, and sends it again.

    Args:
        capacity: items on the way before `send` waits.
    """

    def __init__(self, capacity: int) -> None:
        self._queue: asyncio.Queue[T] = asyncio.Queue(capacity)

    async def send(self, items: Sequence[T]) -> None:
        """Put items on the way, waiting while it is full."""
        for item in items:
            await self._queue.put(item)

    def room(self) -> int:
        """How many items would be taken at once without waiting."""
        return self._queue.maxsize - self._queue.qsize()

    async def receive(self, limit: int) -> tuple[T, ...]:
        """At least one and at most `limit` items, waiting for the first."""
        items = [await self._queue.get()]
        while len(items) < limit and not self._queue.empty():
            items.append(self._queue.get_nowait())
        return tuple(items)

    def done(self, items: Sequence[T]) -> None:
        """Nothing to do: what is received has left the queue."""

    def position(self) -> int | None:
        """None: a queue has no positions."""
        return None

    def depth(self) -> int:
        """How many items are on the way."""
        return self._queue.qsize()
