"""The FeedParser: feed documents parsed in worker processes, apart from those that read pages."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from storyfold.edges.workers import WorkerLimits, WorkerPool
from storyfold.model.feeds import FeedSource
from storyfold.model.fetching import FetchResponse
from storyfold.model.page import ParsedFeed
from storyfold.ports import FeedParser

PRELOAD = ("storyfold.feeds.parse",)

# The most entries that are read of a document take feedparser 1.5 s; what takes much longer is no feed.
DEADLINE = timedelta(seconds=20)
MEMORY_MIB = 1024


@dataclass(frozen=True, slots=True)
class FeedDocument:
    """What a worker needs to parse a feed."""

    response: FetchResponse
    seen_at: datetime
    source: FeedSource


def parse_in_worker(document: FeedDocument) -> ParsedFeed | None:
    """Parse a feed; runs in a worker."""
    # Imported here so that feedparser stays out of the program's own process.
    from storyfold.feeds.parse import parse_feed  # noqa: PLC0415

    parsed: ParsedFeed | None = parse_feed(document.response, document.seen_at, document.source)
    return parsed


class PoolFeedParser:
    """Parses in worker processes of its own, so that a hung page never stalls a feed; see `FeedParser`."""

    def __init__(
        self,
        workers: int = 2,
        deadline: timedelta = DEADLINE,
        memory_mib: int = MEMORY_MIB,
        task: Callable[[FeedDocument], ParsedFeed | None] = parse_in_worker,
    ) -> None:
        """Prepare workers.

        Args:
            workers: how many; 0 for one a core. Two, so that a document which hangs one does not hold up the others.
            deadline: of one feed.
            memory_mib: address space of one worker beyond what its libraries take.
            task: what a worker does with a feed.
        """
        self._pool = WorkerPool(workers, WorkerLimits(deadline=deadline, memory_mib=memory_mib), PRELOAD)
        self._task = task

    async def parse(self, response: FetchResponse, seen_at: datetime, source: FeedSource) -> ParsedFeed | None:
        """See `storyfold.ports.FeedParser`."""
        return await self._pool.run(self._task, FeedDocument(response, seen_at, source))

    async def close(self) -> None:
        """Stop the workers at once; safe to call more than once."""
        await self._pool.close()


def _fits(parser: PoolFeedParser) -> FeedParser:
    return parser
