"""What is wrong with a feed that answers well."""

from dataclasses import replace
from datetime import timedelta

import pytest

from storyfold.feeds.silence import silence_of
from storyfold.model.feeds import PollState, Silence
from tests.fakes.poll_values import DAY, HOUR, NOW, POLICY, old_hand

WELL = replace(old_hand().state, listed_count=10, dated_count=10, news_interval=HOUR)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (WELL, Silence.OK),
        (replace(WELL, listed_count=None), Silence.OK),
        (replace(WELL, failures=1, degraded="cut off"), Silence.OK),
        (replace(WELL, validators_off_until=NOW + HOUR, degraded="cut off"), Silence.STUCK_VALIDATORS),
        (replace(WELL, validators_off_until=NOW), Silence.OK),
        (replace(WELL, listed_count=0, empty_since=NOW - DAY), Silence.EMPTY),
        (replace(WELL, listed_count=0, dated_count=0, empty_since=NOW - HOUR), Silence.OK),
        (replace(WELL, degraded="cut off"), Silence.PARSE_DEGRADED),
        (replace(WELL, last_new_at=NOW - 3 * DAY), Silence.QUIET),
        (replace(WELL, last_new_at=NOW - 3 * DAY + HOUR), Silence.OK),
        (replace(WELL, last_new_at=NOW - 9 * DAY, news_interval=12 * HOUR), Silence.OK),
        (replace(WELL, last_new_at=NOW - 10 * DAY, news_interval=12 * HOUR), Silence.QUIET),
        (replace(WELL, last_new_at=None, news_interval=None), Silence.OK),
        (replace(WELL, last_new_at=NOW - 4 * DAY, news_interval=None), Silence.QUIET),
        (replace(WELL, dated_count=0), Silence.UNDATED),
    ],
)
def test_states(state: PollState, expected: Silence) -> None:
    """Each state has its bound, and a reason unless it is ok."""
    found = silence_of(state, NOW, POLICY)
    assert expected is found.silence
    assert (found.reason == "") is (expected is Silence.OK)


def test_the_bound_knows_the_slowest_feeds() -> None:
    """A rhythm slower than the ceiling counts as the ceiling: three weeks are much for anybody."""
    slow = replace(WELL, news_interval=timedelta(days=90), last_new_at=NOW - 21 * DAY)
    assert Silence.QUIET is silence_of(slow, NOW, POLICY).silence
