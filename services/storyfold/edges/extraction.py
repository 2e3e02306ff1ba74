"""The Extractor: articles and their features, made in worker processes."""

from collections.abc import Callable

from storyfold.articles.policy import ReadPolicy
from storyfold.edges.workers import WorkerLimits, WorkerPool
from storyfold.model.features import Features
from storyfold.model.page import NoArticle, Page, PageArticle
from storyfold.ports import Extractor

# What a worker needs; imported by the fork server, not by the program's own process.
PRELOAD = ("storyfold.edges.extraction_warm",)


def extract_in_worker(page: Page) -> tuple[PageArticle, Features] | NoArticle:
    """Extract a page's article and compute its features; runs in a worker."""
    # Imported here so that trafilatura and the models stay out of the program's own process.
    from storyfold.articles.extract import extract_page  # noqa: PLC0415
    from storyfold.events.features import features_of  # noqa: PLC0415

    article = extract_page(page)
    if isinstance(article, NoArticle):
        return article
    return article, features_of(article.headline, article.body, article.language)


class PoolExtractor:
    """Extracts in worker processes of its own; see `storyfold.ports.Extractor`."""

    def __init__(
        self,
        policy: ReadPolicy,
        task: Callable[[Page], tuple[PageArticle, Features] | NoArticle] = extract_in_worker,
    ) -> None:
        """Prepare workers.

        Args:
            policy: deadline, memory and number of workers.
            task: what a worker does with a page.
        """
        limits = WorkerLimits(deadline=policy.extract_deadline, memory_mib=policy.worker_memory_mib)
        self._pool = WorkerPool(policy.workers, limits, PRELOAD)
        self._task = task

    async def extract(self, page: Page) -> tuple[PageArticle, Features] | NoArticle:
        """See `storyfold.ports.Extractor`."""
        return await self._pool.run(self._task, page)

    async def close(self) -> None:
        """Stop the workers at once; safe to call more than once."""
        await self._pool.close()


def _fits(extractor: PoolExtractor) -> Extractor:
    return extractor
