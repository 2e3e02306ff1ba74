"""The PostgreSQL store among faults: every error says what happened, to which, and what to do; no password shows."""

import asyncio
import time
import traceback
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import URL, make_url
from sqlalchemy.exc import DBAPIError

from storyfold.edges.store import migrate
from storyfold.edges.store.adapter import Again
from storyfold.edges.store.opening import adapter_of, open_store
from storyfold.edges.store.postgresql_errors import Server, translate
from storyfold.edges.store.sql import SqlStore
from storyfold.model.commit import Commit
from storyfold.ports import StoreBroken, StoreError, StoreUnavailable
from tests.brokers.apache import free_port
from tests.brokers.postgresql import conninfo, fresh_database, run_sql
from tests.fakes.store_values import event_of, new_entry, record_of

pytestmark = pytest.mark.anyio

IMPATIENT = timedelta(milliseconds=100)
SECRET = "open-sesame-1001"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def url(postgresql_url: str) -> Iterator[str]:
    with fresh_database(postgresql_url) as fresh:
        yield fresh


async def refusal(url: str | URL) -> StoreError:
    """What opening a store is answered, with no secret in it nor in what led to it."""
    text = url if isinstance(url, str) else url.render_as_string(hide_password=False)
    with pytest.raises(StoreError) as caught:
        await open_store(text, IMPATIENT)
    shown = "".join(traceback.format_exception(caught.value))
    assert SECRET not in shown
    assert (make_url(text).password or SECRET) not in shown
    return caught.value


async def test_a_server_that_is_not_there(url: str) -> None:
    """Worth trying again; the message names the store without the password."""
    away = make_url(url).set(port=free_port())
    error = await refusal(away)
    assert StoreUnavailable is type(error)
    assert f"@127.0.0.1:{away.port}/{away.database} cannot be reached; start its server, or check store.url" in str(
        error
    )


async def test_a_wrong_password(url: str) -> None:
    """A person must act; the password shows neither as part of the URL nor as an option of it."""
    error = await refusal(make_url(url).set(password=SECRET))
    assert StoreBroken is type(error)
    assert "does not let us in; check user and password in store.url" in str(error)
    error = await refusal(make_url(url)._replace(password=None).set(query={"password": SECRET}))
    assert "does not let us in" in str(error)


async def test_a_user_without_a_password(url: str) -> None:
    """Said like a wrong one."""
    error = await refusal(make_url(url)._replace(password=None).set(query={"passfile": "/nowhere"}))
    assert StoreBroken is type(error)
    assert "does not let us in" in str(error)


async def test_a_database_that_is_not_there(url: str) -> None:
    """The message says how to make it."""
    error = await refusal(make_url(url).set(database="nobodys"))
    assert StoreBroken is type(error)
    assert "there is no database postgresql://" in str(error)
    assert "/nobodys; make it with createdb" in str(error)


async def test_a_database_of_another_encoding(postgresql_url: str) -> None:
    """It could not hold all names of people."""
    with fresh_database(postgresql_url, "TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'") as url:
        error = await refusal(url)
    assert StoreBroken is type(error)
    assert "keeps text as LATIN1; make a database with: createdb --encoding=UTF8" in str(error)


async def test_a_user_without_rights(url: str) -> None:
    """One who may connect and not make tables is told what to do."""
    run_sql(url, f"DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN PASSWORD '{SECRET}'")
    try:
        error = await refusal(make_url(url).set(username="guest", password=SECRET))
    finally:
        run_sql(url, "DROP ROLE guest")
    assert StoreBroken is type(error)
    assert "lacks a right; make it the database's owner" in str(error)


async def test_a_read_only_server(url: str) -> None:
    """A standby, or a server that was made read-only, can be read and says of writing what to do."""
    store = await open_store(url, IMPATIENT)
    await store.close()
    run_sql(url, f'ALTER DATABASE "{make_url(url).database}" SET default_transaction_read_only = on')
    store = SqlStore(adapter_of(url, IMPATIENT))
    assert 0 == (await store.ledger_counts()).taken_up
    with pytest.raises(StoreBroken, match=r"is read-only; name its primary, or add \?target_session_attrs=read-write"):
        await store.apply(Commit(outbox=(record_of(),)))
    await store.close()


async def test_a_lock_makes_writing_wait_and_reading_go_on(url: str) -> None:
    """While another session holds a row, a commit fails in time with a word; afterwards it succeeds."""
    store = await open_store(url, IMPATIENT)
    with psycopg.connect(conninfo(url)) as other:
        other.execute("SELECT 1 FROM shards WHERE name = 'outbox' FOR UPDATE")
        start = time.monotonic()
        commits = (store.apply(Commit(outbox=(record_of(str(number)),))) for number in range(100))
        outcomes = await asyncio.gather(*commits, return_exceptions=True)
        elapsed = time.monotonic() - start
        assert {StoreUnavailable} == {type(outcome) for outcome in outcomes}
        assert "is locked by another session; end it or wait" in str(outcomes[0])
        assert elapsed < 20 * IMPATIENT.total_seconds()
        assert (0, None) == await store.outbox_depth(0)
    await store.apply(Commit(outbox=(record_of(),)))
    assert 1 == (await store.outbox_depth(0))[0]
    await store.close()


async def test_a_table_that_vanished_is_another_schema(url: str) -> None:
    """A statement that meets another schema than this version's says so."""
    store = await open_store(url)
    run_sql(url, "DROP TABLE events")
    with pytest.raises(StoreBroken, match="has another schema than this version; restart it to migrate"):
        await store.newest_events(1)
    await store.close()


async def test_a_schema_that_changes_meanwhile_is_met_anew(url: str) -> None:
    """A statement planned before another process migrated is planned again, unseen."""
    store = await open_store(url)
    await store.apply(Commit(taken_up=(new_entry(),)))
    for _ in range(8):
        await store.lease_entries("me", event_of().first_published_at, timedelta(0), 1)
    run_sql(url, "ALTER TABLE entries ALTER COLUMN revision TYPE bigint")
    for number in range(8):
        await store.apply(Commit(taken_up=(new_entry(f"e{number}"),)))
    assert 9 == (await store.ledger_counts()).taken_up + 1
    await store.close()


async def test_one_bad_commit_does_not_fail_its_neighbours(url: str) -> None:
    """Of commits that share a transaction only the one that cannot be kept is refused, and nothing of it is left."""
    store = await open_store(url)
    bad = Commit(outbox=(record_of("bad"),), events=(event_of(title="half a pair: \ud83d"),))
    worse = Commit(outbox=(record_of("\ud83d"),))
    nul = Commit(outbox=(record_of("a\x00b"),))
    commits = [Commit(outbox=(record_of(str(number)),)) for number in range(5)]
    given = [*commits[:2], bad, worse, nul, *commits[2:]]
    outcomes = await asyncio.gather(*map(store.apply, given), return_exceptions=True)
    expected = [type(None)] * 2 + [StoreError] * 3 + [type(None)] * 3
    assert expected == [type(outcome) for outcome in outcomes]
    assert list("01234") == [row.record.key for row in await store.outbox_after(0, 10)]
    assert (await store.outbox_depth(0))[0] == 5
    await store.close()


RAISING = """
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'it said so' USING ERRCODE = '{code}'; END $$;
CREATE {kind} TRIGGER fail AFTER INSERT ON outbox {when} FOR EACH ROW EXECUTE FUNCTION fail();
"""


@pytest.mark.parametrize("when", ["at the statement", "at the commit"])
@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        ("53100", StoreUnavailable, "cannot grow, its disk is full; free some space"),
        ("58030", StoreUnavailable, "the disk under the store .* fails; check it"),
        ("53200", StoreUnavailable, "cannot serve us now; see its log"),
        ("57014", StoreUnavailable, "took too long for a statement"),
        ("40001", StoreUnavailable, "writers .* keep meeting one another; wait"),
        ("40P01", StoreUnavailable, "writers .* keep meeting one another; wait"),
        ("23505", StoreError, "refused a statement, again and again"),
        ("23514", StoreError, "refused a statement"),
        ("XX001", StoreBroken, "is damaged; restore a backup, or make a new database"),
    ],
)
async def test_every_error_of_the_server_has_its_word(
    url: str, code: str, kind: type[StoreError], said: str, when: str
) -> None:
    """A real server raises each; nothing of the commit is left, and the store goes on once it has ceased."""
    store = await open_store(url)
    late = when == "at the commit"
    deferred = ("CONSTRAINT", "DEFERRABLE INITIALLY DEFERRED") if late else ("", "")
    run_sql(url, RAISING.format(code=code, kind=deferred[0], when=deferred[1]))
    with pytest.raises(StoreError, match=said) as caught:
        await store.apply(Commit(outbox=(record_of(),)))
    # Of what fails at the commit it is asked whether it was done, and it was not: it may be handed in again.
    assert caught.type in {kind, StoreUnavailable} if late else caught.type is kind
    assert "it said so" in str(caught.value)
    run_sql(url, "DROP TRIGGER fail ON outbox")
    await store.apply(Commit(outbox=(record_of("then"),)))
    assert [(1, "then")] == [(row.sequence, row.record.key) for row in await store.outbox_after(0, 9)]
    await store.close()


@pytest.mark.parametrize(
    ("words", "kind", "said"),
    [
        ('FATAL:  role "ann" does not exist', StoreBroken, "knows no such user; make it with createuser"),
        ('FATAL:  no pg_hba.conf entry for host "::1"', StoreBroken, "does not let us in"),
        ('FATAL:  permission denied for database "d"', StoreBroken, "GRANT CONNECT"),
        ("FATAL:  the database system is starting up", StoreUnavailable, "is starting or stopping; wait"),
        ("FATAL:  the database system is in recovery mode", StoreUnavailable, "is starting or stopping; wait"),
        ("FATAL:  sorry, too many clients already", StoreUnavailable, "raise its max_connections"),
        ("connection timeout expired", StoreUnavailable, "cannot be reached"),
        ("FATAL:  Passwort-Authentifizierung fehlgeschlagen", StoreUnavailable, "Authentifizierung fehlgeschlagen"),
        (f'connection to "x?password={SECRET}" failed', StoreUnavailable, r"password=\*\*\*"),
    ],
)
def test_what_libpq_says_while_connecting(words: str, kind: type[StoreError], said: str) -> None:
    """What a test cannot bring about here is told by its words; unknown ones count as not there and are passed on."""
    server = Server.of(make_url(f"postgresql://ann:{SECRET}@db:5433/d"))
    raised = psycopg.OperationalError(words)
    wrapped = DBAPIError.instance(None, None, raised, psycopg.Error)
    assert isinstance(wrapped, DBAPIError)
    error = translate(server, wrapped)
    assert kind is type(error)
    assert "postgresql://ann@db:5433/d" in str(error)
    with pytest.raises(kind, match=said):
        raise error
    assert SECRET not in str(error)


def test_a_lost_connection_is_tried_again() -> None:
    """What is raised where that does not help is worth trying later."""
    server = Server.of(make_url("postgresql:///d?host=/run/postgresql"))
    wrapped = DBAPIError("SELECT 1", {}, psycopg.OperationalError("closed"), connection_invalidated=True)
    error = translate(server, wrapped)
    assert isinstance(error, Again)
    assert StoreUnavailable is type(error.instead)
    assert "the connection to the store postgresql:///run/postgresql/d was lost" in str(error.instead)


async def test_a_snapshot_whose_connection_breaks_says_so(url: str) -> None:
    """It cannot go on from another state, so whoever reads it begins anew."""
    store = await open_store(url)
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'storyfold'"
    async with store.snapshot(event_of().first_published_at) as snapshot:
        run_sql(url, f"{kill} AND datname = current_database()")
        with pytest.raises(StoreUnavailable, match="was lost; see that its server runs"):
            await anext(snapshot.events)
    await store.ping()
    assert 0 == (await store.ledger_counts()).taken_up
    await store.close()


async def test_commits_are_durable_whatever_the_server_was_told(url: str) -> None:
    """A server that acknowledges before its disk has it is overruled; one that waits for standbys is not."""
    for said, expected in (("off", "on"), ("local", "local"), ("on", "on")):
        run_sql(url, f'ALTER DATABASE "{make_url(url).database}" SET synchronous_commit = {said}')
        adapter = adapter_of(url)
        migrate.upgrade(adapter)
        with adapter.writing() as connection:
            assert expected == connection.exec_driver_sql("SHOW synchronous_commit").scalar_one()
        with adapter.reading() as connection:
            assert "repeatable read" == connection.exec_driver_sql("SHOW transaction_isolation").scalar_one()
            assert "on" == connection.exec_driver_sql("SHOW transaction_read_only").scalar_one()
        adapter.close()
