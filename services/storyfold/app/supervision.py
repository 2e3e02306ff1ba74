"""Supervision: the stages as tasks, their failure, and their stop in order.

A stage runs until it is told to stop. One that ends by itself, with an error or without, is a defect: the others are
stopped in order and the error goes on to the caller. What stops when: first what brings work in, then reading, then
folding, then publishing, so that what is in hand still reaches Kafka where a few seconds are enough for it.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Staged:
    """A stage for the supervisor.

    Attributes:
        name: for logs.
        run: what it does until it is cancelled.
        wind_down: asks it to finish what it has in hand, and returns when it has; None to cancel at once.
        patience: seconds that winding down may take.
    """

    name: str
    run: Callable[[], Coroutine[Any, Any, None]]
    wind_down: Callable[[], Awaitable[None]] | None = None
    patience: float = 0.0


class StageEnded(Exception):
    """A stage returned although nobody asked it to."""


async def supervise(stages: Sequence[Staged], stop: asyncio.Event) -> None:
    """Run stages until told to stop, then stop them in the order given.

    Args:
        stages: first the ones that stop first.
        stop: set to end the run.

    Raises:
        Exception: whatever ended a stage before it was told to stop.
    """
    tasks = {stage.name: asyncio.create_task(stage.run(), name=stage.name) for stage in stages}
    told = asyncio.create_task(stop.wait(), name="stop")
    try:
        done, _ = await asyncio.wait([*tasks.values(), told], return_when=asyncio.FIRST_COMPLETED)
        failed = [task for task in done if task is not told]
        for stage in stages:
            await _stop(stage, tasks[stage.name])
        for task in failed:
            error = None if task.cancelled() else task.exception()
            if error is not None:
                raise _cause(error)
            raise StageEnded(f"the {task.get_name()} stage ended by itself")
    finally:
        told.cancel()
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)


def _cause(error: BaseException) -> BaseException:
    """What a stage failed of: the first error of a group, since stages run their work in task groups."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


async def _stop(stage: Staged, task: asyncio.Task[None]) -> None:
    """Wind one stage down, then cancel it."""
    if not task.done() and stage.wind_down is not None:
        try:
            await asyncio.wait_for(stage.wind_down(), stage.patience)
        except TimeoutError:
            logger.info("%s: not everything in hand was finished in time; it stays in the store", stage.name)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.wait({task})
