"""When an article's page is looked at again, and what a look comes to: pure, one decision a look.

    first read | hint? → planned → due → look → same: the next wait is four times as long
                                            → changed: a version, and the waits begin anew
                                            → gone: a retraction, and no further look

Only where something hints that the page will change, and never more often than `ReadPolicy.rereads` says: most articles
never change, and a look costs the publisher a request.
"""

import hashlib
import random
import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, assert_never

from storyfold.articles.policy import ReadPolicy
from storyfold.articles.reading import Readable, judge_response
from storyfold.model.articles import Article, BodySource, DateSource, Quality
from storyfold.model.entries import LedgerEntry
from storyfold.model.feeds import Validators
from storyfold.model.fetching import FetchResponse
from storyfold.model.page import PageArticle
from storyfold.model.rereads import Hint, LookOutcome, Reread

# A modification longer ago is history: houses that rewrite do so within hours.
_LATELY: Final = timedelta(hours=6)
# A feed that gives an update so soon after publication gives the time at which it was saved.
_AFTERTHOUGHT: Final = timedelta(minutes=5)
_STEP: Final = 4
# A modification time alone is a weak hint, as most pages have one: half the looks, and the first wait left out.
_WEAK_STEP: Final = 1
# Where a house says that more will follow, or that something was put right: first and last lines.
_ENDS: Final = 400
_DEVELOPING: Final = re.compile(
    r"\b(?:(?:developing|breaking) (?:news )?story|breaking news:|developing:|(?:more|updates?) to follow"
    r"|will be updated|folgt in kürze|wird (?:laufend )?aktualisiert|en cours de rédaction"
    r"|plus d['’]informations à venir|en desarrollo|habrá ampliación|in aggiornamento"
    r"|notícia em atualização|новость дополняется)",
    re.IGNORECASE,
)
_CORRECTED: Final = re.compile(
    r"\b(?:correction:|corrects|clarification:|editor[’']s note|an earlier version of this|korrektur:|berichtigung"
    r"|rectificatif|fe de erratas|errata corrige|correção:)",
    re.IGNORECASE,
)
_MAX_AGE: Final = re.compile(r"\bmax-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)
_WORD: Final = re.compile(r"\w+")


def plan(
    ledger: LedgerEntry,
    article: Article,
    response: FetchResponse,
    now: datetime,
    policy: ReadPolicy,
    rng: random.Random,
    *,
    language: str,
) -> Reread | None:
    """Plan the first further look at an article that was just read.

    Args:
        ledger: its entry.
        article: as read.
        response: the page it was read from.
        now: the present.
        policy: how often, and how far apart.
        rng: spreads looks that were planned together.
        language: in which folding sees it.

    Returns:
        The plan; None where nothing hints at a change, or the page has nothing to be compared with.
    """
    hint = hint_of(ledger, article, now)
    weak = hint is Hint.MODIFIED
    left = policy.rereads // 2 if weak else policy.rereads
    if hint is None or left == 0 or article.body_source is BodySource.FEED or article.quality is Quality.SUMMARY_ONLY:
        return None
    step = _WEAK_STEP if weak else 0
    return Reread(
        article_id=article.article_id,
        version=article.version,
        url=response.url,
        due_at=now + _wait(step, response, policy, rng),
        left=left,
        step=step,
        hint=hint,
        mark=mark_of(article),
        quality=article.quality,
        body_hash=hash_of(response.body),
        validators=_validators(response),
        language=language,
    )


def hint_of(ledger: LedgerEntry, article: Article, now: datetime) -> Hint | None:
    """What hints that an article will change: the page's own words first, its dates last."""
    entry, modified = ledger.entry, article.modified_at
    ends = f"{article.headline}\n{article.body[:_ENDS]}\n{article.body[-_ENDS:]}"
    updated = entry.updated_at
    if article.is_live_blog:
        return Hint.LIVE
    if _DEVELOPING.search(ends):
        return Hint.DEVELOPING
    if _CORRECTED.search(ends):
        return Hint.CORRECTED
    if ledger.revision > 1:
        return Hint.FEED
    if updated is not None and now - updated < _LATELY and updated - (entry.published_at or updated) > _AFTERTHOUGHT:
        return Hint.FEED
    if (
        modified is not None
        and modified.source in {DateSource.JSON_LD, DateSource.META}
        and now - modified.at < _LATELY
    ):
        return Hint.MODIFIED
    return None


def judge_look(reread: Reread, response: FetchResponse) -> LookOutcome | None:
    """Say what a response to a further look comes to; None where its page must be read to know."""
    match response.status:
        case 304:
            return LookOutcome.NOT_MODIFIED
        case 410:
            return LookOutcome.GONE
        case 404:
            return LookOutcome.GONE if reread.missing else LookOutcome.MISSING
        case _ if not isinstance(judge_response(response), Readable):
            return LookOutcome.FAILED
        case _:
            return LookOutcome.SAME_BYTES if hash_of(response.body) == reread.body_hash else None


def judge_found(reread: Reread, title: str, article: Article) -> LookOutcome:
    """Say what an article found at a further look comes to.

    Args:
        reread: what it is compared with.
        title: of the entry that once led to it.
        article: as read now.
    """
    if _RANK[article.quality] < _RANK[reread.quality] or article.body_source is BodySource.FEED:
        return LookOutcome.NO_ARTICLE
    if article.article_id != reread.article_id and _is_other(title, article.headline):
        return LookOutcome.NO_ARTICLE
    return LookOutcome.SAME_TEXT if mark_of(article) == reread.mark else LookOutcome.CHANGED


def after(
    reread: Reread,
    outcome: LookOutcome,
    now: datetime,
    policy: ReadPolicy,
    rng: random.Random,
    *,
    response: FetchResponse | None = None,
    article: Article | None = None,
    not_before: datetime | None = None,
) -> Reread:
    """Plan what follows a look.

    Args:
        reread: the plan before it.
        outcome: what it came to.
        now: the present.
        policy: how often, and how far apart.
        rng: spreads looks that were planned together.
        response: the answer, where there was one.
        article: as read now, for `CHANGED`.
        not_before: when the server wants to be asked again, or the host is free.
    """
    if outcome is LookOutcome.BUSY:
        return replace(reread, due_at=max(now, not_before or now) + policy.first_reread * rng.uniform(0.1, 0.3))
    left = reread.left - 1
    if outcome in {LookOutcome.GONE, LookOutcome.STALE} or left <= 0:
        return replace(reread, due_at=None, left=0)
    step, changed = _next_step(reread, outcome)
    newer = replace(reread, left=left, step=step, missing=outcome is LookOutcome.MISSING)
    if response is not None and response.status in {200, 203, 304}:
        newer = replace(newer, validators=_updated(reread, response), url=response.url)
    if response is not None and response.status in {200, 203}:
        newer = replace(newer, body_hash=hash_of(response.body))
    if changed and article is not None:
        newer = replace(newer, hint=Hint.CHANGED, mark=mark_of(article), quality=article.quality)
    due = now + _wait(step, response, policy, rng)
    return replace(newer, due_at=due if not_before is None else max(due, not_before))


def mark_of(article: Article | PageArticle) -> str:
    """What two texts of an article are compared by: headline, words of the body, and authors."""
    parts = (" ".join(article.headline.split()), " ".join(article.body.split()), *sorted(article.authors))
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "replace")).hexdigest()[:32]


def hash_of(body: bytes) -> str:
    """SHA-256 hex of a page's bytes."""
    return hashlib.sha256(body).hexdigest()


_RANK: Final = {Quality.SUMMARY_ONLY: 0, Quality.PARTIAL: 1, Quality.FULL: 2}


def _next_step(reread: Reread, outcome: LookOutcome) -> tuple[int, bool]:
    match outcome:
        case LookOutcome.CHANGED:
            return 0, True
        case LookOutcome.MISSING:
            return 0, False  # is it gone, or was that a slip? worth knowing soon
        case (
            LookOutcome.NOT_MODIFIED
            | LookOutcome.SAME_BYTES
            | LookOutcome.SAME_TEXT
            | LookOutcome.NO_ARTICLE
            | LookOutcome.ROBOTS
            | LookOutcome.FAILED
            | LookOutcome.BUSY
            | LookOutcome.GONE
            | LookOutcome.STALE
        ):
            return reread.step + 1, False
        case _:  # pragma: no cover
            assert_never(outcome)


def _wait(step: int, response: FetchResponse | None, policy: ReadPolicy, rng: random.Random) -> timedelta:
    """The wait of a step, but not while the page calls itself fresh (RFC 9111, 5.2.2.1)."""
    times: int = _STEP ** min(step, 12)
    wait = min(policy.last_reread, policy.first_reread * times)
    fresh = min(policy.last_reread, timedelta(seconds=_max_age(response)))
    return max(wait, fresh) * rng.uniform(0.9, 1.3)


def _max_age(response: FetchResponse | None) -> int:
    found = None if response is None else _MAX_AGE.search(response.header("cache-control") or "")
    return 0 if found is None else int(found[1])


def _validators(response: FetchResponse) -> Validators:
    return Validators(etag=response.header("etag"), last_modified=response.header("last-modified"))


def _updated(reread: Reread, response: FetchResponse) -> Validators:
    """A 304 speaks only for the headers that it carries (RFC 9111, 4.3.4)."""
    given, before = _validators(response), reread.validators
    if response.status != 304:
        return given
    return Validators(given.etag or before.etag, given.last_modified or before.last_modified)


def _is_other(title: str, headline: str) -> bool:
    """Whether an article under another address is another one: its headline shares little with the one known."""
    known, found = set(_WORD.findall(title.casefold())), set(_WORD.findall(headline.casefold()))
    return 2 * len(known & found) < min(len(known), len(found)) or not (known and found)
