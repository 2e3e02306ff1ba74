"""Fold shards: a fold stage for each shard that this process is given, for as long as it is.

    given | claim in the store: epoch, position | receive from there | fold, in the epoch's name | taken away: let go

The group protocol of the hop gives shards to processes; the store's epoch makes sure. A process that lost a shard
without noticing (it was stopped, or cut off) finds its next commit refused, and lets go.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol, TypeVar

from storyfold.events.policy import FoldPolicy
from storyfold.model.metrics import Metric
from storyfold.model.outcomes import ReadOutcome
from storyfold.model.shards import Shard
from storyfold.pipeline.batch import Seat
from storyfold.pipeline.fold import FoldParts, FoldStage
from storyfold.ports import Hop, Meter, ShardTaken, StoreUnavailable

T = TypeVar("T")

logger = logging.getLogger(__name__)

# A shard that the group still calls ours after another took it is claimed again after this long: longer than a process
# that wakes up needs to learn from the group that it was given up.
RECLAIM_SECONDS = 5.0
PATIENCE_SECONDS = 1.0
# How long a look at what is given waits before it says that the stage still turns.
ROUND_SECONDS = 2.0


class ShardedHop(Protocol):
    """The hop to folding as the group protocol divides it."""

    async def given(self, seconds: float) -> Mapping[int, int]:
        """The shards that are this process's now, each with a number that changes when it is given anew.

        Returns when that has changed since the last call, or after so many seconds.
        """
        ...

    def open(self, shard: int, position: int | None) -> Hop[ReadOutcome]:
        """What comes for a given shard from a position on; None for all there is."""
        ...


@dataclass(frozen=True, slots=True)
class _Running:
    """A shard that is being folded.

    Attributes:
        given: the number under which it was given.
        task: that folds it.
    """

    given: int
    task: asyncio.Task[None]


class ShardsStage:
    """Folds the shards that are given to this process.

    Args:
        parts: the ports; hop and seat are made for each shard.
        hop: gives shards and what comes for them.
        policy: window and quiet time.
        shards: how many there are, here and elsewhere.
    """

    def __init__(self, parts: FoldParts, hop: ShardedHop, policy: FoldPolicy, shards: int) -> None:
        self._parts = parts
        self._hop = hop
        self._policy = policy
        self._shards = shards
        self._running: dict[int, _Running] = {}
        self._stages: dict[int, FoldStage] = {}
        self._gauges: dict[tuple[Metric, StrEnum | None], dict[int, float]] = {}
        self.last_round = parts.clock.steady()

    async def run(self) -> None:
        """Fold whatever is given, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self.last_round = self._parts.clock.steady()
                given = await self._hop.given(ROUND_SECONDS)
                for shard, running in tuple(self._running.items()):
                    if given.get(shard) != running.given:
                        await self._let_go(shard, running)
                for shard, number in given.items():
                    if shard not in self._running and shard < self._shards:
                        self._running[shard] = _Running(number, tasks.create_task(self._carry(shard)))

    def in_hand(self) -> int:
        """How many shards are deciding a batch."""
        return sum(stage.in_hand() for stage in self._stages.values())

    async def finished(self) -> None:
        """Return when no batch is being decided; what is still on the hop stays there."""
        while self.in_hand():
            await self._parts.clock.sleep(0.01)

    async def _let_go(self, shard: int, running: _Running) -> None:
        """Stop folding a shard; a commit that is under way counts, or is refused."""
        running.task.cancel()
        await asyncio.wait({running.task})
        del self._running[shard]
        for values in self._gauges.values():
            values.pop(shard, None)
        logger.info("fold shard %d is folded elsewhere now", shard)

    async def _carry(self, shard: int) -> None:
        """Fold one shard, claiming it anew where another process took it although it is given to this one."""
        parts = self._parts
        while True:
            claim = await self._patiently(lambda: parts.store.claim_shard(shard))
            logger.info("fold shard %d is folded here, from position %s on", shard, claim.position)
            seat = Seat(Shard(shard, self._shards), claim.epoch)
            hop = self._hop.open(shard, claim.position)
            meter = _ShardMeter(parts.meter, shard, self._gauges)
            stage = FoldStage(replace(parts, outcomes=hop, meter=meter, seat=seat), self._policy)
            self._stages[shard] = stage
            try:
                await stage.run()
            except* ShardTaken as taken:
                logger.warning("letting go, nothing was written: %s", taken.exceptions[0])
            finally:
                del self._stages[shard]
            await parts.clock.sleep(RECLAIM_SECONDS)

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                return await ask()
            except StoreUnavailable as error:
                logger.warning("a fold shard waits for the store: %s", error)
                await self._parts.clock.sleep(PATIENCE_SECONDS)


class _ShardMeter:
    """Adds up the gauges of the shards that one process folds."""

    def __init__(self, meter: Meter, shard: int, gauges: dict[tuple[Metric, StrEnum | None], dict[int, float]]) -> None:
        self._meter = meter
        self._shard = shard
        self._gauges = gauges
        self.count, self.observe, self.observe_many = meter.count, meter.observe, meter.observe_many

    def gauge(self, metric: Metric, value: float, label: StrEnum | None = None) -> None:
        """Set this shard's part of a gauge."""
        values = self._gauges.setdefault((metric, label), {})
        values[self._shard] = value
        self._meter.gauge(metric, sum(values.values()), label)
