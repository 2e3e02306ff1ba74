"""Feeds of more than one document: the sitemaps that an index lists, and the later pages of a JSON Feed.

An index is followed once: an index inside an index is not. Pages are followed while all that stands on them is new,
so that a steady feed costs one request. Either way few documents are asked for, one after the other, spaced as pages
are; one that fails costs itself only, and the complaint says so.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from storyfold.model.entries import Entry
from storyfold.model.feeds import FeedSource, KnownEntry
from storyfold.model.fetching import FetchLimits, FetchRequest, FetchResponse, Purpose
from storyfold.model.identity import EntryId
from storyfold.model.page import ParsedFeed
from storyfold.ports import FeedParser, Fetcher, FetchError, Gate, WorkerFailed

# Documents besides the first: news sitemaps hold 1,000 articles each, and two days of news.
MOST_DOCUMENTS = 10

Known = Callable[[Sequence[EntryId]], Awaitable[Mapping[EntryId, KnownEntry]]]


@dataclass(frozen=True, slots=True)
class Follower:
    """What following takes.

    Attributes:
        known: tells which entries the ledger has met.
    """

    fetcher: Fetcher
    parser: FeedParser
    gate: Gate
    limits: FetchLimits
    known: Known

    async def whole(
        self, first: FetchResponse, document: ParsedFeed, now: datetime, source: FeedSource
    ) -> tuple[ParsedFeed, str]:
        """Follow a document to those that belong to it.

        Args:
            first: the response that the document came with.
            document: as parsed; with `further` documents, or without.
            now: the time of sight.
            source: the feed as registered.

        Returns:
            The document with the entries of all, each id once, and the SHA-256 of all bytes.
        """
        index = document.is_index
        digest = hashlib.sha256(first.body)
        entries = list(document.entries)
        waiting, visited, faults = list(document.further), {first.url}, list[str]()
        newest: Sequence[Entry] = document.entries
        asked = 0
        while waiting and asked < MOST_DOCUMENTS and (index or await self._all_new(newest)):
            url = waiting.pop(0)
            if url in visited:
                continue
            visited.add(url)
            asked += 1
            found = await self._one(url, now, source)
            if isinstance(found, str):
                faults.append(found)
                continue
            body, part = found
            digest.update(body)
            entries += part.entries
            newest = part.entries
            if not index:
                waiting += part.further
        if index and waiting:
            faults.append(f"lists {len(document.further)} sitemaps; {asked} were read")
        complaint = "; ".join(filter(None, (document.complaint, *faults)))[:300] or None
        once = {entry.entry_id: entry for entry in reversed(entries)}
        return replace(document, entries=tuple(reversed(once.values())), complaint=complaint), digest.hexdigest()

    async def _all_new(self, entries: Sequence[Entry]) -> bool:
        return bool(entries) and not await self.known(tuple(entry.entry_id for entry in entries))

    async def _one(self, url: str, now: datetime, source: FeedSource) -> tuple[bytes, ParsedFeed] | str:
        """A further document, or what went wrong with it."""
        try:
            async with self.gate.slot(url, paced=True):
                response = await self.fetcher.fetch(FetchRequest(url, Purpose.FEED, limits=self.limits))
            if response.status != 200:
                return f"a further document answered {response.status} ({url})"
            part = await self.parser.parse(response, now, source)
        except (FetchError, WorkerFailed) as error:
            return f"a further document failed: {error}"
        if part is None or part.is_index:
            return f"a further document is none that can be read ({url})"
        return response.body, part
