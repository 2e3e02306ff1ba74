"""Brokers that are not there, go away, come back or lose everything: the outbox grows, nothing else."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.rig import TopicReader, get_json, stopping, wait_until
from tests.fakes.kafka_broker import Broker
from tests.system.asking import count, metrics, names, readiness, wait_for_log, wait_for_names, write_feeds
from tests.system.hostile import House, house
from tests.system.program import Program

OUTBOX = "storyfold_outbox_rows"


@pytest.fixture
def press() -> Iterator[House]:
    """A house to be polled."""
    with house() as one:
        yield one


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker that is not started yet."""
    folder = tmp_path / "kafka"
    folder.mkdir()
    one = Broker(folder)
    yield one
    one.kill()


def repeated(reader: TopicReader) -> dict[tuple[str, str], int]:
    """Records that a consumer saw more than once."""
    counts = Counter((record.topic, record.headers["ce_id"]) for record in reader.seen)
    return {name: times for name, times in counts.items() if times > 1}


def test_a_broker_that_is_not_there_yet_is_waited_for(press: House, broker: Broker, tmp_path: Path) -> None:
    """It fills its outbox, /readyz says 503 and what to look at, and all is told once when the broker comes."""
    feeds = write_feeds(tmp_path / "feeds.toml", press.lists("one", "two", "three"))
    program, reader = Program(tmp_path, feeds, broker.bootstrap), TopicReader(broker.bootstrap)
    with stopping(program.process):
        program.start(ready=False)
        said = wait_for_log(program, "no Kafka broker answers at .*")
        assert broker.bootstrap in said
        assert "waits in the store" in said
        wait_until("articles in the store", lambda: count(program, "articles") == 3, 30)
        wait_until("the outbox to be measured", lambda: metrics(program)[OUTBOX] >= 3, 10)
        status, words = readiness(program)
        assert 503 == status
        assert f"the broker at {broker.bootstrap} does not take records" in words
        assert "kafka.bootstrap_servers" in words
        broker.start()
        reader.start()
        wait_for_names(reader, ["one", "two", "three"], 40)
        wait_until("readiness", program.is_ready, 20)
        wait_until("an empty outbox", lambda: metrics(program)[OUTBOX] == 0, 10)
        assert 0 == program.process.stop(), program.process.tail()
        reader.stop()
    assert {} == repeated(reader)


def test_a_broker_that_goes_silent_and_comes_back_is_told_the_rest(
    press: House, broker: Broker, tmp_path: Path
) -> None:
    """Polling and reading go on meanwhile; afterwards each article is there once."""
    broker.start()
    feeds = write_feeds(tmp_path / "feeds.toml", press.lists("one"))
    program, reader = Program(tmp_path, feeds, broker.bootstrap), TopicReader(broker.bootstrap)
    with stopping(program.process):
        program.start()
        reader.start()
        wait_for_names(reader, ["one"])
        broker.send(signal.SIGSTOP)
        press.lists("one", "two", "three")
        wait_until("reading to go on", lambda: count(program, "articles") == 3, 30)
        wait_for_log(program, "what is to be published waits in the store", 40)
        assert 503 == readiness(program)[0]
        broker.send(signal.SIGCONT)
        wait_for_names(reader, ["one", "two", "three"], 60)
        wait_until("readiness", program.is_ready, 30)
        assert 0 == program.process.stop(), program.process.tail()
        reader.stop()
    assert {} == repeated(reader)


def test_an_embedded_broker_that_is_killed_is_replaced(press: House, tmp_path: Path) -> None:
    """It says so, counts it, starts another on the same port, and tells it the current state."""
    feeds = write_feeds(tmp_path / "feeds.toml", press.lists("one", "two"))
    program = Program(tmp_path, feeds)
    with stopping(program.process):
        program.start()
        wait_until("both to be settled", lambda: count(program, "articles") == 2 and program.settled(), 30)
        note = (tmp_path / "var" / "broker" / "broker.json").as_uri()
        os.kill(get_json(note)["broker_pid"], signal.SIGKILL)
        wait_for_log(program, f"the embedded broker died; starting another, empty one on port {program.broker_port}")
        wait_for_log(program, r"published the current state again: \d+ records", 30)
        press.lists("one", "two", "three")
        reader = TopicReader(program.bootstrap)
        reader.start()
        wait_for_names(reader, ["one", "two", "three"])
        wait_until("the restart to be counted", lambda: _restarts(program) == 1, 5)
        wait_until("readiness", program.is_ready, 10)
        assert 0 == program.process.stop(), program.process.tail()
        reader.stop()
    assert ["one", "three", "two"] == sorted(names(reader))
    current = {record.key: record.value["counts"]["articles"] for record in reader.of("news.events")}
    assert 3 == sum(current.values()), current


def _restarts(program: Program) -> float:
    return metrics(program)["storyfold_embedded_broker_restarts_total"]
