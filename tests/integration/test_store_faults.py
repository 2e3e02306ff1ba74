"""The SQLite store among faults: locks, full disks, damage, kills; every error says what to do, nothing is lost."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from storyfold.edges.store.opening import open_store
from storyfold.edges.store.sql import SqlStore
from storyfold.edges.store.sqlite import translate
from storyfold.model.commit import Commit
from storyfold.model.entries import LedgerEntry
from storyfold.model.identity import EntryId
from storyfold.model.records import Record, Topic
from storyfold.model.retention import Retention
from storyfold.ports import StoreBroken, StoreError, StoreUnavailable
from tests.conftest import missing
from tests.fakes.store_values import DAY, HOUR, NOON, entry_of, event_of, folded_of, new_entry, record_of, settled

pytestmark = pytest.mark.anyio

REPOSITORY = Path(__file__).parents[2]
IMPATIENT = timedelta(milliseconds=100)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def open_in(folder: Path, max_mib: int | None = None) -> SqlStore:
    return await open_store(f"sqlite:///{folder / 'store.db'}", IMPATIENT, max_mib)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        other.close()


async def test_a_lock_makes_writing_wait_and_reading_go_on(tmp_path: Path) -> None:
    """While another process writes, a commit fails in time with a word; afterwards it succeeds."""
    store = await open_in(tmp_path)
    with locked(tmp_path / "store.db"):
        with pytest.raises(StoreUnavailable, match=r"store\.db is locked by another process; end it or wait"):
            await store.apply(Commit(taken_up=(new_entry(),)))
        with pytest.raises(StoreUnavailable, match="locked"):
            await store.ping()
        assert 0 == (await store.ledger_counts()).taken_up
    await store.apply(Commit(taken_up=(new_entry(),)))
    assert 1 == (await store.ledger_counts()).taken_up
    await store.close()


async def test_a_lock_fails_a_whole_group_at_once(tmp_path: Path) -> None:
    """A hundred commits that wait do not wait a hundred times."""
    store = await open_in(tmp_path)
    with locked(tmp_path / "store.db"):
        start = time.monotonic()
        commits = (store.apply(Commit(outbox=(record_of(str(number)),))) for number in range(100))
        outcomes = await asyncio.gather(*commits, return_exceptions=True)
        elapsed = time.monotonic() - start
    assert {StoreUnavailable} == {type(outcome) for outcome in outcomes}
    assert elapsed < 20 * IMPATIENT.total_seconds()
    await store.close()


async def test_opening_a_locked_store_says_so(tmp_path: Path) -> None:
    """A lock at the start is worth trying again."""
    await (await open_in(tmp_path)).close()
    with locked(tmp_path / "store.db"), pytest.raises(StoreUnavailable, match="locked by another process"):
        await open_in(tmp_path)


async def test_a_full_disk_stops_writing_and_nothing_else(tmp_path: Path) -> None:
    """What was there stays readable and whole, and once there is room again commits go on."""
    store = await open_in(tmp_path, max_mib=1)
    big = "x" * 50_000
    said: list[str] = []
    for number in range(100):
        article = folded_of(f"a{number}", body=big, placed_at=NOON - DAY)
        try:
            await store.apply(Commit(taken_up=(new_entry(f"e{number}"),), articles=(article,)))
        except StoreUnavailable as error:
            said.append(str(error))
    written = 100 - len(said)
    assert 0 < written < 100
    assert all("cannot grow, its disk is full; free some space" in message for message in said)
    counts = await store.ledger_counts()
    assert written == counts.taken_up
    assert counts.balanced
    assert written == len((await store.load_window(NOON - 2 * DAY)).articles)
    pruned = await store.prune(NOON, Retention(bodies=HOUR))
    assert written == pruned.bodies
    await store.apply(Commit(articles=(folded_of("new", body=big),)))
    await store.close()


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """It is left as it is."""
    path = tmp_path / "store.db"
    path.write_bytes(b"these are my notes\n" * 1_000)
    before = path.read_bytes()
    with pytest.raises(StoreBroken, match="is not an SQLite file; name another path or move it away"):
        await open_in(tmp_path)
    assert before == path.read_bytes()


async def test_damage_is_told_from_absence(tmp_path: Path) -> None:
    """A file with broken pages is refused with a word about backups."""
    store = await open_in(tmp_path)
    await store.apply(Commit(taken_up=tuple(new_entry(f"e{number}") for number in range(500))))
    await store.close()
    path = tmp_path / "store.db"
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(StoreBroken, match="is damaged; restore a backup, or move it away to begin anew"):
        await open_in(tmp_path)


READ_ONLY = """
import asyncio, sys
from storyfold.edges.store.opening import open_store
from storyfold.ports import StoreBroken

async def main():
    try:
        await open_store(sys.argv[1])
    except StoreBroken as error:
        print(error)

asyncio.run(main())
"""


def test_a_read_only_store_is_refused(tmp_path: Path) -> None:
    """The message names the file and the remedy."""
    asyncio.run(open_and_close(tmp_path))
    command = [sys.executable, "-c", READ_ONLY, f"sqlite:///{tmp_path / 'store.db'}"]
    if os.geteuid() == 0:
        # Root may write anything until it gives up the right to.
        command = ["setpriv", "--bounding-set=-dac_override", *command]
    environment = {"PYTHONPATH": str(REPOSITORY / "services"), "PATH": os.defpath}
    (tmp_path / "store.db").chmod(0o444)
    tmp_path.chmod(0o555)
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    finally:
        tmp_path.chmod(0o755)
    assert "is read-only; give its user write access to file and folder" in done.stdout, done.stderr


async def open_and_close(folder: Path) -> None:
    await (await open_in(folder)).close()


async def test_a_table_that_vanished_is_another_schema(tmp_path: Path) -> None:
    """A statement that meets another schema than this version's says so."""
    store = await open_in(tmp_path)
    await store.ping()
    other = sqlite3.connect(tmp_path / "store.db")
    other.execute("DROP TABLE events")
    other.commit()
    other.close()
    with pytest.raises(StoreBroken, match="has another schema than this version; restart it to migrate"):
        await store.newest_events(1)
    await store.close()


async def test_one_bad_commit_does_not_fail_its_neighbours(tmp_path: Path) -> None:
    """Of commits that share a transaction only the one that cannot be kept is refused, and nothing of it is left."""
    store = await open_in(tmp_path)
    bad = Commit(outbox=(record_of("bad"),), events=(event_of(title="half a pair: \ud83d"),))
    commits = [Commit(outbox=(record_of(str(number)),)) for number in range(5)]
    outcomes = await asyncio.gather(*map(store.apply, [*commits[:2], bad, *commits[2:]]), return_exceptions=True)
    assert [type(None)] * 2 + [StoreError] + [type(None)] * 3 == [type(outcome) for outcome in outcomes]
    assert "not Unicode near" in str(outcomes[2])
    assert list("01234") == [row.record.key for row in await store.outbox_after(0, 10)]
    assert (5, NOON) == await store.outbox_depth(0)
    await store.close()


async def test_text_that_is_not_unicode_is_refused_wherever_it_stands(tmp_path: Path) -> None:
    """A column is no better place for half a character than a document; the store goes on."""
    store = await open_in(tmp_path)
    with pytest.raises(StoreError, match="not Unicode"):
        await store.apply(Commit(outbox=(record_of("\ud83d"),)))
    with pytest.raises(StoreError, match="not Unicode"):
        await store.article_of("\ud83d")
    await store.ping()
    await store.close()


async def test_a_caller_that_gives_up_stops_nobody(tmp_path: Path) -> None:
    """Its commit may be applied; those behind it are."""
    store = await open_in(tmp_path)
    first = asyncio.create_task(store.apply(Commit(outbox=(record_of("1"),))))
    await asyncio.sleep(0)
    second = asyncio.create_task(store.apply(Commit(outbox=(record_of("2"),))))
    first.cancel()
    await second
    with pytest.raises(asyncio.CancelledError):
        await first
    assert "2" == (await store.outbox_after(0, 10))[-1].record.key
    await store.close()


def test_every_error_of_sqlite_has_its_word() -> None:
    """Kinds that a test cannot bring about here are translated by their code."""
    kinds: dict[int, type[StoreError]] = {
        sqlite3.SQLITE_BUSY: StoreUnavailable,
        sqlite3.SQLITE_LOCKED: StoreUnavailable,
        sqlite3.SQLITE_FULL: StoreUnavailable,
        sqlite3.SQLITE_IOERR: StoreUnavailable,
        sqlite3.SQLITE_IOERR | (12 << 8): StoreUnavailable,
        sqlite3.SQLITE_CANTOPEN: StoreUnavailable,
        sqlite3.SQLITE_READONLY: StoreBroken,
        sqlite3.SQLITE_PERM: StoreBroken,
        sqlite3.SQLITE_CORRUPT: StoreBroken,
        sqlite3.SQLITE_NOTADB: StoreBroken,
        sqlite3.SQLITE_CONSTRAINT: StoreError,
    }
    for code, kind in kinds.items():
        error = sqlite3.OperationalError("it said so")
        error.sqlite_errorcode = code
        translated = translate(Path("store.db"), error)
        assert kind is type(translated)
        assert "store.db" in str(translated)
        assert "it said so" in str(translated)


STORM = """
import asyncio, sys
from storyfold.edges.store.opening import open_store
from storyfold.model.commit import Commit
from tests.fakes.store_values import folded_of, new_entry, record_of, settled

async def one(store, name):
    await store.apply(Commit(taken_up=(new_entry(name),), outbox=(record_of(name),)))
    print("taken", name, flush=True)
    await store.apply(Commit(settled=(settled(name),), articles=(folded_of(name),), outbox=(record_of(name),)))
    print("ended", name, flush=True)

async def worker(store, number):
    for step in range(100_000):
        await one(store, f"{sys.argv[2]}-{number}-{step}")

async def main():
    store = await open_store(sys.argv[1])
    await asyncio.gather(*(worker(store, number) for number in range(20)))

asyncio.run(main())
"""


def storm(folder: Path) -> list[str]:
    """Kill a program amid a storm of commits, again and again; what it said it had done."""
    environment = {"PYTHONPATH": f"{REPOSITORY / 'services'}:{REPOSITORY}"}
    said: list[str] = []
    for life in range(4):
        command = [sys.executable, "-c", STORM, f"sqlite:///{folder / 'store.db'}", str(life)]
        output = folder / f"said{life}"
        with output.open("wb") as file:
            program = subprocess.Popen(command, env=environment, stdout=file)
            while output.stat().st_size < 5_000 * (1 + life / 7):
                assert program.poll() is None
                time.sleep(0.02)
            os.kill(program.pid, signal.SIGKILL)
            program.wait()
        # The last line may have been cut off.
        said += output.read_text().splitlines()[:-1]
    return said


async def test_a_kill_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """After kills amid commits the store holds all that it said it held, each part whole."""
    said = await asyncio.to_thread(storm, tmp_path)
    taken = [EntryId(line.split()[1]) for line in said if line.startswith("taken")]
    ended = [EntryId(line.split()[1]) for line in said if line.startswith("ended")]
    assert len(ended) > 100

    store = await open_in(tmp_path)
    counts = await store.ledger_counts()
    assert counts.balanced
    assert len(taken) == len(await store.known_entries(taken))
    assert counts.done >= len(ended)
    placed = (await store.load_window(NOON)).articles
    assert counts.done == len(placed)
    assert set(ended) <= {folded.placed.article.article_id for folded in placed}
    rows = await store.outbox_after(0, 1_000_000)
    assert list(range(1, counts.taken_up + counts.done + 1)) == [row.sequence for row in rows]
    await store.close()


async def test_a_huge_feed_is_one_commit(tmp_path: Path) -> None:
    """A feed of 100,000 entries is taken up, known and settled without stalling the loop for long."""
    store = await open_in(tmp_path)
    names = [f"e{number:06}" for number in range(100_000)]
    ledger = new_entry().ledger
    rows = tuple(
        LedgerEntry(entry_of(name), ledger.feed, 1, 0, ledger.first_seen_at, ledger.taken_up_at) for name in names
    )
    taken = tuple(type(new_entry())(row) for row in rows)
    done = asyncio.create_task(store.apply(Commit(taken_up=taken)))
    worst = 0.0
    while not done.done():
        start = time.monotonic()
        await asyncio.sleep(0.001)
        worst = max(worst, time.monotonic() - start)
    await done
    assert worst < 1.0
    assert len(names) == len(await store.known_entries([EntryId(name) for name in names]))
    await store.apply(Commit(settled=tuple(settled(name) for name in names)))
    assert len(names) == (await store.ledger_counts()).done
    await store.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MiB."""
    if os.geteuid() != 0:
        missing("only root may mount a small file system")
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], check=True, capture_output=True)
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True, capture_output=True)


async def fill(store: SqlStore) -> None:
    """Commit for ever."""
    while True:
        await store.apply(Commit(outbox=tuple(record_of(f"k{number}") for number in range(50))))


async def test_a_disk_that_is_really_full(small_disk: Path) -> None:
    """Where the file system has no room left, commits fail with a word and by themselves go on once there is some."""
    store = await open_in(small_disk)
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * 1_500_000)
    with pytest.raises(StoreUnavailable, match=r"full|no room"):
        await fill(store)
    written, oldest = await store.outbox_depth(0)
    assert (0, NOON) == (written % 50, oldest)
    filler.unlink()
    await store.apply(Commit(outbox=(record_of("after"),)))
    assert (written + 1, NOON) == await store.outbox_depth(0)
    await store.close()


async def test_records_of_another_release(tmp_path: Path) -> None:
    """What an older release left in the outbox goes out as it is; a topic that only a newer one knows is told of."""
    store = await open_in(tmp_path)
    old = Record(Topic.EVENTS, "k", (("ce_specversion", "0.3"), ("x-old", "1")), b'{"a field":"of old"}', NOON)
    await store.apply(Commit(outbox=(old,)))
    assert [old] == [row.record for row in await store.outbox_after(0, 10)]
    with sqlite3.connect(tmp_path / "store.db") as other:
        other.execute("UPDATE outbox SET topic = 'news.tomorrow'")
    other.close()
    with pytest.raises(StoreBroken, match=r"news\.tomorrow.*run the version that wrote it"):
        await store.outbox_after(0, 10)
    await store.close()
