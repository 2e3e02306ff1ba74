"""A further look at the page of an article that is known.

    planned | robots? | host free? | fetch, conditional | other bytes? | extract in a worker | other text? | Looked

New entries come first: a look waits for no host and gives way whenever one is busy. What it finds is decided in
`storyfold.articles.rereads`; folding makes the version, or the retraction.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from storyfold.articles.assemble import article_of
from storyfold.articles.policy import ReadPolicy
from storyfold.articles.rereads import after, judge_found, judge_look
from storyfold.hosts.retry_after import retry_after_of
from storyfold.model.articles import Article, BodySource
from storyfold.model.entries import LedgerEntry
from storyfold.model.features import Features
from storyfold.model.fetching import FetchLimits, FetchRequest, FetchResponse, Purpose
from storyfold.model.outcomes import Looked
from storyfold.model.page import NoArticle, PageArticle
from storyfold.model.rereads import LookOutcome, Reread
from storyfold.pipeline.reading import ReadParts, extract_twice, page_of
from storyfold.ports import FetchError, WorkerFailed


class Looker:
    """Looks at pages again.

    Args:
        parts: the ports.
        policy: how often, and how far apart.
        limits: bounds of one page request.
    """

    def __init__(self, parts: ReadParts, policy: ReadPolicy, limits: FetchLimits) -> None:
        self._parts = parts
        self._policy = policy
        self._limits = limits

    async def look(self, ledger: LedgerEntry, reread: Reread) -> Looked:
        """Bring one look to its outcome."""
        gate, url = self._parts.gate, reread.url
        if not await gate.allowed(url):
            return self._ended(ledger, reread, LookOutcome.ROBOTS)
        wait = gate.wait_of(url)
        if wait > timedelta(0):
            return self.put_back(ledger, reread, self._parts.clock.now() + wait)
        request = FetchRequest(url, Purpose.PAGE, reread.validators, self._limits)
        try:
            async with gate.slot(url, paced=True):
                response = await self._parts.fetcher.fetch(request)
        except FetchError:
            return self._ended(ledger, reread, LookOutcome.FAILED)
        outcome = judge_look(reread, response)
        if outcome is None:
            return await self._compare(ledger, reread, response)
        return self._ended(ledger, reread, outcome, response)

    def put_back(self, ledger: LedgerEntry, reread: Reread, until: datetime | None = None) -> Looked:
        """Give a look up for now; it costs none."""
        return self._ended(ledger, reread, LookOutcome.BUSY, not_before=until)

    async def _compare(self, ledger: LedgerEntry, reread: Reread, response: FetchResponse) -> Looked:
        try:
            found = await self._found(ledger, response)
        except WorkerFailed:
            found = None
        if found is None:
            return self._ended(ledger, reread, LookOutcome.NO_ARTICLE, response)
        article, features = found
        outcome = judge_found(reread, ledger.entry.title, article)
        if outcome is not LookOutcome.CHANGED:
            return self._ended(ledger, reread, outcome, response)
        looked = self._ended(ledger, reread, outcome, response, article)
        # A page that moved within its house is still the article that it was.
        return replace(looked, article=replace(article, article_id=reread.article_id), features=features)

    async def _found(self, ledger: LedgerEntry, response: FetchResponse) -> tuple[Article, Features] | None:
        """What stands on the page now.

        The feed's own text is offered as it was at the first read, so that the same page gives the same article; where
        it wins, the page is read without it, since what the feed once said must not hide what the page says now.
        """
        now = self._parts.clock.now()
        found = await extract_twice(self._parts, page_of(ledger, response, now))
        if not isinstance(found, NoArticle) and found[0].body_source is BodySource.FEED:
            bare = replace(ledger, entry=replace(ledger.entry, summary="", content=""))
            found = await extract_twice(self._parts, page_of(bare, response, now))
        match found:
            case NoArticle():
                return None
            case (PageArticle() as article, features):
                return article_of(ledger, article, response.url), features

    def _ended(
        self,
        ledger: LedgerEntry,
        reread: Reread,
        outcome: LookOutcome,
        response: FetchResponse | None = None,
        article: Article | None = None,
        *,
        not_before: datetime | None = None,
    ) -> Looked:
        now = self._parts.clock.now()
        if response is not None and response.status >= 400:
            not_before = retry_after_of(response.header("retry-after"), now)
            if not_before is not None:
                self._parts.gate.hold_off(response.url, not_before)
        following = after(
            reread,
            outcome,
            now,
            self._policy,
            self._parts.rng,
            response=response,
            article=article,
            not_before=not_before,
        )
        return Looked(ledger, outcome, following, status=None if response is None else response.status)
