"""Kafka is away while folding goes on: does the outbox grow and memory not? And how fast is it drained afterwards?

    python -m benchmarks.backlog --articles 72000         # an hour at 20 articles/s, as fast as the store takes them
    python -m benchmarks.backlog --articles 2000 --away   # without a broker at the end

Each article is one commit with its records on three topics (2 kB each), as folding makes them, and the publish stage
tries all the time to reach a broker that is not there. Then a broker is there: Apache Kafka at KAFKA_BOOTSTRAP_SERVERS,
or one that this starts. The last line is one JSON object.
"""

import argparse
import asyncio
import gc
import json
import logging
import os
import random
import secrets
import tempfile
import time
import tracemalloc
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil

from benchmarks.delivery import broker, record_of
from storyfold.edges.clock import SystemClock
from storyfold.edges.kafka_connection import KafkaConnection, quiet_kafka_python
from storyfold.edges.kafka_publisher import KafkaPublication, KafkaPublisher
from storyfold.edges.store.opening import open_store
from storyfold.edges.store.sql import SqlStore
from storyfold.edges.telemetry import PrometheusMeter
from storyfold.model.commit import Commit
from storyfold.model.records import Topic
from storyfold.pipeline.publish import PublishParts, PublishPolicy, PublishStage
from storyfold.wire.encode import Encoder

# Articles after which caches and pools have their size, and growth begins to count.
WARM = 300
TOPICS = (Topic.ARTICLES, Topic.EVENTS, Topic.CHANGES)
# The latest that a drain may look for the broker again.
LAST_WAIT = 1.0


@dataclass(frozen=True, slots=True)
class Held:
    """What this process holds.

    Attributes:
        resident: bytes, SQLite's cache of 64 MiB among them.
        objects: bytes of Python's objects, where they are traced; else 0.
        files: descriptors.
    """

    resident: int
    objects: int
    files: int


def held() -> Held:
    """Look."""
    gc.collect()
    process = psutil.Process()
    return Held(process.memory_info().rss, tracemalloc.get_traced_memory()[0], process.num_fds())


def _stage(store: SqlStore, bootstrap: tuple[str, ...]) -> PublishStage:
    prefix = f"backlog{secrets.token_hex(4)}."
    publication = KafkaPublication(f"{prefix}p", f"{prefix}g", prefix, 1, 1)
    publisher = KafkaPublisher(KafkaConnection(bootstrap, patience=2.0), publication)
    parts = PublishParts(store, publisher, Encoder(), SystemClock(), PrometheusMeter(), random.Random(1))
    return PublishStage(parts, PublishPolicy(last_wait=LAST_WAIT))


async def _grow(store: SqlStore, articles: int) -> tuple[Held, Held]:
    """Commit article after article with no broker there; returns what was held at first and at last."""
    stage = _stage(store, ("127.0.0.1:1",))
    running = asyncio.create_task(stage.run())
    first = held()
    for number in range(articles):
        records = tuple(replace(record_of(3 * number + part), topic=topic) for part, topic in enumerate(TOPICS))
        await store.apply(Commit(outbox=records))
        stage.nudge()
        if number == WARM:
            first = held()
    last = held()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return first, last


async def _drain(store: SqlStore, bootstrap: tuple[str, ...]) -> tuple[float, Held]:
    """Seconds until the outbox is empty, and what is held at the end of it."""
    stage = _stage(store, bootstrap)
    running = asyncio.create_task(stage.run())
    begun = time.monotonic()
    await stage.drained()
    took, last = time.monotonic() - begun, held()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return took, last


async def _main(articles: int, *, away: bool) -> None:
    with tempfile.TemporaryDirectory(prefix="storyfold-backlog-") as folder:
        path = Path(folder) / "store.db"
        store = await open_store(f"sqlite:///{path}")
        begun = time.monotonic()
        first, last = await _grow(store, articles)
        found: dict[str, Any] = {
            "benchmark": "backlog",
            "articles": articles,
            "seconds_to_fill": round(time.monotonic() - begun, 1),
            "outbox_rows": (await store.outbox_depth(0))[0],
            "store_mib": round(path.stat().st_size / 2**20, 1),
            "resident_first_mib": round(first.resident / 2**20, 1),
            "resident_last_mib": round(last.resident / 2**20, 1),
            "objects_growth_kib": round((last.objects - first.objects) / 1024),
            "files_growth": last.files - first.files,
        }
        if not away:
            with broker() as bootstrap:
                took, drained = await _drain(store, bootstrap)
            found["drained_records_per_second"] = round(found["outbox_rows"] / took)
            found["resident_drained_mib"] = round(drained.resident / 2**20, 1)
        await store.close()
        found["load"] = round(os.getloadavg()[0], 1)
        print(json.dumps(found))


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--away", action="store_true", help="the broker does not come back")
    parser.add_argument("--traced", action="store_true", help="trace Python's objects, which takes time and memory")
    arguments = parser.parse_args()
    if arguments.traced:
        tracemalloc.start()
    logging.basicConfig(level=logging.ERROR)
    quiet_kafka_python()
    asyncio.run(_main(arguments.articles, away=arguments.away))


if __name__ == "__main__":
    main()
