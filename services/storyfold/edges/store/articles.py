"""Articles, their bodies and events: keep the highest version of each, find them again."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, bindparam, insert, select, update

from storyfold.edges.store.documents import EVENT, PLACED, decode_features, encode_features
from storyfold.edges.store.rows import Counter, rows_of, take_numbers
from storyfold.edges.store.tables import articles, bodies, events, window_rows
from storyfold.model.articles import PlacedArticle
from storyfold.model.commit import Commit, FoldedArticle
from storyfold.model.events import Event, EventStatus
from storyfold.model.identity import ArticleId, EntryId, EventId
from storyfold.model.shards import language_number
from storyfold.ports import StoreConflict

# Events that folding may still add to or must still close.
ALIVE = (EventStatus.EMERGING, EventStatus.OPEN)


def refuse_other_versions(connection: Connection, commits: Iterable[Commit]) -> None:
    """See `Commit.shard`: what such a commit makes must follow on what is there. To be called before anything is saved.

    Holds the numbering of articles until the transaction ends: two shards that place one article take turns, and the
    second sees the first's.

    Raises:
        StoreConflict: an article or event is at another version.
    """
    exact = [commit for commit in commits if commit.shard is not None]
    if not any(commit.articles or commit.changes for commit in exact):
        return
    take_numbers(connection, Counter.PLACED, 0)
    _refuse(
        connection,
        articles,
        [(each.placed.article.article_id, each.placed.article.version - 1) for one in exact for each in one.articles],
    )
    _refuse(connection, events, [(change.event_id, change.from_version) for one in exact for change in one.changes])


def _refuse(connection: Connection, table: Table, steps: Sequence[tuple[str, int]]) -> None:
    """Refuse steps that do not lead from the version that is there, one to the next."""
    versions = _versions(connection, table, [key for key, _ in steps])
    for key, before in steps:
        if versions.get(key, 0) != before:
            raise StoreConflict(f"{table.name} {key} is at version {versions.get(key, 0)}, not {before}")
        versions[key] = before + 1


def save_articles(connection: Connection, folded: Iterable[FoldedArticle]) -> None:
    """Keep the highest version of each article; of the same version the last."""
    given: dict[ArticleId, FoldedArticle] = {}
    first: dict[ArticleId, EntryId] = {}
    for item in folded:
        article = item.placed.article
        first.setdefault(article.article_id, article.entry_id)
        other = given.get(article.article_id)
        if other is None or article.version >= other.placed.article.version:
            given[article.article_id] = item
    known = _versions(connection, articles, list(given))
    new = [key for key in given if key not in known]
    if new:
        ordinal = take_numbers(connection, Counter.PLACED, len(new))
        rows = [
            _article_row(given[key]) | {"article_id": key, "ordinal": ordinal + index, "first_entry_id": first[key]}
            for index, key in enumerate(new)
        ]
        connection.execute(insert(articles), rows)
        connection.execute(
            insert(window_rows),
            [
                _window_row(given[key]) | {"article_id": key, "ordinal": ordinal + index}
                for index, key in enumerate(new)
            ],
        )
    newer = sorted(key for key in given if key in known and given[key].placed.article.version >= known[key])
    _replace(connection, articles, [_article_row(given[key]) | {"key": key} for key in newer])
    _replace(connection, window_rows, [_window_row(given[key]) | {"key": key} for key in newer])
    _save_bodies(connection, {key: given[key] for key in (*new, *newer)})


def save_events(connection: Connection, given: Iterable[Event]) -> None:
    """Keep the highest version of each event; of the same version the last."""
    latest: dict[str, Event] = {}
    for event in given:
        other = latest.get(event.event_id)
        if other is None or event.version >= other.version:
            latest[event.event_id] = event
    known = _versions(connection, events, list(latest))
    new = [_event_row(event) | {"event_id": key} for key, event in latest.items() if key not in known]
    if new:
        connection.execute(insert(events), new)
    newer = sorted(key for key, event in latest.items() if key in known and event.version >= known[key])
    _replace(connection, events, [_event_row(latest[key]) | {"key": key} for key in newer])


def article_of(connection: Connection, canonical_url: str) -> tuple[ArticleId, EntryId] | None:
    """See `Store.article_of`."""
    query = select(articles.c.article_id, articles.c.first_entry_id).where(articles.c.canonical_url == canonical_url)
    row = connection.execute(query.order_by(articles.c.ordinal).limit(1)).first()
    return None if row is None else (ArticleId(row.article_id), EntryId(row.first_entry_id))


def articles_by_id(connection: Connection, ids: Sequence[ArticleId]) -> dict[ArticleId, PlacedArticle]:
    """See `Store.articles`."""
    rows = rows_of(connection, with_bodies(), articles.c.article_id, ids)
    return {row.article_id: placed_with_body(row) for row in rows}


def newest_events(connection: Connection, limit: int) -> tuple[Event, ...]:
    """See `Store.newest_events`."""
    newest = select(events.c.document).order_by(events.c.last_published_at.desc(), events.c.event_id.desc())
    return tuple(EVENT.decode(document) for document in connection.execute(newest.limit(limit)).scalars())


def events_by_id(connection: Connection, ids: Sequence[EventId]) -> dict[EventId, Event]:
    """See `Store.events`."""
    rows = rows_of(connection, select(events.c.event_id, events.c.document), events.c.event_id, ids)
    return {EventId(row.event_id): EVENT.decode(row.document) for row in rows}


def articles_of(connection: Connection, ids: Sequence[EventId]) -> tuple[FoldedArticle, ...]:
    """See `Store.articles_of`."""
    query = with_bodies().add_columns(articles.c.features)
    rows = sorted(rows_of(connection, query, articles.c.event_id, ids), key=lambda row: (row.placed_at, row.ordinal))
    return tuple(FoldedArticle(placed_with_body(row), decode_features(row.features), row.placed_at) for row in rows)


def with_bodies() -> Any:
    """Query for articles that `placed_with_body` reads; a body that was pruned is null."""
    columns = (articles.c.article_id, articles.c.ordinal, articles.c.placed_at, articles.c.document, bodies.c.body)
    return select(*columns).outerjoin(bodies, bodies.c.article_id == articles.c.article_id)


def placed_with_body(row: Row[Any]) -> PlacedArticle:
    """Put an article together again."""
    placed = PLACED.decode(row.document)
    return replace(placed, article=replace(placed.article, body=row.body)) if row.body else placed


def folded_without_body(document: str, features: bytes, placed_at: datetime) -> FoldedArticle:
    """Put together what folding keeps of an article."""
    return FoldedArticle(PLACED.decode(document), decode_features(features), placed_at)


def _article_row(item: FoldedArticle) -> dict[str, Any]:
    article = item.placed.article
    return {
        "version": article.version,
        "event_id": item.placed.placement.event_id,
        "canonical_url": article.canonical_url,
        "placed_at": item.placed_at,
        "document": PLACED.encode(replace(item.placed, article=replace(article, body=""))),
        "features": encode_features(item.features),
        "language": language_number(item.features.language),
    }


def _window_row(item: FoldedArticle) -> dict[str, Any]:
    return {
        "placed_at": item.placed_at,
        "event_id": item.placed.placement.event_id,
        "language": language_number(item.features.language),
        "kind": item.placed.placement.kind,
        "version": item.placed.article.version,
        "packed": item.packed,
    }


def _event_row(event: Event) -> dict[str, Any]:
    return {
        "version": event.version,
        "status": event.status,
        "last_published_at": event.last_published_at,
        "document": EVENT.encode(event),
    }


def _save_bodies(connection: Connection, given: dict[ArticleId, FoldedArticle]) -> None:
    query = select(bodies.c.article_id)
    there = {row.article_id for row in rows_of(connection, query, bodies.c.article_id, list(given))}
    rows = [
        {"key": key, "placed_at": item.placed_at, "body": item.placed.article.body}
        for key, item in sorted(given.items())
    ]
    fresh = [{**row, "article_id": row["key"]} for row in rows if row["key"] not in there and row["body"]]
    if fresh:
        connection.execute(insert(bodies), fresh)
    _replace(connection, bodies, [row for row in rows if row["key"] in there])


def _versions(connection: Connection, table: Table, ids: Sequence[str]) -> dict[str, int]:
    (key,) = table.primary_key.columns
    query = select(key, table.c.version).order_by(key).with_for_update()
    return {row[0]: row.version for row in rows_of(connection, query, key, sorted(ids))}


def _replace(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    (key,) = table.primary_key.columns
    names = [name for name in rows[0] if name != "key"]
    change = update(table).where(key == bindparam("key")).values({name: bindparam(name) for name in names})
    connection.execute(change, rows)
