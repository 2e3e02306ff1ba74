"""The real clock."""

import asyncio
import time
from datetime import UTC, datetime

from storyfold.ports import Clock


class SystemClock:
    """The machine's wall clock and its monotonic clock."""

    def now(self) -> datetime:
        """Wall clock, UTC, aware."""
        return datetime.now(UTC)  # noqa: TID251 - this is the edge that the rule points to

    def steady(self) -> float:
        """Seconds of the monotonic clock, the one the event loop goes by."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return after so many seconds."""
        await asyncio.sleep(seconds)


_fits: type[Clock] = SystemClock
