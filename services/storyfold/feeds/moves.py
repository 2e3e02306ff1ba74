"""When the stored URL of a feed changes: permanent redirects, confirmed more than once (polling.md, 12)."""

from dataclasses import replace
from datetime import datetime

from storyfold.feeds.policy import PollPolicy
from storyfold.model.feeds import PollState, RedirectEvidence, Validators
from storyfold.model.fetching import Redirect

# 302, 303 and 307 say nothing about tomorrow (RFC 9110, 15.4).
_PERMANENT = frozenset({301, 308})


def permanent_target(redirects: tuple[Redirect, ...]) -> str | None:
    """Where a chain leads for good: the end of its leading permanent hops.

    Args:
        redirects: hops in order.

    Returns:
        A URL; None where the first hop is temporary or there is none.
    """
    target = None
    for hop in redirects:
        if hop.status not in _PERMANENT:
            break
        target = hop.target
    return target


def confirmed(state: PollState, redirects: tuple[Redirect, ...], now: datetime, policy: PollPolicy) -> PollState:
    """Take note of where a poll was led, and move the feed where that is certain.

    To be called only where what was found there is the same feed beyond doubt: it lists entries that are known, or
    has the bytes of last time. A maintenance page or a bought domain never gets here.

    Args:
        state: before this poll.
        redirects: hops of this poll.
        now: the time of this poll.
        policy: how often and over which time it must be seen.

    Returns:
        The state with its evidence or its new URL; the old URL stays in `previous_urls`.
    """
    target = permanent_target(redirects)
    if target is None or target == state.url or target in state.unwanted_urls:
        return replace(state, redirect=None)
    before = state.redirect
    if before is None or before.target != target:
        evidence = RedirectEvidence(target=target, confirmations=1, since=now)
    else:
        evidence = replace(before, confirmations=before.confirmations + 1)
    if evidence.confirmations < policy.confirmations or now - evidence.since < policy.confirmation_span:
        return replace(state, redirect=evidence)
    previous = (*state.previous_urls, state.url)
    return replace(state, url=target, redirect=None, previous_urls=previous, moved_at=now)


def undone(state: PollState, now: datetime) -> PollState | None:
    """Take back what polling decided about a feed: that it is gone, else that it last moved.

    Args:
        state: of a feed.
        now: the present: the feed is due at once.

    Returns:
        The state with the decision taken back, for good where it was a move; None where there is nothing to take back.
    """
    if state.retired_at is not None:
        return replace(state, retired_at=None, gone_since=None, failures=0, next_poll_at=now)
    if not state.previous_urls:
        return None
    *earlier, last = state.previous_urls
    # What was learned there says nothing of here.
    return replace(
        state,
        url=last,
        previous_urls=tuple(earlier),
        redirect=None,
        moved_at=None,
        unwanted_urls=(*state.unwanted_urls, state.url),
        validators=Validators(),
        body_hash=None,
        failures=0,
        next_poll_at=now,
    )
