"""Rows by id in any number, and numbers given out in the order of commits."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, Row, Select, update

from storyfold.edges.store.tables import shards

T = TypeVar("T")

# Databases bound the parameters of one statement (SQLite 32,766, PostgreSQL 65,535); more than this gains nothing.
CHUNK = 500
# Rows that one transaction forgets: few enough that whoever waits to commit is not kept long.
BITE = 500


class Counter(StrEnum):
    """Rows of `shards` that hand out numbers or hold what there is one of."""

    OUTBOX = "outbox"  # the last sequence number given to a record
    PLACED = "placed"  # the last ordinal given to an article
    CURATED = "curated"  # the last number given to a curation
    PUBLISHED = "published"  # the last sequence number known to be on Kafka
    STORE = "store"  # the store's own name
    PING = "ping"  # written to prove that writing works


def chunks(items: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """Cut a sequence into pieces of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def rows_of(connection: Connection, query: Select[Any], key: Column[Any], ids: Sequence[str]) -> Iterator[Row[Any]]:
    """Rows of a query whose key is among these ids, each once."""
    for chunk in chunks(tuple(dict.fromkeys(ids))):
        yield from connection.execute(query.where(key.in_(chunk)))


def take_numbers(connection: Connection, counter: Counter, count: int) -> int:
    """Take numbers that follow one another; others who want some wait until this transaction ends.

    So numbers become visible in their order and without gaps, which a database's own sequences do not promise.

    Returns:
        The first of them.
    """
    here = shards.c.name == counter
    taken = update(shards).where(here).values(position=shards.c.position + count).returning(shards.c.position)
    last: int = connection.execute(taken).scalar_one()
    return last - count + 1
