"""Steps of events, kept for a while to be told to people.

Without their diffs, which are most of a change, and with the strongest evidence alone: the whole of each is on Kafka.
"""

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import Connection, insert, select

from storyfold.edges.store.documents import CHANGE
from storyfold.edges.store.rows import rows_of
from storyfold.edges.store.tables import changes
from storyfold.model.events import Change
from storyfold.model.identity import EventId

# Observations kept of each step: the score and what counted most.
KEPT_EVIDENCE = 6


def save_changes(connection: Connection, given: Iterable[Change]) -> None:
    """Keep steps; one that is there already stays as it is."""
    fresh = {change.change_id: change for change in given}
    if not fresh:
        return
    there = rows_of(connection, select(changes.c.change_id), changes.c.change_id, list(fresh))
    known = {row.change_id for row in there}
    rows = [
        {
            "change_id": key,
            "event_id": change.event_id,
            "to_version": change.to_version,
            "at": change.at,
            "document": CHANGE.encode(replace(change, diff=(), evidence=change.evidence[:KEPT_EVIDENCE])),
        }
        for key, change in fresh.items()
        if key not in known
    ]
    if rows:
        connection.execute(insert(changes), rows)


def changes_of(connection: Connection, event_id: EventId, limit: int) -> tuple[Change, ...]:
    """See `Store.changes_of`."""
    query = select(changes.c.document).where(changes.c.event_id == event_id)
    newest = connection.execute(query.order_by(changes.c.to_version.desc()).limit(limit)).scalars().all()
    return tuple(CHANGE.decode(document) for document in reversed(newest))
