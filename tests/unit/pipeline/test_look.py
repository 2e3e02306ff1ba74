"""Further looks at known articles: through the read stage, which gives new entries precedence."""

import asyncio
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from storyfold.articles.assemble import article_of
from storyfold.articles.policy import ReadPolicy
from storyfold.articles.rereads import hash_of, mark_of
from storyfold.model.articles import BodySource, Quality
from storyfold.model.entries import LedgerEntry
from storyfold.model.features import Features
from storyfold.model.feeds import Validators
from storyfold.model.fetching import FetchLimits, FetchResponse
from storyfold.model.metrics import Metric
from storyfold.model.outcomes import Looked, ReadOutcome
from storyfold.model.page import NoArticle, NoArticleReason, Page, PageArticle
from storyfold.model.rereads import Hint, LookOutcome, Reread
from storyfold.pipeline.read import ReadStage
from storyfold.pipeline.reading import ReadParts
from storyfold.ports import ConnectFailed, FetchError, WorkerDied, WorkerFailed
from tests.fakes.clock import ManualClock, settle
from tests.fakes.fetcher import ScriptedFetcher, response
from tests.fakes.gate import OpenGate
from tests.fakes.hop import MemoryHop
from tests.fakes.meter import RecordingMeter
from tests.fakes.store import MemoryStore
from tests.fakes.values import NOW, entry, ledger, no_features, page_article

URL = "http://courier.example/news/1"
MOVED = "http://courier.example/news/1-renamed"
KNOWN = article_of(ledger(), page_article(), URL)
PAGE = response(URL, b"other bytes", headers=(("content-type", "text/html"), ("etag", '"2"')))


def known(**fields: Any) -> LedgerEntry:
    """An entry that led to an article, planned to be looked at again."""
    values: dict[str, Any] = {
        "article_id": KNOWN.article_id,
        "version": 1,
        "url": URL,
        "due_at": NOW,
        "left": 3,
        "step": 0,
        "hint": Hint.MODIFIED,
        "mark": mark_of(KNOWN),
        "quality": Quality.FULL,
        "body_hash": hash_of(b"same bytes"),
        "validators": Validators('"1"'),
    }
    return replace(ledger(entry=entry(summary="What the feed says of it.")), again=Reread(**{**values, **fields}))


class Press:
    """An extractor that finds what it was told, in order; the last again and again."""

    def __init__(self, *found: PageArticle | NoArticle | WorkerFailed) -> None:
        self.found = list(found)
        self.pages: list[Page] = []

    async def extract(self, page: Page) -> tuple[PageArticle, Features] | NoArticle:
        self.pages.append(page)
        found = self.found.pop(0) if len(self.found) > 1 else self.found[0]
        if isinstance(found, WorkerFailed):
            raise found
        return found if isinstance(found, NoArticle) else (found, no_features())


class Desk:
    """A read stage with its fakes."""

    def __init__(
        self,
        *found: PageArticle | NoArticle | WorkerFailed,
        answer: FetchResponse | FetchError = PAGE,
        in_hand: int = 8,
        hold: asyncio.Event | None = None,
    ) -> None:
        self.clock, self.meter, self.gate = ManualClock(), RecordingMeter(), OpenGate()
        self.fetcher, self.extractor = ScriptedFetcher(hold), Press(*(found or (page_article(),)))
        self.entries: MemoryHop[LedgerEntry] = MemoryHop()
        self.outcomes: MemoryHop[ReadOutcome] = MemoryHop()
        parts = ReadParts(
            entries=self.entries,
            outcomes=self.outcomes,
            store=MemoryStore(),
            fetcher=self.fetcher,
            extractor=self.extractor,
            gate=self.gate,
            clock=self.clock,
            meter=self.meter,
            rng=random.Random(1),
        )
        self.stage = ReadStage(parts, policy=ReadPolicy(), limits=FetchLimits(), in_hand=in_hand)
        self.fetcher.answer(URL, answer)

    async def looked(self, *rows: LedgerEntry) -> list[Looked]:
        running = asyncio.create_task(self.stage.run())
        await self.entries.send(rows or (known(),))
        await settle()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return [each for each in self.outcomes.items if isinstance(each, Looked)]

    def look(self, *rows: LedgerEntry) -> Looked:
        (looked,) = asyncio.run(self.looked(*rows))
        return looked


NONE = NoArticle(NoArticleReason.NO_TEXT, "nothing")
FROM_FEED = page_article(body_source=BodySource.FEED, body="What the feed says of it.")


@pytest.mark.parametrize(
    ("found", "answer", "expected"),
    [
        ((page_article(),), response(URL, status=304), LookOutcome.NOT_MODIFIED),
        ((page_article(),), response(URL, b"same bytes"), LookOutcome.SAME_BYTES),
        ((page_article(),), PAGE, LookOutcome.SAME_TEXT),
        ((page_article(),), response(URL, status=410), LookOutcome.GONE),
        ((page_article(),), response(URL, status=404), LookOutcome.MISSING),
        ((page_article(),), response(URL, status=500), LookOutcome.FAILED),
        ((page_article(),), ConnectFailed(URL, "refused"), LookOutcome.FAILED),
        ((NONE,), PAGE, LookOutcome.NO_ARTICLE),
        ((WorkerDied("died"), WorkerDied("died")), PAGE, LookOutcome.NO_ARTICLE),
        ((FROM_FEED, NONE), PAGE, LookOutcome.NO_ARTICLE),
    ],
)
def test_looks_that_lead_to_no_version(
    found: tuple[PageArticle | NoArticle | WorkerFailed, ...], answer: FetchResponse | FetchError, expected: LookOutcome
) -> None:
    """Each ends in its outcome, is counted as that, and leaves a plan; it takes one paced slot, and no article."""
    desk = Desk(*found, answer=answer)
    looked = desk.look()
    assert (expected, None) == (looked.outcome, looked.article)
    assert 1 == desk.meter.counted(Metric.REREADS, expected)
    assert 2 == looked.next.left or expected is LookOutcome.GONE
    assert [(URL, True)] == desk.gate.slots


def test_the_question_is_conditional() -> None:
    """The validators of the page's last answer go with it, and those of the new answer are kept."""
    desk = Desk()
    looked = desk.look()
    assert [Validators('"1"')] == [each.validators for each in desk.fetcher.requests]
    assert Validators('"2"') == looked.next.validators


def test_another_text_is_handed_on_as_that_article() -> None:
    """Also where the page has moved within its house; folding counts it, for it may come too late."""
    desk = Desk(page_article(headline="Headline 1 rewritten", canonical_url=MOVED))
    looked = desk.look()
    assert (LookOutcome.CHANGED, no_features()) == (looked.outcome, looked.features)
    assert looked.article is not None
    assert KNOWN.article_id == looked.article.article_id
    assert 0 == desk.meter.counted(Metric.REREADS, LookOutcome.CHANGED)


def test_the_feeds_text_does_not_hide_what_the_page_says() -> None:
    """Where the feed's text would win, the page is read without it: a withdrawal is short."""
    desk = Desk(FROM_FEED, page_article(body="This article has been withdrawn."))
    looked = desk.look()
    assert LookOutcome.CHANGED is looked.outcome
    assert ["What the feed says of it.", ""] == [page.entry.summary for page in desk.extractor.pages]


@pytest.mark.parametrize("answer", [False, None])
def test_robots_are_asked_at_every_look(answer: bool | None) -> None:
    """What was allowed once may be forbidden now."""
    desk = Desk()
    desk.gate.robots[URL] = answer
    assert LookOutcome.ROBOTS is desk.look().outcome
    assert [] == desk.fetcher.requests


def test_a_look_gives_way_where_the_host_is_busy() -> None:
    """It comes back later, and costs no look."""
    desk = Desk()
    desk.gate.waits[URL] = timedelta(seconds=1)
    looked = desk.look()
    assert (LookOutcome.BUSY, 3) == (looked.outcome, looked.next.left)
    assert looked.next.due_at is not None
    assert looked.next.due_at > desk.clock.now()
    assert [] == desk.fetcher.requests


def test_a_throttling_host_is_held_off() -> None:
    """Its own word is kept for the look and for its host."""
    desk = Desk(answer=response(URL, status=503, headers=(("retry-after", "86400"),)))
    looked = desk.look()
    until = desk.clock.now() + timedelta(days=1)
    assert [(URL, until)] == desk.gate.held_off
    assert until == looked.next.due_at


def test_looks_take_a_quarter_of_the_hands_at_most() -> None:
    """Of eight hands two look; further looks are put back at once, and the same article is looked at once."""

    async def scenario() -> None:
        hold = asyncio.Event()
        desk = Desk(hold=hold)
        rows = [known(article_id=f"a{number}") for number in range(4)]
        looked = asyncio.create_task(desk.looked(*rows, rows[0]))
        await settle()
        assert 2 == desk.stage.in_hand()
        hold.set()
        outcomes = [each.outcome for each in await looked]
        assert [LookOutcome.BUSY, LookOutcome.BUSY] == outcomes[:2]

    asyncio.run(scenario())
