"""Commits a second of the store, by processes that write at once; prints one JSON object as its last line.

    python -m benchmarks.store                      # SQLite and, where there is a server, PostgreSQL
    python -m benchmarks.store --seconds 10 --held  # while a snapshot is held open

A commit settles one entry, places its article and adds two records, as folding does; `waiting` of them are under way
in each process at a time. fsync is on.
"""

import argparse
import asyncio
import json
import multiprocessing
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from storyfold.edges.store.opening import open_store
from storyfold.model.commit import Commit
from tests.brokers.postgresql import fresh_database, postgresql_server
from tests.fakes.store_values import NOON, folded_of, new_entry, record_of, settled


@dataclass(frozen=True, slots=True)
class Measured:
    """One run.

    Attributes:
        commits_per_second: of all processes together.
        p50_ms: half of the commits were acknowledged within this.
        p99_ms: all but one of a hundred were.
    """

    store: str
    processes: int
    waiting: int
    held: bool
    commits_per_second: int
    p50_ms: float
    p99_ms: float


async def _commit(url: str, name: str, waiting: int, seconds: float) -> list[float]:
    store = await open_store(url)
    took: list[float] = []
    end = time.perf_counter() + seconds

    async def one(number: int) -> None:
        step = 0
        while time.perf_counter() < end:
            key = f"{name}-{number}-{step}"
            step += 1
            commit = Commit(
                taken_up=(new_entry(key),),
                settled=(settled(key),),
                articles=(folded_of(key),),
                outbox=(record_of(f"a{key}"), record_of(f"b{key}")),
            )
            start = time.perf_counter()
            await store.apply(commit)
            took.append(time.perf_counter() - start)

    await asyncio.gather(*map(one, range(waiting)))
    await store.close()
    return took


def _process(url: str, name: str, waiting: int, seconds: float) -> list[float]:
    return asyncio.run(_commit(url, name, waiting, seconds))


async def _measure(kind: str, url: str, processes: int, waiting: int, seconds: float, *, held: bool) -> Measured:
    store = await open_store(url)
    async with AsyncExitStack() as stack:
        if held:
            await stack.enter_async_context(store.snapshot(NOON))
        with multiprocessing.get_context("spawn").Pool(processes) as pool:
            # Processes that have started and imported everything.
            pool.starmap(_process, [(url, f"warm{number}", 1, 0.1) for number in range(processes)])
            given = [(url, f"p{number}", waiting, seconds) for number in range(processes)]
            parts = await asyncio.to_thread(pool.starmap, _process, given)
    await store.close()
    took = sorted(each for part in parts for each in part)
    at = [round(took[int(len(took) * share)] * 1000, 1) for share in (0.5, 0.99)]
    return Measured(kind, processes, waiting, held, round(len(took) / seconds), *at)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--held", action="store_true", help="hold a snapshot open meanwhile")
    arguments = parser.parse_args()
    runs: list[Measured] = []
    cases = [(processes, waiting) for waiting in (1, 50) for processes in (1, 2, 4)]
    with postgresql_server() as server, tempfile.TemporaryDirectory() as folder:
        for processes, waiting in cases:
            path = Path(folder) / f"{processes}-{waiting}.db"
            rest = (processes, waiting, arguments.seconds)
            runs.append(asyncio.run(_measure("sqlite", f"sqlite:///{path}", *rest, held=arguments.held)))
            with fresh_database(server.url) as url:
                runs.append(asyncio.run(_measure("postgresql", url, *rest, held=arguments.held)))
            for run in runs[-2:]:
                print(run, flush=True)
    print(json.dumps([asdict(run) for run in runs]))


if __name__ == "__main__":
    main()
