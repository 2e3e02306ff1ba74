"""The release clock: maps real time to the time of the plan, at any pace, and can be held."""

import time
from datetime import UTC, datetime, timedelta


def real_now() -> float:
    """Return seconds since the epoch."""
    return time.time()  # noqa: TID251 - this is the edge of newsroom: the only place that looks at the clock


def begin(real: float, span: timedelta, scale: float) -> datetime:
    """Return where a plan must start so that no published date ever lies in the future.

    A plan of three days at scale 2160 runs for two minutes; it starts three days before the end of the run,
    so that plan time and real time meet when the last article appears. At scale 1 it starts now.
    """
    run = span.total_seconds() / scale
    return datetime.fromtimestamp(real + run, UTC) - span


class ReleaseClock:
    """Plan time as a function of real time.

    Args:
        start: First moment of the plan.
        real: When the clock starts, seconds since the epoch.
        scale: Seconds of the plan in a real second.
    """

    def __init__(self, start: datetime, real: float, scale: float) -> None:
        self._plan = start
        self._real = real
        self._scale = scale
        self._held = False

    @property
    def held(self) -> bool:
        """Whether the clock stands still."""
        return self._held

    def plan_time(self, real: float) -> datetime:
        """Return the moment of the plan at a real moment."""
        if self._held:
            return self._plan
        return self._plan + timedelta(seconds=max(0.0, real - self._real) * self._scale)

    def real_time(self, plan: datetime) -> float:
        """Return when a moment of the plan is or was reached, as things stand since the last pause."""
        return self._real + max(0.0, (plan - self._plan).total_seconds()) / self._scale

    def hold(self, real: float) -> None:
        """Stop the clock."""
        self._plan = self.plan_time(real)
        self._real = real
        self._held = True

    def go_on(self, real: float) -> None:
        """Let the clock run again from where it stands."""
        if self._held:
            self._real = real
            self._held = False
