"""A connection that breaks amid a commit: the store finds out how it ended before it tells anybody anything."""

import asyncio
import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum

import pytest
from sqlalchemy import make_url

from storyfold.edges.store.opening import open_store
from storyfold.model.commit import Commit
from storyfold.ports import StoreBroken, StoreUnavailable
from tests.brokers.postgresql import fresh_database, run_sql
from tests.fakes.store_values import new_entry, record_of

pytestmark = pytest.mark.anyio

BUSY = timedelta(milliseconds=200)
# How the simple query COMMIT looks on the wire, and the extended one.
COMMIT = b"COMMIT\x00"


class Cut(Enum):
    """Where the line breaks."""

    BEFORE = "the server never gets the COMMIT"
    AFTER = "the client never gets the answer"
    SILENT = "the server never gets the COMMIT, nor hears for a while that its client is gone"


@dataclass
class Line:
    """A TCP proxy before a server that breaks at the next COMMIT, if told to."""

    upstream: tuple[str, int]
    armed: Cut | None = None
    closes: bool = False
    refuse: bool = False
    cuts: int = 0
    cut_off: threading.Event = field(default_factory=threading.Event)
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def serve(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.refuse:
                client.close()
            else:
                threading.Thread(target=self.carry, args=(client,), daemon=True).start()

    def carry(self, client: socket.socket) -> None:
        with client, socket.create_connection(self.upstream) as server, suppress(OSError):
            while True:
                for source in select.select([client, server], [], [])[0]:
                    data = source.recv(65_536)
                    if not data:
                        return
                    cut = self.armed if source is client and COMMIT in data else None
                    if cut is not None:
                        self.armed, self.refuse = None, self.closes
                        self.cuts += 1
                        self.cut(cut, client, server, data)
                        self.cut_off.set()
                        return
                    (server if source is client else client).sendall(data)

    def cut(self, cut: Cut, client: socket.socket, server: socket.socket, data: bytes) -> None:
        match cut:
            case Cut.BEFORE:
                return
            case Cut.AFTER:
                server.sendall(data)
                server.recv(65_536)
            case Cut.SILENT:
                client.close()
                time.sleep(1)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def url(postgresql_url: str) -> Iterator[str]:
    with fresh_database(postgresql_url) as fresh:
        yield fresh


@contextmanager
def line_to(url: str) -> Iterator[tuple[Line, str]]:
    """A line to the server of a URL, and the URL that leads through it."""
    parsed = make_url(url)
    line = Line((parsed.host or "127.0.0.1", parsed.port or 5432))
    thread = threading.Thread(target=line.serve, daemon=True)
    thread.start()
    try:
        # Encrypted, no COMMIT could be seen.
        through = parsed.set(host="127.0.0.1", port=line.port, query={"sslmode": "disable", "gssencmode": "disable"})
        yield line, through.render_as_string(hide_password=False)
    finally:
        line.listener.shutdown(socket.SHUT_RDWR)
        line.listener.close()


@pytest.mark.parametrize("first", [True, False], ids=["its first", "a later one"])
async def test_a_commit_whose_acknowledgement_was_lost_counts_once(url: str, first: bool) -> None:
    """It succeeds as if nothing had been, and goes on."""
    with line_to(url) as (line, through):
        store = await open_store(through, BUSY)
        if not first:
            await store.ping()
        line.armed = Cut.AFTER
        await store.apply(Commit(taken_up=(new_entry(),), outbox=(record_of("1"),)))
        assert 1 == line.cuts
        await store.apply(Commit(outbox=(record_of("2"),)))
        assert ["1", "2"] == [row.record.key for row in await store.outbox_after(0, 9)]
        assert 1 == (await store.ledger_counts()).taken_up
        await store.close()


@pytest.mark.parametrize("cut", [Cut.BEFORE, Cut.SILENT])
@pytest.mark.parametrize("first", [True, False], ids=["its first", "a later one"])
async def test_a_commit_that_never_arrived_is_not_there(url: str, cut: Cut, first: bool) -> None:
    """It is reported once that is certain, and doing it again puts it there once."""
    with line_to(url) as (line, through):
        store = await open_store(through, BUSY)
        if not first:
            await store.ping()
        line.armed = cut
        commit = Commit(taken_up=(new_entry(),), outbox=(record_of("1"),))
        with pytest.raises(StoreUnavailable, match=r"broke amid a commit: .*; nothing was done"):
            await store.apply(commit)
        assert 1 == line.cuts
        assert 0 == (await store.outbox_depth(0))[0]
        await store.apply(commit)
        assert (1, "1") == ((rows := await store.outbox_after(0, 9))[0].sequence, rows[0].record.key)
        await store.close()


async def test_nobody_is_told_before_the_server_has_answered(url: str) -> None:
    """While it cannot be asked the caller waits, others are told that it is away, and closing ends the wait."""
    with line_to(url) as (line, through):
        store = await open_store(through, BUSY)
        line.armed, line.closes = Cut.AFTER, True
        told = asyncio.create_task(store.apply(Commit(outbox=(record_of("1"),))))
        assert await asyncio.to_thread(line.cut_off.wait, 10)
        with pytest.raises(StoreUnavailable):
            await store.ping()
        assert not told.done()
        line.refuse = False
        await told
        assert 1 == (await store.outbox_depth(0))[0]

        line.armed = Cut.AFTER
        line.cut_off.clear()
        told = asyncio.create_task(store.apply(Commit(outbox=(record_of("2"),))))
        assert await asyncio.to_thread(line.cut_off.wait, 10)
        await store.close()
        with pytest.raises(StoreBroken, match="what became of it shows when storyfold starts again"):
            await told


async def test_a_line_that_breaks_before_the_commit_is_not_noticed(url: str) -> None:
    """Nothing was done then, so it is done anew on another connection."""
    store = await open_store(url, BUSY)
    await store.ping()
    ours = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'storyfold'"
    await store.ledger_counts()
    await asyncio.to_thread(run_sql, url, f"{ours} AND datname = current_database()")
    await store.apply(Commit(outbox=(record_of("1"),)))
    assert 1 == (await store.outbox_depth(0))[0]
    await store.close()


async def test_rows_of_writers_that_are_gone_are_taken_away(url: str) -> None:
    """Each process leaves one row; one that has been silent for a week loses it."""
    first = await open_store(url, BUSY)
    await first.ping()
    await asyncio.to_thread(run_sql, url, "UPDATE shards SET epoch = epoch - 8 * 86400 WHERE name LIKE 'writer %'")
    second = await open_store(url, BUSY)
    await second.ping()
    check = "DO $$ BEGIN ASSERT (SELECT count(*) FROM shards WHERE name LIKE 'writer %') = {}; END $$"
    await asyncio.to_thread(run_sql, url, check.format(1))
    await first.apply(Commit(outbox=(record_of("1"),)))
    await asyncio.to_thread(run_sql, url, check.format(2))
    await first.close()
    await second.close()
