"""Why the next poll is when it is, in sentences."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from storyfold.feeds.backoff import BACKOFFS
from storyfold.feeds.policy import PollPolicy
from storyfold.model.feeds import Feed

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def why(feed: Feed, now: datetime, policy: PollPolicy) -> tuple[str, ...]:
    """Explain the moment of the next poll by everything that had a say in it.

    Args:
        feed: with what polling remembers.
        now: the present.
        policy: the settings it was decided by.
    """
    return tuple(_sentences(feed, now, policy))


def _sentences(feed: Feed, now: datetime, policy: PollPolicy) -> Iterator[str]:
    state, last = feed.state, feed.state.last_poll_at
    if last is None:
        yield "it was never polled, so it is due at once"
        return
    lead = state.next_poll_at - now
    when = f"in {_span(lead)}" if lead > timedelta(0) else "due now"
    spacing = _span(state.next_poll_at - last)
    yield f"the next poll is at {_moment(state.next_poll_at)} ({when}), {spacing} after the last"
    if feed.source.interval is not None:
        yield f"its owner wants it polled every {_span(feed.source.interval)}"
    elif state.interval is not None:
        yield f"its rhythm asks for a poll every {_span(state.interval)}"
    else:
        yield f"its rhythm is not known yet: every {_span(policy.first_interval)} at first"
    if feed.pushed_until is not None and feed.pushed_until > now and feed.source.interval is None:
        yield f"its hub brings its news: polled {policy.pushed_factor:g} times more rarely, in case something was lost"
    if state.failures and state.last_outcome is not None and state.last_outcome in BACKOFFS:
        wait = BACKOFFS[state.last_outcome].after(state.failures)
        failed = f"it failed {state.failures} times in a row, last with {state.last_outcome.value}"
        yield f"{failed}: {_span(wait)} of backoff"
    if state.retired_at is not None:
        yield f"it has said 410 for days and is looked at every {_span(policy.retired_interval)} only"
    if state.retry_after is not None:
        yield f"its server asked for peace until {_moment(state.retry_after)} (Retry-After)"
    if state.fresh_until is not None:
        yield f"its server calls the last answer current until {_moment(state.fresh_until)} (max-age or Expires)"
    if state.ttl is not None:
        yield f"the feed itself asks for {_span(state.ttl)} between polls (ttl or sy:updatePeriod)"
    if state.skip_hours:
        yield f"the feed has no news in the hours {', '.join(map(str, state.skip_hours))} UTC (skipHours)"
    if state.skip_days:
        yield f"the feed has no news on {', '.join(_DAYS[day] for day in state.skip_days)} (skipDays)"
    yield (
        f"the longest of these counts, with up to {policy.jitter:.0%} of jitter; not below {_span(policy.floor)}"
        f" without leave, nor above {_span(policy.ceiling)} unless it fails"
    )


def _span(span: timedelta) -> str:
    minutes = span / timedelta(minutes=1)
    if abs(minutes) < 120:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.1f} h" if abs(minutes) < 48 * 60 else f"{minutes / 1440:.1f} days"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
