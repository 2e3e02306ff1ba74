"""What is wrong when it starts: each is refused, or lived with, with a word about what to do."""

import os
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from benchmarks.rig import Process, stopping, wait_until
from tests.system.asking import count, ended, log_of, readiness, refusal, wait_for_log, write_feeds
from tests.system.conditions import missing
from tests.system.hostile import house
from tests.system.program import Program

WITHOUT_OVERRIDE = ["setpriv", "--bounding-set=-dac_override"]


@contextmanager
def listening(port: int) -> Iterator[None]:
    """Let somebody else have a port."""
    with closing(socket.socket()) as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        yield


def program_in(folder: Path, more: str = "") -> Program:
    """A program with one feed that nobody serves."""
    feeds = write_feeds(folder / "feeds.toml", "http://127.0.0.1:9/feed.xml")
    return Program(folder, feeds, more=more)


def bound_by_rights(program: Program) -> None:
    """Have a program run without root's right to write anything."""
    if os.geteuid() == 0:
        program.process = Process([*WITHOUT_OVERRIDE, *program.process.command], program.process.log)


def test_a_wrong_key_is_refused_with_the_right_one(tmp_path: Path) -> None:
    """Exit status 2, and the nearest right key is named."""
    program = program_in(tmp_path, more="[retention]\nbodys = '3d'\n")
    status, said = refusal(program)
    assert 2 == status
    assert "retention.bodys" in said
    assert "retention.bodies" in said
    assert "Traceback" not in said


def test_a_console_port_in_use_is_refused(tmp_path: Path) -> None:
    """Exit status 1; the message names the port and the setting, and the embedded broker is not left behind."""
    program = program_in(tmp_path)
    with listening(program.console_port):
        status, said = refusal(program)
    assert 1 == status
    assert f"the console cannot listen on 127.0.0.1:{program.console_port}: the port is in use" in said
    assert "set console.port (0 for any free one)" in said
    assert "Traceback" not in said
    with socket.socket() as probe:
        assert 0 != probe.connect_ex(("127.0.0.1", program.broker_port)), "the broker still listens"


def test_an_embedded_broker_port_in_use_is_refused(tmp_path: Path) -> None:
    """Exit status 1; the message names the port and the setting."""
    program = program_in(tmp_path)
    with listening(program.broker_port):
        status, said = refusal(program)
    assert 1 == status
    assert f"port {program.broker_port} on 127.0.0.1, wanted for the embedded broker, is in use" in said
    assert "embedded.port" in said
    assert "Traceback" not in said


def test_a_second_program_on_the_same_data_is_refused(tmp_path: Path) -> None:
    """Exit status 1; the message names the process that is there, which goes on undisturbed."""
    first = program_in(tmp_path)
    with stopping(first.process):
        first.start(ready=False)
        wait_for_log(first, "storyfold .* runs:")
        second = Process(first.process.command, tmp_path / "second.log")
        second.start()
        assert second.popen is not None
        assert 1 == second.popen.wait(30)
        said = second.tail()
        assert f"another storyfold (process {first.process.pid}) works in {tmp_path}/var" in said
        assert "stop it, or set another data_dir" in said
        assert "Traceback" not in said
        assert 0 == first.process.stop(), first.process.tail()


def test_a_store_that_is_locked_is_refused(tmp_path: Path) -> None:
    """Exit status 1 after some seconds of patience; the message says who to look for."""
    (tmp_path / "var").mkdir()
    with closing(sqlite3.connect(tmp_path / "var" / "storyfold.sqlite3", isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("BEGIN EXCLUSIVE")
        status, said = refusal(program_in(tmp_path))
    assert 1 == status
    assert "is locked by another process; end it or wait" in said
    assert "Traceback" not in said


def test_a_store_that_is_read_only_is_refused(tmp_path: Path) -> None:
    """Exit status 1; the message says what to give to whom."""
    first = program_in(tmp_path)
    with stopping(first.process):
        first.start(ready=False)
        wait_for_log(first, "storyfold .* runs:")
        assert 0 == first.process.stop(), first.process.tail()
    again = program_in(tmp_path)
    again.process.log = tmp_path / "again.log"
    bound_by_rights(again)
    (tmp_path / "var" / "storyfold.sqlite3").chmod(0o444)
    status, said = refusal(again)
    assert 1 == status
    assert "is read-only; give its user write access to file and folder" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("folder", ["file", "closed"])
def test_a_data_folder_that_cannot_be_used_is_refused(folder: str, tmp_path: Path) -> None:
    """Exit status 1; the message names the folder and what to do."""
    program = program_in(tmp_path)
    bound_by_rights(program)
    if folder == "file":
        (tmp_path / "var").write_text("notes")
        expected = f"data_dir {tmp_path}/var cannot be made"
    else:
        (tmp_path / "var").mkdir(mode=0o555)
        expected = f"give this user write access to {tmp_path}/var, or set data_dir to another folder"
    status, said = refusal(program)
    assert 1 == status
    assert expected in said
    assert "Traceback" not in said


def test_a_feeds_file_that_is_missing_is_waited_for(tmp_path: Path) -> None:
    """It runs, says what to set, and polls as soon as the file is there."""
    program = Program(tmp_path, tmp_path / "feeds.toml")
    with stopping(program.process), house() as press:
        program.start(ready=False)
        wait_for_log(program, r"feeds\.toml cannot be read: No such file or directory; set feeds\.file to your list")
        assert program.process.running()
        write_feeds(tmp_path / "feeds.toml", press.lists("one"))
        wait_until("the feed to be read", lambda: count(program, "articles") == 1, 20)
        assert 0 == program.process.stop(), program.process.tail()


@contextmanager
def small_disk(folder: Path, mebibytes: int) -> Iterator[None]:
    """Make a folder a file system of its own that is soon full."""
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if done.returncode != 0:
        missing("a small disk needs the right to mount a tmpfs")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=False)


def test_a_disk_that_is_full_is_lived_with(tmp_path: Path) -> None:
    """It says so, stays up, is not ready, and goes on with nothing lost as soon as there is room."""
    (tmp_path / "var").mkdir()
    with small_disk(tmp_path / "var", 8), house() as press:
        program = Program(tmp_path, write_feeds(tmp_path / "feeds.toml", press.lists("one")))
        with stopping(program.process):
            program.start(ready=False)
            wait_until("the feed to be read", lambda: count(program, "articles") == 1, 20)
            ballast = tmp_path / "var" / "ballast"
            fill(ballast)
            press.lists("one", *(f"more-{number}" for number in range(20)))
            wait_for_log(program, "cannot grow, its disk is full; free some space|the disk under the store .* fails")
            status, words = readiness(program)
            assert 503 == status
            assert "store" in words
            assert program.process.running(), program.process.tail()
            ballast.unlink()
            wait_until("all to be read", lambda: count(program, "articles") == 21, 40)
            assert "defect" not in log_of(program)
            assert 0 == program.process.stop(), program.process.tail()


def fill(ballast: Path) -> None:
    """Take all the room there is."""
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue


def test_a_store_that_breaks_meanwhile_ends_the_program_with_a_word(tmp_path: Path) -> None:
    """A person must act: it stops with status 1 and says how, without a trace of its insides."""
    program = program_in(tmp_path)
    with stopping(program.process):
        program.start(ready=False)
        wait_for_log(program, "storyfold .* runs:")
        with closing(sqlite3.connect(tmp_path / "var" / "storyfold.sqlite3")) as other:
            other.execute("ALTER TABLE feeds RENAME TO sources")
        assert 1 == ended(program), program.process.tail()
        said = log_of(program)
    assert "has another schema than this version; restart it to migrate" in said
    assert "Traceback" not in said
