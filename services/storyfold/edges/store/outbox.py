"""The outbox: records in the order of the commits that made them, until they are on Kafka."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from storyfold.edges.store.documents import HEADERS, unreadable
from storyfold.edges.store.rows import Counter, take_numbers
from storyfold.edges.store.tables import outbox, shards
from storyfold.model.records import OutboxRow, Record, Topic


def append(connection: Connection, records: Iterable[Record]) -> None:
    """Put records behind all others.

    Called last in a transaction, for whoever comes second waits for the numbers until it ends.
    """
    rows = [_values(record) for record in records]
    if rows:
        first = take_numbers(connection, Counter.OUTBOX, len(rows))
        connection.execute(insert(outbox), [row | {"sequence": first + index} for index, row in enumerate(rows)])


def outbox_after(connection: Connection, sequence: int, limit: int) -> tuple[OutboxRow, ...]:
    """See `Store.outbox_after`."""
    query = select(outbox).where(outbox.c.sequence > sequence).order_by(outbox.c.sequence).limit(limit)
    return tuple(map(outbox_row, connection.execute(query)))


def outbox_depth(connection: Connection, sequence: int) -> tuple[int, datetime | None]:
    """See `Store.outbox_depth`; numbers have no gaps, so the depth needs no counting."""
    behind = select(outbox.c.sequence, outbox.c.origin_at).where(outbox.c.sequence > sequence)
    first = connection.execute(behind.order_by(outbox.c.sequence).limit(1)).first()
    if first is None:
        return 0, None
    return last_sequence(connection) - first.sequence + 1, first.origin_at


def mark_published(connection: Connection, sequence: int) -> None:
    """See `Store.mark_published`."""
    here = shards.c.name == Counter.PUBLISHED
    noted = connection.execute(select(shards.c.position).where(here).with_for_update()).scalar()
    if noted is None:
        connection.execute(
            insert(shards).values(name=Counter.PUBLISHED, position=max(sequence, 0), epoch=0, document="")
        )
    elif noted < sequence:
        connection.execute(update(shards).where(here).values(position=sequence))
    connection.execute(delete(outbox).where(outbox.c.sequence <= sequence))


def published_position(connection: Connection) -> int | None:
    """See `Store.published_position`."""
    position: int | None = connection.execute(
        select(shards.c.position).where(shards.c.name == Counter.PUBLISHED)
    ).scalar()
    return position


def last_sequence(connection: Connection) -> int:
    """The last number given to a record; 0 where there was none."""
    query = select(shards.c.position).where(shards.c.name == Counter.OUTBOX)
    return int(connection.execute(query).scalar_one())


def outbox_row(row: Sequence[Any]) -> OutboxRow:
    """Put a row of the outbox together again; by place, as names cost a third of the time."""
    sequence, word, key, headers, value, origin_at, published_at = row
    try:
        topic = Topic(word)
    except ValueError as error:
        raise unreadable(Topic, error) from error
    return OutboxRow(sequence, Record(topic, key, HEADERS.decode(headers), value, origin_at, published_at))


def _values(record: Record) -> dict[str, Any]:
    return {
        "topic": record.topic,
        "key": record.key,
        "headers": HEADERS.encode(record.headers),
        "value": record.value,
        "origin_at": record.origin_at,
        "published_at": record.published_at,
    }
