"""A shared store that comes later than the program, as after a power cut on two machines."""

from pathlib import Path

import pytest

from benchmarks.rig import Process, free_port, stopping, wait_until
from tests.brokers.postgresql import PostgresqlMissing, postgresql_server
from tests.system.conditions import missing
from tests.system.program import Program


def waiting_program(folder: Path, url: str) -> Program:
    """Start a program whose store is not there, and see that it says so and waits."""
    feeds = folder / "feeds.opml"
    feeds.write_text('<opml version="2.0"><body/></opml>')
    program = Program(folder, feeds, more=f'[store]\nurl = "{url}"\n')
    program.start(ready=False)
    wait_until("it to say that it waits", lambda: "waiting for the store" in program.process.tail(), 60)
    assert program.process.running()
    return program


@pytest.mark.timeout(180)
def test_a_store_that_comes_later_is_waited_for(tmp_path: Path) -> None:
    """The program says what it waits for, once, and is ready soon after the server has come."""
    try:
        with postgresql_server() as server:
            server.stop()
            program = waiting_program(tmp_path, server.url)
            with stopping(program.process):
                server.start()
                wait_until("readiness", program.is_ready, 60)
                assert 1 == program.process.log.read_text().count("waiting for the store")
                assert 0 == program.process.stop(), program.process.tail()
    except PostgresqlMissing as error:
        missing(str(error))


def test_a_program_that_waits_stops_when_told(tmp_path: Path) -> None:
    """SIGTERM ends the wait with exit status 0."""
    program = waiting_program(tmp_path, f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/nothing")
    with stopping(program.process):
        assert 0 == program.process.stop(), program.process.tail()


def test_a_file_that_cannot_be_opened_is_not_waited_for(tmp_path: Path) -> None:
    """A store that a person must mend ends the program at once."""
    (tmp_path / "feeds.opml").write_text('<opml version="2.0"><body/></opml>')
    program = Program(tmp_path, tmp_path / "feeds.opml", more='[store]\nurl = "mysql://somewhere/else"\n')
    second = Process(program.process.command, tmp_path / "second.log")
    with stopping(second):
        second.start()
        assert second.popen is not None
        assert 1 == second.popen.wait(60)
        assert "names no store" in second.tail()
