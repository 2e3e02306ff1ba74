"""Forgetting: what to take away next, in bites small enough to let others through.

Each bite is one transaction; a function returns how many rows it took, and less than `BITE` where no more are left.
Rows that somebody is writing are passed over until the next time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, delete, or_, select

from storyfold.edges.store.articles import ALIVE
from storyfold.edges.store.documents import decode_listed
from storyfold.edges.store.rows import BITE, chunks, rows_of
from storyfold.edges.store.tables import articles, bodies, changes, entries, events, feeds, rereads, window_rows
from storyfold.model.identity import EntryId


@dataclass(frozen=True, slots=True)
class Place:
    """A row of the ledger in the order in which rows ended."""

    ended_at: datetime
    entry_id: EntryId


@dataclass(frozen=True, slots=True)
class EntriesBite:
    """What one bite of the ledger did: rows forgotten, and where to go on; None at the end."""

    forgotten: int
    behind: Place | None


def forget_bodies(connection: Connection, before: datetime) -> int:
    """Empty the text of articles placed before a moment."""
    old = (
        select(bodies.c.article_id)
        .where(bodies.c.placed_at < before)
        .order_by(bodies.c.placed_at)
        .limit(BITE)
        .with_for_update(skip_locked=True)
    )
    ids = connection.execute(old).scalars().all()
    connection.execute(delete(bodies).where(bodies.c.article_id.in_(ids)))
    return len(ids)


def forget_articles(connection: Connection, before: datetime) -> int:
    """Forget articles placed before a moment."""
    old = (
        select(articles.c.article_id)
        .where(articles.c.placed_at < before)
        .order_by(articles.c.placed_at)
        .limit(BITE)
        .with_for_update(skip_locked=True)
    )
    ids = connection.execute(old).scalars().all()
    connection.execute(delete(bodies).where(bodies.c.article_id.in_(ids)))
    connection.execute(delete(rereads).where(rereads.c.article_id.in_(ids)))
    connection.execute(delete(window_rows).where(window_rows.c.article_id.in_(ids)))
    connection.execute(delete(articles).where(articles.c.article_id.in_(ids)))
    return len(ids)


def forget_events(connection: Connection, before: datetime) -> int:
    """Forget events that have ended and were last reported on before a moment."""
    old = select(events.c.event_id).where(events.c.status.not_in(ALIVE), events.c.last_published_at < before)
    ids = (
        connection.execute(old.order_by(events.c.last_published_at).limit(BITE).with_for_update(skip_locked=True))
        .scalars()
        .all()
    )
    connection.execute(delete(events).where(events.c.event_id.in_(ids)))
    return len(ids)


def forget_changes(connection: Connection, before: datetime) -> int:
    """Forget steps of events taken before a moment."""
    old = select(changes.c.change_id).where(changes.c.at < before).order_by(changes.c.at).limit(BITE)
    ids = connection.execute(old).scalars().all()
    connection.execute(delete(changes).where(changes.c.change_id.in_(ids)))
    return len(ids)


def forget_entries(connection: Connection, before: datetime, behind: Place | None) -> EntriesBite:
    """Forget ledger rows that ended before a moment and that their feeds no longer list.

    Args:
        connection: in a transaction that writes.
        before: rows that ended since then stay.
        behind: where the last bite stopped; rows that stay are looked at once a pruning.
    """
    old = select(entries.c.entry_id, entries.c.feed_id, entries.c.ended_at).where(entries.c.ended_at < before)
    if behind is not None:
        here = entries.c.ended_at == behind.ended_at
        old = old.where(or_(entries.c.ended_at > behind.ended_at, and_(here, entries.c.entry_id > behind.entry_id)))
    rows = connection.execute(
        old.order_by(entries.c.ended_at, entries.c.entry_id).limit(BITE).with_for_update(skip_locked=True)
    ).all()
    listed = _listed(connection, [row.feed_id for row in rows])
    unlisted = [
        row.entry_id
        for row in rows
        if row.feed_id not in listed or ((known := listed[row.feed_id]) is not None and row.entry_id not in known)
    ]
    for chunk in chunks(unlisted):
        connection.execute(delete(entries).where(entries.c.entry_id.in_(chunk)))
    last = Place(rows[-1].ended_at, rows[-1].entry_id) if len(rows) == BITE else None
    return EntriesBite(len(unlisted), last)


def _listed(connection: Connection, ids: Sequence[str]) -> dict[str, frozenset[EntryId] | None]:
    """What feeds list; a feed that is not registered is left out, None stands for one that has not told yet."""
    query = select(feeds.c.feed_id, feeds.c.listed).where(feeds.c.due_at.is_not(None))
    rows = rows_of(connection, query, feeds.c.feed_id, ids)
    return {row.feed_id: None if row.listed is None else decode_listed(row.listed) for row in rows}
