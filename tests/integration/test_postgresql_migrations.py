"""Migrations of the store on PostgreSQL: up, down, from a newer version, and by many at once."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from storyfold.edges.store import migrate
from storyfold.edges.store.opening import adapter_of, open_store
from storyfold.edges.store.tables import metadata
from storyfold.model.commit import Commit
from storyfold.ports import StoreBroken
from tests.brokers.postgresql import conninfo, fresh_database, run_sql
from tests.fakes.store_values import new_entry

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def url(postgresql_url: str) -> Iterator[str]:
    with fresh_database(postgresql_url) as fresh:
        yield fresh


def tables_of(url: str) -> set[str]:
    with psycopg.connect(conninfo(url)) as connection:
        return {name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}


def test_migrations_lead_to_the_tables_of_the_code(url: str) -> None:
    """Nothing differs between a migrated database and the metadata, in either direction."""
    adapter = adapter_of(url)
    migrate.upgrade(adapter)
    with adapter.writing() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        assert [] == compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    adapter.close()


def test_words_are_ordered_by_their_code_points(postgresql_url: str) -> None:
    """In every column of the code and the migrations alike, in a database whose own order is another."""
    unordered = (
        "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public' "
        "AND data_type = 'character varying' AND table_name <> 'alembic_version' "
        "AND collation_name IS DISTINCT FROM 'C'"
    )
    with fresh_database(postgresql_url, "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de-DE'") as url:
        adapter = adapter_of(url)
        migrate.upgrade(adapter)
        with psycopg.connect(conninfo(url)) as connection:
            assert [] == connection.execute(unordered).fetchall()
        migrate.downgrade(adapter, "base")
        with adapter.migrating() as made:
            metadata.create_all(made)
        with psycopg.connect(conninfo(url)) as connection:
            assert [] == connection.execute(unordered).fetchall()
        adapter.close()


def test_up_down_and_up_again(url: str) -> None:
    """Going down leaves nothing but Alembic's own table, and the way up is open again."""
    adapter = adapter_of(url)
    migrate.upgrade(adapter)
    assert {*metadata.tables, "alembic_version"} == tables_of(url)
    migrate.downgrade(adapter, "base")
    assert {"alembic_version"} == tables_of(url)
    migrate.upgrade(adapter)
    assert {*metadata.tables, "alembic_version"} == tables_of(url)
    adapter.close()


def test_opening_again_keeps_everything(url: str) -> None:
    """A store that is up to date is left alone, its name too."""

    async def fill_and_reopen() -> tuple[int, bool]:
        store = await open_store(url)
        name = await store.store_id()
        await store.apply(Commit(taken_up=(new_entry(),)))
        await store.close()
        store = await open_store(url)
        counts = await store.ledger_counts()
        same = name == await store.store_id()
        await store.close()
        return counts.pending, same

    assert (1, True) == asyncio.run(fill_and_reopen())


def test_a_newer_store_is_refused(url: str) -> None:
    """The message names both schemas and says what to run; nothing is changed."""
    adapter = adapter_of(url)
    migrate.upgrade(adapter)
    adapter.close()
    run_sql(url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreBroken, match=r"newer storyfold \(schema 9999, this one knows up to \d{4}\); run that"):
        asyncio.run(open_store(url))


def test_a_strangers_database_is_refused(url: str) -> None:
    """Tables are not put among those of another program."""
    run_sql(url, "CREATE TABLE recipes (name TEXT)")
    with pytest.raises(StoreBroken, match=r"another program \(recipes\); name another store"):
        asyncio.run(open_store(url))
    assert {"recipes"} == tables_of(url)


def test_a_migration_that_fails_leaves_nothing(url: str) -> None:
    """Data definition is part of its transaction: a half-made schema never shows."""
    adapter = adapter_of(url)

    def fail() -> None:
        with adapter.migrating() as connection:
            metadata.create_all(connection)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    adapter.close()
    assert set() == tables_of(url)


def test_many_that_start_at_once_make_one_store(url: str) -> None:
    """Each waits for its turn, none fails, and all see the same store."""
    command = [sys.executable, "-m", "tests.integration.postgresql_programs", "open", url]
    environment = {"PYTHONPATH": f"{REPOSITORY / 'services'}:{REPOSITORY}", "PATH": os.defpath}
    programs = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    names = [program.communicate(timeout=60)[0] for program in programs]
    assert [0] * 6 == [program.returncode for program in programs]
    assert 1 == len(set(names))
