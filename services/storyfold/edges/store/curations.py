"""What people decided against folding, in the order in which they did; kept for good."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from sqlalchemy import Connection, bindparam, insert, select, update

from storyfold.edges.store.documents import Codec
from storyfold.edges.store.rows import Counter, take_numbers
from storyfold.edges.store.tables import curations
from storyfold.model.curation import (
    Curation,
    CurationOrder,
    CurationState,
    MergeEvents,
    RetractArticle,
    RetractEvent,
    SplitEvent,
)
from storyfold.model.identity import ArticleId, EventId


class Kind(StrEnum):
    """Which order a document holds."""

    MERGE = "merge"
    SPLIT = "split"
    RETRACT_EVENT = "retract-event"
    RETRACT_ARTICLE = "retract-article"


@dataclass(frozen=True, slots=True)
class Document:
    """A curation without its number, flat, so that it can be told apart when it is read."""

    kind: Kind
    events: tuple[EventId, ...]
    articles: tuple[ArticleId, ...]
    by: str
    reason: str
    at: datetime
    state: CurationState
    told: str = ""
    opened: EventId | None = None


_DOCUMENT: Codec[Document] = Codec(Document)


def curate(connection: Connection, order: CurationOrder, by: str, reason: str, at: datetime) -> int:
    """See `Store.curate`."""
    number = take_numbers(connection, Counter.CURATED, 1)
    connection.execute(insert(curations), [{"number": number, **_row(Curation(number, order, by, reason, at))}])
    return number


def all_curations(connection: Connection, *, waiting: bool) -> tuple[Curation, ...]:
    """See `Store.curations`."""
    query = select(curations.c.number, curations.c.document).order_by(curations.c.number)
    if waiting:
        query = query.where(curations.c.ended.is_(False))
    return tuple(_curation(row.number, _DOCUMENT.decode(row.document)) for row in connection.execute(query))


def save_curations(connection: Connection, ended: Iterable[Curation]) -> None:
    """Keep how curations ended."""
    rows = [{"key": each.number, **_row(each)} for each in ended]
    if rows:
        change = update(curations).where(curations.c.number == bindparam("key"))
        names = ("ended", "document")
        connection.execute(change.values({name: bindparam(name) for name in names}), rows)


def _row(curation: Curation) -> dict[str, object]:
    kind, events, articles = _flat(curation.order)
    document = Document(
        kind,
        events,
        articles,
        curation.by,
        curation.reason,
        curation.at,
        curation.state,
        curation.told,
        curation.opened,
    )
    ended = curation.state is not CurationState.WAITING
    return {"ended": ended, "document": _DOCUMENT.encode(document)}


def _flat(order: CurationOrder) -> tuple[Kind, tuple[EventId, ...], tuple[ArticleId, ...]]:
    match order:
        case MergeEvents(one=one, other=other):
            return Kind.MERGE, (one, other), ()
        case SplitEvent(event_id=event_id, articles=articles):
            return Kind.SPLIT, (event_id,), articles
        case RetractEvent(event_id=event_id):
            return Kind.RETRACT_EVENT, (event_id,), ()
        case RetractArticle(article_id=article_id):
            return Kind.RETRACT_ARTICLE, (), (article_id,)


def _curation(number: int, document: Document) -> Curation:
    return Curation(
        number,
        _order(document),
        document.by,
        document.reason,
        document.at,
        document.state,
        document.told,
        document.opened,
    )


def _order(document: Document) -> CurationOrder:
    match document.kind:
        case Kind.MERGE:
            return MergeEvents(*document.events)
        case Kind.SPLIT:
            return SplitEvent(document.events[0], document.articles)
        case Kind.RETRACT_EVENT:
            return RetractEvent(document.events[0])
        case Kind.RETRACT_ARTICLE:
            return RetractArticle(document.articles[0])
        case _:
            assert_never(document.kind)
