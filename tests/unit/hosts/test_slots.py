from datetime import timedelta
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyfold.hosts.policy import HostPolicy
from storyfold.hosts.slots import HostSlots, expected_wait, forgettable, freed, held, opens_at, spacing, taken

POLICY = HostPolicy()


@pytest.mark.parametrize(
    ("expected", "crawl_delay"),
    [(1.0, None), (1.0, timedelta(seconds=0.2)), (5.0, timedelta(seconds=5)), (30.0, timedelta(hours=2))],
)
def test_spacing_is_the_longer_of_ours_and_theirs_up_to_the_cap(expected: float, crawl_delay: timedelta | None) -> None:
    """Crawl-delay lengthens the interval, never shortens it, and counts up to the cap."""
    assert expected == spacing(POLICY, crawl_delay)


def test_a_fresh_host_is_open() -> None:
    """Nobody waits for a host that nobody has been to."""
    assert opens_at(HostSlots(), POLICY, 1.0, paced=True) == -inf


def test_paced_exchanges_keep_the_interval_and_others_need_not() -> None:
    """After a paced exchange the next paced one waits for the interval, an unpaced one does not."""
    after = freed(taken(HostSlots(), 100.0, paced=True))

    assert opens_at(after, POLICY, 1.0, paced=True) == 101.0
    assert opens_at(after, POLICY, 1.0, paced=False) == -inf


def test_an_unpaced_exchange_does_not_push_the_paced_ones_back() -> None:
    """The interval is measured between paced exchanges only."""
    assert opens_at(taken(HostSlots(), 100.0, paced=False), POLICY, 1.0, paced=True) == -inf


def test_a_full_host_opens_when_one_leaves() -> None:
    """With all slots taken there is no moment to wait for; with one freed there is."""
    one = taken(HostSlots(), 1.0, paced=False)
    two = taken(one, 1.0, paced=False)

    assert opens_at(two, POLICY, 1.0, paced=False) == inf
    assert one == freed(two)


def test_hold_off_keeps_everyone_away_and_never_shortens() -> None:
    """Both kinds wait for the end of a hold-off, and an earlier wish for longer stands."""
    host = held(held(HostSlots(), 50.0), 20.0)

    assert opens_at(host, POLICY, 1.0, paced=True) == 50.0
    assert opens_at(host, POLICY, 1.0, paced=False) == 50.0


@pytest.mark.parametrize(
    ("expected", "slots"),
    [
        (True, HostSlots()),
        (False, HostSlots(active=1)),
        (False, HostSlots(paced_at=9.5)),
        (False, HostSlots(held_until=11.0)),
        (True, HostSlots(paced_at=9.0, held_until=10.0)),
    ],
)
def test_a_host_is_forgettable_once_nobody_would_wait(expected: bool, slots: HostSlots) -> None:
    """Forgetting a host must not let anyone in earlier than remembering it."""
    assert expected is forgettable(slots, 10.0, 1.0)


@pytest.mark.parametrize(
    ("expected", "slots", "ahead"),
    [
        (0.0, HostSlots(), 0),
        (0.5, HostSlots(paced_at=9.5), 0),
        (3.5, HostSlots(paced_at=9.5), 3),
        (7.0, HostSlots(active=2, held_until=17.0), 0),
    ],
)
def test_expected_wait_counts_interval_hold_off_and_queue(expected: float, slots: HostSlots, ahead: int) -> None:
    """The wait is what interval, hold-off and those ahead make of it."""
    assert expected == expected_wait(slots, POLICY, 1.0, 10.0, ahead=ahead)


@given(
    st.lists(st.tuples(st.sampled_from(["paced", "unpaced", "leave", "hold"]), st.floats(0, 5)), max_size=40),
    st.integers(1, 4),
)
def test_no_course_of_events_breaks_the_policy(events: list[tuple[str, float]], concurrency: int) -> None:
    """Whoever goes only when `opens_at` says so keeps concurrency, interval and hold-off."""
    policy = HostPolicy(concurrency=concurrency)
    host, now, last_paced, held_to = HostSlots(), 0.0, -inf, -inf
    for what, step in events:
        now += step
        if what == "leave" and host.active:
            host = freed(host)
        elif what == "hold":
            host, held_to = held(host, now + step), max(held_to, now + step)
        elif what in {"paced", "unpaced"} and opens_at(host, policy, 1.0, paced=what == "paced") <= now:
            assert now >= held_to
            if what == "paced":
                assert now - last_paced >= 1.0 - 1e-9
                last_paced = now
            host = taken(host, now, paced=what == "paced")
        assert 0 <= host.active <= concurrency
