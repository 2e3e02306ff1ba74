"""Several processes on one PostgreSQL store: leases, the order of the outbox, a server that is killed amid commits."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from storyfold.edges.store.opening import open_store
from storyfold.edges.store.sql import SqlStore
from storyfold.model.commit import Commit
from storyfold.model.identity import EntryId
from storyfold.ports import StoreUnavailable
from tests.brokers.postgresql import PostgresqlMissing, PostgresqlServer, fresh_database, postgresql_server
from tests.fakes.store_values import NOON, new_entry, record_of, source_of

pytestmark = pytest.mark.anyio

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def url(postgresql_url: str) -> Iterator[str]:
    with fresh_database(postgresql_url) as fresh:
        yield fresh


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "tests.integration.postgresql_programs", *words]


def environment() -> dict[str, str]:
    return {"PYTHONPATH": f"{REPOSITORY / 'services'}:{REPOSITORY}", "PATH": os.defpath}


@contextmanager
def writers(url: str, folder: Path, count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Programs that commit until they are killed, what they say in files."""
    programs = []
    for number in range(count):
        with (folder / f"said{number}").open("wb") as said, (folder / f"errors{number}").open("wb") as errors:
            programs.append(
                subprocess.Popen(
                    command("write", url, f"w{number}"), env=environment(), stdout=said, stderr=errors, cwd=folder
                )
            )
    try:
        yield programs
    finally:
        for program in programs:
            program.kill()
            program.wait()


def kept(folder: Path) -> list[str]:
    """Keys of the records whose commits were acknowledged; the last line of each may have been cut off."""
    lines = [line for file in folder.glob("said*") for line in file.read_text().splitlines()[:-1]]
    return [line.split()[1] for line in lines]


def complaints(folder: Path) -> str:
    return "".join(file.read_text() for file in folder.glob("errors*"))


async def test_two_processes_never_lease_the_same(url: str) -> None:
    """Four processes that take what is due at once get each row and each feed exactly once between them."""
    store = await open_store(url)
    names = [f"e{number:04}" for number in range(2_000)]
    feeds = [f"f{number:03}" for number in range(400)]
    await store.register([source_of(name) for name in feeds], NOON)
    await store.apply(Commit(taken_up=tuple(new_entry(name) for name in names)))

    def race() -> list[list[str]]:
        pipe = subprocess.PIPE
        programs = [
            subprocess.Popen(command("lease", url, f"o{n}"), env=environment(), text=True, stdin=pipe, stdout=pipe)
            for n in range(4)
        ]
        for program in programs:
            assert program.stdout is not None
            assert "ready\n" == program.stdout.readline()
        for program in programs:
            assert program.stdin is not None
            program.stdin.write("go\n")
            program.stdin.flush()
        return [[line.split()[1] for line in program.communicate(timeout=60)[0].splitlines()] for program in programs]

    taken = await asyncio.to_thread(race)
    assert sorted(names + feeds) == sorted(name for part in taken for name in part)
    assert 2 <= sum(1 for part in taken if part)
    await store.close()


async def test_the_outbox_becomes_visible_in_order(url: str, tmp_path: Path) -> None:
    """While four processes commit, whoever reads behind a position never finds a gap that is filled later."""
    store = await open_store(url)
    seen: list[int] = []
    with writers(url, tmp_path, 4):
        end = time.monotonic() + 120
        while len(seen) < 4_000 and time.monotonic() < end:
            rows = await store.outbox_after(seen[-1] if seen else 0, 500)
            seen += [row.sequence for row in rows]
    assert len(seen) >= 4_000
    assert list(range(1, len(seen) + 1)) == seen
    await store.close()


async def test_writers_that_take_up_the_same_entry_share_it(url: str) -> None:
    """Two processes that meet in one new entry, one tally and one counter both succeed, and it counts once."""
    stores = [await open_store(url) for _ in range(4)]
    for number in range(40):
        commits = (store.apply(Commit(taken_up=(new_entry(f"e{number}"),))) for store in stores)
        await asyncio.gather(*commits)
    counts = await stores[0].ledger_counts()
    assert (40, 40) == (counts.taken_up, counts.pending)
    for store in stores:
        await store.close()


async def test_a_store_outlives_a_restart_of_its_server(tmp_path: Path) -> None:
    """While the server is away writing and reading say so; when it is back the same store goes on by itself."""
    with own_server() as server:
        store = await open_store(server.url)
        await store.apply(Commit(outbox=(record_of("before"),)))
        server.stop()
        with pytest.raises(StoreUnavailable, match="cannot be reached; start its server"):
            await store.apply(Commit(outbox=(record_of("away"),)))
        with pytest.raises(StoreUnavailable, match="cannot be reached; start its server"):
            await store.ledger_counts()
        server.start()
        await store.apply(Commit(outbox=(record_of("after"),)))
        server.stop()
        server.start()
        # A restart between two calls is not even noticed: neither has begun when the connection turns out to be dead.
        assert 2 == (await store.outbox_depth(0))[0]
        await store.apply(Commit(outbox=(record_of("again"),)))
        assert ["before", "after", "again"] == [row.record.key for row in await store.outbox_after(0, 9)]
        await store.close()


async def test_a_killed_server_loses_and_repeats_nothing(tmp_path: Path) -> None:
    """Kill -9 of the whole server amid a storm of commits, thrice: what was acknowledged is there, each record once."""
    with own_server() as server:
        store = await open_store(server.url)
        with writers(server.url, tmp_path, 3) as programs:
            for life in range(1, 4):
                await until_kept(tmp_path, life * 600)
                server.kill()
                await asyncio.sleep(0.3)
                server.start()
            await until_kept(tmp_path, len(kept(tmp_path)) + 600)
            assert [None] * 3 == [program.poll() for program in programs]
        assert "error" in complaints(tmp_path)
        await holds_exactly(store, kept(tmp_path))
        await store.close()


async def until_kept(folder: Path, count: int) -> None:
    end = time.monotonic() + 60
    while len(kept(folder)) < count:
        assert time.monotonic() < end, complaints(folder)[-2_000:]
        await asyncio.sleep(0.02)


async def holds_exactly(store: SqlStore, acknowledged: list[str]) -> None:
    """What was acknowledged is there, nothing is there twice, and the parts of each commit are there together."""
    rows = await store.outbox_after(0, 1_000_000)
    keys = [row.record.key for row in rows]
    assert len(keys) == len(set(keys))
    assert set(acknowledged) <= set(keys)
    assert list(range(1, len(rows) + 1)) == [row.sequence for row in rows]
    taken = [key[1:] for key in keys if key.startswith("t")]
    ended = [key[1:] for key in keys if key.startswith("d")]
    counts = await store.ledger_counts()
    assert counts.balanced
    assert (len(taken), len(ended)) == (counts.taken_up, counts.done)
    assert len(taken) == len(await store.known_entries(list(map(EntryId, taken))))
    assert sorted(ended) == sorted(a.placed.article.article_id for a in (await store.load_window(NOON)).articles)


@contextmanager
def own_server() -> Iterator[PostgresqlServer]:
    try:
        with postgresql_server() as server:
            yield server
    except PostgresqlMissing as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))
