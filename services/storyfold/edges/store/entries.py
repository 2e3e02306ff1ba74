"""The ledger's table: read and write pages of it, lease rows, count them."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, insert, or_, select, update

from storyfold.edges.store.documents import Codec
from storyfold.edges.store.ledger import EntryDocument, LedgerPage, LedgerRow, TallyKey
from storyfold.edges.store.rows import chunks, rows_of
from storyfold.edges.store.tables import entries, tallies
from storyfold.model.commit import Commit, LedgerCounts
from storyfold.model.entries import EntryState, LedgerEntry, RejectReason, RetryReason
from storyfold.model.feeds import KnownEntry
from storyfold.model.identity import EntryId
from storyfold.model.metrics import Tally

DOCUMENT: Codec[EntryDocument] = Codec(EntryDocument)

# Every column but the document, which only leasing reads.
ROW = [column for column in entries.c if column.name != "document"]
NAMES = tuple(column.name for column in ROW)
# What a step may change in a row that was there; the rest is its identity.
CHANGING = [column.name for column in ROW if column.name not in {"entry_id", "feed_id", "first_seen_at"}]


def open_page(connection: Connection, commits: Sequence[Commit]) -> LedgerPage:
    """Read, and hold until the transaction ends, the rows that some commits speak of."""
    ids = [
        *(taken_up.ledger.entry.entry_id for commit in commits for taken_up in commit.taken_up),
        *(settled.entry_id for commit in commits for settled in commit.settled),
        *(put_off.entry_id for commit in commits for put_off in commit.put_off),
    ]
    # In one order everywhere, so that two writers never wait for each other.
    query = select(*ROW).order_by(entries.c.entry_id).with_for_update()
    return LedgerPage(_row(row) for row in rows_of(connection, query, entries.c.entry_id, sorted(ids)))


def save_page(connection: Connection, page: LedgerPage, known: frozenset[EntryId]) -> None:
    """Write the rows that changed.

    Args:
        connection: in the transaction that opened the page.
        page: as the commits left it.
        known: ids of the rows that were read.
    """
    rows = [page.rows[entry_id] for entry_id in sorted(page.changed)]
    fresh = [_values(row) | _document(row) for row in rows if row.entry_id not in known]
    if fresh:
        connection.execute(insert(entries), fresh)
    moved = [row for row in rows if row.entry_id in known]
    with_document = [_changes(row) | _document(row) for row in moved if row.begins is not None or not row.waiting]
    if with_document:
        connection.execute(_update(*CHANGING, "document"), with_document)
    put_off = [_changes(row) for row in moved if row.begins is None and row.waiting]
    if put_off:
        connection.execute(_update(*CHANGING), put_off)


def add_tallies(connection: Connection, slot: int, added: Counter[TallyKey]) -> None:
    """Add to the tallies of one writer."""
    for key, count in sorted(added.items(), key=lambda item: (item[0].tally, item[0].reason or "")):
        place = {"slot": slot, "tally": key.tally, "reason": key.reason or ""}
        here = [tallies.c[name] == value for name, value in place.items()]
        done = connection.execute(update(tallies).where(*here).values(total=tallies.c.total + count))
        if done.rowcount == 0:
            connection.execute(insert(tallies).values(**place, total=count))


def known_entries(connection: Connection, ids: Sequence[EntryId]) -> dict[EntryId, KnownEntry]:
    """See `Store.known_entries`."""
    query = select(entries.c.entry_id, entries.c.revision, entries.c.content_hash)
    found = rows_of(connection, query, entries.c.entry_id, ids)
    return {row.entry_id: KnownEntry(row.entry_id, row.revision, row.content_hash) for row in found}


def waiting(connection: Connection, ids: Sequence[EntryId]) -> dict[EntryId, int]:
    """See `Store.waiting`."""
    query = select(entries.c.entry_id, entries.c.revision).where(entries.c.due_at.is_not(None))
    return {row.entry_id: row.revision for row in rows_of(connection, query, entries.c.entry_id, ids)}


def lease_entries(
    connection: Connection, owner: str, now: datetime, lease: timedelta, limit: int
) -> tuple[LedgerEntry, ...]:
    """See `Store.lease_entries`."""
    rows = connection.execute(due_entries(now, limit)).all()
    for chunk in chunks([row.entry_id for row in rows]):
        mine = update(entries).where(entries.c.entry_id.in_(chunk))
        connection.execute(mine.values(lease_owner=owner, leased_until=now + lease))
    return tuple(_ledger_entry(row) for row in rows)


def due_entries(now: datetime, limit: int) -> Select[Any]:
    """Query for rows that are due and free, oldest first; who asks at the same time gets others."""
    return (
        select(entries)
        .where(entries.c.due_at <= now, or_(entries.c.leased_until.is_(None), entries.c.leased_until <= now))
        .order_by(entries.c.due_at, entries.c.entry_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )


def release(connection: Connection, owner: str) -> None:
    """See `Store.release`, for the ledger."""
    held = update(entries).where(entries.c.due_at.is_not(None), entries.c.lease_owner == owner)
    connection.execute(held.values(lease_owner=None, leased_until=None))


def ledger_counts(connection: Connection) -> LedgerCounts:
    """See `Store.ledger_counts`."""
    waiting = select(entries.c.state, func.count()).where(entries.c.due_at.is_not(None)).group_by(entries.c.state)
    states = {EntryState(state): count for state, count in connection.execute(waiting)}
    sums = select(tallies.c.tally, tallies.c.reason, func.sum(tallies.c.total)).group_by(
        tallies.c.tally, tallies.c.reason
    )
    totals: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for tally, reason, total in connection.execute(sums):
        totals[tally] += int(total)
        reasons[reason] += int(total)
    return LedgerCounts(
        taken_up=totals[Tally.TAKEN_UP],
        done=totals[Tally.DONE],
        rejected=totals[Tally.REJECTED],
        pending=states.get(EntryState.PENDING, 0),
        retry=states.get(EntryState.RETRY, 0),
        by_reason=tuple((reason, reasons[reason]) for reason in RejectReason if reasons[reason]),
    )


def _row(row: Any) -> LedgerRow:
    values: dict[str, Any] = dict(zip(NAMES, row, strict=True))
    state = EntryState(values["state"])
    if values["reason"] is not None:
        values["reason"] = (RejectReason if state is EntryState.REJECTED else RetryReason)(values["reason"])
    return LedgerRow(**values | {"state": state})


def _ledger_entry(row: Any) -> LedgerEntry:
    document = DOCUMENT.decode(row.document)
    return LedgerEntry(
        entry=document.entry,
        feed=document.feed,
        revision=row.revision,
        attempts=row.attempts,
        first_seen_at=row.first_seen_at,
        taken_up_at=row.taken_up_at,
    )


def _values(row: LedgerRow) -> dict[str, Any]:
    return {column.name: getattr(row, column.name) for column in ROW}


def _changes(row: LedgerRow) -> dict[str, Any]:
    return {"key": row.entry_id} | {name: getattr(row, name) for name in CHANGING}


def _document(row: LedgerRow) -> dict[str, Any]:
    return {"document": None if row.begins is None or not row.waiting else DOCUMENT.encode(row.begins)}


def _update(*names: str) -> Any:
    return (
        update(entries).where(entries.c.entry_id == bindparam("key")).values({name: bindparam(name) for name in names})
    )
