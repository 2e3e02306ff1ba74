"""SQLite under the store: pragmas, transactions and what its errors mean; the only module that knows it.

An acknowledged commit survives a power cut: WAL with `synchronous=FULL` syncs the log in every commit
(sqlite.org/pragma.html#pragma_synchronous; NORMAL would sync at checkpoints only and could lose the last ones).
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from storyfold.ports import StoreBroken, StoreError, StoreUnavailable

# The log is cut back to this after a checkpoint; a long snapshot may make it grow far beyond.
LOG_BYTES = 64 * 1024 * 1024
# Page cache of the writer in KiB: the hot ends of the indexes of a store of some million rows.
WRITER_CACHE_KIB = 64 * 1024
READERS = 4


class SqliteAdapter:
    """One SQLite file.

    Attributes:
        path: the file; made where it does not exist, its directory is not.
    """

    def __init__(self, path: Path, busy_timeout: timedelta, max_mib: int | None) -> None:
        self.path = path
        self._busy_milliseconds = int(busy_timeout / timedelta(milliseconds=1))
        self._max_mib = max_mib
        self._writer = self._engine("BEGIN IMMEDIATE", 1)
        self._reader = self._engine("BEGIN", READERS)

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """See `Adapter.writing`: BEGIN IMMEDIATE, so that a transaction never has to give up half-way."""
        with self.translated(), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """See `Adapter.reading`: a WAL reader sees the last commit before its first read."""
        with self.translated(), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """See `Adapter.migrating`: the write lock is the lock; data definition is transactional in SQLite."""
        if not self.path.parent.is_dir():
            raise StoreUnavailable(f"the directory of the store {self.path} does not exist; make it")
        with self.translated():
            with self._writer.connect() as connection:
                self._turn_on_log(connection)
            with self._writer.begin() as connection:
                yield connection

    def close(self) -> None:
        """Let go; the last to leave folds the log into the file."""
        self._reader.dispose()
        self._writer.dispose()

    @contextmanager
    def translated(self) -> Iterator[None]:
        """See `Adapter.translated`."""
        try:
            yield
        except DBAPIError as error:
            raise translate(self.path, error.orig or error) from error
        except sqlite3.Error as error:
            raise translate(self.path, error) from error
        except UnicodeEncodeError as error:
            raise StoreError(f"a value for {self.path} holds text that is not Unicode: {error}") from error

    def _engine(self, begin: str, size: int) -> Engine:
        engine = create_engine(
            URL.create("sqlite", database=str(self.path)),
            poolclass=QueuePool,
            pool_size=size,
            max_overflow=-1 if size > 1 else 0,
            # Connections move between the threads of one executor, never used by two at once.
            connect_args={"check_same_thread": False, "timeout": self._busy_milliseconds / 1000},
        )

        def on_connect(connection: sqlite3.Connection, _record: Any) -> None:
            # The driver is to begin nothing by itself.
            connection.isolation_level = None
            for pragma in self._pragmas():
                connection.execute(f"PRAGMA {pragma}").close()

        def on_begin(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

        event.listen(engine, "connect", on_connect)
        event.listen(engine, "begin", on_begin)
        return engine

    def _pragmas(self) -> tuple[str, ...]:
        bound = () if self._max_mib is None else (f"max_page_count={self._max_mib * 1024 * 1024 // 4096}",)
        return (
            f"busy_timeout={self._busy_milliseconds}",
            "synchronous=FULL",
            # On macOS fsync alone does not reach the platter.
            "fullfsync=ON",
            "checkpoint_fullfsync=ON",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            # Debian's build fills what is deleted with zeros, by way of the log: most of what dropping a row cost.
            "secure_delete=FAST",
            f"journal_size_limit={LOG_BYTES}",
            f"cache_size=-{WRITER_CACHE_KIB}",
            *bound,
        )

    def _turn_on_log(self, connection: Connection) -> None:
        # Outside a transaction, hence on the driver's own connection.
        raw = connection.connection.driver_connection
        if not isinstance(raw, sqlite3.Connection):
            raise TypeError(f"not an SQLite connection: {raw!r}")
        (mode,) = raw.execute("PRAGMA journal_mode").fetchone()
        if mode != "wal":
            (mode,) = raw.execute("PRAGMA journal_mode=WAL").fetchone()
        if mode != "wal":
            raise StoreBroken(
                f"the file system of {self.path} cannot carry SQLite's write-ahead log (it answered {mode!r}); "
                "put the store on a local disk"
            )


def translate(path: Path, error: BaseException) -> StoreError:
    """Say in the port's words what SQLite raised (sqlite.org/rescode.html)."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    said = f"SQLite: {error}"
    match code:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreUnavailable(f"the store {path} is locked by another process; end it or wait ({said})")
        case sqlite3.SQLITE_FULL:
            return StoreUnavailable(f"the store {path} cannot grow, its disk is full; free some space ({said})")
        case sqlite3.SQLITE_CANTOPEN:
            return StoreUnavailable(f"the store {path} cannot be opened; check path and permissions ({said})")
        case sqlite3.SQLITE_IOERR:
            return StoreUnavailable(f"the disk under the store {path} fails; check it ({said})")
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return StoreBroken(f"the store {path} is read-only; give its user write access to file and folder ({said})")
        case sqlite3.SQLITE_CORRUPT:
            return StoreBroken(f"the store {path} is damaged; restore a backup, or move it away to begin anew ({said})")
        case sqlite3.SQLITE_NOTADB:
            return StoreBroken(f"{path} is not an SQLite file; name another path or move it away ({said})")
        case sqlite3.SQLITE_ERROR if "no such" in str(error):
            return StoreBroken(f"the store {path} has another schema than this version; restart it to migrate ({said})")
        case _:
            return StoreError(f"the store {path} refused a statement ({said})")
