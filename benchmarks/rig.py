"""The rig: starts the press, a broker and the program as a user would, and looks at them from outside.

System tests and benchmarks share it. It imports nothing of storyfold: what it knows of the program is its command
line, its HTTP endpoints and its topics, read with kafka-python directly.
"""

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import psutil
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

# It tells every retry as an error; what matters shows in what is read.
logging.getLogger("kafka").setLevel(logging.CRITICAL)

REPOSITORY = Path(__file__).resolve().parent.parent
TOPICS = ("news.articles", "news.events", "news.event-changes", "news.rejects")


def shared_data() -> Path:
    """Where the corpora lie: beside the checkout, or where STORYFOLD_SHARED says."""
    return Path(os.environ.get("STORYFOLD_SHARED", str(REPOSITORY.parent / "shared"))) / "data"


def wait_until(what: str, holds: Callable[[], bool], seconds: float, every: float = 0.1) -> None:
    """Return as soon as something holds.

    Raises:
        TimeoutError: it did not, within so many seconds.
    """
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(every)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def get_json(url: str) -> Any:
    """Decode what a loopback endpoint answers."""
    with urllib.request.urlopen(url, timeout=30) as response:
        return json.load(response)


def post(url: str, value: object | None = None) -> None:
    """Tell a loopback endpoint something."""
    body = json.dumps(value).encode() if value is not None else b""
    with urllib.request.urlopen(urllib.request.Request(url, data=body, method="POST"), timeout=30):
        return


def answers(url: str) -> bool:
    """Whether an endpoint answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _environment() -> dict[str, str]:
    path = os.pathsep.join([str(REPOSITORY / "services"), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": path}


@dataclass
class Process:
    """A program that was started, with its output in a file.

    Attributes:
        command: its command line.
        log: where its output goes.
        popen: once it was started.
        environment: variables beside those of this process.
    """

    command: list[str]
    log: Path
    popen: subprocess.Popen[bytes] | None = None
    environment: dict[str, str] = field(default_factory=dict)

    def start(self) -> None:
        """Start it; its output is appended to the log."""
        with self.log.open("ab") as output:
            self.popen = subprocess.Popen(
                self.command,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=_environment() | self.environment,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Process id of the running program."""
        assert self.popen is not None, "not started"
        return self.popen.pid

    def running(self) -> bool:
        """Whether it has been started and has not ended."""
        return self.popen is not None and self.popen.poll() is None

    def kill(self) -> None:
        """SIGKILL to the program itself, and nothing else: what a crash would be."""
        assert self.popen is not None, "not started"
        self.popen.kill()
        self.popen.wait(10)

    def stop(self, seconds: float = 20) -> int:
        """SIGTERM, wait, and the exit status; SIGKILL to all of its session when it does not end."""
        assert self.popen is not None, "not started"
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self.popen.pid, signal.SIGKILL)
            return self.popen.wait(10)

    def tail(self, lines: int = 40) -> str:
        """The last lines it printed."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])


def python(*arguments: str) -> list[str]:
    """A command line of this very interpreter."""
    return [sys.executable, *arguments]


@dataclass
class Press:
    """newsroom, running."""

    process: Process
    control: str

    @classmethod
    def start(cls, folder: Path, *arguments: str) -> Self:
        """Start newsroom with these arguments of `newsroom serve`, and wait until it listens."""
        ready = folder / "newsroom.ready.json"
        ready.unlink(missing_ok=True)
        command = python("-m", "newsroom", "serve", "--ready-file", str(ready), *arguments)
        process = Process(command, folder / "newsroom.log")
        process.start()
        try:
            wait_until("newsroom to listen", lambda: ready.exists() or not process.running(), 60)
            assert process.running(), f"newsroom ended at once:\n{process.tail()}"
            return cls(process, json.loads(ready.read_text())["control"])
        except BaseException:
            process.stop(2)
            raise

    def pause(self) -> None:
        """Release nothing more until told to resume."""
        post(f"{self.control}/pause")

    def resume(self) -> None:
        """Let a press that was started paused begin."""
        post(f"{self.control}/resume")

    def truth(self) -> Any:
        """What newsroom knows of what it served."""
        return get_json(f"{self.control}/truth")


@dataclass(frozen=True)
class Seen:
    """A record as a `read_committed` consumer saw it."""

    topic: str
    partition: int
    offset: int
    key: str
    headers: dict[str, str]
    value: Any
    at: float


@dataclass
class TopicReader:
    """A `read_committed` consumer of all four topics, from the beginning, in a thread of its own."""

    bootstrap: str
    seen: list[Seen] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to read."""
        self._thread = threading.Thread(target=self._run, name="topic reader", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop reading; what was seen stays."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(20)

    def of(self, topic: str) -> list[Seen]:
        """What was seen of one topic, in order of arrival."""
        return [record for record in list(self.seen) if record.topic == topic]

    def _run(self) -> None:
        consumer = self._connect()
        if consumer is None:
            return
        known: set[TopicPartition] = set()
        while not self._stop.is_set():
            fresh = self._partitions(consumer) - known
            if fresh:
                known |= fresh
                positions = {each: consumer.position(each) for each in known - fresh}
                consumer.assign(sorted(known))
                consumer.seek_to_beginning(*sorted(fresh))
                for each, position in positions.items():
                    consumer.seek(each, position)
            if not known:
                time.sleep(0.2)
                continue
            for records in consumer.poll(timeout_ms=50, max_records=2000).values():
                at = time.time()
                self.seen.extend(_seen(record, at) for record in records)
        consumer.close()

    def _connect(self) -> KafkaConsumer | None:
        while not self._stop.is_set():
            try:
                return KafkaConsumer(
                    bootstrap_servers=self.bootstrap,
                    isolation_level="read_committed",
                    enable_auto_commit=False,
                    group_id=None,
                    auto_offset_reset="earliest",
                    fetch_max_wait_ms=20,
                )
            except KafkaError:
                time.sleep(0.2)
        return None

    @staticmethod
    def _partitions(consumer: KafkaConsumer) -> set[TopicPartition]:
        return {
            TopicPartition(topic, partition)
            for topic in TOPICS
            for partition in (consumer.partitions_for_topic(topic) or ())
        }


def _seen(record: Any, at: float) -> Seen:
    headers = {name: (value or b"").decode() for name, value in record.headers}
    value = json.loads(record.value) if record.value is not None else None
    return Seen(record.topic, record.partition, record.offset, record.key.decode(), headers, value, at)


@dataclass
class Usage:
    """Samples what a process and its children use.

    Attributes:
        cpu_seconds: of all of them so far, ended ones included as far as they were seen.
        peak_mib: largest sum of proportional set sizes.
    """

    pid: int
    leave_out: Callable[[psutil.Process], bool] = lambda _process: False
    cpu_seconds: float = 0.0
    peak_mib: float = 0.0
    _by_pid: dict[int, float] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Sample four times a second."""
        self._thread = threading.Thread(target=self._run, name="usage", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take a last sample and stop."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(10)

    def _run(self) -> None:
        while not self._stop.wait(0.25):
            self._sample()
        self._sample()

    def _sample(self) -> None:
        try:
            root = psutil.Process(self.pid)
            processes = [root, *root.children(recursive=True)]
        except psutil.Error:
            return
        memory = 0
        for process in processes:
            with suppress(psutil.Error):
                if self.leave_out(process):
                    continue
                times = process.cpu_times()
                self._by_pid[process.pid] = times.user + times.system
                memory += process.memory_full_info().pss
        self.cpu_seconds = sum(self._by_pid.values())
        self.peak_mib = max(self.peak_mib, memory / 2**20)


@contextmanager
def stopping(*processes: Process) -> Iterator[None]:
    """Stop processes at the end, whatever happens."""
    try:
        yield
    finally:
        for process in processes:
            if process.popen is not None:
                process.stop(5)
