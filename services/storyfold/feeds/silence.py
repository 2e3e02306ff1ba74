"""Silence is an error: what is wrong with a feed that answers well, in one word and a sentence (polling.md, 27)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from storyfold.feeds.policy import PollPolicy
from storyfold.model.feeds import PollState, Silence

# The adaptive interval is half the gap between entries, so this many of them are ten gaps; nights and week-ends are
# shorter than the least.
_RHYTHMS = 20
_LEAST = timedelta(days=3)
# Feeds of a section that was cleared fill again within the day.
_EMPTY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Silenced:
    """The state and, unless it is ok, the reason."""

    silence: Silence
    reason: str = ""


def silence_of(state: PollState, now: datetime, policy: PollPolicy) -> Silenced:
    """Judge a feed by what polling remembers; one that fails is another matter, and counts as ok here.

    Args:
        state: of the feed.
        now: the present.
        policy: what the interval is where none was learned.

    Returns:
        The gravest state: first what loses entries, then what only makes them worse.
    """
    if state.failures or state.listed_count is None:
        return Silenced(Silence.OK)
    if state.validators_off_until is not None and now < state.validators_off_until:
        return Silenced(
            Silence.STUCK_VALIDATORS,
            f"the server answered 304 over new entries ({state.false_304s} times so far); it is asked without"
            f" validators until {state.validators_off_until:%Y-%m-%d %H:%M} UTC",
        )
    if state.empty_since is not None and now - state.empty_since >= _EMPTY:
        return Silenced(Silence.EMPTY, f"it has listed nothing since {state.empty_since:%Y-%m-%d %H:%M} UTC")
    if state.degraded is not None:
        return Silenced(Silence.PARSE_DEGRADED, f"the document was read only as far as possible: {state.degraded}")
    if state.last_new_at is not None:
        bound = max(_LEAST, _RHYTHMS * min(_rhythm(state), policy.ceiling))
        quiet = now - state.last_new_at
        if quiet >= bound:
            return Silenced(
                Silence.QUIET,
                f"nothing new for {_days(quiet)}; by its rhythm {_days(bound)} would be much already",
            )
    if state.listed_count > 0 and state.dated_count == 0:
        return Silenced(Silence.UNDATED, f"none of its {state.listed_count} entries has a date that can be read")
    return Silenced(Silence.OK)


def _rhythm(state: PollState) -> timedelta:
    """The interval before silence stretched it: what news had taught."""
    return state.news_interval or timedelta(0)


def _days(span: timedelta) -> str:
    return f"{span / timedelta(days=1):.1f} days"
