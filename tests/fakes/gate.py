"""A gate that lets everybody through and remembers what it was told."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta

from storyfold.ports import Gate


class OpenGate:
    """Never makes anyone wait.

    Args:
        robots: what `allowed` answers by URL; everything else is allowed.
    """

    def __init__(self, robots: dict[str, bool | None] | None = None) -> None:
        self.robots = robots or {}
        self.waits: dict[str, timedelta] = {}
        self.slots: list[tuple[str, bool]] = []
        self.held_off: list[tuple[str, datetime]] = []
        self.inside = 0
        self.most_inside = 0

    def slot(self, url: str, *, paced: bool) -> AbstractAsyncContextManager[None]:
        return self._slot(url, paced=paced)

    @asynccontextmanager
    async def _slot(self, url: str, *, paced: bool) -> AsyncIterator[None]:
        self.slots.append((url, paced))
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        try:
            yield
        finally:
            self.inside -= 1

    def hold_off(self, url: str, until: datetime) -> None:
        self.held_off.append((url, until))

    def wait_of(self, url: str) -> timedelta:
        return self.waits.get(url, timedelta(0))

    async def allowed(self, url: str) -> bool | None:
        return self.robots.get(url, True)


_: type[Gate] = OpenGate
