"""The embedded broker through everything that can befall it: kills, hangs, strangers, and storyfold's own death."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from storyfold.edges.broker import (
    BrokerFailed,
    BrokerInUse,
    BrokerMissing,
    BrokerPolicy,
    BrokerPortTaken,
    EmbeddedBroker,
    embedded_address,
)
from storyfold.edges.broker_keeper import NOTE_NAME, BrokerNote, read_note, write_note
from storyfold.edges.broker_probe import cluster_at
from storyfold.edges.clock import SystemClock
from storyfold.edges.kafka_connection import KafkaConnection
from storyfold.edges.kafka_publisher import KafkaPublication, KafkaPublisher
from storyfold.model.metrics import Metric
from storyfold.model.records import OutboxRow, Topic
from tests.fakes.kafka_broker import read_all, run_python
from tests.fakes.meter import RecordingMeter
from tests.fakes.store_values import record_of

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Kept:
    """An embedded broker with what watches it."""

    broker: EmbeddedBroker
    folder: Path
    meter: RecordingMeter = field(default_factory=RecordingMeter)

    @property
    def note(self) -> BrokerNote:
        note = read_note(self.folder)
        assert note is not None
        return note


@asynccontextmanager
async def kept(folder: Path, store_id: str = "s1", policy: BrokerPolicy | None = None) -> AsyncIterator[Kept]:
    meter = RecordingMeter()
    broker = EmbeddedBroker(folder, store_id, policy or BrokerPolicy(), SystemClock(), meter)
    try:
        await broker.start()
        yield Kept(broker, folder, meter)
    finally:
        await broker.stop()


async def until(holds: Callable[[], bool], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to pass in time"
        await asyncio.sleep(0.02)


def gone(pid: int) -> bool:
    """Whether a process has ended (a zombie that nobody reaps in this container has)."""
    try:
        return " Z " in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True


def listeners(port: int) -> list[str]:
    """Addresses with a listener on a port, as the kernel writes them."""
    tables = [Path(name).read_text().splitlines()[1:] for name in ("/proc/net/tcp", "/proc/net/tcp6")]
    rows = [row.split() for table in tables for row in table]
    return [row[1] for row in rows if row[3] == "0A" and row[1].endswith(f":{port:04X}")]


async def publish(bootstrap: str, *sequences: int) -> None:
    publisher = KafkaPublisher(KafkaConnection((bootstrap,)), KafkaPublication("t", "g", "", 1, 1))
    await publisher.open()
    await publisher.publish([OutboxRow(each, record_of(f"k{each}")) for each in sequences], sequences[-1])
    await publisher.close()


def keys(bootstrap: str) -> list[str]:
    return [each.key for each in read_all(bootstrap, "", [Topic.CHANGES], quiet=0.3)]


async def test_it_starts_says_so_and_stops(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """One line says what it is, where to connect and what it is not for; after the stop nothing is left of it."""
    with caplog.at_level(logging.INFO, logger="storyfold"):
        async with kept(tmp_path) as line:
            note = line.note
            assert embedded_address(tmp_path) == line.broker.bootstrap
            assert await cluster_at(note.port) == note.cluster_id
            (said,) = caplog.messages
            assert line.broker.bootstrap in said
            assert "one machine" in said
            assert "kafka.bootstrap_servers" in said
    assert gone(note.broker_pid)
    assert gone(note.keeper_pid)
    assert embedded_address(tmp_path) is None


async def test_it_listens_on_loopback_only(tmp_path: Path) -> None:
    """Nobody from outside this machine can connect."""
    async with kept(tmp_path) as line:
        assert listeners(line.note.port) == [f"0100007F:{line.note.port:04X}"]


async def test_a_killed_storyfold_finds_it_again(tmp_path: Path) -> None:
    """After kill -9 the broker waits with all it holds, and the next storyfold takes it up."""
    first = run_python("tests.fakes.broker_holder", str(tmp_path), "s1", "60")
    assert first.stdout is not None
    bootstrap = first.stdout.readline().strip()
    await publish(bootstrap, 1, 2)
    note = read_note(tmp_path)
    first.kill()
    first.communicate(timeout=10)
    await asyncio.sleep(1.2)
    async with kept(tmp_path) as line:
        assert note == line.note
        assert keys(line.broker.bootstrap) == ["k1", "k2"]


async def test_it_does_not_wait_for_ever(tmp_path: Path) -> None:
    """When storyfold does not come back, the broker ends."""
    first = run_python("tests.fakes.broker_holder", str(tmp_path), "s1", "0.5")
    assert first.stdout is not None
    first.stdout.readline()
    note = read_note(tmp_path)
    assert note is not None
    await asyncio.sleep(1.5)
    assert not gone(note.broker_pid)
    first.kill()
    first.communicate(timeout=10)
    await until(lambda: gone(note.broker_pid) and gone(note.keeper_pid))
    assert embedded_address(tmp_path) is None


async def test_another_store_gets_a_broker_of_its_own(tmp_path: Path) -> None:
    """The broker of another store, left behind, is replaced: its records are not this store's."""
    first = run_python("tests.fakes.broker_holder", str(tmp_path), "s1", "60")
    assert first.stdout is not None
    await publish(first.stdout.readline().strip(), 1)
    old = read_note(tmp_path)
    assert old is not None
    first.kill()
    first.communicate(timeout=10)
    async with kept(tmp_path, "s2") as line:
        assert old.cluster_id != line.note.cluster_id
        assert gone(old.broker_pid)


async def test_two_on_one_folder(tmp_path: Path) -> None:
    """A second storyfold on the same data folder is told who is in the way."""
    first = run_python("tests.fakes.broker_holder", str(tmp_path), "s1", "1")
    assert first.stdout is not None
    first.stdout.readline()
    second = EmbeddedBroker(tmp_path, "s1", BrokerPolicy(), SystemClock(), RecordingMeter())
    with pytest.raises(BrokerInUse, match="another storyfold"):
        await second.start()
    first.kill()
    first.communicate(timeout=10)
    await second.start()
    await second.stop()


@asynccontextmanager
async def watched(line: Kept, replaced: list[str]) -> AsyncIterator[None]:
    line.broker.on_replaced(lambda: replaced.append("told"))
    watch = asyncio.create_task(line.broker.watch())
    yield
    watch.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watch


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hung"])
@pytest.mark.parametrize("who", ["broker", "keeper"])
async def test_what_dies_or_hangs_is_replaced(tmp_path: Path, number: signal.Signals, who: str) -> None:
    """A broker that dies or hangs is replaced on its port, counted, and told of; so is one whose keeper dies."""
    policy = BrokerPolicy(probe_seconds=0.1, hang_seconds=1.0)
    replaced: list[str] = []
    async with kept(tmp_path, policy=policy) as line:
        old = line.note
        async with watched(line, replaced):
            os.kill(old.broker_pid if who == "broker" else old.keeper_pid, number)
            if (who, number) == ("keeper", signal.SIGSTOP):
                # A keeper that hangs harms nobody as long as its broker answers.
                await asyncio.sleep(2)
                os.kill(old.keeper_pid, signal.SIGCONT)
                assert replaced == []
                return
            await until(lambda: replaced == ["told"])
        assert old.port == line.note.port
        assert old.cluster_id != line.note.cluster_id
        assert gone(old.broker_pid)
        assert line.meter.counted(Metric.BROKER_RESTARTS) == 1
        await publish(line.broker.bootstrap, 1)
        assert keys(line.broker.bootstrap) == ["k1"]


async def test_a_port_in_use(tmp_path: Path) -> None:
    """A configured port that somebody has is named, with how to see who, and which setting to change."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        broker = EmbeddedBroker(tmp_path, "s1", BrokerPolicy(port=port), SystemClock(), RecordingMeter())
        with pytest.raises(BrokerPortTaken, match=rf"port {port} .*ss -ltnp.*embedded\.port"):
            await broker.start()
    await broker.start()
    assert f"127.0.0.1:{port}" == broker.bootstrap
    await broker.stop()


async def test_a_port_that_may_not_be_used(tmp_path: Path) -> None:
    """A port that cannot be bound for another reason is named with that reason."""
    broker = EmbeddedBroker(tmp_path, "s1", BrokerPolicy(port=70_000), SystemClock(), RecordingMeter())
    with pytest.raises((BrokerFailed, OverflowError)):
        await broker.start()


async def test_the_last_port_is_used_again(tmp_path: Path) -> None:
    """A note of a broker that is long gone gives the new one its port, and nothing else."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    write_note(tmp_path, BrokerNote(999_999, 999_999, port, "storyfold-old", "s1"))
    async with kept(tmp_path) as line:
        assert port == line.note.port
        assert line.note.cluster_id != "storyfold-old"


async def test_a_note_that_cannot_be_read(tmp_path: Path) -> None:
    """A torn note is as good as none."""
    (tmp_path / NOTE_NAME).write_text('{"port": ')
    async with kept(tmp_path) as line:
        assert await cluster_at(line.note.port) == line.note.cluster_id


async def test_no_broker_for_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the package has no broker, the message says to name a real one."""
    monkeypatch.setenv("CALF_TANSU_BIN", str(tmp_path / "nothing"))
    broker = EmbeddedBroker(tmp_path, "s1", BrokerPolicy(), SystemClock(), RecordingMeter())
    with pytest.raises(BrokerMissing, match=r"kafka\.bootstrap_servers"):
        await broker.start()


async def test_a_broker_that_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A binary that ends at once is told of, with where its log is, and leaves nothing behind."""
    monkeypatch.setenv("CALF_TANSU_BIN", "/bin/false")
    broker = EmbeddedBroker(tmp_path, "s1", BrokerPolicy(start_seconds=5), SystemClock(), RecordingMeter())
    with pytest.raises(BrokerFailed, match=r"broker\.log"):
        await broker.start()
    assert embedded_address(tmp_path) is None


@pytest.mark.parametrize("answer", [b"", b"\x00\x00\x00\x04abcd", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
async def test_a_stranger_is_no_broker(answer: bytes) -> None:
    """Whatever else answers on the port is not taken for a broker."""

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    assert await cluster_at(port, 1.0) is None
    server.close()
    await server.wait_closed()


async def test_leaving_keeps_it_alive(tmp_path: Path) -> None:
    """Letting go without stopping leaves the broker for the next storyfold; whoever let go has no address any more."""
    policy = BrokerPolicy(gone_seconds=30)
    broker = EmbeddedBroker(tmp_path, "s1", policy, SystemClock(), RecordingMeter())
    await broker.start()
    with pytest.raises(BrokerFailed, match="already"):
        await broker.start()
    await publish(broker.bootstrap, 1)
    await broker.leave()
    with pytest.raises(BrokerFailed, match="not started"):
        _ = broker.bootstrap
    async with kept(tmp_path) as line:
        assert keys(line.broker.bootstrap) == ["k1"]
