"""Looking into the store of a service that may be running: nothing is made, migrated or held."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy.engine import make_url

from storyfold.app.unable import Unable
from storyfold.config.settings import Settings
from storyfold.edges.store.opening import adapter_of
from storyfold.edges.store.sql import SqlStore
from storyfold.model.articles import PlacedArticle
from storyfold.model.identity import ArticleId, EventId
from storyfold.pipeline.lineage import FoundEvent, find_event
from storyfold.ports import Store
from storyfold.urls.canonical import canonical_url


@asynccontextmanager
async def looking_at(settings: Settings) -> AsyncIterator[SqlStore]:
    """The store of these settings.

    Raises:
        Unable: there is none yet.
        StoreError: it does not answer.
    """
    url = make_url(settings.store_url)
    if url.get_backend_name() == "sqlite" and not await asyncio.to_thread(Path(url.database or "").is_file):
        raise Unable(f"there is no store at {url.database} yet: run 'storyfold run' with the same config first")
    store = SqlStore(adapter_of(settings.store_url))
    try:
        yield store
    finally:
        await store.close()


async def find(store: Store, reference: str) -> PlacedArticle | FoundEvent:
    """The article or event that a person names.

    Args:
        store: where to look.
        reference: an id of either, or an article's URL.

    Raises:
        Unable: there is nothing of that name.
    """
    event = await find_event(store, EventId(reference))
    if event is not None:
        return event
    article_id = ArticleId(reference)
    if "://" in reference:
        known = await store.article_of(canonical_url(reference))
        article_id = known[0] if known is not None else article_id
    article = (await store.articles([article_id])).get(article_id)
    if article is None:
        raise Unable(
            f"{reference} is neither an event nor an article that the store knows: give an id as it stands on the "
            "topics, or the URL of an article; what is older than the retention is forgotten"
        )
    return article
