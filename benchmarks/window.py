"""How folding bears a full window: ``python -m benchmarks.window [--sizes N ...]``.

For each size a store is filled with as many articles of a stream that nobody wrote (benchmarks/synthetic.py), straight
into its tables. A process of its own then fills a window from there, as a start does, and folds the next 4,000
articles of the stream as the service does it: descriptions of events are read back from the store, every batch is
committed. Speed and the slowest hundredth are theirs; what the generator and the commits cost is left out.

Times are CPU times, so that neighbours on the machine show less: caches and cores are shared all the same. `yardstick`
is the time of a fixed loop, to tell a slow minute from a slow program.
"""

import argparse
import asyncio
import json
import math
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.synthetic import Item, item, moment, packed, schedule
from storyfold.edges.store.documents import EVENT
from storyfold.edges.store.opening import open_store
from storyfold.events.fold import fold, place, tell
from storyfold.events.policy import FoldPolicy
from storyfold.events.steps import Folding
from storyfold.events.window import Window
from storyfold.model.commit import Commit
from storyfold.model.identity import EventId, article_id_of
from storyfold.pipeline.filling import fill, recall
from storyfold.ports import Store

SIZES = (10_000, 50_000, 200_000, 500_000)
# Articles over which speed is measured.
SPAN = 4_000
BATCH = 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Figures = dict[str, float | int]


@dataclass(slots=True)
class Run:
    """Folding into a window and a store; seconds of each article, and what is not committed yet."""

    window: Window
    store: Store
    seconds: list[float] = field(default_factory=list)
    recalled: int = 0
    waiting: list[Folding] = field(default_factory=list)

    async def fold(self, item: Item) -> None:
        """Fold one article as the pipeline does."""
        now = item.article.first_seen_at
        begun = time.thread_time()
        placing = place(self.window, item.article, item.features, now)
        spent = time.thread_time() - begun
        if self.window.lacking(placing.touched):
            self.recalled += 1
            begun = time.process_time()
            await recall(self.store, self.window, placing.touched)
            spent += time.process_time() - begun
        begun = time.thread_time()
        folding = tell(self.window, placing, item.article, item.features, now)
        self.window.absorb(folding)
        self.seconds.append(spent + time.thread_time() - begun)
        self.waiting.append(folding)
        if len(self.waiting) == BATCH:
            await self.commit()

    async def commit(self) -> None:
        """Put what waits into the store."""
        latest = {event.event_id: event for folding in self.waiting for event in folding.events}
        articles = tuple(folding.folded for folding in self.waiting)
        self.waiting.clear()
        await self.store.apply(Commit(articles=articles, events=tuple(latest.values())))

    def figures(self) -> Figures:
        """Speed over the articles folded."""
        last = sorted(self.seconds)
        return {
            "articles_per_second": round(len(last) / sum(last)),
            "mean_ms": round(1000 * sum(last) / len(last), 3),
            "p50_ms": round(1000 * last[len(last) // 2], 3),
            "p99_ms": round(1000 * last[int(0.99 * (len(last) - 1))], 3),
            "max_ms": round(1000 * last[-1], 3),
            "recalled": self.recalled,
        }


def resident_mib() -> float:
    """What this process holds in memory now."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return round(pages * resource.getpagesize() / 2**20, 1)


def yardstick_ms() -> float:
    """CPU time of a million additions: 30 ms where these figures were first taken and nobody else was at work."""
    begun = time.thread_time()
    total = 0
    for number in range(1_000_000):
        total += number & 7
    return round(1000 * (time.thread_time() - begun), 1)


def make(file: Path, articles: int) -> int:
    """Fill a store with the articles of a stream and their events; returns how many events those are."""
    asyncio.run(_open_and_close(file))
    plan = schedule(articles + SPAN)
    names: dict[int, str] = {}
    rows = []
    for position, (event, member) in enumerate(plan[:articles]):
        at = moment(position, len(plan))
        kind, blob = packed(event, member, at)
        name = names.setdefault(event, str(_event_id(event)))
        microseconds = (at - _EPOCH) // timedelta(microseconds=1)
        rows.append((str(article_id_of(f"{event} {member}")), position, microseconds, name, None, kind, 1, blob))
    template = _document()
    with sqlite3.connect(file) as connection:
        connection.executemany("INSERT INTO window_rows VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        connection.executemany(
            "INSERT INTO events VALUES (?, 1, 'open', ?, ?)",
            ((name, 0, template.replace(str(_event_id(0)), name)) for name in sorted(names.values())),
        )
    connection.close()
    return len(names)


async def _open_and_close(file: Path) -> None:
    await (await open_store(f"sqlite:///{file}", timedelta(seconds=5))).close()


def _event_id(event: int) -> EventId:
    return EventId(f"01980000-0000-7000-8000-{event:012}")


def _document() -> str:
    """The description of an event with one report."""
    first = item(0, 0, moment(0, 1))
    event = fold(Window(FoldPolicy()), first.article, first.features, first.article.first_seen_at).events[0]
    return EVENT.encode(event).replace(event.event_id, _event_id(0))


async def start(file: Path, articles: int) -> Figures:
    """Fill a window from a store, as a start does, and go on folding."""
    yardstick = yardstick_ms()
    before = resident_mib()
    store = await open_store(f"sqlite:///{file}", timedelta(seconds=5))
    plan = schedule(articles + SPAN)[articles:]
    whole = articles + SPAN
    loading, clock = time.process_time(), time.perf_counter()
    filled = await fill(store, FoldPolicy(), moment(articles, whole), None)
    cpu, wall = time.process_time() - loading, time.perf_counter() - clock
    loaded, size = resident_mib(), filled.window.size()
    run = Run(filled.window, store)
    for position, (event, member) in enumerate(plan, articles):
        await run.fold(item(event, member, moment(position, whole)))
    await run.commit()
    await store.close()
    return {
        "articles": size,
        "events": sum(count for _, count in filled.window.by_status()),
        "load_cpu_seconds": round(cpu, 2),
        "load_seconds": round(wall, 2),
        "before_mib": before,
        "loaded_mib": loaded,
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "resident_mib": resident_mib(),
        **run.figures(),
        "yardstick_ms": round((yardstick + yardstick_ms()) / 2, 1),
    }


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.window", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="articles that the window is to hold")
    parser.add_argument("--folder", type=Path, help="where the stores are made; a temporary one if not given")
    parser.add_argument("--start", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.start:
        print(json.dumps(asyncio.run(start(options.start, options.sizes[0]))))
        return 0
    curve = []
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for size in options.sizes:
            file = Path(folder) / f"{size}.db"
            make(file, size)
            again = [sys.executable, "-m", "benchmarks.window", "--start", str(file), "--sizes", str(size)]
            done = subprocess.run(again, check=True, stdout=subprocess.PIPE, text=True)
            curve.append(json.loads(done.stdout))
            file.unlink()
            print(json.dumps(curve[-1]), flush=True)
    first, last = curve[0], curve[-1]
    wider = math.log(last["articles"] / first["articles"])
    growth = round(math.log(last["mean_ms"] / first["mean_ms"]) / wider, 3) if wider else None
    print(json.dumps({"curve": curve, "cost_grows_with_the_power": growth}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
