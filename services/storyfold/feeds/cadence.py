"""The adaptive interval: half the gap between genuinely new entries; rises slowly, falls fast (polling.md, 7)."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from storyfold.feeds.policy import PollPolicy
from storyfold.model.entries import Entry
from storyfold.model.feeds import PollState

# Gaps looked at on the first poll: the last dozen entries tell today's rhythm, older ones another year's.
_GAPS = 12
# A quiet poll raises the interval by this factor at most: a night's silence must not cost the morning's news.
_RISE = 1.2
# Polled twice a gap, an entry waits a quarter of a gap on average.
_POLLS_PER_GAP = 2


def first_interval(entries: Sequence[Entry], now: datetime, policy: PollPolicy) -> timedelta:
    """Guess the rhythm of a feed from the dates in its first document.

    Args:
        entries: of the document.
        now: the time of this poll.
        policy: bounds.
    """
    dates = sorted(set(credible_dates(entries, now)), reverse=True)[: _GAPS + 1]
    if len(dates) <= 1:
        return policy.first_interval
    gap = timedelta(seconds=median((newer - older).total_seconds() for newer, older in pairwise(dates)))
    return bounded(max(gap, now - dates[0]) / _POLLS_PER_GAP, policy)


def after_news(state: PollState, count: int, now: datetime, policy: PollPolicy) -> timedelta:
    """Adapt to a poll that found news: down at once where entries came faster than thought, never up.

    Args:
        state: before this poll.
        count: entries that are genuinely new.
        now: the time of this poll.
        policy: bounds.
    """
    current = state.interval or policy.first_interval
    if state.last_new_at is None or state.last_new_at >= now:
        return bounded(current, policy)
    return bounded(min(current, (now - state.last_new_at) / count / _POLLS_PER_GAP), policy)


def after_silence(state: PollState, now: datetime, policy: PollPolicy) -> timedelta:
    """Adapt to a poll that found nothing new: up a little once the silence is longer than thought.

    Args:
        state: before this poll.
        now: the time of this poll.
        policy: bounds.
    """
    current = state.interval or policy.first_interval
    since = state.last_new_at or state.last_poll_at
    if since is None:
        return bounded(current, policy)
    quiet = (now - since) / _POLLS_PER_GAP
    return bounded(max(current, min(current * _RISE, quiet)), policy)


def genuinely_new(entries: Iterable[Entry], since: datetime | None, now: datetime, policy: PollPolicy) -> int:
    """Count entries that tell something about a feed's rhythm.

    Args:
        entries: never met before.
        since: the last poll; None before the first.
        now: the time of this poll.
        policy: the window in which an entry may come late.

    Returns:
        How many are neither dated in the future nor long before the last poll (an archive that was listed anew).
    """
    oldest = (since or now) - policy.news_window
    return sum(
        1
        for entry in entries
        if not entry.date_clamped and (entry.published_at is None or entry.published_at >= oldest)
    )


def credible_dates(entries: Iterable[Entry], now: datetime) -> Iterable[datetime]:
    """Publication dates that were not in the future.

    Args:
        entries: of a document.
        now: the time of this poll.
    """
    for entry in entries:
        moment = entry.published_at or entry.updated_at
        if moment is not None and moment <= now and not entry.date_clamped:
            yield moment


def bounded(interval: timedelta, policy: PollPolicy) -> timedelta:
    """Keep an interval within what the policy ever allows.

    Args:
        interval: any.
        policy: bounds.
    """
    return min(max(interval, policy.lowest), policy.ceiling)
