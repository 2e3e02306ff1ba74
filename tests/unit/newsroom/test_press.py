from datetime import UTC, datetime, timedelta

from newsroom.model import HabitLevel, Plan
from newsroom.plan import Size, compose
from newsroom.serve.addresses import Address
from newsroom.serve.clock import ReleaseClock, begin
from newsroom.serve.press import Press, last_modified, not_modified
from newsroom.serve.sites import House
from newsroom.serve.truth import truth

START = datetime(2026, 3, 2, tzinfo=UTC)
SPAN = timedelta(hours=72)
REAL = 1_800_000_000.25


def made(scale: float = 3600.0) -> tuple[Plan, Press]:
    plan = compose(5, Size(4, 12, HabitLevel.NONE), START, SPAN)
    return plan, Press(plan, ReleaseClock(START, REAL, scale), 30, REAL)


def test_clock_maps_real_time_to_plan_time() -> None:
    """At scale 60 a real second is a minute of the plan, and the inverse agrees."""
    clock = ReleaseClock(START, REAL, 60)
    assert START + timedelta(minutes=10) == clock.plan_time(REAL + 10)
    assert clock.real_time(START + timedelta(minutes=10)) == REAL + 10


def test_held_clock_stands_still() -> None:
    """While held the plan does not move; then it goes on from where it stood."""
    clock = ReleaseClock(START, REAL, 60)
    clock.hold(REAL + 10)
    assert START + timedelta(minutes=10) == clock.plan_time(REAL + 500)
    clock.go_on(REAL + 500)
    assert START + timedelta(minutes=11) == clock.plan_time(REAL + 501)


def test_plan_ends_when_it_meets_real_time() -> None:
    """A compressed plan begins so far back that no date lies in the future."""
    start = begin(REAL, SPAN, 2160)
    clock = ReleaseClock(start, REAL, 2160)
    end = REAL + 120
    assert abs(clock.plan_time(end).timestamp() - end) < 1e-3
    assert clock.plan_time(REAL + 60).timestamp() < REAL + 60


def test_nothing_is_released_before_its_time() -> None:
    """An article appears at the moment the clock reaches it, and that moment is recorded."""
    plan, press = made()
    first = plan.articles[0]
    due = press.clock.real_time(first.published)
    press.advance(due - 0.01)
    assert press.moments(first) is None
    press.advance(due + 3)
    moments = press.moments(first)
    assert moments is not None
    assert due == moments.released
    assert moments.listed is None


def test_everything_is_released_in_the_end() -> None:
    """When the span is over the press is complete and the truth holds every article."""
    plan, press = made()
    press.advance(REAL + 73 * 3600 / 3600)
    assert press.complete
    houses = tuple(House(p, Address("127.0.0.1", n)) for n, p in enumerate(plan.publishers))
    told = truth(press, houses, bodies=True)
    assert len(plan.articles) == len(told["articles"])
    assert list(plan.articles[0].versions[0].paragraphs) == told["articles"][0]["versions"][0]["body"]


def test_feed_changes_only_when_something_happens() -> None:
    """The entity tag stays until there is something new."""
    plan, press = made()
    publisher = plan.articles[0].publisher
    before = press.feed(publisher, "http://x", REAL)
    assert before == press.feed(publisher, "http://x", REAL)
    after = press.feed(publisher, "http://x", REAL + 72)
    assert before.etag != after.etag
    assert after.articles


def test_conditional_requests() -> None:
    """The entity tag decides where it is sent, else the date; lists, weak forms and `*` count."""
    plan, press = made()
    feed = press.feed(plan.publishers[0].id, "http://x", REAL + 72)
    assert feed.etag is not None
    assert feed.modified is not None
    assert not_modified(feed, feed.etag, None)
    assert not_modified(feed, f'"other", W/{feed.etag}', None)
    assert not_modified(feed, "*", None)
    assert not not_modified(feed, '"other"', feed.modified + 100)
    assert not_modified(feed, None, feed.modified)
    assert not not_modified(feed, None, feed.modified - 1)
    assert not not_modified(feed, None, None)


def test_last_modified_never_names_a_second_that_is_not_over() -> None:
    """In the second of a change the one before is named, so that a later change in it is not missed."""
    plan, press = made()
    feed = press.feed(plan.publishers[0].id, "http://x", REAL)
    during, afterwards = last_modified(feed, REAL), last_modified(feed, REAL + 2)
    assert during != afterwards
