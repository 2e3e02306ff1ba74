"""A hop in memory with a limit."""

import asyncio
from collections.abc import Sequence
from typing import Generic, TypeVar

from storyfold.ports import Hop

T = TypeVar("T")


class MemoryHop(Generic[T]):
    """Holds at most `size` items; `send` waits beyond that."""

    def __init__(self, size: int = 1000) -> None:
        self.items: list[T] = []
        self.size = size
        self.finished: list[T] = []
        self._changed = asyncio.Condition()

    async def send(self, items: Sequence[T]) -> None:
        for item in items:
            async with self._changed:
                await self._changed.wait_for(lambda: len(self.items) < self.size)
                self.items.append(item)
                self._changed.notify_all()

    def room(self) -> int:
        return max(0, self.size - len(self.items))

    async def receive(self, limit: int) -> tuple[T, ...]:
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.items) > 0)
            taken, self.items = tuple(self.items[:limit]), self.items[limit:]
            self._changed.notify_all()
            return taken

    def done(self, items: Sequence[T]) -> None:
        self.finished.extend(items)

    def position(self) -> int | None:
        return None

    def depth(self) -> int:
        return len(self.items)


_: type[Hop[int]] = MemoryHop[int]
