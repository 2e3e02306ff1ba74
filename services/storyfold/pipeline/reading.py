"""What first reads and further looks share: the ports they work with, and extraction with its second try."""

import logging
import random
from dataclasses import dataclass
from datetime import datetime

from storyfold.model.entries import LedgerEntry
from storyfold.model.features import Features
from storyfold.model.fetching import FetchResponse
from storyfold.model.metrics import Metric, Stage
from storyfold.model.outcomes import ReadOutcome
from storyfold.model.page import NoArticle, Page, PageArticle
from storyfold.ports import Clock, Extractor, Fetcher, Gate, Hop, Meter, Store, WorkerFailed

logger = logging.getLogger(__name__)


# Headers in which a publisher reserves rights (TDM Reservation Protocol, 4.1; X-Robots-Tag).
_STATING = frozenset(("x-robots-tag", "tdm-reservation"))


@dataclass(frozen=True, slots=True)
class ReadParts:
    """What the read stage works with; each implements the port of its type."""

    entries: Hop[LedgerEntry]
    outcomes: Hop[ReadOutcome]
    store: Store
    fetcher: Fetcher
    extractor: Extractor
    gate: Gate
    clock: Clock
    meter: Meter
    rng: random.Random


def page_of(ledger: LedgerEntry, response: FetchResponse | None, seen_at: datetime | None = None) -> Page:
    """What extraction is given: the page, or, without one, the feed's own text.

    Args:
        ledger: the entry.
        response: with the page.
        seen_at: dates behind it are clamped to it; the time at which the entry was first seen by default.
    """
    return Page(
        url=(ledger.entry.url or ledger.feed.url) if response is None else response.url,
        body=b"" if response is None else response.body,
        content_type=None if response is None else response.header("content-type"),
        entry=ledger.entry,
        source=ledger.feed,
        seen_at=ledger.first_seen_at if seen_at is None else seen_at,
        headers=() if response is None else tuple(each for each in response.headers if each[0] in _STATING),
    )


async def extract_twice(parts: ReadParts, page: Page) -> tuple[PageArticle, Features] | NoArticle:
    """Extract; a page that takes its worker with it gets one more try, in another worker.

    Raises:
        WorkerFailed: it took that one with it too.
    """
    try:
        return await _extract_once(parts, page)
    except WorkerFailed as error:
        logger.warning("extraction of %s failed and is tried once more: %s", page.url, error)
        return await _extract_once(parts, page)


async def _extract_once(parts: ReadParts, page: Page) -> tuple[PageArticle, Features] | NoArticle:
    started = parts.clock.steady()
    try:
        return await parts.extractor.extract(page)
    except WorkerFailed:
        parts.meter.count(Metric.WORKERS_KILLED, Stage.READ)
        raise
    finally:
        parts.meter.observe(Metric.EXTRACT_SECONDS, parts.clock.steady() - started)
