"""Stages run until told to stop, and stop in order."""

import asyncio

import pytest

from storyfold.app.supervision import Staged, StageEnded, supervise
from storyfold.ports import StoreBroken


async def _forever() -> None:
    await asyncio.Event().wait()


def test_stops_in_the_order_given() -> None:
    """The first stage is wound down and ended before the second is asked."""
    told: list[str] = []

    async def scenario() -> None:
        async def wind_down(name: str) -> None:
            told.append(name)

        stages = [
            Staged(name, _forever, wind_down=lambda name=name: wind_down(name), patience=1) for name in ("a", "b", "c")
        ]
        stop = asyncio.Event()
        asyncio.get_running_loop().call_soon(stop.set)
        await supervise(stages, stop)

    asyncio.run(scenario())
    assert ["a", "b", "c"] == told


def test_a_stage_that_fails_stops_the_others_and_is_heard() -> None:
    """A defect in one stage ends the run with its error, after the others were wound down."""
    told: list[str] = []

    async def scenario() -> None:
        async def fail() -> None:
            raise LookupError("a defect")

        async def wind_down() -> None:
            told.append("other")

        await supervise([Staged("bad", fail), Staged("other", _forever, wind_down, 1)], asyncio.Event())

    with pytest.raises(LookupError, match="a defect"):
        asyncio.run(scenario())
    assert ["other"] == told


def test_a_stage_that_just_returns_is_a_defect() -> None:
    """Stages do not end by themselves."""

    async def scenario() -> None:
        async def done() -> None:
            return

        await supervise([Staged("short", done)], asyncio.Event())

    with pytest.raises(StageEnded, match="short"):
        asyncio.run(scenario())


def test_patience_ends() -> None:
    """A stage that does not wind down in time is cancelled, and the rest still stop."""
    cancelled: list[bool] = []

    async def scenario() -> None:
        async def stubborn() -> None:
            try:
                await _forever()
            except asyncio.CancelledError:
                cancelled.append(True)
                raise

        stop = asyncio.Event()
        asyncio.get_running_loop().call_soon(stop.set)
        await supervise([Staged("stubborn", stubborn, _forever, 0.01)], stop)

    asyncio.run(scenario())
    assert [True] == cancelled


def test_the_error_inside_a_task_group_is_what_is_told() -> None:
    """A stage that works in task groups fails with the error itself, which has a message for people."""

    async def scenario() -> None:
        async def fail() -> None:
            raise StoreBroken("the store is read-only")

        async def grouped() -> None:
            async with asyncio.TaskGroup() as outer, asyncio.TaskGroup() as inner:
                inner.create_task(fail())
                outer.create_task(_forever())

        await supervise([Staged("grouped", grouped)], asyncio.Event())

    with pytest.raises(StoreBroken, match="the store is read-only"):
        asyncio.run(scenario())
