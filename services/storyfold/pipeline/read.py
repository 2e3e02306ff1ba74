"""The read stage: from an entry to an article, a reject, or another try.

    entries | same article? | robots? | host slot | fetch page | extract in a worker | outcomes
            | looked at again? | `storyfold.pipeline.look` | outcomes

Each entry runs in a task of its own and ends in exactly one `ReadOutcome` on the hop to folding. The stage writes
nothing: what it loses in a crash, the ledger still holds as waiting,
and a look at a known article is planned still.
"""

import asyncio
from datetime import timedelta

from storyfold.articles.assemble import article_of
from storyfold.articles.policy import ReadPolicy
from storyfold.articles.reading import (
    Readable,
    TryLater,
    Unreadable,
    feed_has_text,
    judge_response,
    make_room,
    put_off,
)
from storyfold.articles.rereads import plan
from storyfold.hosts.retry_after import retry_after_of
from storyfold.model.entries import LedgerEntry, RejectReason, RetryReason
from storyfold.model.feeds import BodyPolicy
from storyfold.model.fetching import FetchLimits, FetchRequest, FetchResponse, Purpose
from storyfold.model.identity import ArticleId, EntryId
from storyfold.model.metrics import Metric
from storyfold.model.outcomes import Looked, ReadArticle, ReadOutcome, ReadPutOff, ReadReject
from storyfold.model.page import NoArticle
from storyfold.model.records import Reject
from storyfold.model.rereads import LookOutcome
from storyfold.pipeline.look import Looker
from storyfold.pipeline.reading import ReadParts, extract_twice, page_of
from storyfold.ports import (
    BadUrl,
    BlockedAddress,
    BodyTooLarge,
    FetchError,
    StoreUnavailable,
    TooManyRedirects,
    WorkerFailed,
)
from storyfold.urls.canonical import canonical_url

# Of what is in hand at most a quarter are looks at known articles: new entries come first.
LOOKS_SHARE = 4


class ReadStage:
    """Reads entries, many at a time, each host politely.

    Args:
        parts: the ports.
        policy: how stubbornly.
        limits: bounds of one page request.
        in_hand: entries worked on at a time.
        patience: an entry whose host is busy for longer than this goes back to the ledger instead of waiting in hand.
        asks_first: ask the ledger whether an entry still waits: where stages run apart, one may come more than once.
    """

    def __init__(
        self,
        parts: ReadParts,
        *,
        policy: ReadPolicy,
        limits: FetchLimits,
        in_hand: int = 400,
        patience: timedelta = timedelta(seconds=60),
        asks_first: bool = False,
    ) -> None:
        self._asks_first = asks_first
        self._parts = parts
        self._policy = policy
        self._limits = limits
        self._room = asyncio.Semaphore(in_hand)
        self._patience = patience
        self._in_hand: dict[EntryId, int] = {}
        self._looker = Looker(parts, policy, limits)
        self._looks: set[ArticleId] = set()
        self._most_looks = max(1, in_hand // LOOKS_SHARE)
        self._taking: asyncio.Task[None] | None = None
        self.last_round = parts.clock.steady()

    async def run(self) -> None:
        """Read whatever comes, until cancelled, or, after `stop_taking`, until nothing is in hand.

        Cancelling drops what is in hand; the ledger has it still.
        """
        async with asyncio.TaskGroup() as tasks:
            self._taking = tasks.create_task(self._take(tasks))

    def stop_taking(self) -> None:
        """Take nothing more from the hop; `run` returns when what is in hand has ended."""
        if self._taking is not None:
            self._taking.cancel()

    async def _take(self, tasks: asyncio.TaskGroup) -> None:
        """Take entries from the hop, each into a task of its own."""
        while True:
            self.last_round = self._parts.clock.steady()
            await self._room.acquire()
            try:
                (ledger,) = await self._parts.entries.receive(1)
            except asyncio.CancelledError:
                self._room.release()
                raise
            if ledger.again is not None:
                tasks.create_task(self._look(ledger))
                continue
            if self._in_hand.get(ledger.entry.entry_id) == ledger.revision:
                self._room.release()  # sent again because its lease ran out while it waited here
                self._parts.entries.done((ledger,))
                continue
            self._in_hand[ledger.entry.entry_id] = ledger.revision
            tasks.create_task(self._carry(ledger))

    def in_hand(self) -> int:
        """How many entries are being read."""
        return len(self._in_hand) + len(self._looks)

    async def _carry(self, ledger: LedgerEntry) -> None:
        """Read one entry, count its outcome, and send it on."""
        parts = self._parts
        started = parts.clock.steady()
        try:
            if not self._asks_first or await self._waits(ledger):
                outcome = await self.read(ledger)
                self._count(outcome, parts.clock.steady() - started)
                await parts.outcomes.send((outcome,))
            parts.entries.done((ledger,))
        finally:
            if self._in_hand.get(ledger.entry.entry_id) == ledger.revision:
                del self._in_hand[ledger.entry.entry_id]
            self._room.release()

    async def _look(self, ledger: LedgerEntry) -> None:
        """Look at one known article again, count what came of it, and send that on."""
        parts, reread = self._parts, ledger.again
        assert reread is not None  # noqa: S101 - as `_take` saw
        try:
            if reread.article_id in self._looks:
                parts.entries.done((ledger,))  # sent again because its lease ran out while it was in hand
                return
            if len(self._looks) >= self._most_looks:
                looked = self._looker.put_back(ledger, reread)
            else:
                self._looks.add(reread.article_id)
                try:
                    looked = await self._looker.look(ledger, reread)
                finally:
                    self._looks.discard(reread.article_id)
            if looked.outcome is not LookOutcome.CHANGED:
                parts.meter.count(Metric.REREADS, looked.outcome)
            await parts.outcomes.send((looked,))
            parts.entries.done((ledger,))
        finally:
            self._room.release()

    async def _waits(self, ledger: LedgerEntry) -> bool:
        """Whether an entry has not ended meanwhile; when in doubt it is read, and folding drops what comes of it."""
        entry_id = ledger.entry.entry_id
        try:
            return (await self._parts.store.waiting((entry_id,))).get(entry_id) == ledger.revision
        except StoreUnavailable:
            return True

    def _count(self, outcome: ReadOutcome, seconds: float) -> None:
        meter = self._parts.meter
        meter.observe(Metric.READ_SECONDS, seconds)
        match outcome:
            case ReadArticle(article=article):
                meter.count(Metric.ARTICLES_READ, article.body_source)
            case ReadReject(reject=reject):
                meter.count(Metric.REJECTS, reject.reason)
            case ReadPutOff(put_off=waiting):
                meter.count(Metric.RETRIES, waiting.reason)
            case Looked():  # pragma: no cover - counted where it was looked
                pass

    async def read(self, ledger: LedgerEntry) -> ReadOutcome:
        """Bring one entry to its outcome."""
        url = ledger.entry.url
        if url is None or ledger.feed.body is BodyPolicy.FEED:
            return await self._from_feed(ledger, Unreadable(RejectReason.NO_LINK, "the entry has no link and no text"))
        earlier = await self._article_at(canonical_url(url))
        if earlier is not None and earlier[1] != ledger.entry.entry_id:
            return self._reject(ledger, RejectReason.SAME_ARTICLE, "another entry led to this article", earlier[0])
        match await self._parts.gate.allowed(url):
            case None:
                closed = Unreadable(RejectReason.UNREACHABLE, "the host's robots.txt cannot be reached")
                return await self._later(ledger, TryLater(RetryReason.ROBOTS_UNREACHABLE, closed), None)
            case False:
                return await self._from_feed(ledger, Unreadable(RejectReason.ROBOTS, "robots.txt forbids the page"))
            case True:
                return await self._from_page(ledger, url)

    async def _article_at(self, url: str) -> tuple[ArticleId, EntryId] | None:
        try:
            return await self._parts.store.article_of(url)
        except StoreUnavailable:
            # Only a short cut: folding looks again before it places the article.
            return None

    async def _from_page(self, ledger: LedgerEntry, url: str) -> ReadOutcome:
        gate = self._parts.gate
        wait = gate.wait_of(url)
        if wait > self._patience:
            return ReadPutOff(make_room(ledger, self._parts.clock.now(), wait))
        try:
            async with gate.slot(url, paced=True):
                response = await self._parts.fetcher.fetch(FetchRequest(url, Purpose.PAGE, limits=self._limits))
        except FetchError as error:
            return await self._fetch_failed(ledger, error)
        match judge_response(response):
            case Readable():
                return await self._work(ledger, response)
            case Unreadable() as end:
                return await self._from_feed(ledger, end)
            case TryLater() as later:
                return await self._later(ledger, later, response)

    async def _fetch_failed(self, ledger: LedgerEntry, error: FetchError) -> ReadOutcome:
        match error:
            case BadUrl():
                return await self._from_feed(ledger, Unreadable(RejectReason.BAD_LINK, str(error)))
            case BlockedAddress():
                return await self._from_feed(ledger, Unreadable(RejectReason.BLOCKED_ADDRESS, str(error)))
            case BodyTooLarge():
                return await self._from_feed(ledger, Unreadable(RejectReason.TOO_LARGE, str(error)))
            case TooManyRedirects():
                return await self._from_feed(ledger, Unreadable(RejectReason.REDIRECTS, str(error)))
            case _:
                end = Unreadable(RejectReason.UNREACHABLE, str(error))
                return await self._later(ledger, TryLater(RetryReason.UNREACHABLE, end), None)

    async def _later(self, ledger: LedgerEntry, later: TryLater, response: FetchResponse | None) -> ReadOutcome:
        """Put the entry off, or, with its tries used up, let the feed's own text serve."""
        now = self._parts.clock.now()
        until = retry_after_of(response.header("retry-after"), now) if response is not None else None
        if response is not None and until is not None:
            self._parts.gate.hold_off(response.url, until)
        waiting = put_off(ledger, later.reason, now, until, self._policy, self._parts.rng)
        return await self._from_feed(ledger, later.otherwise) if waiting is None else ReadPutOff(waiting)

    async def _from_feed(self, ledger: LedgerEntry, end: Unreadable) -> ReadOutcome:
        """Let the feed's own text serve where there is any; otherwise the entry ends here."""
        if not (end.feed_may_serve and feed_has_text(ledger.entry)):
            return self._reject(ledger, end.reason, end.message)
        outcome = await self._work(ledger, None)
        match outcome:
            case ReadReject(reject=Reject(reason=RejectReason.NO_TEXT)):
                return self._reject(ledger, end.reason, end.message)
            case _:
                return outcome

    async def _work(self, ledger: LedgerEntry, response: FetchResponse | None) -> ReadOutcome:
        # What a later revision says of its modification lies behind the first sight of the entry.
        page = page_of(ledger, response, ledger.taken_up_at if ledger.revision > 1 else None)
        try:
            found = await extract_twice(self._parts, page)
        except WorkerFailed as error:
            return self._reject(ledger, RejectReason.EXTRACTION_FAILED, str(error))
        match found:
            case NoArticle(reason=reason, message=message):
                return self._reject(ledger, RejectReason(reason.value), message)
            case (article, features):
                read = article_of(ledger, article, page.url)
                if response is None:
                    return ReadArticle(ledger, read, features)
                reread = plan(
                    ledger,
                    read,
                    response,
                    self._parts.clock.now(),
                    self._policy,
                    self._parts.rng,
                    language=features.language,
                )
                return ReadArticle(ledger, read, features, reread)

    def _reject(
        self, ledger: LedgerEntry, reason: RejectReason, message: str, article: ArticleId | None = None
    ) -> ReadReject:
        return ReadReject(Reject(ledger, reason, message, article, self._parts.clock.now()))
