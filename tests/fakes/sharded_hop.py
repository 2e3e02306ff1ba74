"""A hop in memory that is divided into shards, and keeps all that was ever sent, as a topic does."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

from storyfold.model.outcomes import ReadOutcome
from storyfold.pipeline.shards import ShardedHop
from storyfold.ports import Hop

T = TypeVar("T")


class MemoryShards(Generic[T]):
    """What one process sees of it; `give` and `take_away` are the group's doing.

    Attributes:
        sent: by shard, for ever.
        finished: offsets that receivers were done with, by shard.
    """

    def __init__(self) -> None:
        self.sent: defaultdict[int, list[T]] = defaultdict(list)
        self.finished: defaultdict[int, list[T]] = defaultdict(list)
        self.arrived = asyncio.Condition()
        self._given: dict[int, int] = {}
        self._number = 0
        self._changed = asyncio.Event()

    def give(self, *shards: int) -> None:
        for shard in shards:
            self._number += 1
            self._given[shard] = self._number
        self._changed.set()

    def take_away(self, *shards: int) -> None:
        for shard in shards:
            del self._given[shard]
        self._changed.set()

    async def put(self, shard: int, *items: T) -> None:
        async with self.arrived:
            self.sent[shard].extend(items)
            self.arrived.notify_all()

    async def given(self, seconds: float) -> Mapping[int, int]:
        await self._changed.wait()
        self._changed.clear()
        return dict(self._given)

    def open(self, shard: int, position: int | None) -> Hop[T]:
        return _MemoryShard(self, shard, position or 0)


class _MemoryShard(Generic[T]):
    def __init__(self, shards: MemoryShards[T], shard: int, position: int) -> None:
        self._shards = shards
        self._shard = shard
        self._position = position

    async def send(self, items: Sequence[T]) -> None:
        await self._shards.put(self._shard, *items)

    def room(self) -> int:
        return 1000

    async def receive(self, limit: int) -> tuple[T, ...]:
        async with self._shards.arrived:
            await self._shards.arrived.wait_for(lambda: self.depth() > 0)
            items = tuple(self._shards.sent[self._shard][self._position : self._position + limit])
            self._position += len(items)
            return items

    def done(self, items: Sequence[T]) -> None:
        self._shards.finished[self._shard].extend(items)

    def position(self) -> int | None:
        return self._position

    def depth(self) -> int:
        return len(self._shards.sent[self._shard]) - self._position


_: type[ShardedHop] = MemoryShards[ReadOutcome]
