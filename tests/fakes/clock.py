"""A clock that moves only when told."""

import asyncio
from datetime import UTC, datetime, timedelta

from storyfold.ports import Clock


class ManualClock:
    """Time for tests: `now` and `steady` stand still until `advance`; sleepers wake when their time has come."""

    def __init__(self, now: datetime = datetime(2026, 1, 5, 12, tzinfo=UTC)) -> None:
        self._now = now
        self._steady = 0.0
        self._sleepers: list[tuple[float, asyncio.Event]] = []

    def now(self) -> datetime:
        return self._now

    def steady(self) -> float:
        return self._steady

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.Event()
        self._sleepers.append((self._steady + seconds, woken))
        await woken.wait()

    @property
    def sleepers(self) -> int:
        """How many are asleep."""
        return len(self._sleepers)

    async def advance(self, span: timedelta) -> None:
        """Let time pass, waking sleepers in the order of their times, and let the woken run."""
        target = self._steady + span.total_seconds()
        while due := [sleeper for sleeper in self._sleepers if sleeper[0] <= target]:
            earliest = min(due, key=lambda sleeper: sleeper[0])
            self._sleepers.remove(earliest)
            self._move(max(self._steady, earliest[0]))
            earliest[1].set()
            await settle()
        self._move(target)
        await settle()

    def jump(self, span: timedelta) -> None:
        """Set the wall clock forward or back; the steady clock does not notice."""
        self._now += span

    def _move(self, steady: float) -> None:
        self._now += timedelta(seconds=steady - self._steady)
        self._steady = steady


async def settle(rounds: int = 50) -> None:
    """Let every task that can run do so."""
    for _ in range(rounds):
        await asyncio.sleep(0)


_: type[Clock] = ManualClock
