"""PostgreSQL under the store: sessions, transactions and what its errors mean; the only module that knows it.

An acknowledged commit is on the server's disk (`synchronous_commit` is never `off` here). One whose acknowledgement
was lost with the connection is asked about, so that it is neither lost nor done twice: each transaction leaves its
number in a row of its writer. (`pg_xact_status` is meant for that, but after a crash a server gives out ids anew that
it had not logged yet, and then answers for somebody else's transaction.)
"""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import (
    URL,
    BigInteger,
    Connection,
    Delete,
    Engine,
    RootTransaction,
    cast,
    create_engine,
    delete,
    event,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool
from sqlalchemy.sql.dml import ReturningInsert

from storyfold.edges.store.adapter import Again, InDoubt
from storyfold.edges.store.postgresql_errors import UNDONE, Server, state_of, translate
from storyfold.edges.store.tables import shards
from storyfold.ports import StoreBroken, StoreError, StoreUnavailable

# Older ones are out of support.
OLDEST = 140000
# A commit of 100,000 entries takes some ten seconds; a window of a month is read in parts of some milliseconds.
WRITE_SECONDS = 60
READ_SECONDS = 300
# How long the locks of a writer that fell silent amid a transaction last.
SILENT_SECONDS = 60
# Others may be migrating; a lock of another storyfold that goes on with its work is short.
MIGRATE_SECONDS = 600
# What the URL does not say otherwise. A peer that vanished without a word is given up after 10 + 3 * 5 s.
SESSION = {
    "connect_timeout": 5,
    "fallback_application_name": "storyfold",
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
READERS = 4
# The first half is the ASCII of "stry"; one key a schema would be wrong, for Alembic's table is one a schema too.
MIGRATION_LOCK = 0x73747279_00000001
# In seconds: the row of a writer that wrote nothing for so long is taken away; it makes itself another.
WRITER_ROW_AGE = 7 * 86_400
WRITER = "writer "
EPOCH_SECONDS = cast(func.extract("epoch", func.now()), BigInteger)


@dataclass(frozen=True, slots=True)
class Mark:
    """What a transaction leaves behind so that it can be told afterwards whether it was committed.

    Attributes:
        writer: the name of a row in `shards` that nobody else writes.
        number: of the transaction, from 1.
    """

    writer: str
    number: int

    @classmethod
    def new(cls) -> "Mark":
        """Of a writer that has not written yet."""
        return cls(f"{WRITER}{uuid.uuid4()}", 0)

    def next(self) -> "Mark":
        """Of the same writer's next transaction."""
        return Mark(self.writer, self.number + 1)

    def put(self) -> Insert:
        """Statement that leaves it."""
        return self._row(self.number).on_conflict_do_update(
            index_elements=[shards.c.name], set_={"position": self.number, "epoch": EPOCH_SECONDS}
        )

    def get(self) -> ReturningInsert[int]:
        """Statement that gives the last committed number.

        It waits for whoever holds the row, also where that transaction is the one that makes it: a mere SELECT would
        see nothing and not wait.
        """
        there = {"epoch": EPOCH_SECONDS}
        row = self._row(0).on_conflict_do_update(index_elements=[shards.c.name], set_=there)
        return row.returning(shards.c.position)

    def _row(self, number: int) -> Insert:
        return insert(shards).values(name=self.writer, position=number, epoch=EPOCH_SECONDS, document="")


def stale_rows() -> Delete:
    """Statement that takes away the rows of writers that are gone."""
    ours = shards.c.name.startswith(WRITER, autoescape=True)
    return delete(shards).where(ours, shards.c.epoch < EPOCH_SECONDS - WRITER_ROW_AGE)


class PostgresqlAdapter:
    """One database of a PostgreSQL server.

    Args:
        url: of any PostgreSQL driver; psycopg 3 is what is used.
        busy_timeout: how long a statement waits for another writer's lock.
    """

    def __init__(self, url: URL, busy_timeout: timedelta) -> None:
        self._server = Server.of(url)
        self._mark = Mark.new()
        busy = f"{int(busy_timeout / timedelta(milliseconds=1))}ms"
        self._writer = self._engine(
            url,
            1,
            lock_timeout=busy,
            statement_timeout=f"{WRITE_SECONDS}s",
            idle_in_transaction_session_timeout=f"{SILENT_SECONDS}s",
            default_transaction_isolation="read committed",
        )
        self._reader = self._engine(
            url,
            READERS,
            lock_timeout=busy,
            statement_timeout=f"{READ_SECONDS}s",
            default_transaction_isolation="repeatable read",
            default_transaction_read_only="on",
        )

    @property
    def name(self) -> str:
        """User, host and database; no password, no options."""
        return self._server.name

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """See `Adapter.writing`: READ COMMITTED, so that whoever waited for a row sees what it has become."""
        with self.translated(), self._writer.connect() as connection, connection.begin() as transaction:
            mark = self._mark = self._mark.next()
            if mark.number == 1:
                connection.execute(stale_rows())
            # At the start, where no one waits for it; at the end it would lengthen the time the outbox is held.
            connection.execute(mark.put())
            yield connection
            self._commit(transaction, mark)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """See `Adapter.reading`: REPEATABLE READ is one snapshot throughout, and locks nothing."""
        with self.translated(), self._reader.connect() as connection:
            # Begun by the first query and rolled back in the end, which also works on a connection that was lost.
            yield connection

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """See `Adapter.migrating`: an advisory lock; data definition is transactional in PostgreSQL."""
        with self._given_up(), self.translated(), self._writer.begin() as connection:
            for name in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
                connection.exec_driver_sql(f"SET LOCAL {name} = '{MIGRATE_SECONDS}s'")
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            yield connection

    @contextmanager
    def translated(self) -> Iterator[None]:
        """See `Adapter.translated`."""
        try:
            yield
        except DBAPIError as error:
            raise translate(self._server, error) from error
        except UnicodeEncodeError as error:
            raise StoreError(f"a value for {self.name} holds text that is not Unicode: {error}") from error

    def close(self) -> None:
        """Let go of all connections."""
        self._reader.dispose()
        self._writer.dispose()

    @contextmanager
    def _given_up(self) -> Iterator[None]:
        try:
            yield
        except Again as again:
            raise again.instead from again

    def _commit(self, transaction: RootTransaction, mark: Mark) -> None:
        try:
            transaction.commit()
        except DBAPIError as error:
            if state_of(error).startswith(UNDONE):
                raise
            # This row is left as it is until somebody has read it.
            self._mark = Mark.new()
            cause = translate(self._server, error)
            raise InDoubt(f"the connection broke amid a commit: {cause}", partial(self._settle, mark)) from error

    def _settle(self, mark: Mark) -> bool:
        """Whether a transaction was committed; where the server still carries it, this waits for its end."""
        try:
            with self._writer.begin() as connection:
                committed: int = connection.execute(mark.get()).scalar_one()
                return committed == mark.number
        except DBAPIError as error:
            raise StoreUnavailable(f"nobody says yet how a commit ended: {translate(self._server, error)}") from error

    def _engine(self, url: URL, size: int, **settings: str) -> Engine:
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            poolclass=QueuePool,
            pool_size=size,
            # The writer's second connection asks how the first one's commit ended.
            max_overflow=-1,
            # A message of an error carries no text of an article.
            hide_parameters=True,
            connect_args={name: value for name, value in SESSION.items() if name not in url.query},
        )

        def on_connect(connection: Any, _record: Any) -> None:
            try:
                self._prepare(connection, settings)
            except BaseException:
                connection.close()
                raise

        event.listen(engine, "connect", on_connect)
        return engine

    def _prepare(self, connection: Any, settings: Mapping[str, str]) -> None:
        self._refuse_unfit(connection)
        connection.autocommit = True
        with connection.cursor() as cursor:
            for name, value in settings.items():
                cursor.execute("SELECT set_config(%s, %s, false)", (name, value))
            # `off` acknowledges what a crash may lose; `remote_apply` and the like are the server's choice.
            durable = "SELECT set_config('synchronous_commit', 'on', false)"
            cursor.execute(f"{durable} WHERE current_setting('synchronous_commit') = 'off'")
        connection.autocommit = False

    def _refuse_unfit(self, connection: Any) -> None:
        version = connection.info.server_version
        if version < OLDEST:
            raise StoreBroken(f"{self.name} runs PostgreSQL {version // 10_000}; storyfold needs {OLDEST // 10_000} on")
        encoding = connection.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            raise StoreBroken(
                f"{self.name} keeps text as {encoding}; make a database with: createdb --encoding=UTF8 "
                "--template=template0"
            )
