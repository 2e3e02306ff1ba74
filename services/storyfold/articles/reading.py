"""What becomes of an entry after its page was asked for: article text, another try, or the end."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from storyfold.articles.policy import ReadPolicy
from storyfold.model.entries import Entry, LedgerEntry, PutOff, RejectReason, RetryReason
from storyfold.model.fetching import FetchResponse


@dataclass(frozen=True, slots=True)
class Readable:
    """The response carries a page to extract from."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """No page, and asking again will not help.

    Attributes:
        reason: for the reject record, should the feed's own text not serve either.
        message: what happened, for people.
        feed_may_serve: whether the feed's own text may stand in. It may not where the publisher has taken the page
            down: then what the feed still says is what was withdrawn.
    """

    reason: RejectReason
    message: str
    feed_may_serve: bool = True


@dataclass(frozen=True, slots=True)
class TryLater:
    """Worth another try; `otherwise` is what it comes to when the tries are used up."""

    reason: RetryReason
    otherwise: Unreadable


_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml", "application/xml", "text/xml", "text/plain", ""})


def judge_response(response: FetchResponse) -> Readable | Unreadable | TryLater:
    """Say what a response to a page request is worth (RFC 9110, 15).

    Args:
        response: the last one, after redirects.
    """
    status = response.status
    said = f"the server answered {status}"
    match status:
        case 200 | 203:
            return _judge_type(response)
        case 401 | 402 | 403 | 407 | 451:
            return Unreadable(RejectReason.FORBIDDEN, said)
        case 404:
            return Unreadable(RejectReason.NOT_FOUND, said, feed_may_serve=False)
        case 410:
            return Unreadable(RejectReason.GONE, said, feed_may_serve=False)
        case 429 | 503:
            return TryLater(RetryReason.THROTTLED, Unreadable(RejectReason.SERVER_ERROR, said))
        case 408 | 425:
            return TryLater(RetryReason.SERVER_ERROR, Unreadable(RejectReason.CLIENT_ERROR, said))
        case _ if status >= 500:
            return TryLater(RetryReason.SERVER_ERROR, Unreadable(RejectReason.SERVER_ERROR, said))
        case _ if status >= 400:
            return Unreadable(RejectReason.CLIENT_ERROR, said)
        case _ if status >= 300:
            return Unreadable(RejectReason.REDIRECTS, f"{said} without saying where to")
        case _:
            return Unreadable(RejectReason.NO_TEXT, f"{said}, which carries no page")


def _judge_type(response: FetchResponse) -> Readable | Unreadable:
    content_type = (response.header("content-type") or "").partition(";")[0].strip().lower()
    if content_type in _HTML_TYPES:
        return Readable()
    return Unreadable(RejectReason.NOT_HTML, f"the server sent {content_type[:80]}, not HTML")


def put_off(
    ledger: LedgerEntry,
    reason: RetryReason,
    now: datetime,
    retry_after: datetime | None,
    policy: ReadPolicy,
    rng: random.Random,
) -> PutOff | None:
    """Put an entry off until its next try.

    Args:
        ledger: the entry, with the tries it has had before this one.
        reason: why this one came to nothing.
        now: the present.
        retry_after: the server's own word, if any; never undercut.
        policy: how many tries, and how far apart.
        rng: spreads tries that failed together, so that they do not come back together.

    Returns:
        When to try again; None where the tries are used up.
    """
    if ledger.attempts + 1 >= policy.attempts:
        return None
    wait = min(policy.last_retry, policy.first_retry * 2**ledger.attempts)
    due = now + wait * rng.uniform(0.9, 1.3)
    if retry_after is not None:
        due = max(due, retry_after)
    return PutOff(ledger.entry.entry_id, ledger.revision, reason, due, counted=True)


def make_room(ledger: LedgerEntry, now: datetime, wait: timedelta) -> PutOff:
    """Give an entry back because its host is busy for `wait` yet; costs it no try."""
    return PutOff(ledger.entry.entry_id, ledger.revision, RetryReason.HOST_BUSY, now + wait, counted=False)


def feed_has_text(entry: Entry) -> bool:
    """Whether the feed itself says anything beyond a headline."""
    return bool(entry.content.strip() or entry.summary.strip())
