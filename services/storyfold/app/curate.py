"""Curation from outside: recorded in the store, carried out by the fold stage of the service."""

import asyncio
from collections.abc import Sequence

from storyfold.app.looking import find, looking_at
from storyfold.app.unable import Unable
from storyfold.config.settings import Settings
from storyfold.edges.clock import SystemClock
from storyfold.events.curation import Refused
from storyfold.model.articles import PlacedArticle
from storyfold.model.curation import (
    Curation,
    CurationOrder,
    MergeEvents,
    RetractArticle,
    RetractEvent,
    SplitEvent,
)
from storyfold.model.identity import ArticleId, EventId
from storyfold.pipeline.curate import decide
from storyfold.pipeline.lineage import FoundEvent
from storyfold.ports import Store


def record(settings: Settings, order: CurationOrder, by: str, reason: str) -> int:
    """Record what a person decided, once it is clear that it can be carried out as things stand.

    Args:
        settings: whose store.
        order: with ids or URLs as the person gave them.
        by: who it is.
        reason: why.

    Returns:
        The number of the curation.

    Raises:
        Unable: it cannot be carried out; nothing is recorded.
        StoreError: the store does not answer.
    """

    async def work() -> int:
        now = SystemClock().now()
        async with looking_at(settings) as store:
            named = await _named(store, order)
            decided = await decide(store, Curation(0, named, by, reason, now), now)
            if isinstance(decided, Refused):
                raise Unable(f"{decided.why}; nothing is recorded")
            return await store.curate(named, by, reason, now)

    return asyncio.run(work())


def recorded(settings: Settings) -> tuple[Curation, ...]:
    """What people decided, oldest first.

    Raises:
        Unable: there is no store.
        StoreError: it does not answer.
    """

    async def ask() -> tuple[Curation, ...]:
        async with looking_at(settings) as store:
            return await store.curations()

    return asyncio.run(ask())


async def _named(store: Store, order: CurationOrder) -> CurationOrder:
    """The same order with ids: events by those they have now."""
    match order:
        case MergeEvents(one=one, other=other):
            return MergeEvents(await _event(store, one), await _event(store, other))
        case SplitEvent(event_id=event_id, articles=articles):
            return SplitEvent(await _event(store, event_id), await _articles(store, articles))
        case RetractEvent(event_id=event_id):
            return RetractEvent(await _event(store, event_id))
        case RetractArticle(article_id=article_id):
            return RetractArticle((await _articles(store, (article_id,)))[0])


async def _event(store: Store, reference: str) -> EventId:
    match await find(store, reference):
        case FoundEvent(event=event):
            return event.event_id
        case PlacedArticle(placement=placement):
            raise Unable(f"{reference} is an article; its event is {placement.event_id}")


async def _articles(store: Store, references: Sequence[str]) -> tuple[ArticleId, ...]:
    ids = []
    for reference in references:
        match await find(store, reference):
            case FoundEvent():
                raise Unable(f"{reference} is an event; name its articles, which 'storyfold explain' lists")
            case PlacedArticle(article=article):
                ids.append(article.article_id)
    return tuple(dict.fromkeys(ids))
