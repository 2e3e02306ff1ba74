"""Plans to look at articles again: keep the newest of each article, lease what is due."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, insert, or_, select, update

from storyfold.edges.store.documents import Codec
from storyfold.edges.store.rows import chunks, rows_of
from storyfold.edges.store.tables import rereads
from storyfold.model.commit import PlannedReread
from storyfold.model.entries import LedgerEntry
from storyfold.model.identity import ArticleId

DOCUMENT: Codec[LedgerEntry] = Codec(LedgerEntry)


def save_plans(connection: Connection, planned: Iterable[PlannedReread]) -> None:
    """Put plans in the place of those for the same or an earlier version; looks that were left are never added to."""
    given = {each.reread.article_id: each for each in _in_order(planned)}
    if not given:
        return
    query = select(rereads.c.article_id, rereads.c.version, rereads.c.looks_left).order_by(rereads.c.article_id)
    found = rows_of(connection, query.with_for_update(), rereads.c.article_id, sorted(given))
    known = {row.article_id: row for row in found}
    fresh = [{**_values(each), "article_id": key} for key, each in sorted(given.items()) if key not in known]
    if fresh:
        connection.execute(insert(rereads), fresh)
    moved = [
        {**_values(each, known[key].looks_left), "key": key}
        for key, each in sorted(given.items())
        if key in known and each.reread.version >= known[key].version
    ]
    if moved:
        names = [column.name for column in rereads.c if column.name != "article_id"]
        change = update(rereads).where(rereads.c.article_id == bindparam("key"))
        connection.execute(change.values({name: bindparam(name) for name in names}), moved)


def lease_rereads(
    connection: Connection, owner: str, now: datetime, lease: timedelta, limit: int
) -> tuple[LedgerEntry, ...]:
    """See `Store.lease_rereads`."""
    due = (
        select(rereads.c.article_id, rereads.c.looks_left, rereads.c.document)
        .where(rereads.c.due_at <= now, or_(rereads.c.leased_until.is_(None), rereads.c.leased_until <= now))
        .order_by(rereads.c.due_at, rereads.c.article_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = connection.execute(due).all()
    for chunk in chunks([row.article_id for row in rows]):
        mine = update(rereads).where(rereads.c.article_id.in_(chunk))
        connection.execute(mine.values(lease_owner=owner, leased_until=now + lease))
    return tuple(DOCUMENT.decode(row.document) for row in rows)


def release(connection: Connection, owner: str) -> None:
    """See `Store.release`, for further looks."""
    held = update(rereads).where(rereads.c.due_at.is_not(None), rereads.c.lease_owner == owner)
    connection.execute(held.values(lease_owner=None, leased_until=None))


def _in_order(planned: Iterable[PlannedReread]) -> list[PlannedReread]:
    """Plans such that of one article the one that counts comes last, with the fewest looks that any of them left."""
    latest: dict[ArticleId, PlannedReread] = {}
    for each in planned:
        other = latest.get(each.reread.article_id)
        if other is None:
            latest[each.reread.article_id] = each
        elif each.reread.version >= other.reread.version:
            latest[each.reread.article_id] = _at_most(each, other.reread.left)
    return list(latest.values())


def _at_most(planned: PlannedReread, left: int) -> PlannedReread:
    reread = planned.reread
    if reread.left <= left:
        return planned
    return replace(planned, reread=replace(reread, left=left, due_at=reread.due_at if left > 0 else None))


def _values(planned: PlannedReread, left: int | None = None) -> dict[str, Any]:
    planned = planned if left is None else _at_most(planned, left)
    reread = planned.reread
    over = reread.due_at is None
    return {
        "version": reread.version,
        "looks_left": reread.left,
        "due_at": reread.due_at,
        "lease_owner": None,
        "leased_until": None,
        "document": None if over else DOCUMENT.encode(replace(planned.ledger, again=reread)),
    }
