"""Stopping: in order, in time, with nothing lost, whatever stands in the way."""

import os
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.rig import TopicReader, free_port, stopping, wait_until
from tests.fakes.kafka_broker import Broker
from tests.system.asking import count, log_of, names, stopped, wait_for_log, wait_for_names, write_feeds
from tests.system.hostile import House, house
from tests.system.program import Program

# What issue and docs promise.
STOP_SECONDS = 15.0


@pytest.fixture
def press() -> Iterator[House]:
    """A house to be polled."""
    with house() as one:
        yield one


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker that outlives the program."""
    folder = tmp_path / "kafka"
    folder.mkdir()
    one = Broker(folder)
    one.start()
    yield one
    one.kill()


def slow_house(press: House, quick: int, stuck: int) -> tuple[str, ...]:
    """Let a house list articles some of whose pages never come; returns the names of those that do."""
    good = tuple(f"good-{number}" for number in range(quick))
    bad = tuple(f"stuck-{number}" for number in range(stuck))
    press.lists(*good, *bad)
    for name in bad:
        press.hangs(f"/news/{name}")
    return good


def mended(press: House) -> None:
    """Let every page come from now on."""
    for path in [path for path in press.answers if path.startswith("/news/")]:
        del press.answers[path]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_among_stalled_pages(number: signal.Signals, press: House, broker: Broker, tmp_path: Path) -> None:
    """It ends in time with status 0, what was read is on Kafka, and the next run brings the rest, each once."""
    good = slow_house(press, 6, 6)
    feeds = write_feeds(tmp_path / "feeds.toml", press.url("/feed.xml"))
    program, reader = Program(tmp_path, feeds, broker.bootstrap), TopicReader(broker.bootstrap)
    with stopping(program.process):
        program.start()
        reader.start()
        wait_for_names(reader, good)
        status, seconds = stopped(program, number)
        assert 0 == status, program.process.tail()
        assert seconds < STOP_SECONDS
        assert [(6,)] == program.rows("SELECT count(*) FROM entries WHERE state IN ('pending', 'retry')")
        assert [(0,)] == program.rows("SELECT count(*) FROM entries WHERE lease_owner IS NOT NULL")
        mended(press)
        program.start()
        everything = [*good, *(f"stuck-{number}" for number in range(6))]
        wait_for_names(reader, everything)
        wait_until("everything to be settled", program.settled, 20)
        reader.stop()
    assert sorted(everything) == sorted(names(reader))


def test_a_stop_while_the_broker_is_gone(press: House, tmp_path: Path) -> None:
    """It ends in time with status 0; what was to be published waits in the store, and the log says so."""
    press.lists("one", "two", "three")
    feeds = write_feeds(tmp_path / "feeds.toml", press.url("/feed.xml"))
    program = Program(tmp_path, feeds, f"127.0.0.1:{free_port()}")
    with stopping(program.process):
        program.start(ready=False)
        wait_until("the outbox to grow", lambda: count(program, "outbox") >= 3, 30)
        status, seconds = stopped(program)
    assert 0 == status, program.process.tail()
    assert seconds < STOP_SECONDS
    assert "publish: not everything in hand was finished in time; it stays in the store" in log_of(program)
    assert count(program, "outbox") >= 3


def test_a_stop_while_the_store_is_locked(press: House, tmp_path: Path) -> None:
    """It ends in time with status 0, and the next run brings what was in hand."""
    press.lists("one", "two")
    feeds = write_feeds(tmp_path / "feeds.toml", press.url("/feed.xml"))
    program = Program(tmp_path, feeds)
    with stopping(program.process):
        program.start()
        wait_until("both to be settled", lambda: count(program, "articles") == 2 and program.settled(), 30)
        other = sqlite3.connect(tmp_path / "var" / "storyfold.sqlite3", isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        press.lists("three", "two", "one")
        wait_for_log(program, "is locked by another process; end it or wait", 30)
        status, seconds = stopped(program)
        other.close()
        assert 0 == status, program.process.tail()
        assert seconds < STOP_SECONDS
        program.start()
        wait_until("the third to be settled", lambda: count(program, "articles") == 3 and program.settled(), 30)
        assert 0 == program.process.stop(), program.process.tail()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_stops_at_once(number: signal.Signals, press: House, broker: Broker, tmp_path: Path) -> None:
    """It waits for nothing, and the next run brings everything, each article once."""
    good = slow_house(press, 4, 4)
    feeds = write_feeds(tmp_path / "feeds.toml", press.url("/feed.xml"))
    program, reader = Program(tmp_path, feeds, broker.bootstrap), TopicReader(broker.bootstrap)
    with stopping(program.process):
        program.start()
        reader.start()
        wait_until("pages to stall", lambda: sum("stuck" in path for path in press.hits) >= 4, 30)
        os.kill(program.process.pid, number)
        wait_for_log(program, "stopping: finishing what is in hand")
        status, seconds = stopped(program, number)
        assert 130 == status, program.process.tail()
        assert seconds < 1.0
        assert "told twice: stopping at once; what was in hand stays in the store" in log_of(program)
        mended(press)
        program.start()
        everything = [*good, *(f"stuck-{number}" for number in range(4))]
        wait_for_names(reader, everything)
        wait_until("everything to be settled", program.settled, 20)
        reader.stop()
    assert sorted(everything) == sorted(names(reader))


def test_a_stop_while_it_starts(press: House, tmp_path: Path) -> None:
    """A signal that comes before the stages run is not lost: it ends in time with status 0."""
    feeds = write_feeds(tmp_path / "feeds.toml", press.lists("one"))
    program = Program(tmp_path, feeds)
    with stopping(program.process):
        program.process.start()
        wait_until("the store to be made", (tmp_path / "var" / "storyfold.sqlite3").exists, 30, every=0.005)
        status, seconds = stopped(program)
    assert 0 == status, program.process.tail()
    assert seconds < STOP_SECONDS


def test_no_process_is_left_behind(press: House, tmp_path: Path) -> None:
    """Workers and the embedded broker end with an orderly stop."""
    feeds = write_feeds(tmp_path / "feeds.toml", press.lists("one"))
    program = Program(tmp_path, feeds)
    with stopping(program.process):
        program.start()
        wait_until("it to be settled", lambda: count(program, "articles") == 1 and program.settled(), 30)
        status, _ = stopped(program)
    assert 0 == status, program.process.tail()
    wait_until("its processes to end", lambda: _mentioning(str(tmp_path)) == [], 5)


def test_a_hangup_and_a_change_reload_the_feeds(press: House, broker: Broker, tmp_path: Path) -> None:
    """SIGHUP and a changed file register feeds; a broken file keeps the old ones and says what to mend."""
    first, second = press.lists("one", path="/first.xml"), press.lists("two", path="/second.xml")
    third = press.lists("three", path="/third.xml")
    file = write_feeds(tmp_path / "feeds.toml", first)
    program, reader = Program(tmp_path, file, broker.bootstrap), TopicReader(broker.bootstrap)
    with stopping(program.process):
        program.start()
        reader.start()
        wait_for_names(reader, ["one"])
        write_feeds(file, first, second)
        wait_for_names(reader, ["one", "two"])

        file.write_text("[[feeds]\nurl = ")
        wait_for_log(program, r"feeds file: .*")
        wait_for_log(program, "the feeds registered before stay as they are")
        press.lists("four", "two", path="/second.xml")
        wait_for_names(reader, ["four"])

        seen = press.hits.count("/third.xml")
        write_feeds(file, first, second, third)
        os.kill(program.process.pid, signal.SIGHUP)
        wait_for_log(program, "reading the feeds file again")
        wait_for_names(reader, ["three"])
        assert 0 == seen
        file.unlink()
        wait_for_log(program, r"cannot be read: No such file or directory; set feeds\.file to your list of feeds")
        press.lists("five", "three", path="/third.xml")
        wait_for_names(reader, ["five"])
        assert 0 == program.process.stop(), program.process.tail()
        reader.stop()


def _mentioning(text: str) -> list[str]:
    """Command lines of processes that name something."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if text in command and int(file.parent.name) != os.getpid():
            found.append(command)
    return found
