"""Demo: the whole line as a user would run it, against a simulated press, with the result read back from Kafka.

Three programs run: newsroom (the press), storyfold (with its embedded broker), and this one, which watches as any
consumer would. What it prints at the end was read from the topics by a `read_committed` consumer; newsroom, which
knows what it told, says how true it is.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from storyfold.app.demo_report import print_report, score
from storyfold.app.unable import Unable
from storyfold.config.settings import Settings
from storyfold.edges.kafka_connection import KafkaConnection
from storyfold.edges.topic_reader import CannotSubscribe, SeenRecord, read_topics
from storyfold.model.records import Topic

SPAN_HOURS = 72
PUBLISHERS = 12
# Each happening is told by some nine articles; so many fill two minutes without hurry.
HAPPENINGS_A_SECOND = 0.35
# The line is quiet when nothing new was seen for so long after the press has finished.
QUIET_SECONDS = 4.0
# However things go, the demo ends so long after the press.
PATIENCE_SECONDS = 120.0

CONFIG = """\
# Written by `storyfold demo`, for a simulated press on loopback: far less polite than anything on the web deserves.
data_dir = {data}

[feeds]
file = {feeds}

[poll]
floor = "2s"
first_interval = "2s"
ceiling = "4s"
news_window = "30d"

[politeness]
concurrency = 8
interval = "0s"

[fetch]
contact = "http://localhost/storyfold-demo"
allowed_networks = ["127.0.0.0/8"]
allowed_ports = []

[fold]
quiet = "24h"

[embedded]
port = {broker}

[console]
port = {console}
"""


@dataclass
class Watched:
    """What the consumer has seen so far; filled by its thread."""

    records: list[SeenRecord] = field(default_factory=list)
    trouble: str | None = None
    stopped: bool = False

    def count(self, topic: Topic) -> int:
        """Records of a topic."""
        return sum(record.topic == topic for record in list(self.records))


def run_demo(settings: Settings, *, seconds: float, seed: int, stay: bool) -> int:
    """Run the demo.

    Args:
        settings: only `data_dir` and the two ports are used, where they are free.
        seconds: how long the press publishes.
        seed: of the press.
        stay: whether to stay up afterwards until Ctrl-C.

    Returns:
        Exit status: 0 if no record was lost or repeated, else 1.

    Raises:
        Unable: one of the programs could not start.
    """
    console = Console()
    folder = (settings.data_dir / "demo").resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    broker = _free_port(settings.embedded.port)
    port = _free_port(settings.console.port)
    # Told to stop, it ends what it started.
    signal.signal(signal.SIGTERM, _interrupt)
    with _press(folder, seconds, seed) as control, _service(folder, broker, port):
        console.print(f"press: {PUBLISHERS} publishers at 127.0.1.*, three days of news in {seconds:.0f} s")
        console.print(f"storyfold: console at http://127.0.0.1:{port}/, Kafka at 127.0.0.1:{broker}")
        watched = Watched()
        thread = threading.Thread(target=_watch, args=(watched, f"127.0.0.1:{broker}"), daemon=True)
        thread.start()
        _show_progress(console, control, port, watched, seconds)
        outcome = score(_get(f"{control}/truth"), _read_back(f"127.0.0.1:{broker}", watched))
        print_report(console, outcome)
        _say_how_to_go_on(console, folder, broker, port)
        if stay:
            _stay(console)
        watched.stopped = True
        thread.join(5)
    return 0 if outcome.lost == outcome.repeated == 0 else 1


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _free_port(wanted: int) -> int:
    """The wanted port, or any other where it is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise Unable("no free port on 127.0.0.1")


@contextmanager
def _press(folder: Path, seconds: float, seed: int) -> Iterator[str]:
    """Run newsroom; yields its control address."""
    ready = folder / "press.json"
    scale = SPAN_HOURS * 3600 / seconds
    happenings = max(12, round(seconds * HAPPENINGS_A_SECOND))
    options = {
        "--seed": seed,
        "--publishers": PUBLISHERS,
        "--happenings": happenings,
        "--span-hours": SPAN_HOURS,
        "--time-scale": scale,
        "--feed-entries": 200,
        "--opml": folder / "feeds.opml",
        "--ready-file": ready,
    }
    arguments = [str(part) for option in options.items() for part in option]
    with _program(folder / "press.log", "newsroom", "serve", *arguments) as alive:
        _wait("the press", ready.exists, alive, folder / "press.log")
        yield json.loads(ready.read_text("utf-8"))["control"]


@contextmanager
def _service(folder: Path, broker: int, console: int) -> Iterator[None]:
    """Run storyfold until the block ends."""
    quoted = {"data": json.dumps(str(folder / "var")), "feeds": json.dumps(str(folder / "feeds.opml"))}
    config = folder / "storyfold.toml"
    config.write_text(CONFIG.format(broker=broker, console=console, **quoted), "utf-8")
    log = folder / "storyfold.log"
    with _program(log, "storyfold", "run", "--config", str(config)) as alive:
        _wait("storyfold", lambda: _answers(f"http://127.0.0.1:{console}/readyz"), alive, log)
        yield


@contextmanager
def _program(log: Path, module: str, *arguments: str) -> Iterator[Callable[[], bool]]:
    """Run a program of ours; yields whether it still runs; ends it with SIGTERM."""
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own programs, by this very interpreter
            [sys.executable, "-m", module, *arguments],
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield lambda: process.poll() is None
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(5)


def _wait(what: str, ready: Callable[[], bool], alive: Callable[[], bool], log: Path) -> None:
    end = time.monotonic() + 60
    while not ready():
        if not alive() or time.monotonic() > end:
            said = "\n".join(log.read_text("utf-8", "replace").splitlines()[-15:])
            raise Unable(f"{what} did not start; it said:\n{said}")
        time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.TransportError:
        return False


def _get(url: str) -> Any:
    return httpx.get(url, timeout=30).raise_for_status().json()


def _watch(watched: Watched, bootstrap: str) -> None:
    """Follow all topics in a thread."""
    try:
        for record in read_topics(
            KafkaConnection((bootstrap,)), list(Topic), from_beginning=True, going_on=lambda: not watched.stopped
        ):
            watched.records.append(record)
    except CannotSubscribe as error:
        watched.trouble = str(error)


def _show_progress(console: Console, control: str, console_port: int, watched: Watched, seconds: float) -> None:
    """Draw a line until the press has finished and the line is quiet."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[told]}"),
        TimeElapsedColumn(),
    )
    end = time.monotonic() + seconds + PATIENCE_SECONDS
    last, since = (False, -1), time.monotonic()
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("published", total=None, told="")
        while time.monotonic() < end:
            if watched.trouble is not None:
                raise Unable(watched.trouble)
            status = _get(f"{control}/status")
            now = (status["complete"], len(watched.records))
            if now != last or _waiting(console_port):
                last, since = now, time.monotonic()
            told = f"{status['released']}/{status['planned']}, {watched.count(Topic.ARTICLES)} on Kafka"
            progress.update(task, total=status["planned"], completed=status["released"], told=told)
            if status["complete"] and time.monotonic() - since > QUIET_SECONDS:
                return
            time.sleep(0.5)


def _waiting(port: int) -> bool:
    """Whether an entry is still on its way, or a record not on Kafka yet."""
    status = _get(f"http://127.0.0.1:{port}/api/status")
    return bool(status["ledger"]["waiting"] or status["outbox"]["rows"])


def _read_back(bootstrap: str, watched: Watched) -> list[SeenRecord]:
    """Read all topics again from the beginning with a fresh consumer, until it has seen as much as the first."""
    wanted = len(watched.records)
    end = time.monotonic() + 60
    seen: list[SeenRecord] = []

    def going_on() -> bool:
        return len(seen) < wanted and time.monotonic() < end

    for record in read_topics(KafkaConnection((bootstrap,)), list(Topic), from_beginning=True, going_on=going_on):
        seen.append(record)  # noqa: PERF402 - going_on looks at what was seen so far
    return seen


def _say_how_to_go_on(console: Console, folder: Path, broker: int, port: int) -> None:
    config = os.path.relpath(folder / "storyfold.toml")
    storyfold = Path(sys.executable).with_name("storyfold")
    program = os.path.relpath(storyfold) if storyfold.exists() else f"{sys.executable} -m storyfold"
    console.print(f"\nlook:       http://127.0.0.1:{port}/ (page), http://127.0.0.1:{port}/metrics (Prometheus)")
    console.print(f"subscribe:  {program} tail events --from-beginning --config {config}")
    console.print(
        f"            kcat -C -b 127.0.0.1:{broker} -t news.events -o beginning -X isolation.level=read_committed"
    )


def _stay(console: Console) -> None:
    console.print("\nall of it stays up until Ctrl-C")
    with suppress(KeyboardInterrupt):
        signal.pause()
