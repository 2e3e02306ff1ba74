"""End to end: newsroom serves, storyfold ingests, an independent consumer reads from Kafka.

    python -m benchmarks.endtoend [--rate 45] [--seconds 60] [--seed 1]

Newsroom releases articles at an even rate over real HTTP on loopback; storyfold runs as a user would run it, with the
embedded broker; a kafka-python consumer with `isolation.level=read_committed` notes when each record is readable. The
latency of an article runs from the moment newsroom first served the feed that lists it to that moment.

The last line is one JSON object: `articles_per_second` (from the first served to the last readable), `p50_ms`,
`p99_ms`, `cpu_s_per_1000` and `peak_mib` (all processes of storyfold with its workers; the broker is left out and
given as `broker_cpu_s_per_1000`), `lost`, `repeated`.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil

from benchmarks.rig import Press, Process, TopicReader, Usage, answers, free_port, python, stopping, wait_until

CONFIG = """
data_dir = "{folder}/var"

[feeds]
file = "{folder}/feeds.opml"

[poll]
floor = "1s"
first_interval = "1s"
ceiling = "2s"
jitter = 0.5
news_window = "30d"
concurrency = 64

[politeness]
concurrency = 16
interval = "0s"

[fetch]
contact = "http://localhost/benchmark"
allowed_networks = ["127.0.0.0/8"]
allowed_ports = []

[embedded]
port = {broker}

[console]
port = {console}
"""


# What newsroom writes of one happening, on average; so the press runs for about the seconds asked for.
ARTICLES_A_HAPPENING = 24


def is_broker(process: psutil.Process) -> bool:
    """Whether a process belongs to the embedded broker, not to storyfold."""
    command = " ".join(process.cmdline())
    return "tansu" in command or "broker_keeper" in command


def measure(folder: Path, rate: float, seconds: float, seed: int) -> dict[str, Any]:
    """Run once.

    Args:
        folder: scratch.
        rate: articles a second that newsroom releases.
        seconds: for how long.
        seed: of newsroom.
    """
    happenings = max(4, round(rate * seconds / ARTICLES_A_HAPPENING))
    press = Press.start(
        folder,
        *("--seed", str(seed), "--publishers", "40", "--happenings", str(happenings), "--rate", str(rate)),
        *("--habits", "none", "--faults", "none", "--opml", str(folder / "feeds.opml"), "--feed-entries", "200"),
    )
    press.pause()
    broker, console = free_port(), free_port()
    (folder / "storyfold.toml").write_text(CONFIG.format(folder=folder, broker=broker, console=console))
    program = Process(
        python("-m", "storyfold", "run", "--config", str(folder / "storyfold.toml")), folder / "storyfold.log"
    )
    with stopping(program, press.process):
        program.start()
        wait_until("storyfold to be ready", lambda: answers(f"http://127.0.0.1:{console}/readyz"), 90)
        reader = TopicReader(f"127.0.0.1:{broker}")
        reader.start()
        time.sleep(3)
        usage, broker_usage = Usage(program.pid, is_broker), Usage(program.pid, lambda p: not is_broker(p))
        usage.start()
        broker_usage.start()
        began = time.time()
        press.resume()
        _wait_for_all(press, reader, seconds + 120)
        usage.stop()
        broker_usage.stop()
        reader.stop()
        truth = press.truth()
    return score(truth, began, reader, usage, broker_usage)


def _wait_for_all(press: Press, reader: TopicReader, seconds: float) -> None:
    """Until newsroom has released everything and the count of readable articles stands still for five seconds."""
    end = time.monotonic() + seconds
    last, since = -1, time.monotonic()
    while time.monotonic() < end:
        time.sleep(0.5)
        seen = len(reader.of("news.articles"))
        if seen != last:
            last, since = seen, time.monotonic()
        if time.monotonic() - since > 5 and press.truth()["complete"]:
            return


def score(
    truth: dict[str, Any], began: float, reader: TopicReader, usage: Usage, broker_usage: Usage
) -> dict[str, Any]:
    """Compare what was served with what became readable."""
    readable: dict[str, float] = {}
    records = Counter(
        record.headers["ce_id"] for topic in ("news.articles", "news.rejects") for record in reader.of(topic)
    )
    for record in reader.of("news.articles"):
        readable.setdefault(record.value["url"], record.at)
    served = {article["url"]: article["first_listed_at"] for article in truth["articles"] if article["first_listed_at"]}
    waits = sorted(readable[url] - at for url, at in served.items() if url in readable)
    thousands = len(readable) / 1000
    # What slipped out before the press was paused at the start is not part of the run.
    counted = [url for url, at in served.items() if at >= began and url in readable]
    span = max(readable[url] for url in counted) - min(served[url] for url in counted)
    return {
        "articles": len(readable),
        "articles_per_second": round(len(counted) / span, 1),
        "p50_ms": round(1000 * statistics.median(waits)),
        "p99_ms": round(1000 * waits[int(0.99 * (len(waits) - 1))]),
        "cpu_s_per_1000": round(usage.cpu_seconds / thousands, 2),
        "broker_cpu_s_per_1000": round(broker_usage.cpu_seconds / thousands, 2),
        "peak_mib": round(usage.peak_mib),
        "lost": len(served.keys() - readable.keys()),
        "repeated": sum(count - 1 for count in records.values()),
    }


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=50.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="storyfold-endtoend-") as folder:
        figures = measure(Path(folder), arguments.rate, arguments.seconds, arguments.seed)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
