"""How SQLite finds what is asked for most: by an index that answers in order, never by reading and sorting a table."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Select, literal, select

from storyfold.edges.store import migrate
from storyfold.edges.store.entries import due_entries
from storyfold.edges.store.feeds import due_feeds
from storyfold.edges.store.opening import adapter_of
from storyfold.edges.store.tables import articles, bodies, changes, entries, events, feeds, moment_number, outbox
from storyfold.edges.store.window import Place, in_order
from tests.fakes.store_values import NOON


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    adapter = adapter_of(f"sqlite:///{tmp_path / 'store.db'}")
    migrate.upgrade(adapter)
    with adapter.reading() as opened:
        yield opened
    adapter.close()


def plan_of(connection: Connection, query: Select[Any]) -> list[str]:
    compiled = query.compile(connection, compile_kwargs={"literal_binds": True})
    return [str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}")]


def before(moment: datetime) -> dict[str, Select[Any]]:
    """Queries by the index that must answer them."""
    return {
        "ix_entries_due": due_entries(moment, 100),
        "ix_articles_placed": select(articles.c.document)
        .where(articles.c.placed_at >= moment)
        .order_by(articles.c.placed_at, articles.c.ordinal),
        "ix_articles_event": select(articles.c.document).where(articles.c.event_id.in_(["a", "b"])),
        "ix_changes_event": select(changes.c.document)
        .where(changes.c.event_id == "x")
        .order_by(changes.c.to_version.desc())
        .limit(10),
        "ix_changes_at": select(changes.c.change_id).where(changes.c.at < moment).order_by(changes.c.at).limit(10),
        "ix_articles_canonical_url": select(articles.c.article_id).where(articles.c.canonical_url == "x"),
        "ix_bodies_placed": select(bodies.c.article_id).where(bodies.c.placed_at < moment),
        "ix_events_last_published": select(events.c.document)
        .order_by(events.c.last_published_at.desc(), events.c.event_id.desc())
        .limit(10),
        "ix_events_status": select(events.c.document).where(events.c.status.in_(["open", "emerging"])),
        "ix_entries_ended": select(entries.c.entry_id)
        .where(entries.c.ended_at < moment)
        .order_by(entries.c.ended_at, entries.c.entry_id),
        "INTEGER PRIMARY KEY": select(outbox).where(outbox.c.sequence > 5).order_by(outbox.c.sequence),
        "sqlite_autoindex_entries_1": select(entries.c.revision).where(entries.c.entry_id.in_(["a", "b"])),
        "sqlite_autoindex_feeds_1": select(feeds.c.state).where(feeds.c.feed_id.in_(["a", "b"])),
    }


@pytest.mark.parametrize("index", sorted(before(NOON)))
def test_a_query_is_answered_by_its_index_in_order(connection: Connection, index: str) -> None:
    """No table is scanned and nothing is sorted."""
    plan = plan_of(connection, before(NOON)[index])
    assert 1 == len(plan), plan
    assert index in plan[0]
    assert "TEMP B-TREE" not in plan[0]


def test_feeds_in_hand_are_skipped_by_one_look_up_each(connection: Connection) -> None:
    """Due feeds come by their index in order; a lease is looked up by its key, in a table that holds nothing else."""
    due, subquery, lease = plan_of(connection, due_feeds(literal(moment_number(NOON)), literal(100)))
    assert "SEARCH feeds USING INDEX ix_feeds_due (due_at<?)" == due
    assert "CORRELATED SCALAR SUBQUERY 1" == subquery
    assert "SEARCH feed_leases USING PRIMARY KEY (feed_id=?)" == lease


def test_going_on_in_the_window_starts_where_it_stopped(connection: Connection) -> None:
    """The rows of the parts before are not passed over one by one."""
    query = in_order(select(articles.c.document), NOON, Place(NOON, 7))
    (plan,) = plan_of(connection, query)
    assert "ix_articles_placed ((placed_at,ordinal)>(?,?))" in plan


def test_counting_what_waits_reads_an_index_only(connection: Connection) -> None:
    """The ledger's ended rows, by far the most, are not looked at."""
    query = select(entries.c.state).where(entries.c.due_at.is_not(None)).group_by(entries.c.state)
    assert "USING COVERING INDEX ix_entries_due" in plan_of(connection, query)[0]
