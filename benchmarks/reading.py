"""How fast is the whole read stage, and what does it hold on to?

    python -m benchmarks.reading [--corpus DIR] [--pages 3000] [--workers 2]

A server on loopback, a process of its own, serves the pages of a corpus under as many addresses as wanted, on forty
hosts. The read stage runs as in production: robots.txt, slots of hosts, fetch over real HTTP, extraction and features
in worker processes; then article, ledger row and record are committed to SQLite. Folding is left out (docs/folding.md
has its figures): who commits here places every article in an event of its own.

The last line is one JSON object: `pages_per_second` by the wall clock; `cpu_ms_per_page` of all processes of the read
stage (the server is left out), once they have started, and of the program's own process alone
(`parent_cpu_ms_per_page`); from these what two cores free for it would read, the server's share included
(`pages_per_second_on_two_free_cores`); `bare_extraction_cpu_ms_per_page`, trafilatura beside it in the same run, a
yardstick for the load; `peak_mib` of all processes together (proportional set sizes), and the same after a tenth and at
nine tenths of the run (`mib_after_a_tenth`, `mib_at_the_end`: equal where it is flat); `load`, the machine's load
average when it ended.
"""

import argparse
import asyncio
import json
import logging
import multiprocessing
import os
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import fmean
from typing import Any

import psutil
from trafilatura import bare_extraction

from benchmarks.corpora import bare_entry, shared
from benchmarks.extraction import read_corpus
from benchmarks.rig import Usage
from storyfold.articles.policy import ReadPolicy
from storyfold.edges.clock import SystemClock
from storyfold.edges.extraction import PoolExtractor
from storyfold.edges.http import HttpFetcher
from storyfold.edges.local_hop import LocalHop
from storyfold.edges.store.opening import open_store
from storyfold.edges.store.sql import SqlStore
from storyfold.edges.telemetry import PrometheusMeter
from storyfold.hosts.policy import HostPolicy
from storyfold.model.articles import PlacedArticle, Placement, PlacementKind
from storyfold.model.commit import Commit, FoldedArticle, PlannedReread, TakenUp
from storyfold.model.entries import LedgerEntry, Settled
from storyfold.model.feeds import FeedSource, Publisher
from storyfold.model.fetching import FetchLimits
from storyfold.model.identity import PublisherId, entry_id_of, event_id_of, feed_id_of
from storyfold.model.outcomes import ReadArticle, ReadOutcome, ReadReject
from storyfold.pipeline.politeness import Politeness
from storyfold.pipeline.read import ReadStage
from storyfold.pipeline.reading import ReadParts
from storyfold.wire.encode import Encoder

HOSTS = 40
# Entries of one poll, taken up together.
POLLED = 50
# As the program has it: outcomes committed together, entries and outcomes on their way.
BATCH, ENTRIES, OUTCOMES = 64, 2000, 500
# Pages read before measuring begins: starting processes and importing libraries is no part of reading.
WARM_UP = 200
HOLD = timedelta(minutes=10)


# -- the server -------------------------------------------------------------------------------------------------------


class _Serving(asyncio.Protocol):
    """Answers one connection: `/robots.txt`, or `/<number of the page>/<anything>`."""

    def __init__(self, answers: Sequence[bytes], robots: bytes) -> None:
        self._answers = answers
        self._robots = robots
        self._asked = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole."""
        self._asked += data
        while (end := self._asked.find(b"\r\n\r\n")) >= 0:
            path = self._asked.split(b" ", 2)[1]
            self._asked = self._asked[end + 4 :]
            assert self._transport is not None
            known = path.split(b"/")[1]
            self._transport.write(self._answers[int(known)] if known.isdigit() else self._robots)


def _answer(body: bytes, content_type: bytes) -> bytes:
    head = b'HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\nETag: "1"\r\n\r\n'
    return head % (content_type, len(body)) + body


def serve(corpus: Path, told: Connection) -> None:
    """Serve a corpus until killed; tells port and number of pages."""

    async def run() -> None:
        answers = [_answer(truth.html, b"text/html") for truth in read_corpus(corpus)]
        robots = _answer(b"User-agent: *\nDisallow: /private\n", b"text/plain")
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Serving(answers, robots), "0.0.0.0", 0)
        told.send((server.sockets[0].getsockname()[1], len(answers)))
        await asyncio.Event().wait()

    asyncio.run(run())


# -- the read stage ---------------------------------------------------------------------------------------------------


def ledger_of(number: int, port: int, pages: int) -> LedgerEntry:
    """The entry that leads to the n-th page asked for."""
    host = f"127.0.3.{1 + number % HOSTS}"
    source = FeedSource(
        feed_id_of(f"http://{host}/feed"), f"http://{host}/feed", Publisher(PublisherId(host), host, host), host
    )
    url = f"http://{host}:{port}/{number % pages}/{number}"
    now = datetime.now(UTC)
    entry = bare_entry(entry_id_of(source.feed_id, url), url)
    return LedgerEntry(entry, source, 1, 0, now, now)


@dataclass
class Ending:
    """Commits what reading led to, as folding would, without folding."""

    store: SqlStore
    outcomes: LocalHop[ReadOutcome]
    encoder: Encoder = field(default_factory=Encoder)
    articles: int = 0
    ended: int = 0
    told: Connection | None = None
    warm: bool = False

    async def run(self, pages: int) -> None:
        """Return when so many entries have ended."""
        while self.ended < pages:
            outcomes = await self.outcomes.receive(BATCH)
            now = datetime.now(UTC)
            await self.store.waiting([each.entry.entry_id for each in map(_ledger, outcomes)])
            read = [each for each in outcomes if isinstance(each, ReadArticle)]
            folded = [self._placed(each, now) for each in read]
            plans = [PlannedReread(each.ledger, each.reread) for each in read if each.reread is not None]
            records = [self.encoder.article(each.placed) for each in folded]
            settled = [
                Settled(row.entry.entry_id, 1, each.reject.reason if isinstance(each, ReadReject) else None, None, now)
                for each in outcomes
                for row in (_ledger(each),)
            ]
            await self.store.apply(
                Commit(settled=tuple(settled), articles=tuple(folded), rereads=tuple(plans), outbox=tuple(records))
            )
            self.articles += len(read)
            self.ended += len(outcomes)
            if self.told is not None and self.ended >= WARM_UP and not self.warm:
                self.warm = True
                self.told.send((self.ended, time.monotonic(), time.process_time()))

    def _placed(self, read: ReadArticle, now: datetime) -> FoldedArticle:
        placement = Placement(event_id_of(read.article.article_id, now), PlacementKind.FIRST, None, 1.0)
        return FoldedArticle(PlacedArticle(read.article, placement), read.features, now)


def _ledger(outcome: ReadOutcome) -> LedgerEntry:
    assert isinstance(outcome, ReadArticle | ReadReject), f"the server answers everything, yet: {outcome}"
    return outcome.reject.ledger if isinstance(outcome, ReadReject) else outcome.ledger


@dataclass(frozen=True, slots=True)
class Job:
    """How many pages to read, with how many workers (0 for one a core)."""

    pages: int
    workers: int


async def read_all(folder: Path, port: int, corpus_pages: int, job: Job, told: Connection | None = None) -> Ending:
    """Do a job; tells when it is warm."""
    wanted = job.pages
    clock, meter, rng = SystemClock(), PrometheusMeter(), random.Random(1)
    store = await open_store(f"sqlite:///{folder / 'store.sqlite3'}")
    fetcher = HttpFetcher(
        user_agent="storyfold/benchmark (+http://localhost)",
        allowed_networks=[ip_network("127.0.0.0/8")],
        allowed_ports=range(1, 65536),
        meter=meter,
        clock=clock,
    )
    gate = Politeness(fetcher, clock, HostPolicy(concurrency=16, interval=timedelta(0)))
    policy = ReadPolicy(workers=job.workers)
    extractor = PoolExtractor(policy)
    entries: LocalHop[LedgerEntry] = LocalHop(ENTRIES)
    outcomes: LocalHop[ReadOutcome] = LocalHop(OUTCOMES)
    parts = ReadParts(entries, outcomes, store, fetcher, extractor, gate, clock, meter, rng)
    stage = ReadStage(parts, policy=policy, limits=FetchLimits())
    ending = Ending(store, outcomes, told=told)

    async def feed() -> None:
        for start in range(0, wanted, POLLED):
            rows = [ledger_of(number, port, corpus_pages) for number in range(start, min(wanted, start + POLLED))]
            held = clock.now() + HOLD
            await store.apply(Commit(taken_up=tuple(map(TakenUp, rows)), holder="local", held_until=held))
            await entries.send(rows)

    async def publish() -> None:
        """What leaves the outbox in production: nothing may pile up here that would not there."""
        while True:
            await clock.sleep(2)
            rows = await store.outbox_after(0, 1_000)
            if rows:
                await store.mark_published(rows[-1].sequence, clock.now())

    running = [asyncio.create_task(each) for each in (stage.run(), feed(), publish())]
    try:
        await ending.run(wanted)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await extractor.close()
        await gate.aclose()
        await fetcher.aclose()
        await store.close()
    return ending


# -- measuring --------------------------------------------------------------------------------------------------------


@dataclass
class Memory(Usage):
    """Samples usage, and keeps what memory was over time."""

    samples: list[float] = field(default_factory=list)

    def _sample(self) -> None:
        before, self.peak_mib = self.peak_mib, 0.0
        super()._sample()
        self.samples.append(self.peak_mib)
        self.peak_mib = max(before, self.peak_mib)

    def around(self, share: float) -> float:
        """The median of a twentieth of the samples around a share of the run."""
        width = max(1, len(self.samples) // 20)
        start = min(max(0, int(share * len(self.samples)) - width // 2), len(self.samples) - width)
        return sorted(self.samples[start : start + width])[width // 2]


def read_apart(folder: Path, port: int, corpus_pages: int, job: Job, told: Connection) -> None:
    """Read in a process of its own, so that measuring is not measured.

    Tells entries that have ended, the time, and its own CPU: once it is warm, and at the end with the articles.
    """
    logging.basicConfig(level=logging.WARNING)
    ending = asyncio.run(read_all(folder, port, corpus_pages, job, told))
    told.send((ending.ended, time.monotonic(), time.process_time(), ending.articles))


def yardstick(pages: Sequence[bytes], running: Callable[[], bool]) -> float:
    """CPU of trafilatura's `bare_extraction` with metadata, ms a page, a page a second while something runs.

    On a crowded machine CPU time stretches; what is measured beside it stretches alike.
    """
    spent: list[float] = []
    bare_extraction(pages[0], with_metadata=True)
    while running():
        started = time.thread_time()
        bare_extraction(pages[len(spent) * 7 % len(pages)], with_metadata=True)
        spent.append(1000 * (time.thread_time() - started))
        time.sleep(1)
    return fmean(spent) if spent else 0.0


def measure(corpus: Path, job: Job) -> dict[str, Any]:
    """Run once."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    server = spawn.Process(target=serve, args=(corpus, theirs), daemon=True)
    server.start()
    port, corpus_pages = ours.recv()
    pages = [truth.html for truth in read_corpus(corpus)]
    served = psutil.Process(server.pid)
    with tempfile.TemporaryDirectory(prefix="storyfold-reading-") as folder:
        reader = spawn.Process(target=read_apart, args=(Path(folder), port, corpus_pages, job, theirs))
        reader.start()
        assert reader.pid is not None
        usage = Memory(reader.pid)
        usage.start()
        warm, began, parent = ours.recv()
        used, serving = usage.cpu_seconds, sum(served.cpu_times()[:2])
        bare = yardstick(pages, lambda: not ours.poll())
        ended, now, parent_now, articles = ours.recv()
        used, serving = usage.cpu_seconds - used, sum(served.cpu_times()[:2]) - serving
        reader.join()
        usage.stop()
    server.kill()
    count, parent = ended - warm, parent_now - parent
    return {
        "pages": job.pages,
        "articles": articles,
        "pages_per_second": round(count / (now - began), 1),
        "cpu_ms_per_page": round(1000 * used / count, 2),
        "parent_cpu_ms_per_page": round(1000 * parent / count, 2),
        "server_cpu_ms_per_page": round(1000 * serving / count, 2),
        "bare_extraction_cpu_ms_per_page": round(bare, 2),
        "pages_per_second_on_two_free_cores": round(count / max((used + serving) / 2, parent), 1),
        "peak_mib": round(usage.peak_mib),
        "mib_after_a_tenth": round(usage.around(0.1)),
        "mib_at_the_end": round(usage.around(0.9)),
        "workers": job.workers,
        "load": [round(value, 1) for value in os.getloadavg()],
    }


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=shared() / "data" / "extraction" / "aeb")
    parser.add_argument("--pages", type=int, default=3000)
    parser.add_argument("--workers", type=int, default=0, help="0 for one a core, as by default")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    print(json.dumps(measure(arguments.corpus, Job(arguments.pages, arguments.workers))))


if __name__ == "__main__":
    main()
