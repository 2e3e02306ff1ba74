"""A clock that stands still until it is told to move."""

from datetime import UTC, datetime, timedelta

from storyfold.ports import Clock


class FrozenClock:
    """Wall and steady clock of a test; sleeping moves both."""

    def __init__(self, at: datetime = datetime(2026, 3, 4, 12, tzinfo=UTC)) -> None:
        self._at = at
        self._steady = 1000.0

    def now(self) -> datetime:
        return self._at

    def steady(self) -> float:
        return self._steady

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self._at += timedelta(seconds=seconds)
        self._steady += seconds


_fits: type[Clock] = FrozenClock
