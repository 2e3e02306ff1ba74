"""Pages that are made to hurt, through the whole read stage: real HTTP, real workers; each ends in a known outcome."""

import asyncio
import gzip
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from storyfold.articles.policy import ReadPolicy
from storyfold.edges.clock import SystemClock
from storyfold.edges.extraction import PoolExtractor
from storyfold.edges.local_hop import LocalHop
from storyfold.hosts.policy import HostPolicy
from storyfold.model.entries import LedgerEntry, RejectReason
from storyfold.model.fetching import FetchLimits
from storyfold.model.metrics import Metric, Stage
from storyfold.model.outcomes import ReadArticle, ReadOutcome, ReadReject
from storyfold.pipeline.politeness import Politeness
from storyfold.pipeline.read import ReadStage
from storyfold.pipeline.reading import ReadParts
from tests.fakes.loopback import loopback_fetcher
from tests.fakes.meter import RecordingMeter
from tests.fakes.store import MemoryStore
from tests.fakes.values import entry, ledger
from tests.system.hostile import House, house

MEBIBYTE = 1024 * 1024
# What a worker may take beside its libraries; a page that needs more costs its worker, and with it its article.
MEMORY_MIB = 700
ARTICLE = "article"
PROSE = "The council met on Monday and talked about the bridge, which had been closed for a week after the storm. "

ARABIC = "ارتفع النهر فوق ضفافه ليلة الاثنين وغمر المدينة القديمة. "
JAPANESE = "月曜日の夜、川が堤防を越え、旧市街の低い部分が浸水した。"
BOMB = b'<!DOCTYPE html [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><p>'
FRAMES = b"<html>" + b"<frameset><frame src='a'>" * 2_000 + b"<iframe srcdoc='<iframe>'>" * 2_000
HUGE = "100 MB"

PAGES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", RejectReason.NO_TEXT),
    "nested": (b"<html><body>" + b"<div>" * 10_000 + PROSE.encode() * 3, RejectReason.NO_TEXT),
    "siblings": (b"<html><body>" + b"<p>x" * 1_000_000, RejectReason.NO_TEXT),
    "script-only": (b"<html><script>" + b"var a = 1;" * 10_000 + b"</script></html>", RejectReason.NO_TEXT),
    "binary": (random.Random(1).randbytes(200_000), RejectReason.NOT_HTML),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(1000), RejectReason.NOT_HTML),
    "frames": (FRAMES, RejectReason.NO_TEXT),
    "entities": (BOMB + b"&b;&amp;amp;" * 50_000, ARTICLE),
    "surrogates": (b"<p>\xed\xa0\x80\xed\xbf\xbf &#xD800; &#xFFFE; " + PROSE.encode() * 4, ARTICLE),
    "right-to-left": (f"<html dir=rtl><body><p>{ARABIC * 9}".encode(), ARTICLE),
    "without blanks": (f"<html lang=ja><body><p>{JAPANESE * 9}".encode(), ARTICLE),
    "one endless word": (b"<html><body><p>" + b"a" * 3_000_000, ARTICLE),
    "a tag that never ends": (b"<html><h1><" + b"a" * 400_000, RejectReason.NO_TEXT),
    HUGE: (b"<p>" + b"x" * (100 * MEBIBYTE), RejectReason.TOO_LARGE),
}


class Desk:
    """The read stage over real edges and a store in memory."""

    def __init__(self, parts: ReadParts, meter: RecordingMeter) -> None:
        self.stage = ReadStage(parts, policy=ReadPolicy(), limits=FetchLimits(deadline=timedelta(seconds=60)))
        self.meter = meter

    def killed(self) -> float:
        """How many workers were lost."""
        return self.meter.counted(Metric.WORKERS_KILLED, Stage.READ)

    async def read(self, url: str) -> str:
        """What becomes of an entry with this link."""
        row: LedgerEntry = ledger(entry=entry(url=url, title=""))
        match await self.stage.read(row):
            case ReadArticle():
                return ARTICLE
            case ReadReject(reject=reject):
                return reject.reason
            case outcome:
                return type(outcome).__name__


@asynccontextmanager
async def desk() -> AsyncIterator[Desk]:
    clock, meter = SystemClock(), RecordingMeter()
    outcomes: LocalHop[ReadOutcome] = LocalHop(10)
    policy = ReadPolicy(workers=1, worker_memory_mib=MEMORY_MIB, extract_deadline=timedelta(seconds=60))
    async with loopback_fetcher() as fetcher:
        gate = Politeness(fetcher, clock, HostPolicy(concurrency=8, interval=timedelta(0)))
        extractor = PoolExtractor(policy)
        parts = ReadParts(
            LocalHop(10), outcomes, MemoryStore(), fetcher, extractor, gate, clock, meter, random.Random(1)
        )
        try:
            yield Desk(parts, meter)
        finally:
            await extractor.close()
            await gate.aclose()


def serve(place: House) -> dict[str, str]:
    """Serve every bad page; the URL of each."""
    urls = {}
    for number, (name, (body, _)) in enumerate(PAGES.items()):
        packed = gzip.compress(body, 1) if name == HUGE else body
        urls[name] = place.serves(f"/bad/{number}", packed, "text/html", gzipped=name == HUGE)
    return urls


def test_bad_pages_end_in_known_outcomes() -> None:
    """Each in its own, none later than it may, no worker lost, and with memory that its limit holds."""

    async def scenario(urls: dict[str, str]) -> tuple[dict[str, str], dict[str, float], float]:
        found, seconds = {}, {}
        async with desk() as reading:
            for name, url in urls.items():
                started = time.monotonic()
                found[name] = await reading.read(url)
                seconds[name] = time.monotonic() - started
            return found, seconds, reading.killed()

    with house("127.0.2.7") as place:
        found, seconds, killed = asyncio.run(scenario(serve(place)))
    assert {name: str(outcome) for name, (_, outcome) in PAGES.items()} == found
    assert max(seconds.values()) < 50
    assert killed == 0


def test_links_with_every_character_end_in_known_outcomes() -> None:
    """Whatever stands in a link, it is fetched, or told to be no link; nothing is raised."""
    odd = [*map(chr, range(1, 256)), "я", "月", "\u202e", "\U0001f600", "\ud800", "%zz", "%00", "..", "//"]

    async def scenario(place: House) -> set[str]:
        async with desk() as reading:
            urls = [place.url(f"/news/a{each}b") for each in odd] + [f"http://127.0.2.8{each}/x" for each in odd]
            return {await reading.read(url) for url in urls}

    with house("127.0.2.8") as place:
        found = asyncio.run(scenario(place))
    allowed = {ARTICLE, "ReadPutOff", *map(str, RejectReason)}
    assert ARTICLE in found
    assert found <= allowed
