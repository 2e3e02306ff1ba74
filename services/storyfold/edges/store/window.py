"""Reading much at once: the folding window at start, and snapshots of current state chunk by chunk."""

import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, or_, select, tuple_

from storyfold.edges.store.articles import ALIVE, folded_without_body, placed_with_body, with_bodies
from storyfold.edges.store.documents import EVENT
from storyfold.edges.store.outbox import outbox_row
from storyfold.edges.store.rows import CHUNK
from storyfold.edges.store.tables import articles, events, outbox
from storyfold.model.articles import PlacedArticle
from storyfold.model.commit import WindowState
from storyfold.model.events import Event
from storyfold.model.records import OutboxRow, Topic

T = TypeVar("T")

# The topics whose records follow from current state; records of the others exist once.
CURRENT_STATE = (Topic.ARTICLES, Topic.EVENTS)

# Runs a query on the snapshot's connection, away from the event loop.
Ask = Callable[[Callable[[Connection], list[Row[Any]]]], Awaitable[list[Row[Any]]]]


def load_window(connection: Connection, since: datetime) -> WindowState:
    """See `Store.load_window`."""
    placed = select(articles.c.document, articles.c.features, articles.c.placed_at).where(articles.c.placed_at >= since)
    inside = select(articles.c.event_id).where(articles.c.placed_at >= since)
    wanted = or_(events.c.event_id.in_(inside), events.c.status.in_(ALIVE))
    happenings = select(events.c.document).where(wanted).order_by(events.c.event_id)
    with _without_collections():
        rows = connection.execute(placed.order_by(articles.c.placed_at, articles.c.ordinal))
        folded = tuple(folded_without_body(*row) for row in rows)
        documents = connection.execute(happenings).scalars()
        return WindowState(folded, tuple(map(EVENT.decode, documents)))


@contextmanager
def _without_collections() -> Iterator[None]:
    # Millions of values are made and none dies: looking for cycles among them again and again would take
    # as long as reading them.
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


async def articles_since(ask: Ask, since: datetime) -> AsyncIterator[PlacedArticle]:
    """Stream articles placed since then, oldest first, with their bodies."""
    start = with_bodies().where(articles.c.placed_at >= since).order_by(articles.c.placed_at, articles.c.ordinal)
    query = start
    while rows := await ask(_some(query)):
        for row in rows:
            yield placed_with_body(row)
        place = tuple_(articles.c.placed_at, articles.c.ordinal)
        query = start.where(place > (rows[-1].placed_at, rows[-1].ordinal))


async def living_events(ask: Ask) -> AsyncIterator[Event]:
    """Stream events that are emerging or open, by id."""
    start = select(events.c.event_id, events.c.document).where(events.c.status.in_(ALIVE)).order_by(events.c.event_id)
    query = start
    while rows := await ask(_some(query)):
        for row in rows:
            yield EVENT.decode(row.document)
        query = start.where(events.c.event_id > rows[-1].event_id)


async def pending_rows(ask: Ask) -> AsyncIterator[OutboxRow]:
    """Stream outbox rows whose record does not follow from current state, in order."""
    start = select(outbox).where(outbox.c.topic.not_in(CURRENT_STATE)).order_by(outbox.c.sequence)
    query = start
    while rows := await ask(_some(query)):
        for row in rows:
            yield outbox_row(row)
        query = start.where(outbox.c.sequence > rows[-1].sequence)


def _some(query: Any) -> Callable[[Connection], list[Row[Any]]]:
    return lambda connection: list(connection.execute(query.limit(CHUNK)))
