"""The adapters that read pages and parse feeds in worker processes."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from storyfold.articles.policy import ReadPolicy
from storyfold.edges.extraction import PoolExtractor
from storyfold.edges.parsing import PoolFeedParser
from storyfold.model.entries import Entry
from storyfold.model.feeds import FeedSource, Publisher
from storyfold.model.fetching import FetchResponse
from storyfold.model.identity import EntryId, FeedId, PublisherId
from storyfold.model.page import NoArticle, NoArticleReason, Page
from storyfold.ports import WorkerHung
from tests.integration import worker_tasks

NOW = datetime(2026, 5, 1, tzinfo=UTC)
SOURCE = FeedSource(
    FeedId("f"), "https://example.org/feed", Publisher(PublisherId("p"), "P", "example.org"), "The feed"
)


def page(url: str) -> Page:
    entry = Entry(EntryId("e"), None, url, "", "", "", (), None, None, date_clamped=False, categories=(), image=None, language=None, content_hash="")  # fmt: skip # noqa: E501 - one value
    return Page(url, b"<p>x", "text/html", entry, SOURCE, NOW)


def test_pages_are_read_in_a_worker() -> None:
    """A page goes to a worker and its outcome comes back."""

    async def scenario() -> None:
        extractor = PoolExtractor(ReadPolicy(workers=1), worker_tasks.read_nothing)
        try:
            found = await extractor.extract(page("https://example.org/a"))
            assert found == NoArticle(NoArticleReason.NO_TEXT, "https://example.org/a")
        finally:
            await extractor.close()

    asyncio.run(scenario())


def test_a_hung_page_never_stalls_a_feed() -> None:
    """While every reader hangs, feeds are parsed."""

    async def scenario() -> None:
        extractor = PoolExtractor(ReadPolicy(workers=1, extract_deadline=timedelta(seconds=3)), worker_tasks.hang_on)
        parser = PoolFeedParser(task=worker_tasks.parse_nothing)
        try:
            hung = asyncio.create_task(extractor.extract(page("https://example.org/a")))
            response = FetchResponse("https://example.org/feed", 200, (), b"<rss/>", (), timedelta())
            parsed = await parser.parse(response, NOW, SOURCE)
            assert parsed is not None
            assert parsed.title == "The feed"
            assert not hung.done()
            with pytest.raises(WorkerHung):
                await hung
        finally:
            await extractor.close()
            await parser.close()

    asyncio.run(scenario())
