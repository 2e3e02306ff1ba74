"""Worker processes that can be lost: each has a deadline, limits of memory and CPU and a short life, and dies alone.

    idle worker | pickled task → its socket | deadline | its socket → pickled result | idle again, replaced, or killed

Workers share nothing: each has a socket of its own to the program, and whatever happens to one (killed, out of memory,
stuck in C code) is an end of file on that socket. Tasks are handed over and results taken by the event loop itself; no
thread stands in between. A task is handed to a worker that has said that it is ready, so its deadline counts from the
start of work.

Workers are forked from a server that has imported what they need (``forkserver``): a fresh one is ready in milliseconds
and shares the libraries' memory with its sisters.
"""

import asyncio
import contextlib
import logging
import multiprocessing
import os
import pickle
import socket
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any, Final, TypeVar

from storyfold.edges.worker_process import OUT_OF_MEMORY, Failed, begin_work
from storyfold.ports import WorkerDied, WorkerHung

logger = logging.getLogger(__name__)

A = TypeVar("A")
R = TypeVar("R")

_SIZE: Final = struct.Struct("!I")
# Read at a time: a result is a few kB, seldom more than this.
_BUFFER: Final = 1 << 18
# How long a worker that has closed its socket may take to be gone.
_DEATH_SECONDS: Final = 2.0
# Between two tries to start a worker, where the machine has no room for one.
_RETRY_SECONDS: Final = 1.0


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


@dataclass(slots=True)
class _Worker:
    """One process, and the socket to it."""

    process: BaseProcess
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    tasks: int = 0

    async def ask(self, message: bytes) -> Any:
        """Hand over a message and wait for what comes back.

        Raises:
            EOFError, OSError: the worker is gone.
        """
        self.writer.write(_SIZE.pack(len(message)))
        self.writer.write(message)
        self.tasks += 1
        return await self.answer()

    async def answer(self) -> Any:
        """Wait for what the worker says next."""
        (size,) = _SIZE.unpack(await self.reader.readexactly(_SIZE.size))
        return pickle.loads(await self.reader.readexactly(size))  # noqa: S301 - from a process of our own

    def kill(self) -> None:
        """End it at once, whatever it does."""
        self.writer.transport.abort()
        with contextlib.suppress(ProcessLookupError, AttributeError):
            self.process.kill()

    def dismiss(self) -> None:
        """Let it end by itself: there is no more work for it."""
        self.writer.close()

    async def exit_status(self) -> int | None:
        """How it ended."""
        await asyncio.to_thread(self.process.join, _DEATH_SECONDS)
        return self.process.exitcode


@dataclass(slots=True)
class _Hands:
    """Who is there: workers without work, all workers, and those that are being started."""

    idle: asyncio.Queue[_Worker | None] = field(default_factory=asyncio.Queue)
    all: dict[int, _Worker] = field(default_factory=dict)
    starting: set[asyncio.Task[None]] = field(default_factory=set)


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
        self._hands = _Hands()
        self._started = False
        self._closed = False

    async def run(self, task: Callable[[A], R], argument: A) -> R:
        """Run a task in a worker, waiting for one that is idle.

        Args:
            task: a function of a module, which workers can import.
            argument: is pickled, as is the result.

        Raises:
            WorkerHung: the deadline passed and the worker was killed.
            WorkerDied: the worker crashed, ran out of memory, or the task raised what it should not.
        """
        seconds = self._limits.deadline.total_seconds()
        message = pickle.dumps((task, argument, seconds), pickle.HIGHEST_PROTOCOL)
        worker = await self._idle()
        try:
            async with asyncio.timeout(seconds):
                result = await worker.ask(message)
        except TimeoutError as late:
            self._lose(worker)
            raise WorkerHung(f"the worker was killed after its deadline of {seconds:g} s") from late
        except (EOFError, OSError, pickle.UnpicklingError) as gone:
            status = await worker.exit_status()
            self._lose(worker)
            reason = "ran out of memory" if status == OUT_OF_MEMORY else f"died (exit status {status})"
            raise WorkerDied(f"the worker {reason}; another has taken its place") from gone
        except BaseException:
            # Cancelled: what it works on is nobody's any more.
            self._lose(worker)
            raise
        self._give_back(worker)
        if isinstance(result, Failed):
            raise WorkerDied(f"a worker's task failed where it never should; this is a bug in it:\n{result.report}")
        return result  # type: ignore[no-any-return] # what the task returns, unpickled

    async def close(self) -> None:
        """Stop the processes at once, tasks in hand included; safe to call more than once."""
        self._closed = True
        for task in self._hands.starting:
            task.cancel()
        await asyncio.gather(*self._hands.starting, return_exceptions=True)
        workers = tuple(self._hands.all.values())
        self._hands.all.clear()
        for worker in workers:
            worker.kill()
        self._hands.idle.put_nowait(None)
        await asyncio.gather(*(worker.exit_status() for worker in workers))

    # -- who is there -------------------------------------------------------------------------------------------------

    async def _idle(self) -> _Worker:
        """Wait for a worker that is alive and has no work."""
        if not self._started and not self._closed:
            self._started = True
            for _ in range(self.size):
                self._start()
        while True:
            worker = await self._hands.idle.get()
            if worker is None:
                self._hands.idle.put_nowait(None)  # for the next who asks
                raise WorkerDied("the workers have been stopped")
            if not worker.reader.at_eof():
                return worker
            self._lose(worker)  # killed while it had nothing to do

    def _give_back(self, worker: _Worker) -> None:
        if self._closed:
            worker.kill()
        elif worker.tasks >= self._limits.tasks:
            self._hands.all.pop(id(worker), None)
            worker.dismiss()
            self._start()
        else:
            self._hands.idle.put_nowait(worker)

    def _lose(self, worker: _Worker) -> None:
        self._hands.all.pop(id(worker), None)
        worker.kill()
        self._start()

    def _start(self) -> None:
        """Start one worker in the background; it is idle once it says that it is ready."""
        if self._closed:
            return
        starting = asyncio.get_running_loop().create_task(self._bring(), name="starting a worker")
        self._hands.starting.add(starting)
        starting.add_done_callback(self._hands.starting.discard)

    async def _bring(self) -> None:
        while True:
            worker = await self._forked()
            self._hands.all[id(worker)] = worker
            try:
                await worker.answer()
            except (EOFError, OSError):
                self._hands.all.pop(id(worker), None)
                worker.kill()
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            self._hands.idle.put_nowait(worker)
            return

    async def _forked(self) -> _Worker:
        while True:
            ours, theirs = socket.socketpair()
            process: BaseProcess = self._context.Process(  # type: ignore[attr-defined] # every context has it
                target=begin_work, args=(theirs, self._limits.memory_mib), name="storyfold worker", daemon=True
            )
            try:
                # In a thread: the fork server may have to import its libraries first. A start cannot be broken off
                # half-way; one that nobody waits for any more finds its socket closed and ends by itself.
                await asyncio.to_thread(_begin, process, theirs)
            except (OSError, EOFError) as error:
                logger.warning("a worker cannot be started, trying again: %s", error)
                ours.close()
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            except asyncio.CancelledError:
                ours.close()
                raise
            reader, writer = await asyncio.open_connection(sock=ours, limit=_BUFFER)
            return _Worker(process, reader, writer)


def _begin(process: BaseProcess, theirs: socket.socket) -> None:
    """Start a process that has been given a socket; the program's copy of it is closed in any case."""
    with theirs:
        process.start()


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
