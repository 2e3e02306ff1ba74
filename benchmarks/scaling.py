"""Scaling: articles a second with one, two and four readers, on pages that cost their server time to think.

    python -m benchmarks.scaling [--readers 1,2,4] [--think 20] [--articles 2400]

Roles apart, as on many machines: one poller, one folder, one publisher, and N readers, on one Apache Kafka and one
PostgreSQL. Every page takes `--think` seconds on the server before it comes, and a reader has 400 in hand at most; so
one reader alone reads at most 400 / think pages a second however fast the machine is, and readers add up until the
machine's processors are what there is too little of. The rate is that of the middle of the run: from the moment a tenth
of the articles is readable on Kafka to the moment nine tenths are.

The last line is one JSON object: `articles_per_second`, `cores_busy` (of the whole machine meanwhile) and
`cpu_s_per_1000` (of all storyfold processes, by role) for each number of readers, `cores`, and `limit`: whether the
last step was held by the think time or by the processors.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil

from benchmarks.rig import Press, Process, free_port, python, wait_until
from tests.brokers.apache import apache_kafka
from tests.brokers.postgresql import postgresql_server
from tests.chaos.reading import SlimReader

CONFIG = """
data_dir = "{folder}"
[store]
url = "{store}"
[feeds]
file = "{feeds}"
[poll]
floor = "2s"
first_interval = "2s"
ceiling = "4s"
news_window = "10000d"
[politeness]
concurrency = 64
interval = "0s"
[fetch]
deadline = "120s"
contact = "http://localhost/benchmark"
allowed_networks = ["127.0.0.0/8"]
allowed_ports = []
[kafka]
bootstrap_servers = ["{bootstrap}"]
partitions = 6
[console]
port = {console}
"""
# In hand at most, of one reader (`ReadStage`).
IN_HAND = 400
PUBLISHERS = 200
ARTICLES_A_HAPPENING = 0.52 * PUBLISHERS
# Above this share of the cores they are what limits.
BUSY = 0.85


@contextmanager
def roles(folder: Path, names: list[str], config: dict[str, object]) -> Iterator[dict[str, Process]]:
    """Run storyfold's roles apart."""
    with ExitStack() as stack:
        running = {}
        for name in names:
            home = folder / name
            home.mkdir()
            path = home / "storyfold.toml"
            path.write_text(CONFIG.format(folder=home, console=free_port(), **config))
            role = name.partition("-")[0]
            process = Process(python("-m", "storyfold", "run", "--roles", role, "--config", str(path)), home / "log")
            process.start()
            stack.callback(process.stop, 20)
            running[name] = process
        yield running


def measure(folder: Path, readers: int, think: float, articles: int) -> dict[str, Any]:
    """Run once with so many readers."""
    fault = json.dumps([{"kind": "think", "target": "pages", "seconds": think}])
    happenings = max(2, round(articles / ARTICLES_A_HAPPENING))
    with ExitStack() as stack:
        kafka = stack.enter_context(apache_kafka(quick_start=False))
        database = stack.enter_context(postgresql_server())
        press = Press.start(
            folder,
            *("--seed", "1", "--publishers", str(PUBLISHERS), "--happenings", str(happenings), "--habits", "none"),
            *("--rate", "400", "--feed-entries", "200", "--faults", fault, "--opml", str(folder / "feeds.opml")),
        )
        stack.callback(press.process.stop, 5)
        press.pause()
        config = {"store": database.url, "feeds": folder / "feeds.opml", "bootstrap": kafka.bootstrap[0]}
        names = ["poll-1", "fold-1", "publish-1", *(f"read-{number}" for number in range(1, readers + 1))]
        running = stack.enter_context(roles(folder, names, config))
        reader = SlimReader(kafka.bootstrap)
        reader.start()
        stack.callback(reader.stop)
        time.sleep(15)  # groups form, workers start
        press.resume()
        total = press.truth()["totals"]["planned"]
        return _middle(reader, running, total, think)


def _middle(reader: SlimReader, running: dict[str, Process], total: int, think: float) -> dict[str, Any]:
    """Rate and load from a tenth to nine tenths."""
    patience = 300 + 4 * think * total / IN_HAND
    wait_until("a tenth to be readable", lambda: len(reader.urls) >= total // 10, patience, every=0.1)
    began, first, load = time.monotonic(), len(reader.urls), _busy()
    cpu = {name: _cpu(process.pid) for name, process in running.items()}
    wait_until("nine tenths to be readable", lambda: len(reader.urls) >= total * 9 // 10, patience, every=0.1)
    seconds, count = time.monotonic() - began, len(reader.urls) - first
    spent = {name: _cpu(process.pid) - cpu[name] for name, process in running.items()}
    by_role: dict[str, float] = {}
    for name, used in spent.items():
        role = name.partition("-")[0]
        by_role[role] = round(by_role.get(role, 0.0) + used / count * 1000, 2)
    return {
        "articles_per_second": round(count / seconds, 1),
        "cores_busy": round((_busy() - load) / seconds, 2),
        "cpu_s_per_1000": by_role,
    }


def _busy() -> float:
    """Processor seconds that this machine has worked so far."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0))


def _cpu(pid: int) -> float:
    """Processor seconds of a process and its children."""
    total = 0.0
    try:
        root = psutil.Process(pid)
        for process in [root, *root.children(recursive=True)]:
            times = process.cpu_times()
            total += times.user + times.system
    except psutil.Error:
        pass
    return total


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readers", default="1,2,4")
    parser.add_argument("--think", type=float, default=20.0)
    parser.add_argument("--articles", type=int, default=2400)
    arguments = parser.parse_args()
    found: dict[str, dict[str, Any]] = {}
    for readers in map(int, arguments.readers.split(",")):
        with tempfile.TemporaryDirectory(prefix="storyfold-scaling-") as folder:
            found[str(readers)] = measure(Path(folder), readers, arguments.think, arguments.articles)
        most = readers * IN_HAND / arguments.think
        print(f"{readers} readers: {found[str(readers)]}; the think time allows {most:.0f} a second", flush=True)
    cores = os.cpu_count() or 1
    last = found[str(readers)]
    figures = {key: {name: each[key] for name, each in found.items()} for key in last}
    limit = "processors" if last["cores_busy"] > BUSY * cores else "think time"
    print(json.dumps({**figures, "cores": cores, "limit": limit}))


if __name__ == "__main__":
    main()
