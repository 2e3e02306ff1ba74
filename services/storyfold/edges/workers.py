"""Worker processes that can be lost: each has a deadline, a memory limit and a short life, and dies alone.

One pebble pool of a single worker stands behind each slot, so that workers share no pipe and no lock: whatever happens
to one (killed while it holds its pipe's lock, out of memory, stuck in C code) is mended by throwing that one pool
away. A task is handed to a slot only when its worker is idle, so its deadline counts from the start of work.

Workers are forked from a server that has imported what they need (``forkserver``): a fresh one is ready in milliseconds
and shares the libraries' memory with its sisters.
"""

import asyncio
import ctypes
import math
import multiprocessing
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from concurrent.futures import TimeoutError as TaskTimeout
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import forkserver
from multiprocessing.context import BaseContext
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessPool

from storyfold.ports import WorkerDied, WorkerHung

A = TypeVar("A")
R = TypeVar("R")

_PR_SET_PDEATHSIG = 1
# How long after its deadline a task may take to be killed by pebble, before the whole slot is thrown away. Pebble looks
# every 0.1 s, by the wall clock; this backstop runs by the steady one. A fresh worker may have to import its libraries.
_GRACE = timedelta(seconds=10)
# Exit status of a worker that ran out of memory: nothing else uses it.
_OUT_OF_MEMORY = 77


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """What a worker may use.

    Attributes:
        deadline: one task; the worker is killed behind it.
        memory_mib: address space beyond what the libraries take.
        tasks: after so many the worker is replaced, for leaks in C libraries.
    """

    deadline: timedelta
    memory_mib: int
    tasks: int = 1000


@dataclass(frozen=True, slots=True)
class _Failed:
    """A task that raised, as the worker tells it."""

    report: str


class WorkerPool:
    """A fixed number of worker processes.

    Attributes:
        size: how many.
    """

    def __init__(self, size: int, limits: WorkerLimits, preload: tuple[str, ...] = ()) -> None:
        """Prepare; processes start with the first task.

        Args:
            size: workers; 0 for one a core.
            limits: of each.
            preload: modules that the fork server imports, named, so that this process need not.
        """
        self.size = size or _cores()
        self._limits = limits
        self._context = _fork_server(preload)
        self._idle: asyncio.Queue[ProcessPool] = asyncio.Queue()
        self._all: set[ProcessPool] = set()
        self._closed = False
        for _ in range(self.size):
            self._idle.put_nowait(self._slot())

    async def run(self, task: Callable[[A], R], argument: A) -> R:
        """Run a task in a worker, waiting for one that is idle.

        Args:
            task: a function of a module, which workers can import.
            argument: is pickled, as is the result.

        Raises:
            WorkerHung: the deadline passed and the worker was killed.
            WorkerDied: the worker crashed, ran out of memory, or the task raised what it should not.
        """
        slot = await self._idle.get()
        sound = False
        try:
            result = await self._run_in(slot, task, argument)
            sound = True
        except (WorkerHung, WorkerDied) as failure:
            sound = not isinstance(failure.__cause__, BrokenExecutor | RuntimeError | asyncio.TimeoutError)
            raise
        except asyncio.CancelledError:
            # Pebble kills the worker of a cancelled task; the slot goes on with a fresh one.
            sound = True
            raise
        finally:
            self._idle.put_nowait(slot if sound or self._closed else self._replaced(slot))
        if isinstance(result, _Failed):
            raise WorkerDied(f"a worker's task failed where it never should; this is a bug in it:\n{result.report}")
        return result

    async def close(self) -> None:
        """Stop the processes at once, tasks in hand included; safe to call more than once."""
        self._closed = True
        pools = tuple(self._all)
        self._all.clear()
        await asyncio.gather(*(asyncio.to_thread(_stop, pool) for pool in pools))

    async def _run_in(self, slot: ProcessPool, task: Callable[[A], R], argument: A) -> R | _Failed:
        seconds = self._limits.deadline.total_seconds()
        try:
            future = slot.schedule(_entry, args=(task, argument, seconds), timeout=seconds)
            async with asyncio.timeout(seconds + _GRACE.total_seconds()):
                result: R | _Failed = await asyncio.wrap_future(future)
                return result
        except ProcessExpired as died:
            reason = "ran out of memory" if died.exitcode == _OUT_OF_MEMORY else f"died (exit status {died.exitcode})"
            raise WorkerDied(f"the worker {reason}; another has taken its place") from died
        except (TimeoutError, TaskTimeout) as late:
            raise WorkerHung(f"the worker was killed after its deadline of {seconds:g} s") from late
        except (BrokenExecutor, RuntimeError) as broken:
            raise WorkerDied("the worker had died before it was given work; another has taken its place") from broken

    def _slot(self) -> ProcessPool:
        pool = ProcessPool(
            max_workers=1,
            max_tasks=self._limits.tasks,
            initializer=_begin,
            initargs=(self._limits.memory_mib,),
            context=self._context,
        )
        self._all.add(pool)
        return pool

    def _replaced(self, slot: ProcessPool) -> ProcessPool:
        self._all.discard(slot)
        asyncio.get_running_loop().run_in_executor(None, _stop, slot)
        return self._slot()


def _stop(pool: ProcessPool) -> None:
    pool.stop()
    pool.join()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _fork_server(preload: tuple[str, ...]) -> BaseContext:
    """The way workers are started; the server is one for the process, and imports what the first pools name."""
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    _PRELOADED.update(dict.fromkeys(preload))
    context.set_forkserver_preload(list(_PRELOADED))
    return context


_PRELOADED: dict[str, None] = {}


def _begin(memory_mib: int) -> None:
    """Set a worker's limits, in the worker."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # dies at once, even inside C code
    _let_the_server_go()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == 1:
            os._exit(0)  # the server died before it could be watched
        with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - one read in a process about to lose its memory
            taken = int(statm.read().split()[0]) * resource.getpagesize()
        limit = taken + memory_mib * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _let_the_server_go() -> None:
    """Drop the worker's hold on the fork server, which lives while anyone holds it; its death ends the workers."""
    server = getattr(forkserver, "_forkserver", None)
    held = getattr(
        server, "_forkserver_alive_fd", None
    )  # no public way: CPython gives it to all, to fork in their turn
    if held is not None:
        os.close(held)


def _entry(task: Callable[[Any], Any], argument: Any, seconds: float) -> Any:
    """Run one task in the worker: the place where anything may be raised."""
    _limit_cpu(2 * seconds)
    try:
        return task(argument)
    except MemoryError:
        os._exit(_OUT_OF_MEMORY)
    except Exception:  # noqa: BLE001 - a worker's entry: what a task raises is told, not lost
        return _Failed(traceback.format_exc(limit=20))


def _limit_cpu(seconds: float) -> None:
    """Let the kernel end a task that its parent cannot: a soft limit some seconds of CPU ahead."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used.ru_utime + used.ru_stime + seconds) + 1, hard))
