"""How fast do records get from the outbox to Apache Kafka, beside a bare transactional producer in the same run?

    python -m benchmarks.delivery [--records 20000] [--rounds 3] [--seconds 20]

The broker is at KAFKA_BOOTSTRAP_SERVERS, or one that this starts, on the same cores. The store is SQLite in a temporary
folder, durable as in production; records are 2 kB with seven headers. Three parts:

- `rate`: storyfold's publish stage drains a full outbox; a bare kafka-python producer, with the same settings, sends
  the same records in transactions of the same size. They take turns; the median of each counts.
- `latency`: at 50 records/s, from the begin of the store's commit until a `read_committed` consumer, a process of its
  own, holds the record.
- `outage`: a full outbox is drained while new records go on arriving.

The last line is one JSON object.
"""

import argparse
import asyncio
import json
import logging
import multiprocessing
import os
import random
import secrets
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

from kafka import KafkaProducer

from storyfold.edges.clock import SystemClock
from storyfold.edges.kafka_batches import BATCH_BYTES
from storyfold.edges.kafka_connection import KafkaConnection, quiet_kafka_python
from storyfold.edges.kafka_consumer import TopicReader
from storyfold.edges.kafka_publisher import KafkaPublication, KafkaPublisher
from storyfold.edges.kafka_topics import topic_name
from storyfold.edges.store.opening import open_store
from storyfold.edges.store.sql import SqlStore
from storyfold.edges.telemetry import PrometheusMeter
from storyfold.model.commit import Commit
from storyfold.model.records import OutboxRow, Record, Topic
from storyfold.pipeline.publish import PublishParts, PublishPolicy, PublishStage
from storyfold.wire.encode import Encoder
from tests.brokers.apache import apache_kafka

VALUE_BYTES = 2048
# The bare producer is at its best where a batch waits until it is full or the transaction is to end.
LINGER_MILLISECONDS = 500
PER_SECOND = 50
POLICY = PublishPolicy()


@contextmanager
def broker() -> Iterator[tuple[str, ...]]:
    """Addresses of an Apache Kafka: the one that is given, or one of its own."""
    if given := os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        yield tuple(given.split(","))
        return
    with apache_kafka(quick_start=False) as kafka:
        yield kafka.bootstrap


def record_of(number: int) -> Record:
    """A record as folding makes them, of 2 kB that do not repeat."""
    pad = random.Random(number).randbytes(VALUE_BYTES // 2).hex()
    headers = (
        ("ce_specversion", "1.0"),
        ("ce_id", f"bench:{number}"),
        ("ce_source", "storyfold/bench"),
        ("ce_type", "storyfold.event"),
        ("ce_time", "2026-01-01T00:00:00Z"),
        ("ce_dataschema", "https://storyfold.example/schemas/event-1.json"),
        ("content-type", "application/json"),
    )
    value = b'{"n":%d,"pad":"%s"}' % (number, pad.encode())
    return Record(Topic.EVENTS, f"event-{number % 500}", headers, value, datetime.now(UTC), datetime.now(UTC))


class Gate:
    """A publisher that waits, opened, until it may publish; afterwards one that counts."""

    def __init__(self, inner: KafkaPublisher) -> None:
        self._inner = inner
        self.may = asyncio.Event()
        self.published: list[tuple[float, int]] = []
        self.open, self.restate, self.close = inner.open, inner.restate, inner.close

    async def publish(self, rows: Sequence[OutboxRow], position: int) -> None:
        """Publish; positions alone pass at once, as they do when the stage begins."""
        if rows:
            await self.may.wait()
        await self._inner.publish(rows, position)
        self.published.append((time.monotonic(), len(rows)))


class Line:
    """An outbox with a publish stage of its own, on topics of its own."""

    def __init__(self, store: SqlStore, bootstrap: tuple[str, ...]) -> None:
        self.prefix = f"bench{secrets.token_hex(4)}."
        self.store = store
        publication = KafkaPublication(f"{self.prefix}p", f"{self.prefix}g", self.prefix, 1, 1)
        self.gate = Gate(KafkaPublisher(KafkaConnection(bootstrap), publication))
        parts = PublishParts(store, self.gate, Encoder(), SystemClock(), PrometheusMeter(), random.Random(1))
        self.stage = PublishStage(parts, POLICY)

    async def add(self, records: Sequence[Record], at_once: int = 200) -> None:
        """Put records into the outbox."""
        for first in range(0, len(records), at_once):
            await self.store.apply(Commit(outbox=tuple(records[first : first + at_once])))


@asynccontextmanager
async def _line(bootstrap: tuple[str, ...]) -> AsyncIterator[Line]:
    with tempfile.TemporaryDirectory(prefix="storyfold-bench-") as folder:
        store = await open_store(f"sqlite:///{Path(folder) / 'store.db'}")
        line = Line(store, bootstrap)
        running = asyncio.create_task(line.stage.run())
        await line.stage.drained()  # connected, topics made
        yield line
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await store.close()


@dataclass(frozen=True, slots=True)
class Run:
    """One way to send all records, once.

    Attributes:
        rate: records a second.
        cpu: microseconds of this process's CPU a record; tells more than the rate where others use the cores.
    """

    rate: float
    cpu: float


class Stopwatch:
    """Started when it is made."""

    def __init__(self) -> None:
        self._begun, self._cpu = time.monotonic(), time.process_time()

    def run(self, records: int) -> Run:
        """What it took to send so many."""
        cpu = time.process_time() - self._cpu
        return Run(records / (time.monotonic() - self._begun), cpu / records * 1e6)


async def _ours(bootstrap: tuple[str, ...], records: Sequence[Record]) -> Run:
    """From a full outbox to Kafka."""
    async with _line(bootstrap) as line:
        await line.add(records)
        watch = Stopwatch()
        line.gate.may.set()
        await line.stage.drained()
        return watch.run(len(records))


def _bare(bootstrap: tuple[str, ...], records: Sequence[Record], topic: str) -> Run:
    """kafka-python alone, in transactions of the same size, from memory."""
    name = secrets.token_hex(4)
    producer = KafkaProducer(
        bootstrap_servers=list(bootstrap),
        transactional_id=name,
        acks="all",
        batch_size=BATCH_BYTES,
        linger_ms=LINGER_MILLISECONDS,
        max_block_ms=10_000,
        metrics_enabled=False,
    )
    producer.init_transactions()
    producer.begin_transaction()
    producer.send(topic, key=b"first", value=b"")  # connected, topic known
    producer.commit_transaction()
    messages = [
        (each.key.encode(), each.value, [(name, value.encode()) for name, value in each.headers]) for each in records
    ]
    watch = Stopwatch()
    for first in range(0, len(messages), POLICY.batch_rows):
        producer.begin_transaction()
        for key, value, headers in messages[first : first + POLICY.batch_rows]:
            producer.send(topic, key=key, value=value, headers=headers)
        producer.commit_transaction()
    run = watch.run(len(messages))
    producer.close()
    return run


async def _rates(bootstrap: tuple[str, ...], number: int, rounds: int) -> tuple[list[Run], list[Run]]:
    records = [record_of(each) for each in range(number)]
    async with _line(bootstrap) as line:
        topic = topic_name(line.prefix, Topic.EVENTS)
    await asyncio.to_thread(_bare, bootstrap, records[: number // 2], topic)  # the broker's compiler warms up
    await _ours(bootstrap, records[: number // 2])
    ours, bare = [], []
    for _ in range(rounds):
        bare.append(await asyncio.to_thread(_bare, bootstrap, records, topic))
        ours.append(await _ours(bootstrap, records))
        for name, run in (("bare", bare[-1]), ("storyfold", ours[-1])):
            print(f"{name}: {run.rate:,.0f} records/s, {run.cpu:.0f} us of CPU a record", flush=True)
    return ours, bare


def _watch(bootstrap: tuple[str, ...], topic: str, until: int, results: Connection) -> None:
    """In a process of its own: when each record became readable, on the clock that all processes share."""
    with TopicReader(KafkaConnection(bootstrap), [topic], from_beginning=True) as reader:
        results.send("reading")
        seen: dict[str, float] = {}
        while len(seen) < until:
            messages = reader.poll(1.0)
            at = time.monotonic()
            seen.update((dict(each.headers)["ce_id"], at) for each in messages)
        results.send(seen)


async def _latencies(bootstrap: tuple[str, ...], seconds: int) -> list[float]:
    """Milliseconds from the begin of each commit to its record in a consumer's hands."""
    number = PER_SECOND * seconds
    async with _line(bootstrap) as line:
        line.gate.may.set()
        here, there = multiprocessing.Pipe()
        arguments = (bootstrap, topic_name(line.prefix, Topic.EVENTS), number, there)
        watcher = multiprocessing.get_context("spawn").Process(target=_watch, args=arguments, daemon=True)
        watcher.start()
        await asyncio.to_thread(here.recv)
        begun = time.monotonic()
        sent: dict[str, float] = {}
        for each in range(number):
            await asyncio.sleep(max(0.0, begun + each / PER_SECOND - time.monotonic()))
            record = record_of(each)
            sent[dict(record.headers)["ce_id"]] = time.monotonic()
            await line.store.apply(Commit(outbox=(record,)))
            line.stage.nudge()
        seen: dict[str, float] = await asyncio.to_thread(here.recv)
        watcher.join(10)
    first = 2 * PER_SECOND  # two seconds to get going
    return sorted((seen[name] - at) * 1000 for name, at in list(sent.items())[first:])


async def _outage(bootstrap: tuple[str, ...], number: int, arriving: int) -> tuple[float, float]:
    """Records a second drained while others arrive, and seconds until the newest waited no longer than a second."""
    async with _line(bootstrap) as line:
        await line.add([record_of(each) for each in range(number)])
        begun = time.monotonic()
        line.gate.may.set()
        drained = asyncio.create_task(line.stage.drained())
        added = 0
        while not drained.done():
            await line.add([record_of(number + added)])
            added += 1
            await asyncio.sleep(max(0.0, begun + added / arriving - time.monotonic()))
        took = time.monotonic() - begun
        return sum(rows for at, rows in line.gate.published if at >= begun) / took, took


def _quantile(values: Sequence[float], share: float) -> float:
    return round(values[min(len(values) - 1, int(len(values) * share))], 1)


async def _main(number: int, rounds: int, seconds: int) -> None:
    load = os.getloadavg()[0]
    with broker() as bootstrap:
        ours, bare = await _rates(bootstrap, number, rounds)
        latencies = await _latencies(bootstrap, seconds)
        drained, took = await _outage(bootstrap, number, 100)
    rate, baseline = (statistics.median(run.rate for run in runs) for runs in (ours, bare))
    cpu, baseline_cpu = (statistics.median(run.cpu for run in runs) for runs in (ours, bare))
    found = {
        "benchmark": "delivery",
        "records": number,
        "records_per_second": round(rate),
        "baseline_records_per_second": round(baseline),
        "ratio": round(rate / baseline, 3),
        "cpu_us": round(cpu, 1),
        "baseline_cpu_us": round(baseline_cpu, 1),
        "p50_ms": _quantile(latencies, 0.5),
        "p99_ms": _quantile(latencies, 0.99),
        "outage_records_per_second": round(drained),
        "outage_seconds": round(took, 2),
        "load_before": round(load, 1),
    }
    print(json.dumps(found))


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=20)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    quiet_kafka_python()
    asyncio.run(_main(arguments.records, arguments.rounds, arguments.seconds))


if __name__ == "__main__":
    main()
