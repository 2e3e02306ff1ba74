"""What runs inside a worker process: its limits, and the loop that takes tasks from its socket and gives results back.

A worker reads hostile input. It may use so much memory and CPU, opens no connection and starts no program; when the
program that it works for is gone, so is it.
"""

import ctypes
import gc
import math
import os
import pickle
import resource
import signal
import socket
import struct
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import forkserver
from typing import Any, BinaryIO, Final, cast

# Exit status of a worker that ran out of memory: nothing else uses it.
OUT_OF_MEMORY: Final = 77

# Objects made before a collection: pages are freed by reference counts, and collecting every 700 took 6 % of the
# time of a page.
_COLLECTED_EVERY: Final = 50_000
_SIZE: Final = struct.Struct("!I")
_PR_SET_PDEATHSIG: Final = 1
# What parsing a page has no business with; see https://docs.python.org/3/library/audit_events.html.
_FORBIDDEN: Final = frozenset(
    {
        "socket.connect",
        "socket.bind",
        "socket.getaddrinfo",
        "socket.gethostbyname",
        "subprocess.Popen",
        "os.exec",
        "os.posix_spawn",
        "os.spawn",
        "os.system",
        "os.fork",
        "os.forkpty",
    }
)


@dataclass(frozen=True, slots=True)
class Failed:
    """A task that raised, as the worker tells it."""

    report: str


def begin_work(connection: socket.socket, memory_mib: int) -> None:
    """Work for whoever holds the other end of a socket, until it is closed.

    Args:
        connection: gives tasks, takes results: each pickled, behind its length.
        memory_mib: address space beyond what is taken already.
    """
    _set_limits(memory_mib)
    gc.set_threshold(_COLLECTED_EVERY, 10, 10)
    sys.addaudithook(_forbid)
    asked = cast("BinaryIO", connection.makefile("rb", buffering=1 << 20))
    _tell(connection, None)  # ready
    while (message := _next(asked)) is not None:
        try:
            task, argument, seconds = pickle.loads(message)  # noqa: S301 - from the program that started this process
            _limit_cpu(2 * seconds)
            answer = _done(task, argument)
            _tell(connection, answer)
        except MemoryError:
            os._exit(OUT_OF_MEMORY)
    os._exit(0)


def _done(task: Callable[[Any], Any], argument: Any) -> Any:
    """Run one task: the place where anything may be raised."""
    try:
        return task(argument)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - a worker's entry: what a task raises is told, not lost
        return Failed(traceback.format_exc(limit=20))


def _next(asked: BinaryIO) -> bytes | None:
    """The next task; None where whoever asks has gone, also by a kill amid an answer of ours."""
    try:
        head = asked.read(_SIZE.size)
        if len(head) < _SIZE.size:
            return None
        (size,) = _SIZE.unpack(head)
        message = asked.read(size)
    except ConnectionError:
        return None
    return message if len(message) == size else None


def _tell(connection: socket.socket, value: Any) -> None:
    try:
        answer = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - a result that cannot be pickled is told as a failure of its task
        answer = pickle.dumps(Failed(traceback.format_exc(limit=20)), pickle.HIGHEST_PROTOCOL)
    try:
        connection.sendall(_SIZE.pack(len(answer)) + answer)
    except OSError:
        os._exit(0)  # nobody is there any more


def _set_limits(memory_mib: int) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # dies at once, even inside C code
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program
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


def _limit_cpu(seconds: float) -> None:
    """Let the kernel end a task that the program cannot: a soft limit some seconds of CPU ahead."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used.ru_utime + used.ru_stime + seconds) + 1, hard))


def _forbid(event: str, _: tuple[Any, ...]) -> None:
    if event in _FORBIDDEN:
        raise PermissionError(f"a worker does not do this: {event}")


def _let_the_server_go() -> None:
    """Drop the worker's hold on the fork server, which lives while anyone holds it; its death ends the workers."""
    server = getattr(forkserver, "_forkserver", None)
    # No public way: CPython gives it to all, so that they can fork in their turn.
    held = getattr(server, "_forkserver_alive_fd", None)
    if held is not None:
        os.close(held)
