"""Migrations of the store on SQLite files: up, down, from a newer version, and by many at once."""

import asyncio
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from storyfold.edges.store import migrate
from storyfold.edges.store.opening import adapter_of, open_store
from storyfold.edges.store.tables import metadata
from storyfold.model.commit import Commit
from storyfold.model.shards import Shard, language_number
from storyfold.ports import StoreBroken, StoreUnavailable
from tests.fakes.store_values import NOON, folded_of, new_entry, source_of

REPOSITORY = Path(__file__).parents[2]


def url_of(folder: Path) -> str:
    return f"sqlite:///{folder / 'store.db'}"


def tables_of(path: Path) -> set[str]:
    connection = sqlite3.connect(path)
    try:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    finally:
        connection.close()


def test_migrations_lead_to_the_tables_of_the_code(tmp_path: Path) -> None:
    """Nothing differs between a migrated database and the metadata, in either direction."""
    adapter = adapter_of(url_of(tmp_path))
    migrate.upgrade(adapter)
    with adapter.writing() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        assert [] == compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    adapter.close()


def test_up_down_and_up_again(tmp_path: Path) -> None:
    """Going down leaves nothing but Alembic's own table, and the way up is open again."""
    adapter = adapter_of(url_of(tmp_path))
    migrate.upgrade(adapter)
    assert {"entries", "outbox", "alembic_version"} < tables_of(tmp_path / "store.db")
    migrate.downgrade(adapter, "base")
    assert {"alembic_version"} == tables_of(tmp_path / "store.db")
    migrate.upgrade(adapter)
    assert set(metadata.tables) < tables_of(tmp_path / "store.db")
    adapter.close()


async def fill_and_reopen(folder: Path) -> tuple[int, bool]:
    store = await open_store(url_of(folder))
    name = await store.store_id()
    await store.apply(Commit(taken_up=(new_entry(),)))
    await store.close()
    store = await open_store(url_of(folder))
    counts = await store.ledger_counts()
    same = name == await store.store_id()
    await store.close()
    return counts.pending, same


def test_opening_again_keeps_everything(tmp_path: Path) -> None:
    """A store that is up to date is left alone, its name too."""
    assert (1, True) == asyncio.run(fill_and_reopen(tmp_path))


def test_articles_of_an_older_store_belong_to_the_shards_of_their_languages(tmp_path: Path) -> None:
    """Their languages are filled in from their features, so that each shard finds its window."""

    async def scenario() -> None:
        store = await open_store(url_of(tmp_path))
        await store.apply(Commit(articles=(folded_of("a"),)))
        await store.close()
        adapter = adapter_of(url_of(tmp_path))
        migrate.downgrade(adapter, "0003")
        adapter.close()
        store = await open_store(url_of(tmp_path))
        shard = language_number(folded_of("a").features.language) % 5
        found = {number: len((await store.load_window(NOON, Shard(number, 5))).articles) for number in range(5)}
        await store.close()
        assert {number: int(number == shard) for number in range(5)} == found

    asyncio.run(scenario())


def test_feeds_in_hand_stay_so_over_a_change_of_tables(tmp_path: Path) -> None:
    """A lease is carried to where the other release looks for it, and back."""

    async def scenario() -> None:
        store = await open_store(url_of(tmp_path))
        await store.register([source_of("a"), source_of("b")], NOON)
        (held,) = await store.lease_feeds("me", NOON, timedelta(minutes=9), 1)
        await store.close()
        adapter = adapter_of(url_of(tmp_path))
        migrate.downgrade(adapter, "0007")
        adapter.close()
        store = await open_store(url_of(tmp_path))
        (free,) = await store.lease_feeds("you", NOON, timedelta(minutes=9), 5)
        assert {"a", "b"} == {held.source.feed_id, free.source.feed_id}
        await store.release("me")
        assert (held,) == await store.lease_feeds("you", NOON, timedelta(minutes=9), 5)
        await store.close()

    asyncio.run(scenario())


def test_two_stores_have_two_names(tmp_path: Path) -> None:
    """The name is made anew for each."""

    async def name_of(file: str) -> str:
        store = await open_store(f"sqlite:///{tmp_path / file}")
        name = await store.store_id()
        await store.close()
        return name

    assert asyncio.run(name_of("a.db")) != asyncio.run(name_of("b.db"))


def test_a_newer_store_is_refused(tmp_path: Path) -> None:
    """The message names both schemas and says what to run; nothing is changed."""
    asyncio.run(fill_and_reopen(tmp_path))
    connection = sqlite3.connect(tmp_path / "store.db")
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    with pytest.raises(StoreBroken, match=r"newer storyfold \(schema 9999, this one knows up to \d{4}\); run that"):
        asyncio.run(open_store(url_of(tmp_path)))


def test_a_strangers_database_is_refused(tmp_path: Path) -> None:
    """Tables are not put among those of another program."""
    connection = sqlite3.connect(tmp_path / "store.db")
    connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.commit()
    connection.close()
    with pytest.raises(StoreBroken, match=r"another program \(recipes\); name another store"):
        asyncio.run(open_store(url_of(tmp_path)))
    assert {"recipes"} == tables_of(tmp_path / "store.db")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite://", "use sqlite:///"),
        ("sqlite:///:memory:", "use sqlite:///"),
        ("mysql://someone:secret@host/db", r"mysql://someone:\*\*\*@host/db names no store"),
        ("what is this", "looks like sqlite:///storyfold.db"),
    ],
)
def test_a_url_that_names_no_store_is_refused(url: str, said: str) -> None:
    """The message says what it should look like and keeps the password."""
    with pytest.raises(StoreBroken, match=said):
        asyncio.run(open_store(url))


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """It is not made in silence: it may be a disk that is not mounted."""
    with pytest.raises(StoreUnavailable, match=r"directory of the store .* does not exist; make it"):
        asyncio.run(open_store(url_of(tmp_path / "nowhere")))


OPEN = """
import asyncio, sys
from storyfold.edges.store.opening import open_store

async def main():
    store = await open_store(sys.argv[1])
    print(await store.store_id())
    await store.close()

asyncio.run(main())
"""


def test_many_that_start_at_once_make_one_store(tmp_path: Path) -> None:
    """Each waits for its turn, none fails, and all see the same store."""
    command = [sys.executable, "-c", OPEN, url_of(tmp_path)]
    environment = {"PYTHONPATH": str(REPOSITORY / "services")}
    programs = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    names = [program.communicate(timeout=60)[0] for program in programs]
    assert [0] * 6 == [program.returncode for program in programs]
    assert 1 == len(set(names))
