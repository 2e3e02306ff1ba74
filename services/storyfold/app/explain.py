"""Explain: what the store knows of why an article or an event is where it is."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from storyfold.app.looking import find, looking_at
from storyfold.config.settings import Settings
from storyfold.model.articles import PlacedArticle
from storyfold.model.events import Change, Event
from storyfold.model.identity import ArticleId, EventId
from storyfold.pipeline.lineage import FoundEvent, family_of, find_event
from storyfold.ports import Store

# Steps of a life that are told: the newest.
MOST_CHANGES = 200


@dataclass(frozen=True, slots=True)
class ArticleExplained:
    """Why an article is where it is.

    Attributes:
        placed: the article with its placement and evidence.
        event: the one it belongs to now; None where the store has forgotten it.
        moved: ids of events it stood under before they were merged, the first placement first.
        original: the article it is a copy of, where it is one and the store still has that.
    """

    placed: PlacedArticle
    event: Event | None
    moved: tuple[EventId, ...]
    original: PlacedArticle | None


@dataclass(frozen=True, slots=True)
class EventExplained:
    """An event's life.

    Attributes:
        event: as it stands.
        named: ids that led to it through merges, the one asked for first.
        changes: its newest steps, oldest first.
        articles: all that tell of it, in the order they were placed, those of merged events too.
    """

    event: Event
    named: tuple[EventId, ...]
    changes: tuple[Change, ...]
    articles: tuple[PlacedArticle, ...]

    @property
    def by_id(self) -> Mapping[ArticleId, PlacedArticle]:
        """Its articles by id."""
        return {each.article.article_id: each for each in self.articles}


def explain(settings: Settings, reference: str) -> ArticleExplained | EventExplained:
    """Gather what explains an article or an event.

    Args:
        settings: whose store to look into.
        reference: an id, or an article's URL.

    Raises:
        Unable: there is no store, or nothing of that name in it.
        StoreError: the store does not answer.
    """

    async def ask() -> ArticleExplained | EventExplained:
        async with looking_at(settings) as store:
            return await explained(store, reference)

    return asyncio.run(ask())


async def explained(store: Store, reference: str) -> ArticleExplained | EventExplained:
    """As `explain`, of an open store."""
    found = await find(store, reference)
    match found:
        case FoundEvent(event=event, named=named):
            folded = await store.articles_of(await family_of(store, event))
            changes = await store.changes_of(event.event_id, MOST_CHANGES)
            return EventExplained(event, named, changes, tuple(each.placed for each in folded))
        case PlacedArticle(placement=placement):
            home = await find_event(store, placement.event_id)
            original = None
            if placement.of is not None:
                original = (await store.articles([placement.of])).get(placement.of)
            return ArticleExplained(
                found, None if home is None else home.event, () if home is None else home.named, original
            )
