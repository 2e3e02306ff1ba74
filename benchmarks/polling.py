"""How fast is the poll stage, beside a bare loop of the same client, in the same run?

    python -m benchmarks.polling [--polls 4000] [--feeds 100000] [--seconds 18] [--parts stage registry trouble]

Everything runs against a server on loopback that is a process of its own; the store is SQLite in a temporary folder,
durable as in production. Three parts:

- `stage`: polls a second through lease, fetch, decide, commit, for 304 answers, unchanged bodies of 30 kB (200), and
  changed feeds of 40 entries with 2 new (parsed in a worker process); each of the first two as a share of a bare
  loop of the same fetcher, asked for the same answers at the same concurrency just before.
- `registry`: many feeds registered: peak memory, how long picking 100 due feeds takes, start to first poll.
- `trouble`: 1,000 hosts, of which 200 hang, 100 reset and 100 answer garbage: the rate of the other 600, as a share of
  their rate when they are alone.

Shares are given twice: by the clock, and by CPU time, which says more where the machine has other things to do. The
last line is one JSON object.
"""

import argparse
import asyncio
import hashlib
import json
import multiprocessing
import random
import resource
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from enum import StrEnum
from ipaddress import ip_network
from multiprocessing.connection import Connection
from pathlib import Path

import feedparser
import psutil

from storyfold.edges.clock import SystemClock
from storyfold.edges.http import HttpFetcher
from storyfold.edges.parsing import PoolFeedParser
from storyfold.edges.store.opening import open_store
from storyfold.edges.store.sql import SqlStore
from storyfold.feeds.policy import PollPolicy
from storyfold.hosts.policy import HostPolicy
from storyfold.model.commit import Commit, PolledFeed
from storyfold.model.entries import LedgerEntry
from storyfold.model.feeds import Feed, FeedSource, PollState, Publisher, Validators
from storyfold.model.fetching import FetchLimits, FetchRequest, Purpose
from storyfold.model.identity import FeedId, PublisherId, feed_id_of
from storyfold.model.metrics import Metric
from storyfold.model.records import Record, Reject, Topic
from storyfold.pipeline.politeness import Politeness
from storyfold.pipeline.poll import PollParts, PollStage

CONCURRENCY = 64
# Feeds stand on loopback addresses of their own, so that each is a host of its own, as most feeds are.
HOSTS = 1000
# Picks of 100 feeds before those in hand are given back: 2,000 feeds, what five pollers have in hand at most.
IN_HAND = 20
# Seconds between polls of a good feed beside bad ones.
EVERY = 6.0
PARTS = ("stage", "registry", "trouble")
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
_BODY = b'<rss version="2.0"><channel><title>T</title>' + b" " * 29_900 + b"</channel></rss>"


def document(first: int) -> bytes:
    """A feed of 40 entries, from a number down; some 30 kB."""
    now = datetime.now(UTC)
    items = "".join(
        f"<item><title>Entry number {number} of this feed</title><link>https://n.example/{number}</link>"
        f"<guid>{number}</guid>"
        f"<pubDate>{format_datetime(now)}</pubDate><description>{'Some words of a summary. ' * 20}</description></item>"
        for number in range(first, first - 40, -1)
    )
    return f'<rss version="2.0"><channel><title>T</title>{items}</channel></rss>'.encode()


class _Server(asyncio.Protocol):
    """Answers each read as one request, by the first letter of its path."""

    transport: asyncio.Transport
    counts: dict[bytes, int] = {}  # noqa: RUF012 - one server a process
    documents: tuple[bytes, ...] = ()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        path = data.split(b" ", 2)[1]
        match path[1:2]:
            case b"n":
                self.transport.write(b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n')
            case b"s":
                self.transport.write(_ok(_BODY))
            case b"c":
                seen = self.counts.get(path, 0)
                self.counts[path] = seen + 1
                self.transport.write(_ok(self.documents[seen % len(self.documents)]))
            case b"h":
                pass
            case b"r":
                self.transport.abort()
            case _:
                self.transport.write(b"\x00garbage\r\n\r\n")
                self.transport.close()


def _ok(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


def _serve(ready: Connection) -> None:
    async def serve() -> None:
        _Server.documents = tuple(document(40 + 2 * number) for number in range(60))
        loop = asyncio.get_running_loop()
        first = await loop.create_server(_Server, address(0), 0, backlog=4096)
        port = first.sockets[0].getsockname()[1]
        others = [address(number) for number in range(1, HOSTS)]
        # Loopback addresses only, each by itself.
        server = await loop.create_server(_Server, others, port, backlog=4096)
        ready.send(port)
        await server.serve_forever()

    asyncio.run(serve())


class _Counter:
    """A meter that counts polls."""

    def __init__(self) -> None:
        self.polls: dict[str, int] = {}
        self.first: float | None = None

    def count(self, metric: Metric, label: StrEnum | None = None, by: float = 1) -> None:
        """Count polls by outcome."""
        if metric is Metric.POLLS and label is not None:
            self.first = self.first or time.perf_counter()
            self.polls[label] = self.polls.get(label, 0) + int(by)

    def gauge(self, metric: Metric, value: float, label: StrEnum | None = None) -> None:
        """Take no notice."""

    def observe(self, metric: Metric, seconds: float, label: StrEnum | None = None) -> None:
        """Take no notice."""


class _Sink:
    """A hop that is always empty."""

    async def send(self, items: Sequence[LedgerEntry]) -> None:
        """Take them."""

    def room(self) -> int:
        """Always some."""
        return 10_000

    async def receive(self, limit: int) -> tuple[LedgerEntry, ...]:
        """Nobody receives here."""
        raise NotImplementedError

    def done(self, items: Sequence[LedgerEntry]) -> None:
        """Take no notice."""

    def position(self) -> int | None:
        """None is kept."""
        return None

    def depth(self) -> int:
        """Always empty."""
        return 0


@dataclass
class Rig:
    """A poll stage over a store in a folder."""

    store: SqlStore
    fetcher: HttpFetcher
    stage: PollStage
    meter: _Counter


@asynccontextmanager
async def rig(
    folder: Path, *, concurrency: int = CONCURRENCY, deadline: float = 30.0, seconds: float = 1.0
) -> AsyncIterator[Rig]:
    """Make one. Feeds that answer are due again after so many seconds."""
    interval = timedelta(seconds=seconds)
    clock, meter = SystemClock(), _Counter()
    limits = FetchLimits(deadline=timedelta(seconds=deadline))
    async with AsyncExitStack() as stack:
        fetcher = HttpFetcher(
            user_agent="storyfold/benchmark",
            allowed_networks=[ip_network("127.0.0.0/8")],
            allowed_ports=range(1, 65536),
            meter=meter,
            clock=clock,
        )
        stack.push_async_callback(fetcher.aclose)
        store = await open_store(f"sqlite:///{folder / 'store.sqlite3'}")
        stack.push_async_callback(store.close)
        gate = Politeness(fetcher, clock, HostPolicy())
        stack.push_async_callback(gate.aclose)
        parser = PoolFeedParser(workers=1)
        stack.push_async_callback(parser.close)
        policy = PollPolicy(
            floor=interval, lowest=interval, first_interval=interval, ceiling=interval, jitter=0.0,
            unconditional_every=10**9, unconditional_span=timedelta(days=999),
        )  # fmt: skip
        parts = PollParts(
            store=store, fetcher=fetcher, parser=parser, gate=gate, clock=clock, meter=meter, entries=_Sink(),
            reject_record=_record, nudge=lambda: None, rng=random.Random(1),
        )  # fmt: skip
        stage = PollStage(parts, policy=policy, limits=limits, owner="benchmark", concurrency=concurrency)
        yield Rig(store, fetcher, stage, meter)


def _record(reject: Reject) -> Record:
    return Record(Topic.REJECTS, reject.ledger.entry.entry_id, (), b"{}", reject.at)


def address(number: int) -> str:
    """Of one host of many."""
    return f"127.0.{number // 250}.{number % 250 + 1}"


def source(url: str) -> FeedSource:
    """A feed."""
    return FeedSource(feed_id_of(url), url, Publisher(PublisherId("p"), "P", "p.example"), "T")


async def seed(store: SqlStore, urls: Sequence[str], state: PollState) -> None:
    """Register feeds with a memory, all due."""
    sources = [source(url) for url in urls]
    await store.register(sources, LONG_AGO)
    at = LONG_AGO
    for start in range(0, len(sources), 1000):
        polled = tuple(
            PolledFeed(each.feed_id, _at(state, each.url), at, None) for each in sources[start : start + 1000]
        )
        await store.apply(Commit(polled=polled))


def _at(state: PollState, url: str) -> PollState:
    return replace(state, url=url)


async def bare(fetcher: HttpFetcher, urls: Sequence[str], validators: Validators) -> tuple[float, float]:
    """Requests a second of the client alone, at the stage's concurrency, and milliseconds of CPU of each."""
    left = iter(urls)

    async def work() -> None:
        for url in left:
            await fetcher.fetch(FetchRequest(url, Purpose.FEED, validators))

    started, burnt = time.perf_counter(), time.process_time()
    await asyncio.gather(*(work() for _ in range(CONCURRENCY)))
    burnt = time.process_time() - burnt
    return len(urls) / (time.perf_counter() - started), burnt / len(urls) * 1000


async def through_stage(rig: Rig, polls: int) -> float:
    """Polls a second until so many have ended."""
    before = sum(rig.meter.polls.values())
    task = asyncio.ensure_future(rig.stage.run())
    started = time.perf_counter()
    # The stage is watched from outside, as it is, without a hook for this.
    while (done := sum(rig.meter.polls.values()) - before) < polls and not task.done():  # noqa: ASYNC110
        await asyncio.sleep(0.005)
    rate = done / (time.perf_counter() - started)
    task.cancel()
    await asyncio.wait((task,))
    return rate


def cpu_seconds() -> float:
    """Of this process and its workers so far."""
    process = psutil.Process()
    total = 0.0
    for each in [process, *process.children(recursive=True)]:
        try:
            times = each.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
        if each.pid != process.pid:
            # Workers live short lives; what the dead ones took stands with their parent, the fork server.
            total += times.children_user + times.children_system
    return total


async def stage_part(port: int, kind: str, polls: int) -> dict[str, object]:
    """One kind of answer through the stage, beside the bare loop."""
    validators = Validators(etag='"1"') if kind == "n" else Validators()
    known = hashlib.sha256(_BODY).hexdigest() if kind == "s" else None
    state = PollState("", LONG_AGO, validators, known, interval=timedelta(seconds=1), primed=True)
    with tempfile.TemporaryDirectory() as folder:
        async with rig(Path(folder)) as made:
            feeds = polls if kind != "c" else 200
            urls = [f"http://{address(number % HOSTS)}:{port}/{kind}{number}" for number in range(feeds)]
            await seed(made.store, urls, state)
            alone, alone_ms = await bare(made.fetcher, urls, validators) if kind != "c" else (0.0, 0.0)
            burnt = cpu_seconds()
            if kind == "c":
                # The first round takes 40 entries up for each; it is not measured.
                await through_stage(made, feeds)
                burnt = cpu_seconds()
            rate = await through_stage(made, polls)
            burnt = cpu_seconds() - burnt
            result: dict[str, object] = {
                "polls_per_second": round(rate, 1),
                "cpu_ms_per_poll": round(burnt / polls * 1000, 3),
            }
            if kind != "c":
                result |= {"bare_per_second": round(alone, 1), "share": round(rate / alone, 3)}
                result |= {"bare_cpu_ms": round(alone_ms, 3), "cpu_share": round(alone_ms / (burnt / polls * 1000), 3)}
            else:
                body = document(100)
                started = time.process_time()
                for _ in range(20):
                    feedparser.parse(body)
                own = (time.process_time() - started) / 20 * 1000
                result |= {"feedparser_cpu_ms": round(own, 3), "cpu_ratio": round(burnt / polls * 1000 / own, 3)}
            return result | {"outcomes": {str(outcome): count for outcome, count in made.meter.polls.items()}}


def registry_part(port: int, feeds: int, results: Connection) -> None:
    """Many feeds; in a process of its own, so that memory is its own."""

    async def measure() -> dict[str, float]:
        with tempfile.TemporaryDirectory() as folder:
            urls = [f"http://{address(number % HOSTS)}:{port}/n{number}" for number in range(feeds)]
            async with rig(Path(folder)) as made:
                started = time.perf_counter()
                await seed(made.store, urls, PollState("", LONG_AGO, Validators(etag='"1"'), primed=True))
                registering = time.perf_counter() - started
                picks, burnt = [], []
                for _ in range(100):
                    started, before = time.perf_counter(), time.process_time()
                    await made.store.lease_feeds("picker", datetime.now(UTC), timedelta(minutes=1), 100)
                    picks.append(time.perf_counter() - started)
                    burnt.append(time.process_time() - before)
                    if len(picks) % IN_HAND == 0:
                        await made.store.release("picker")
            del urls
            started = time.perf_counter()
            async with rig(Path(folder)) as made:
                await through_stage(made, 500)
                assert made.meter.first is not None
                first = made.meter.first - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        picks.sort()
        burnt.sort()
        return {
            "feeds": feeds,
            "register_seconds": round(registering, 2),
            "pick_100_cpu_ms_median": round(burnt[50] * 1000, 2),
            "pick_100_cpu_ms_worst": round(burnt[-1] * 1000, 2),
            "pick_100_ms_median": round(picks[50] * 1000, 2),
            "pick_100_ms_worst": round(picks[-1] * 1000, 2),
            "start_to_first_poll_seconds": round(first, 3),
            "peak_mib": round(peak, 1),
        }

    results.send(asyncio.run(measure()))


async def trouble_part(port: int, seconds: float) -> dict[str, float]:
    """The 600 good ones alone, then beside 400 bad ones; slow enough that they alone do not use up the machine."""
    rates = []
    for bad in (False, True):
        kinds = ["n"] * 600 + (["h"] * 200 + ["r"] * 100 + ["g"] * 100 if bad else [])
        urls = [f"http://{address(number)}:{port}/{kind}{number}" for number, kind in enumerate(kinds)]
        state = PollState("", LONG_AGO, Validators(etag='"1"'), interval=timedelta(seconds=EVERY), primed=True)
        with tempfile.TemporaryDirectory() as folder:
            async with rig(Path(folder), concurrency=400, seconds=EVERY) as made:
                await seed(made.store, urls, state)
                task = asyncio.ensure_future(made.stage.run())
                await asyncio.sleep(EVERY)
                good = {source(url).feed_id for url in urls[:600]}
                begun, started = _good_polls(await made.store.feeds(), good), time.perf_counter()
                await asyncio.sleep(seconds)
                done = _good_polls(await made.store.feeds(), good) - begun
                rates.append(done / (time.perf_counter() - started))
                task.cancel()
                await asyncio.wait((task,))
    return {
        "good_alone_per_second": round(rates[0], 1),
        "good_beside_bad_per_second": round(rates[1], 1),
        "share": round(rates[1] / rates[0], 3),
    }


def _good_polls(feeds: Sequence[Feed], good: set[FeedId]) -> int:
    return sum(feed.state.polls_since_unconditional for feed in feeds if feed.source.feed_id in good)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--polls", type=int, default=4000)
    parser.add_argument("--feeds", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=3 * EVERY)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    ready, sent = context.Pipe(duplex=False)
    server = context.Process(target=_serve, args=(sent,), daemon=True)
    server.start()
    port = ready.recv()
    try:
        found: dict[str, object] = {}
        kinds = (("304", "n", options.polls), ("same_body", "s", options.polls), ("changed", "c", 1000))
        for name, kind, polls in kinds if "stage" in options.parts else ():
            found[name] = asyncio.run(stage_part(port, kind, polls))
            print(name, found[name], flush=True)
        if "registry" in options.parts:
            answers, results = context.Pipe(duplex=False)
            # Not a daemon: it has workers of its own.
            registry = context.Process(target=registry_part, args=(port, options.feeds, results))
            registry.start()
            found["registry"] = answers.recv()
            registry.join()
            print("registry", found["registry"], flush=True)
        if "trouble" in options.parts:
            found["trouble"] = asyncio.run(trouble_part(port, options.seconds))
            print("trouble", found["trouble"], flush=True)
        print(json.dumps(found))
    finally:
        server.terminate()
        server.join()


if __name__ == "__main__":
    main()
