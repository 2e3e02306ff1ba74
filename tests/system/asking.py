"""What a person would look at: readiness with its words, metrics, the log, and the articles on Kafka."""

import os
import re
import signal
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from benchmarks.rig import TopicReader, wait_until
from tests.system.program import Program


def write_feeds(file: Path, *urls: str) -> Path:
    """Write a feeds file."""
    file.write_text("".join(f'[[feeds]]\nurl = "{url}"\n\n' for url in urls))
    return file


def readiness(program: Program) -> tuple[int, str]:
    """Status and text of /readyz."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{program.console_port}/readyz", timeout=15) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def metrics(program: Program) -> dict[str, float]:
    """Every sample of /metrics: name with labels → value."""
    with urllib.request.urlopen(f"http://127.0.0.1:{program.console_port}/metrics", timeout=15) as response:
        lines = response.read().decode().splitlines()
    samples = (line.rpartition(" ") for line in lines if line and not line.startswith("#"))
    return {name: float(value) for name, _, value in samples}


def log_of(program: Program) -> str:
    """All it has printed."""
    return program.process.log.read_text(errors="replace") if program.process.log.exists() else ""


def wait_for_log(program: Program, pattern: str, seconds: float = 20) -> str:
    """Wait for a line of the log that matches; returns the match."""

    def found() -> bool:
        return re.search(pattern, log_of(program)) is not None or not program.process.running()

    wait_until(f"the log to say {pattern!r}", found, seconds)
    match = re.search(pattern, log_of(program))
    assert match is not None, f"ended without saying {pattern!r}:\n{program.process.tail()}"
    return match[0]


def count(program: Program, table: str) -> int:
    """Rows of a table of the store; 0 as long as it is not made yet."""
    try:
        return int(program.rows(f"SELECT count(*) FROM {table}")[0][0])
    except sqlite3.OperationalError:
        return 0


def ended(program: Program, seconds: float = 30) -> int:
    """Wait until it ends by itself; its exit status."""
    assert program.process.popen is not None
    return program.process.popen.wait(seconds)


def stopped(program: Program, number: signal.Signals = signal.SIGTERM, seconds: float = 25) -> tuple[int, float]:
    """Tell it to stop: its exit status, and how many seconds that took."""
    begun = time.monotonic()
    os.kill(program.process.pid, number)
    return ended(program, seconds), time.monotonic() - begun


def refusal(program: Program, seconds: float = 30) -> tuple[int, str]:
    """Start a program that cannot run: its exit status and what it said."""
    program.process.start()
    return ended(program, seconds), log_of(program)


def headlines(reader: TopicReader) -> list[str]:
    """Of the articles that a consumer saw, in order."""
    return [record.value["headline"] for record in reader.of("news.articles")]


def names(reader: TopicReader) -> list[str]:
    """The names by which a house knows the articles that a consumer saw."""
    return [record.value["url"].rpartition("/")[2] for record in reader.of("news.articles")]


def wait_for_names(reader: TopicReader, wanted: Sequence[str], seconds: float = 30) -> None:
    """Wait until a consumer has seen articles with all of these names."""
    wait_until(f"{len(wanted)} articles to be on Kafka", lambda: set(wanted) <= set(names(reader)), seconds)
