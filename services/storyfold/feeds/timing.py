"""The moment of the next poll, out of everything that has a say in it (polling.md, 6, 8 and 9)."""

from datetime import datetime, timedelta

from storyfold.feeds.policy import PollPolicy
from storyfold.model.feeds import Feed, FeedSource, PollState

_HOUR = timedelta(hours=1)
_WEEK = 7 * 24
_ZERO = timedelta(0)


def after_success(
    feed: Feed, state: PollState, fresh: timedelta | None, now: datetime, policy: PollPolicy, *, chance: float
) -> datetime:
    """When to poll a feed that answered well.

    max(adaptive or the owner's interval, fresh-until, ttl, skipped hours and days) + jitter, between floor and ceiling.
    While a hub brings the feed's news, the adaptive interval is longer: polling only makes sure that nothing was lost.

    Args:
        feed: as registered.
        state: as it will be after this poll.
        fresh: how long the server calls its answer current; None where it does not say.
        now: the time of this poll.
        policy: bounds and jitter.
        chance: drawn evenly from 0 to 1.
    """
    owner = feed.source.interval
    floor = min(policy.floor, owner or policy.floor, max(policy.lowest, fresh or policy.floor))
    ceiling = max(policy.ceiling, owner or _ZERO)
    # Room is left for the jitter below the ceiling, or else the slowest feeds would all fall into step.
    learned = state.interval or policy.first_interval
    if feed.pushed_until is not None and feed.pushed_until > now:
        learned *= policy.pushed_factor
    asked = min(owner or learned, ceiling / (1 + policy.jitter))
    span = min(max(asked, floor, fresh or _ZERO, state.ttl or _ZERO), ceiling)
    span = _past_silence(now + span, state) - now
    return now + min(span * (1 + policy.jitter * chance), ceiling)


def after_failure(
    feed: Feed, state: PollState, backoff: timedelta, now: datetime, policy: PollPolicy, *, chance: float
) -> datetime:
    """When to poll a feed that failed: not before its usual time, its backoff, and the server's own word.

    Args:
        feed: as registered.
        state: as it will be after this poll.
        backoff: for this kind of failure, this often in a row.
        now: the time of this poll.
        policy: bounds and jitter.
        chance: drawn evenly from 0 to 1.
    """
    usual = feed.source.interval or state.interval or policy.first_interval
    span = max(min(usual, policy.ceiling), backoff, min(policy.floor, usual))
    if state.retry_after is not None:
        span = max(span, state.retry_after - now)
    return now + span * (1 + policy.jitter * chance)


def after_edit(before: FeedSource, after: FeedSource, state: PollState, now: datetime) -> datetime:
    """When to poll a feed whose line in the feeds file was edited: sooner, where its owner wants it more often.

    Args:
        before: as registered until now.
        after: as registered from now on.
        state: what polling remembers; a server's wish and a failure's backoff stand.
        now: the present.
    """
    wanted = after.interval
    if wanted is None or wanted == before.interval or state.last_poll_at is None or state.failures:
        return state.next_poll_at
    return min(state.next_poll_at, max(now, state.last_poll_at + wanted, state.fresh_until or now))


def _past_silence(moment: datetime, state: PollState) -> datetime:
    """The first moment from here on that lies in no skipped hour and no skipped day."""
    if not state.skip_hours and not state.skip_days:
        return moment
    for _ in range(_WEEK + 1):
        if moment.hour not in state.skip_hours and moment.weekday() not in state.skip_days:
            return moment
        moment = moment.replace(minute=0, second=0, microsecond=0) + _HOUR
    return moment
