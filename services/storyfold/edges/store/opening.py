"""From a URL to a store that is ready for use."""

import asyncio
from datetime import timedelta
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from storyfold.edges.store import migrate
from storyfold.edges.store.adapter import Adapter
from storyfold.edges.store.postgresql import PostgresqlAdapter
from storyfold.edges.store.sql import SqlStore
from storyfold.edges.store.sqlite import SqliteAdapter
from storyfold.ports import StoreBroken, StoreError


async def open_store(url: str, busy_timeout: timedelta = timedelta(seconds=5), max_mib: int | None = None) -> SqlStore:
    """Open a store, made or migrated to the schema of this version where need be.

    Args:
        url: as SQLAlchemy has it: ``sqlite:///relative/path`` or ``sqlite:////absolute/path``, or
            ``postgresql+psycopg://user:password@host:port/database``.
        busy_timeout: how long a write waits for another process before it is `StoreUnavailable`.
        max_mib: SQLite's file grows no further than this; at it the store counts as full. None for the disk's own
            bound; PostgreSQL has no other.

    Raises:
        StoreUnavailable: not there, locked or full.
        StoreBroken: not a store, damaged, read-only, or of a newer version.
    """
    adapter = adapter_of(url, busy_timeout, max_mib)
    try:
        await asyncio.to_thread(migrate.upgrade, adapter)
    except StoreError:
        adapter.close()
        raise
    return SqlStore(adapter)


def adapter_of(url: str, busy_timeout: timedelta = timedelta(seconds=5), max_mib: int | None = None) -> Adapter:
    """The database behind a URL; nothing is opened yet.

    Raises:
        StoreBroken: no database that is known here.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StoreBroken("the store's URL cannot be read; it looks like sqlite:///storyfold.db") from error
    if parsed.get_backend_name() == "postgresql":
        return PostgresqlAdapter(parsed, busy_timeout)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        shown = parsed.set(query={}).render_as_string()
        raise StoreBroken(
            f"{shown} names no store; use sqlite:/// and the path of a file, or postgresql+psycopg://user@host/database"
        )
    return SqliteAdapter(Path(parsed.database), busy_timeout, max_mib)
