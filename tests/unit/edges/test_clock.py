import asyncio
from datetime import UTC, timedelta

from storyfold.edges.clock import SystemClock


def test_the_real_clock_is_aware_and_never_runs_back() -> None:
    """Wall time is UTC, steady time passes while sleeping, and the two agree roughly."""
    clock = SystemClock()
    wall, steady = clock.now(), clock.steady()
    asyncio.run(clock.sleep(0.001))

    assert wall.tzinfo is UTC
    assert clock.steady() - steady >= 0.001
    assert timedelta() <= clock.now() - wall < timedelta(minutes=1)
