"""The read stage: each entry ends in one outcome, whatever its page, host or worker does."""

import asyncio
import random
from dataclasses import replace
from datetime import timedelta

import pytest

from storyfold.articles.policy import ReadPolicy
from storyfold.model.entries import LedgerEntry, RejectReason, RetryReason
from storyfold.model.features import Features
from storyfold.model.feeds import BodyPolicy
from storyfold.model.fetching import FetchLimits, FetchResponse
from storyfold.model.metrics import Metric, Stage
from storyfold.model.outcomes import ReadArticle, ReadOutcome, ReadPutOff, ReadReject
from storyfold.model.page import Page, PageArticle
from storyfold.pipeline.read import ReadStage
from storyfold.pipeline.reading import ReadParts
from storyfold.ports import (
    BadUrl,
    BlockedAddress,
    BodyTooLarge,
    ConnectFailed,
    DeadlineExceeded,
    FetchError,
    StoreUnavailable,
    TooManyRedirects,
    WorkerFailed,
    WorkerHung,
)
from tests.fakes.clock import ManualClock, settle
from tests.fakes.fetcher import ScriptedFetcher, response
from tests.fakes.gate import OpenGate
from tests.fakes.hop import MemoryHop
from tests.fakes.meter import RecordingMeter
from tests.fakes.store import MemoryStore
from tests.fakes.values import entry, ledger, no_features, page_article

URL = "http://courier.example/news/1"
PAGE = response(URL, b"<html>", headers=(("content-type", "text/html"),))


class ScriptedExtractor:
    """Finds the same article in every page; fails as often as told before that."""

    def __init__(self, *failures: WorkerFailed) -> None:
        self.failures = list(failures)
        self.pages: list[Page] = []

    async def extract(self, page: Page) -> tuple[PageArticle, Features]:
        self.pages.append(page)
        if self.failures:
            raise self.failures.pop(0)
        return page_article(), no_features()


class Desk:
    """A read stage with all its fakes."""

    def __init__(
        self,
        *failures: WorkerFailed,
        hold: asyncio.Event | None = None,
        in_hand: int = 400,
        answers: tuple[FetchError | FetchResponse, ...] = (PAGE,),
    ) -> None:
        self.clock, self.meter, self.gate, self.store = ManualClock(), RecordingMeter(), OpenGate(), MemoryStore()
        self.fetcher, self.extractor = ScriptedFetcher(hold), ScriptedExtractor(*failures)
        self.entries: MemoryHop[LedgerEntry] = MemoryHop()
        self.outcomes: MemoryHop[ReadOutcome] = MemoryHop()
        parts = ReadParts(
            entries=self.entries,
            outcomes=self.outcomes,
            store=self.store,
            fetcher=self.fetcher,
            extractor=self.extractor,
            gate=self.gate,
            clock=self.clock,
            meter=self.meter,
            rng=random.Random(1),
        )
        self.stage = ReadStage(parts, policy=ReadPolicy(), limits=FetchLimits(), in_hand=in_hand)
        self.fetcher.answer(URL, *answers)

    def read(self, row: LedgerEntry | None = None) -> ReadOutcome:
        return asyncio.run(self.stage.read(row or ledger()))


def failing(*answers: FetchError | FetchResponse) -> Desk:
    """A desk whose page is answered otherwise."""
    return Desk(answers=answers)


def reason(outcome: ReadOutcome) -> RejectReason | RetryReason:
    match outcome:
        case ReadReject(reject=reject):
            return reject.reason
        case ReadPutOff(put_off=waiting):
            return waiting.reason
        case ReadArticle():
            raise AssertionError("an article")


def test_a_page_becomes_an_article() -> None:
    """It is fetched once, by way of a paced slot, and extracted once."""
    desk = Desk()
    assert isinstance(desk.read(), ReadArticle)
    assert [(URL, True)] == desk.gate.slots
    assert 1 == len(desk.extractor.pages)


def test_a_feed_whose_owner_wants_its_text_alone() -> None:
    """No page is fetched, and the article is made of what the feed carries."""
    desk, row = Desk(), ledger()
    desk.read(replace(row, feed=replace(row.feed, body=BodyPolicy.FEED)))
    assert ([], []) == (desk.gate.slots, desk.fetcher.requests)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (BodyTooLarge(URL, "too large"), RejectReason.TOO_LARGE),
        (BadUrl(URL, "no"), RejectReason.BAD_LINK),
        (BlockedAddress(URL, "private"), RejectReason.BLOCKED_ADDRESS),
        (TooManyRedirects(URL, "loop"), RejectReason.REDIRECTS),
        (ConnectFailed(URL, "refused"), RetryReason.UNREACHABLE),
        (DeadlineExceeded(URL, "stalled"), RetryReason.UNREACHABLE),
    ],
)
def test_a_fetch_that_fails(error: FetchError, expected: RejectReason | RetryReason) -> None:
    """What will not change is rejected, what may is put off."""
    assert expected is reason(failing(error).read())


def test_tries_run_out() -> None:
    """The last try that comes to nothing is a reject that says why."""
    outcome = failing(ConnectFailed(URL, "refused")).read(ledger(attempts=5))
    assert isinstance(outcome, ReadReject)
    assert (RejectReason.UNREACHABLE, f"refused ({URL})") == (outcome.reject.reason, outcome.reject.message)


def test_a_worker_that_hangs_once_costs_nothing() -> None:
    """The page gets one more try in another worker, and both are counted."""
    desk = Desk(WorkerHung("too late"))
    assert isinstance(desk.read(), ReadArticle)
    assert 1 == desk.meter.counted(Metric.WORKERS_KILLED, Stage.READ)


def test_a_worker_that_hangs_twice_ends_the_entry() -> None:
    """A page that takes its workers with it is rejected; it is not tried for ever."""
    desk = Desk(WorkerHung("too late"), WorkerHung("too late again"))
    assert RejectReason.EXTRACTION_FAILED is reason(desk.read())
    assert 2 == desk.meter.counted(Metric.WORKERS_KILLED, Stage.READ)


@pytest.mark.parametrize(("answer", "expected"), [(False, RejectReason.ROBOTS), (None, RetryReason.ROBOTS_UNREACHABLE)])
def test_robots_are_asked_first(answer: bool | None, expected: RejectReason | RetryReason) -> None:
    """A page that is forbidden, or may be, is not fetched."""
    desk = Desk()
    desk.gate.robots[URL] = answer
    assert expected is reason(desk.read())
    assert [] == desk.fetcher.requests


def test_an_entry_without_link_and_text_is_rejected() -> None:
    """There is nothing to read."""
    assert RejectReason.NO_LINK is reason(Desk().read(ledger(entry=entry(url=None))))


def test_a_busy_host_costs_no_try() -> None:
    """The entry goes back until its turn comes, and the hands are free for other hosts."""
    desk = Desk()
    desk.gate.waits[URL] = timedelta(minutes=5)
    outcome = desk.read()
    assert isinstance(outcome, ReadPutOff)
    assert (RetryReason.HOST_BUSY, False) == (outcome.put_off.reason, outcome.put_off.counted)
    assert desk.clock.now() + timedelta(minutes=5) == outcome.put_off.due_at


def test_a_throttled_host_is_held_off() -> None:
    """The server's own word is kept for the entry and for its host."""
    desk = failing(response(URL, status=503, headers=(("retry-after", "7200"),)))
    outcome = desk.read()
    assert RetryReason.THROTTLED is reason(outcome)
    assert [(URL, desk.clock.now() + timedelta(hours=2))] == desk.gate.held_off


def test_a_store_that_is_away_only_costs_the_short_cut() -> None:
    """Folding looks again before it places the article."""
    desk = Desk()
    desk.store.failing = StoreUnavailable("locked")
    assert isinstance(desk.read(), ReadArticle)


def test_the_same_row_is_taken_once_and_a_stop_finishes_what_is_in_hand() -> None:
    """A row sent again while it is in hand gives one outcome; after `stop_taking` nothing more is taken."""

    async def scenario() -> None:
        hold = asyncio.Event()
        desk = Desk(hold=hold)
        running = asyncio.create_task(desk.stage.run())
        await desk.entries.send((ledger(), ledger()))
        await settle()
        assert 1 == desk.stage.in_hand()
        desk.stage.stop_taking()
        await desk.entries.send((ledger("2"),))
        hold.set()
        await asyncio.wait_for(running, 5)
        assert (0, 1, 1) == (desk.stage.in_hand(), desk.outcomes.depth(), desk.entries.depth())

    asyncio.run(scenario())


def test_no_more_are_in_hand_than_allowed() -> None:
    """The rest waits on the hop."""

    async def scenario() -> None:
        desk = Desk(hold=asyncio.Event(), in_hand=2)
        running = asyncio.create_task(desk.stage.run())
        await desk.entries.send([ledger(str(number)) for number in range(5)])
        await settle()
        assert (2, 3) == (desk.stage.in_hand(), desk.entries.depth())
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(scenario())
