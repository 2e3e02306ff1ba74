"""Reading much at once: the folding window at start, and snapshots of current state chunk by chunk."""

import gc
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Row, Select, Table, and_, case, null, or_, select, true, tuple_

from storyfold.edges.store.articles import ALIVE, folded_without_body, placed_with_body, with_bodies
from storyfold.edges.store.documents import EVENT
from storyfold.edges.store.outbox import outbox_row
from storyfold.edges.store.rows import CHUNK, rows_of
from storyfold.edges.store.tables import articles, events, outbox, window_rows
from storyfold.model.articles import PlacedArticle, PlacementKind
from storyfold.model.commit import EventHead, FoldedArticle, WindowPart, WindowRow, WindowState
from storyfold.model.events import Event, EventStatus
from storyfold.model.identity import ArticleId, EventId
from storyfold.model.records import OutboxRow, Topic
from storyfold.model.shards import Shard

T = TypeVar("T")

# The topics whose records follow from current state; records of the others exist once.
CURRENT_STATE = (Topic.ARTICLES, Topic.EVENTS)

# Articles of the window that are read at once: some 20 ms of one core.
PART = 500
# The same, packed.
ROWS = 2_000


class Ask(Protocol):
    """Runs queries in one transaction that sees one state of the store, away from the event loop."""

    async def __call__(self, work: Callable[[Connection], T], /) -> T:
        """Run one."""
        ...


def window_events(connection: Connection, since: datetime, shard: Shard | None = None) -> tuple[Event, ...]:
    """Events of the articles placed since then, and all that live; by id."""
    inside = _of(shard, select(articles.c.event_id).where(articles.c.placed_at >= since))
    of_it = _of(shard, select(articles.c.article_id).where(articles.c.event_id == events.c.event_id))
    told = true() if shard is None else of_it.exists()
    wanted = or_(events.c.event_id.in_(inside), and_(events.c.status.in_(ALIVE), told))
    query = select(events.c.document).where(wanted).order_by(events.c.event_id)
    with _without_collections():
        return tuple(map(EVENT.decode, connection.execute(query).scalars()))


def _of(shard: Shard | None, query: Select[Any]) -> Select[Any]:
    """A query for articles of one shard only."""
    return query if shard is None else query.where(articles.c.language % shard.of == shard.number)


def load_window(connection: Connection, since: datetime, shard: Shard | None = None) -> WindowState:
    """See `Store.load_window`."""
    with _without_collections():
        folded: list[FoldedArticle] = []
        behind: Place | None = None
        while part := _window_part(connection, since, behind, shard):
            folded += part.articles
            behind = part.last
        window = WindowState(tuple(folded), window_events(connection, since, shard))
        # It lives as long as the process: no collection need ever look at it.
        gc.freeze()
        return window


async def window_parts(ask: Ask, since: datetime) -> AsyncIterator[WindowState]:
    """Stream the window: its events, then its articles, some at a time."""
    yield WindowState((), await ask(lambda connection: window_events(connection, since)))
    behind: Place | None = None
    while part := await ask(partial(_window_part, since=since, behind=behind)):
        yield WindowState(part.articles, ())
        behind = part.last


@dataclass(frozen=True, slots=True)
class Place:
    """Where an article stands in the order of placement."""

    placed_at: datetime
    ordinal: int


@dataclass(frozen=True, slots=True)
class Part:
    """Some articles of the window, and where the last of them stands."""

    articles: tuple[FoldedArticle, ...]
    last: Place


def _window_part(
    connection: Connection, since: datetime, behind: Place | None, shard: Shard | None = None
) -> Part | None:
    columns = (articles.c.document, articles.c.features, articles.c.placed_at, articles.c.ordinal)
    query = in_order(_of(shard, select(*columns)), since, behind)
    rows = connection.execute(query.limit(PART)).all()
    if not rows:
        return None
    with _without_collections():
        folded = tuple(folded_without_body(row.document, row.features, row.placed_at) for row in rows)
    return Part(folded, Place(rows[-1].placed_at, rows[-1].ordinal))


async def window_rows_in_parts(
    ask: Ask, since: datetime, layout: bytes, shard: Shard | None
) -> AsyncIterator[WindowPart]:
    """Stream what folding keeps: heads of events, then articles packed, some at a time."""
    yield WindowPart(await ask(lambda connection: _heads(connection, since, shard)), ())
    behind: Place | None = None
    while rows := await ask(partial(_rows, since=since, behind=behind, shard=shard)):
        odd = [row.article_id for row in rows if not row.packed.startswith(layout)]
        whole = dict(await ask(partial(_whole, ids=odd))) if odd else {}
        with _without_collections():
            yield WindowPart((), tuple(whole.get(row.article_id) or _window_row(row) for row in rows))
        behind = Place(rows[-1].placed_at, rows[-1].ordinal)


def _heads(connection: Connection, since: datetime, shard: Shard | None) -> tuple[EventHead, ...]:
    """Of the events that `window_events` gives."""
    inside = select(window_rows.c.event_id).where(window_rows.c.placed_at >= since)
    if shard is not None:
        inside = inside.where(window_rows.c.language % shard.of == shard.number)
    of_it = _of(shard, select(articles.c.article_id).where(articles.c.event_id == events.c.event_id))
    told = true() if shard is None else of_it.exists()
    wanted = or_(events.c.event_id.in_(inside), and_(events.c.status.in_(ALIVE), told))
    merged = case((events.c.status == EventStatus.MERGED, events.c.document), else_=null()).label("merged")
    query = select(events.c.event_id, events.c.status, merged).where(wanted).order_by(events.c.event_id)
    return tuple(
        EventHead(
            EventId(row.event_id),
            EventStatus(row.status),
            None if row.merged is None else EVENT.decode(row.merged).merged_into,
        )
        for row in connection.execute(query)
    )


def _rows(connection: Connection, since: datetime, behind: Place | None, shard: Shard | None) -> Sequence[Row[Any]]:
    query = select(window_rows)
    if shard is not None:
        query = query.where(window_rows.c.language % shard.of == shard.number)
    return connection.execute(in_order(query, since, behind, window_rows).limit(ROWS)).all()


def _whole(connection: Connection, ids: Sequence[str]) -> dict[str, FoldedArticle]:
    columns = (articles.c.article_id, articles.c.document, articles.c.features, articles.c.placed_at)
    return {
        row.article_id: folded_without_body(row.document, row.features, row.placed_at)
        for row in rows_of(connection, select(*columns), articles.c.article_id, ids)
    }


def _window_row(row: Row[Any]) -> WindowRow:
    return WindowRow(
        ArticleId(row.article_id),
        EventId(row.event_id),
        PlacementKind(row.kind),
        row.version,
        row.placed_at,
        row.packed,
    )


@contextmanager
def _without_collections() -> Iterator[None]:
    # Many values are made, none dies and none stands in a cycle, yet collections would look at all of them
    # (measured: the one behind 30,000 articles took 0.9 of 3.2 s).
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


async def articles_since(ask: Ask, since: datetime) -> AsyncIterator[PlacedArticle]:
    """Stream articles placed since then, oldest first, with their bodies."""
    behind: Place | None = None
    while rows := await ask(_some(in_order(with_bodies(), since, behind))):
        for row in rows:
            yield placed_with_body(row)
        behind = Place(rows[-1].placed_at, rows[-1].ordinal)


def in_order(query: Any, since: datetime, behind: Place | None, table: Table = articles) -> Any:
    """Put a query for articles in the order of placement, from a moment on or behind a place."""
    if behind is None:
        start = table.c.placed_at >= since
    else:
        # Instead of the moment, not beside it: SQLite would choose that one and skip rows from there each time.
        start = tuple_(table.c.placed_at, table.c.ordinal) > (behind.placed_at, behind.ordinal)
    return query.where(start).order_by(table.c.placed_at, table.c.ordinal)


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
