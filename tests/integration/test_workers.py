"""Worker processes that hang, die and hog, for real."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from storyfold.edges.workers import WorkerLimits, WorkerPool
from storyfold.ports import WorkerDied, WorkerHung
from tests.integration import worker_tasks as tasks

REPOSITORY = Path(__file__).resolve().parents[2]


@asynccontextmanager
async def workers(
    size: int = 1, deadline: float = 20, memory_mib: int = 512, tasks: int = 1000
) -> AsyncIterator[WorkerPool]:
    pool = WorkerPool(size, WorkerLimits(timedelta(seconds=deadline), memory_mib, tasks))
    try:
        yield pool
    finally:
        await pool.close()


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(60):
            await scenario()

    asyncio.run(bounded())


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


async def gone(pid: int, within: float) -> bool:
    until = time.monotonic() + within
    while alive(pid) and time.monotonic() < until:
        await asyncio.sleep(0.05)
    return not alive(pid)


def test_a_task_runs_in_another_process() -> None:
    """The result comes back, and not from this process."""

    async def scenario() -> None:
        async with workers() as pool:
            assert await pool.run(tasks.double, 21) == 42
            assert await pool.run(tasks.process_id, None) != os.getpid()

    run(scenario)


@pytest.mark.parametrize("task", [tasks.spin, tasks.spin_in_c, tasks.ignore_terminate_and_hang])
def test_a_hung_worker_is_killed_at_the_deadline(task: Callable[[object], None]) -> None:
    """What never ends is ended soon after its deadline, and the next task finds a worker."""

    async def scenario() -> None:
        async with workers(deadline=4) as pool:
            await pool.run(tasks.double, 1)
            started = time.monotonic()
            with pytest.raises(WorkerHung, match="deadline of 4 s"):
                await pool.run(task, None)
            assert 3.9 <= time.monotonic() - started < 9
            assert await pool.run(tasks.double, 2) == 4

    run(scenario)


@pytest.mark.parametrize(
    ("task", "argument", "says"),
    [
        (tasks.exit_at_once, 3, "exit status 3"),
        (tasks.exit_at_once, 0, "died"),
        (tasks.crash, None, "exit status -11"),
        (tasks.hog_memory, 2000, "ran out of memory"),
        (tasks.grow_for_ever, None, "ran out of memory"),
        (tasks.give_what_cannot_travel, None, "pickle"),
        (tasks.open_connection, ("127.0.0.1", 9), "does not do this: socket.connect"),
        (tasks.start_program, "true", "does not do this: subprocess.Popen"),
        (tasks.fail, "no such thing", "no such thing"),
    ],
)
def test_a_dead_worker_is_told_and_replaced(task: Callable[[object], object], argument: object, says: str) -> None:
    """A worker that exits, crashes, hogs or raises ends its own task only, with the reason."""

    async def scenario() -> None:
        async with workers(deadline=20, memory_mib=512) as pool:
            with pytest.raises((WorkerDied, WorkerHung), match=says if argument != 0 else "deadline|died"):
                await pool.run(task, argument)
            assert await pool.run(tasks.double, 2) == 4

    run(scenario)


def test_memory_below_the_limit_is_given() -> None:
    """A worker may use what it is allowed."""

    async def scenario() -> None:
        async with workers(memory_mib=512) as pool:
            assert await pool.run(tasks.hog_memory, 300) == 300 * 1024 * 1024

    run(scenario)


def test_other_tasks_in_flight_are_unharmed() -> None:
    """While one worker hangs and one dies, their sister's work goes on."""

    async def scenario() -> None:
        async with workers(size=3, deadline=5) as pool:
            results = await asyncio.gather(
                pool.run(tasks.spin, None),
                pool.run(tasks.exit_at_once, 9),
                *(pool.run(tasks.sleep_then_double, (0.05, number)) for number in range(30)),
                return_exceptions=True,
            )
            assert isinstance(results[0], WorkerHung)
            assert isinstance(results[1], WorkerDied)
            assert results[2:] == [2 * number for number in range(30)]

    run(scenario)


def test_a_page_that_kills_its_worker_takes_no_other_down() -> None:
    """Among many tasks on two workers some crash, hog or exit: they alone fail, and every other gives its result."""

    async def scenario() -> None:
        async with workers(size=2, deadline=20) as pool:
            bad = [pool.run(tasks.crash, None), pool.run(tasks.hog_memory, 2000), pool.run(tasks.exit_at_once, 1)]
            good = [pool.run(tasks.sleep_then_double, (0.01, number)) for number in range(40)]
            results = await asyncio.gather(*good[:20], *bad, *good[20:], return_exceptions=True)
            assert [2 * number for number in range(40)] == [*results[:20], *results[23:]]
            assert all(isinstance(each, WorkerDied) for each in results[20:23])

    run(scenario)


def test_the_kernel_ends_a_worker_whose_program_cannot() -> None:
    """With the program stopped, a task that spins is out of CPU soon after twice its deadline."""

    async def scenario() -> None:
        async with workers(deadline=1) as pool:
            worker = await pool.run(tasks.process_id, None)
            job = asyncio.create_task(pool.run(tasks.spin, None))
            await asyncio.sleep(0.2)
            # Nothing of the program runs until the worker is gone: no deadline of its own can have ended it.
            until = time.monotonic() + 50
            while alive(worker) and time.monotonic() < until:
                time.sleep(0.05)
            assert not alive(worker)
            with pytest.raises((WorkerDied, WorkerHung)):
                await job

    run(scenario)


def test_a_pool_that_was_closed_says_so() -> None:
    """Whoever waits for a worker, or asks for one later, is told."""

    async def scenario() -> None:
        pool = WorkerPool(1, WorkerLimits(timedelta(seconds=60), 512))
        await pool.run(tasks.double, 1)
        busy = asyncio.create_task(pool.run(tasks.spin, None))
        waiting = asyncio.create_task(pool.run(tasks.double, 2))
        await asyncio.sleep(0.2)
        await pool.close()
        results = await asyncio.gather(busy, waiting, pool.run(tasks.double, 3), return_exceptions=True)
        assert [WorkerDied] * 3 == [type(each) for each in results]

    run(scenario)


def test_the_deadline_counts_from_the_start_of_work() -> None:
    """Tasks that wait for a worker longer than the deadline are not hung."""

    async def scenario() -> None:
        async with workers(size=1, deadline=4) as pool:
            jobs = [pool.run(tasks.sleep_then_double, (0.6, number)) for number in range(10)]
            assert await asyncio.gather(*jobs) == [2 * number for number in range(10)]

    run(scenario)


def test_a_worker_killed_while_idle_is_replaced() -> None:
    """The kernel may kill a worker between tasks; the next task is at worst told so, the one after runs."""

    async def scenario() -> None:
        async with workers() as pool:
            victim = await pool.run(tasks.process_id, None)
            os.kill(victim, signal.SIGKILL)
            assert await gone(victim, 5)
            await asyncio.sleep(0.3)
            try:
                assert await pool.run(tasks.double, 2) == 4
            except WorkerDied:
                assert await pool.run(tasks.double, 2) == 4

    run(scenario)


def test_workers_are_replaced_after_their_number_of_tasks() -> None:
    """A worker does so many tasks and no more."""

    async def scenario() -> None:
        async with workers(tasks=3) as pool:
            seen = [await pool.run(tasks.process_id, None) for _ in range(7)]
            assert [len(set(seen[:3])), len(set(seen[3:6])), len(set(seen))] == [1, 1, 3]

    run(scenario)


def test_a_cancelled_task_frees_its_slot() -> None:
    """Who cancels a task does not lose the worker's slot."""

    async def scenario() -> None:
        async with workers(deadline=30) as pool:
            job = asyncio.create_task(pool.run(tasks.hang, 30))
            await asyncio.sleep(0.5)
            job.cancel()
            with pytest.raises(asyncio.CancelledError):
                await job
            async with asyncio.timeout(5):
                assert await pool.run(tasks.double, 2) == 4

    run(scenario)


def test_close_stops_processes_promptly() -> None:
    """Closing waits for nobody, and closing twice is nothing."""

    async def scenario() -> None:
        pool = WorkerPool(2, WorkerLimits(timedelta(seconds=60), 512))
        worker = await pool.run(tasks.process_id, None)
        job = asyncio.create_task(pool.run(tasks.spin, None))
        await asyncio.sleep(0.5)
        started = time.monotonic()
        await pool.close()
        await pool.close()
        assert time.monotonic() - started < 3
        assert await gone(worker, 2)
        with pytest.raises((WorkerDied, WorkerHung, asyncio.CancelledError)):
            await job

    run(scenario)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
def test_workers_die_with_the_program() -> None:
    """A program that is killed leaves no worker behind, not even a busy one."""
    program = textwrap.dedent(
        """
        import asyncio
        from datetime import timedelta
        from storyfold.edges.workers import WorkerLimits, WorkerPool
        from tests.integration import worker_tasks

        async def main():
            pool = WorkerPool(1, WorkerLimits(timedelta(seconds=60), 512))
            print(await pool.run(worker_tasks.process_id, None), flush=True)
            await pool.run(worker_tasks.spin, None)

        if __name__ == "__main__":
            asyncio.run(main())
        """
    )
    environment = {"PYTHONPATH": f"{REPOSITORY / 'services'}:{REPOSITORY}"}
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment, text=True
    ) as process:
        assert process.stdout is not None
        worker = int(process.stdout.readline())
        time.sleep(0.3)
        assert alive(worker)
        process.kill()
        process.wait()
        assert asyncio.run(gone(worker, 5))


def test_a_page_of_200_kilobytes_costs_little_to_hand_over() -> None:
    """Handing over a large page takes less than half the CPU that extracting one does (10 ms)."""

    async def scenario() -> None:
        async with workers() as pool:
            body = os.urandom(200_000)
            await pool.run(tasks.size_of, body)
            started = time.process_time()
            for _ in range(50):
                assert await pool.run(tasks.size_of, body) == 200_000
            assert (time.process_time() - started) / 50 < 0.005

    run(scenario)
