"""Bring a database to the schema of this version, or to an older one, with Alembic, without a config file."""

from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from storyfold.edges.store.adapter import Adapter
from storyfold.edges.store.tables import metadata
from storyfold.ports import StoreBroken

VERSION_TABLE = "alembic_version"


def upgrade(adapter: Adapter, revision: str = "head") -> None:
    """Migrate up to a revision; processes that start at once take turns, and the second finds nothing to do.

    Raises:
        StoreBroken: the database is of a newer version, or holds tables of another program.
        StoreUnavailable: it cannot be reached or is locked.
    """
    scripts = _scripts()
    with adapter.migrating() as connection:
        _refuse_strangers(adapter, connection, scripts)

        def steps(current: Any, _context: MigrationContext) -> list[RevisionStep]:
            return list(scripts._upgrade_revs(revision, current))  # noqa: SLF001 what alembic.command itself calls

        _run(connection, scripts, steps)


def downgrade(adapter: Adapter, revision: str) -> None:
    """Migrate down to a revision, ``base`` for none at all.

    Raises:
        StoreBroken: the database is of a newer version, or holds tables of another program.
        StoreUnavailable: it cannot be reached or is locked.
    """
    scripts = _scripts()
    with adapter.migrating() as connection:
        _refuse_strangers(adapter, connection, scripts)

        def steps(current: Any, _context: MigrationContext) -> list[RevisionStep]:
            return list(scripts._downgrade_revs(revision, current))  # noqa: SLF001 what alembic.command itself calls

        _run(connection, scripts, steps)


def _scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", "storyfold.edges.store:migrations")
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def _run(connection: Connection, scripts: ScriptDirectory, steps: object) -> None:
    with EnvironmentContext(Config(), scripts, fn=steps) as environment:
        environment.configure(connection=connection, target_metadata=metadata, version_table=VERSION_TABLE)
        environment.run_migrations()


def _refuse_strangers(adapter: Adapter, connection: Connection, scripts: ScriptDirectory) -> None:
    tables = inspect(connection).get_table_names()
    if tables and VERSION_TABLE not in tables:
        raise StoreBroken(
            f"{adapter.name} holds tables of another program ({', '.join(tables[:3])}); name another store"
        )
    known = {script.revision for script in scripts.walk_revisions()}
    for revision in MigrationContext.configure(connection).get_current_heads():
        if revision not in known:
            newest = scripts.get_current_head()
            raise StoreBroken(
                f"the store {adapter.name} was written by a newer storyfold (schema {revision}, this one knows up to "
                f"{newest}); run that version, or name another store"
            )
