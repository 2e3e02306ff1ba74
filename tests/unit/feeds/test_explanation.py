"""Why the next poll is when it is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from storyfold.feeds.explanation import why
from storyfold.model.feeds import Feed, PollOutcome
from tests.fakes.poll_values import DAY, HOUR, NOW, POLICY, SOURCE, fresh_feed, old_hand

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("feed", "words"),
    [
        (fresh_feed(), "never polled"),
        (old_hand(), "due now"),
        (old_hand(next_poll_at=NOW + HOUR), "in 60 min"),
        (old_hand(next_poll_at=NOW + 3 * HOUR), "3.0 h"),
        (old_hand(next_poll_at=NOW + 3 * DAY), "3.0 days"),
        (old_hand(), "its rhythm asks for a poll every 60 min"),
        (old_hand(interval=None), "not known yet"),
        (Feed(replace(SOURCE, interval=20 * MINUTE), old_hand().state), "its owner wants it polled every 20 min"),
        (old_hand(failures=2, last_outcome=PollOutcome.DNS), "failed 2 times in a row, last with dns: 2 min"),
        (old_hand(retired_at=NOW), "410 for days"),
        (old_hand(retry_after=NOW + HOUR), "Retry-After"),
        (old_hand(fresh_until=NOW + HOUR), "max-age or Expires"),
        (old_hand(ttl=HOUR), "ttl or sy:updatePeriod"),
        (old_hand(skip_hours=(0, 1)), "hours 0, 1 UTC"),
        (old_hand(skip_days=(5, 6)), "Sat, Sun"),
        (old_hand(), "10%"),
        (replace(old_hand(), pushed_until=NOW + HOUR), "polled 4 times more rarely"),
    ],
)
def test_everything_that_has_a_say_is_named(feed: Feed, words: str) -> None:
    """Each constraint has its sentence."""
    policy = replace(POLICY, jitter=0.1)
    assert words in "\n".join(why(feed, NOW, policy))
