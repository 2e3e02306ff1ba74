"""The table of feeds: registering, leasing, and what a poll leaves behind."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Select,
    bindparam,
    case,
    delete,
    exists,
    insert,
    literal,
    select,
    type_coerce,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from storyfold.edges.store.documents import POLL_STATE, SOURCE, encode_listed
from storyfold.edges.store.rows import chunks, rows_of
from storyfold.edges.store.tables import Moment, feed_leases, feeds, moment_number
from storyfold.feeds.timing import after_edit
from storyfold.model.commit import FeedSync, PolledFeed
from storyfold.model.feeds import Feed, FeedSource, PollState
from storyfold.model.identity import FeedId


def register(connection: Connection, sources: Sequence[FeedSource], now: datetime) -> FeedSync:
    """See `Store.register`."""
    wanted = {source.feed_id: source for source in sources}
    known = {row.feed_id: row for row in connection.execute(select(feeds.c.feed_id, feeds.c.source, feeds.c.due_at))}
    new = [source for feed_id, source in wanted.items() if feed_id not in known]
    back = [source for feed_id, source in wanted.items() if feed_id in known and known[feed_id].due_at is None]
    gone = sorted(feed_id for feed_id, row in known.items() if row.due_at is not None and feed_id not in wanted)
    if new:
        connection.execute(insert(feeds), [_new_row(source, now) for source in new])
    edited = [
        {"key": source.feed_id, "source": text, "url": source.url}
        for source in wanted.values()
        if source.feed_id in known and (text := SOURCE.encode(source)) != known[source.feed_id].source
    ]
    if edited:
        change = update(feeds).where(feeds.c.feed_id == bindparam("key"))
        connection.execute(change.values(source=bindparam("source"), url=bindparam("url")), edited)
        edits = {FeedId(row["key"]): SOURCE.decode(known[row["key"]].source) for row in edited}
        _hasten(connection, {feed_id: (before, wanted[feed_id]) for feed_id, before in edits.items()}, now)
    _bring_back(connection, [source.feed_id for source in back])
    for chunk in chunks(gone):
        leave = update(feeds).where(feeds.c.feed_id.in_(chunk))
        connection.execute(leave.values(due_at=None))
        connection.execute(delete(feed_leases).where(feed_leases.c.feed_id.in_(chunk)))
    fresh = {source.feed_id for source in (*new, *back)}
    return FeedSync(tuple(feed_id for feed_id in wanted if feed_id in fresh), tuple(map(FeedId, gone)))


def _new_row(source: FeedSource, now: datetime) -> dict[str, object]:
    return {
        "feed_id": source.feed_id,
        "url": source.url,
        "source": SOURCE.encode(source),
        "state": POLL_STATE.encode(PollState(url=source.url, next_poll_at=now)),
        "due_at": now,
    }


def _hasten(connection: Connection, edits: Mapping[FeedId, tuple[FeedSource, FeedSource]], now: datetime) -> None:
    """Poll those sooner whose owner now wants them more often; one that is leased is decided by its poll."""
    changed = [feed_id for feed_id, (before, after) in edits.items() if before.interval != after.interval]
    query = select(feeds.c.feed_id, feeds.c.state).where(~_in_hand(), feeds.c.due_at.is_not(None))
    rows = []
    for row in rows_of(connection, query, feeds.c.feed_id, changed):
        state = POLL_STATE.decode(row.state)
        due_at = after_edit(*edits[row.feed_id], state, now)
        if due_at != state.next_poll_at:
            sooner = POLL_STATE.encode(replace(state, next_poll_at=due_at))
            rows.append({"key": row.feed_id, "due_at": due_at, "state": sooner})
    if rows:
        change = update(feeds).where(feeds.c.feed_id == bindparam("key"))
        connection.execute(change.values(due_at=bindparam("due_at"), state=bindparam("state")), rows)


def _bring_back(connection: Connection, ids: Sequence[FeedId]) -> None:
    rows = rows_of(connection, select(feeds.c.feed_id, feeds.c.state), feeds.c.feed_id, ids)
    due = [{"key": row.feed_id, "due_at": POLL_STATE.decode(row.state).next_poll_at} for row in rows]
    if due:
        back = update(feeds).where(feeds.c.feed_id == bindparam("key"))
        connection.execute(back.values(due_at=bindparam("due_at")), due)


def lease_feeds(connection: Connection, owner: str, now: datetime, lease: timedelta, limit: int) -> tuple[Feed, ...]:
    """See `Store.lease_feeds`."""
    # Rows as tuples, moments as numbers: of a hundred feeds, names and objects would cost more than the database.
    found = connection.execute(_DUE, {"now": moment_number(now), "limit": limit}).all()
    ours = _take(connection, [row[0] for row in found], owner, now, now + lease)
    return tuple(Feed(SOURCE.decode(row[1]), POLL_STATE.decode(row[2])) for row in found if row[0] in ours)


def lease_feed(connection: Connection, feed_id: FeedId, owner: str, now: datetime, lease: timedelta) -> Feed | None:
    """See `Store.lease_feed`."""
    here = (feeds.c.feed_id == feed_id, feeds.c.due_at.is_not(None), ~_in_hand(literal(now, Moment)))
    query = select(feeds.c.source, feeds.c.state).where(*here).with_for_update(skip_locked=True)
    row = connection.execute(query).first()
    if row is None or not _take(connection, [feed_id], owner, now, now + lease):
        return None
    return Feed(SOURCE.decode(row.source), POLL_STATE.decode(row.state))


def due_feeds(now: ColumnElement[int], limit: ColumnElement[int]) -> Select[Any]:
    """Query for feeds that are due and free, most overdue first; who asks at the same time gets others.

    Args:
        now: as the number that `Moment` makes of it.
        limit: how many at most.
    """
    return (
        select(feeds.c.feed_id, feeds.c.source, feeds.c.state)
        .where(type_coerce(feeds.c.due_at, BigInteger) <= now, ~_in_hand(now))
        .order_by(feeds.c.due_at, feeds.c.feed_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )


def _in_hand(now: ColumnElement[Any] | None = None) -> ColumnElement[bool]:
    """Whether a feed is leased; until after `now`, where that is given."""
    lease = exists().where(feed_leases.c.feed_id == feeds.c.feed_id)
    return lease if now is None else lease.where(type_coerce(feed_leases.c.leased_until, now.type) > now)


_DUE = due_feeds(bindparam("now", type_=BigInteger), bindparam("limit", type_=Integer))


def _take(connection: Connection, ids: Sequence[str], owner: str, now: datetime, until: datetime) -> Collection[str]:
    """Lease feeds that were found free; the ids of those that are ours now.

    One that somebody leased after the query began is theirs: the row of its lease decides.
    """
    if not ids:
        return ()
    row = {"owner": owner, "leased_until": moment_number(until), "now": moment_number(now)}
    done = connection.execute(_TAKE[connection.dialect.name], [row | {"feed_id": feed_id} for feed_id in ids])
    if done.rowcount == len(ids):
        return frozenset(ids)
    here = select(feed_leases.c.feed_id).where(feed_leases.c.owner == owner, feed_leases.c.leased_until == until)
    return {row.feed_id for row in rows_of(connection, here, feed_leases.c.feed_id, ids)}


def _taking(put: sqlite.Insert | postgresql.Insert) -> sqlite.Insert | postgresql.Insert:
    """Statement that leases a feed unless somebody has it."""
    return put.values(
        feed_id=bindparam("feed_id"), owner=bindparam("owner"), leased_until=bindparam("leased_until", type_=BigInteger)
    ).on_conflict_do_update(
        index_elements=[feed_leases.c.feed_id],
        set_={"owner": put.excluded.owner, "leased_until": put.excluded.leased_until},
        where=type_coerce(feed_leases.c.leased_until, BigInteger) <= bindparam("now", type_=BigInteger),
    )


# Both databases know ON CONFLICT, and SQLAlchemy has a statement of its own for each.
_TAKE = {"sqlite": _taking(sqlite.insert(feed_leases)), "postgresql": _taking(postgresql.insert(feed_leases))}


def next_feed_due(connection: Connection) -> datetime | None:
    """See `Store.next_feed_due`."""
    free = select(feeds.c.due_at).where(feeds.c.due_at.is_not(None), ~_in_hand())
    due_at: datetime | None = connection.execute(free.order_by(feeds.c.due_at).limit(1)).scalar()
    return due_at


def all_feeds(connection: Connection) -> tuple[Feed, ...]:
    """See `Store.feeds`."""
    query = select(feeds.c.source, feeds.c.state).where(feeds.c.due_at.is_not(None)).order_by(feeds.c.url)
    rows = connection.execute(query)
    return tuple(Feed(SOURCE.decode(row.source), POLL_STATE.decode(row.state)) for row in rows)


def release(connection: Connection, owner: str) -> None:
    """See `Store.release`, for feeds."""
    connection.execute(delete(feed_leases).where(feed_leases.c.owner == owner))


def save_polls(connection: Connection, polls: Iterable[PolledFeed]) -> None:
    """Keep what polls left behind and end their leases; a feed that has left the list stays off it."""
    # In one order everywhere, so that two writers never wait for each other.
    last = sorted(polls, key=lambda polled: polled.feed_id)
    if not last:
        return
    rows = [
        {"key": polled.feed_id, "state": POLL_STATE.encode(polled.state), "due_at": polled.state.next_poll_at}
        for polled in last
    ]
    connection.execute(_KEEP, rows)
    connection.execute(_END, [{"key": polled.feed_id} for polled in last])
    listed = [
        {"key": polled.feed_id, "listed": encode_listed(polled.listed)} for polled in last if polled.listed is not None
    ]
    if listed:
        connection.execute(_LIST, listed)


_POLLED = update(feeds).where(feeds.c.feed_id == bindparam("key"))
_KEEP = _POLLED.values(
    state=bindparam("state"),
    due_at=case((feeds.c.due_at.is_(None), None), else_=bindparam("due_at", type_=feeds.c.due_at.type)),
)
_END = delete(feed_leases).where(feed_leases.c.feed_id == bindparam("key"))
_LIST = _POLLED.values(listed=bindparam("listed"))
