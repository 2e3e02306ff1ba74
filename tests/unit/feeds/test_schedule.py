from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyfold.feeds.backoff import BACKOFFS, outcome_of_status
from storyfold.feeds.freshness import fresh_for
from storyfold.feeds.moves import undone
from storyfold.feeds.observation import HeldOff, NotModified, Pushed, SameBody
from storyfold.feeds.policy import PollPolicy
from storyfold.feeds.schedule import decide, reidentified, request_validators
from storyfold.feeds.timing import after_edit
from storyfold.model.entries import RejectReason
from storyfold.model.feeds import Feed, Identity, PollOutcome, RedirectEvidence, Validators
from storyfold.model.fetching import Redirect
from storyfold.model.page import FeedHints
from tests.fakes.poll_values import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    POLICY,
    SOURCE,
    an_entry,
    answer,
    failed,
    fresh_feed,
    old_hand,
    parsed,
)

FAILURES = [outcome for outcome in PollOutcome if outcome in BACKOFFS]


def wait_of(feed: Feed, observation: object, policy: PollPolicy = POLICY, chance: float = 0.0) -> timedelta:
    """How long until the next poll."""
    return decide(feed, observation, NOW, policy, chance=chance).state.next_poll_at - NOW  # type: ignore[arg-type]  # tables


# -- validators and 304 (polling.md, 1-5) -----------------------------------------------------------------------------


def test_validators_are_kept_verbatim_from_a_body_that_parsed() -> None:
    """ETag and Last-Modified come back byte for byte."""
    odd = answer(200, ("etag", "W/bare-word"), ("last-modified", "Tue,  6 Jan 26"))
    decision = decide(old_hand(), parsed(an_entry(), response=odd), NOW, POLICY, chance=0)
    assert Validators("W/bare-word", "Tue,  6 Jan 26") == request_validators(decision.state, NOW, POLICY)


def test_a_304_updates_only_the_headers_it_carries() -> None:
    """A 304 without ETag keeps the old one; one with a new Last-Modified brings it."""
    decision = decide(old_hand(), NotModified(answer(304, ("last-modified", "new"))), NOW, POLICY, chance=0)
    assert Validators('"a"', "new") == decision.state.validators
    assert PollOutcome.NOT_MODIFIED is decision.outcome
    assert decision.listed is None


@pytest.mark.parametrize("outcome", FAILURES)
def test_a_failure_leaves_validators_and_body_hash_alone(outcome: PollOutcome) -> None:
    """Validators are stored only after the body has parsed."""
    seen = failed(outcome, answer(200, ("etag", '"poison"')))
    state = decide(old_hand(), seen, NOW, POLICY, chance=0).state
    assert (Validators('"a"', "Tue, 06 Jan 2026 10:00:00 GMT"), "before") == (state.validators, state.body_hash)


def test_the_same_body_brings_its_validators_and_nothing_else() -> None:
    """A server that answers 200 with the bytes of last time is believed about their new names."""
    decision = decide(old_hand(), SameBody(answer(200, ("etag", '"b"')), conditional=True), NOW, POLICY, chance=0)
    assert Validators('"b"', None) == decision.state.validators
    assert PollOutcome.SAME_BODY is decision.outcome
    assert () == decision.taken_up


def test_one_poll_in_a_hundred_is_unconditional() -> None:
    """After 99 conditional polls comes one that finds out whether the server lies."""
    feed = old_hand(unconditional_at=NOW)
    sent = []
    for _ in range(200):
        validators = request_validators(feed.state, NOW, POLICY)
        sent.append(validators != Validators())
        seen = NotModified(answer(304)) if sent[-1] else SameBody(answer(200, ("etag", '"a"')), conditional=False)
        feed = Feed(SOURCE, decide(feed, seen, NOW, POLICY, chance=0).state)
    assert [99, 199] == [place for place, conditional in enumerate(sent) if not conditional]


@pytest.mark.parametrize(("polls", "age", "conditional"), [(20, DAY, False), (20, HOUR, True), (5, 9 * DAY, True)])
def test_a_day_brings_an_unconditional_poll_to_busy_feeds(polls: int, age: timedelta, conditional: bool) -> None:
    """A feed polled often is probed daily; one polled now and then is not asked unconditionally every time."""
    state = replace(old_hand().state, polls_since_unconditional=polls, unconditional_at=NOW - age)
    assert conditional == (request_validators(state, NOW, POLICY) != Validators())


@pytest.mark.parametrize(
    ("headers", "age_of_entry", "caught"),
    [
        ((("etag", '"a"'),), timedelta(0), True),
        ((("etag", '"b"'),), 5 * HOUR, True),
        ((("etag", '"b"'),), MINUTE, False),
    ],
)
def test_a_server_that_hid_entries_behind_a_304_loses_its_validators_for_a_while(
    headers: tuple[tuple[str, str], ...], age_of_entry: timedelta, caught: bool
) -> None:
    """New entries under the old validators, or older than the last 304, show that the 304 lied."""
    feed = old_hand(last_outcome=PollOutcome.NOT_MODIFIED)
    seen = parsed(an_entry(published_at=NOW - age_of_entry), response=answer(200, *headers), conditional=False)
    state = decide(feed, seen, NOW, POLICY, chance=0).state
    assert int(caught) == state.false_304s
    assert caught == (request_validators(state, NOW, POLICY) == Validators())
    assert Validators() != request_validators(state, NOW + 4 * DAY, POLICY)


def test_news_after_anything_but_a_304_accuses_nobody() -> None:
    """Only an answer that said "nothing new" can have hidden something."""
    feed = old_hand(last_outcome=PollOutcome.SAME_BODY)
    seen = parsed(an_entry(), response=answer(200, ("etag", '"a"')), conditional=False)
    assert 0 == decide(feed, seen, NOW, POLICY, chance=0).state.false_304s


def test_last_modified_alone_gives_a_lie_away_too() -> None:
    """Where there is no ETag, the same Last-Modified over new entries is the lie."""
    feed = old_hand(last_outcome=PollOutcome.NOT_MODIFIED, validators=Validators(None, "then"))
    response = answer(200, ("last-modified", "then"))
    state = decide(feed, parsed(an_entry(), response=response, conditional=False), NOW, POLICY, chance=0).state
    assert 1 == state.false_304s


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ((("cache-control", "public, max-age=600"),), timedelta(seconds=600)),
        ((("cache-control", "max-age=600"), ("age", "100")), timedelta(seconds=500)),
        ((("cache-control", "max-age=600"), ("age", "700")), None),
        ((("cache-control", 'max-age="600"'), ("expires", "Wed, 07 Jan 2026 15:00:00 GMT")), timedelta(seconds=600)),
        ((("cache-control", "max-age=x"),), None),
        ((("cache-control", "max-age=60"), ("cache-control", "max-age=90")), timedelta(seconds=60)),
        ((("cache-control", "max-age=" + "9" * 5000),), timedelta(days=366)),
        ((("cache-control", "no-store, max-age=600"),), None),
        ((("cache-control", "no-cache"),), None),
        ((("expires", "Wed, 07 Jan 2026 13:00:00 GMT"),), HOUR),
        ((("expires", "Wed, 07 Jan 2026 13:00:00 GMT"), ("date", "Wed, 07 Jan 2026 12:30:00 GMT")), HOUR / 2),
        ((("expires", "Wed, 07 Jan 2026 11:00:00 GMT"),), None),
        ((("expires", "Wed, 07 Jan 2026 13:00:00 -0000"),), HOUR),
        ((("expires", "0"),), None),
        ((("expires", "Fri, 31 Dec 9999 23:59:59 -0900"),), None),
        ((), None),
    ],
)
def test_freshness(headers: tuple[tuple[str, str], ...], expected: timedelta | None) -> None:
    """max-age less Age beats Expires; whatever is stale, unreadable or not to be kept says nothing."""
    assert expected == fresh_for(answer(200, *headers), NOW)


# -- when to poll next (polling.md, 6-9) ------------------------------------------------------------------------------


def test_a_fresh_answer_is_not_asked_for_again() -> None:
    """The next poll waits for max-age where that is longer than the interval."""
    assert timedelta(hours=3) == wait_of(old_hand(), NotModified(answer(304, ("cache-control", "max-age=10800"))))


@pytest.mark.parametrize(
    ("max_age", "expected"),
    [(None, 15 * MINUTE), (300, 5 * MINUTE), (5, MINUTE), (0, 15 * MINUTE), (1200, 20 * MINUTE)],
)
def test_only_the_servers_own_word_lowers_the_floor(max_age: int | None, expected: timedelta) -> None:
    """A fast feed is polled every 15 minutes; a short max-age lowers that, down to a minute."""
    feed = old_hand(interval=MINUTE, last_new_at=NOW)
    headers = () if max_age is None else (("cache-control", f"max-age={max_age}"),)
    assert expected == wait_of(feed, NotModified(answer(304, *headers)))


@pytest.mark.parametrize(
    ("interval", "hints", "expected"),
    [
        (5 * MINUTE, FeedHints(), 5 * MINUTE),
        (5 * MINUTE, FeedHints(ttl_seconds=3600), HOUR),
        (3 * DAY, FeedHints(), 3 * DAY / 1.0),
    ],
)
def test_an_owners_interval_wins_over_the_adaptive_part_only(
    interval: timedelta, hints: FeedHints, expected: timedelta
) -> None:
    """The owner may poll more often than the floor and less often than the ceiling, but not against the feed's word."""
    feed = Feed(replace(SOURCE, interval=interval), old_hand().state)
    assert expected == wait_of(feed, parsed(an_entry(), known=(an_entry(),), hints=hints))


@pytest.mark.parametrize(
    ("hints", "expected"),
    [
        (FeedHints(ttl_seconds=7200), NOW + 2 * HOUR),
        (FeedHints(ttl_seconds=60), NOW + HOUR),
        (FeedHints(ttl_seconds=90_000_000), NOW + DAY),
        (FeedHints(skip_hours=(13, 14)), datetime(2026, 1, 7, 15, tzinfo=UTC)),
        (FeedHints(skip_days=(2,)), datetime(2026, 1, 8, 0, tzinfo=UTC)),
        (FeedHints(skip_days=(2, 3, 4)), NOW + DAY),
        (FeedHints(skip_hours=tuple(range(24))), NOW + DAY),
        (FeedHints(expired=True), NOW + DAY),
    ],
)
def test_what_the_feed_says_about_polling_is_kept(hints: FeedHints, expected: datetime) -> None:
    """ttl, skipped hours and skipped days hold, up to the ceiling, and over later 304s as well."""
    decision = decide(old_hand(), parsed(an_entry(), known=(an_entry(),), hints=hints), NOW, POLICY, chance=0)
    assert expected == decision.state.next_poll_at
    later = decide(Feed(SOURCE, decision.state), NotModified(answer(304)), NOW, POLICY, chance=0)
    assert expected == later.state.next_poll_at


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("7200", 2 * HOUR),
        (format_datetime(NOW + 3 * HOUR, usegmt=True), 3 * HOUR),
        ("60", HOUR),
        (format_datetime(NOW - DAY, usegmt=True), HOUR),
        ("soon", HOUR),
    ],
)
def test_retry_after_is_honoured_in_both_forms(value: str, expected: timedelta) -> None:
    """Seconds and dates count; a past or unreadable one leaves the usual wait."""
    seen = failed(PollOutcome.THROTTLED, answer(429, ("retry-after", value)))
    decision = decide(old_hand(), seen, NOW, POLICY, chance=0)
    assert expected == decision.state.next_poll_at - NOW
    assert (decision.hold_off is None) == (value in {"soon", format_datetime(NOW - DAY, usegmt=True)})


def test_a_throttled_feed_knows_no_retry_after_without_a_response() -> None:
    """A failure of another kind never takes a server's word that was not given."""
    assert decide(old_hand(), failed(PollOutcome.THROTTLED), NOW, POLICY, chance=0).hold_off is None


def test_a_host_that_is_held_off_costs_the_feed_nothing() -> None:
    """A poll that was not made is put off and is no failure of the feed."""
    decision = decide(old_hand(), HeldOff(NOW + HOUR), NOW, POLICY, chance=0)
    assert (PollOutcome.THROTTLED, NOW + HOUR, 0) == (
        decision.outcome,
        decision.state.next_poll_at,
        decision.state.failures,
    )


_SECONDS = st.integers(0, 400_000)


@given(_SECONDS, st.floats(0, 1), st.sampled_from(FAILURES), st.integers(0, 10**6), st.booleans())
def test_no_poll_comes_before_retry_after(
    seconds: int, chance: float, outcome: PollOutcome, failures: int, retired: bool
) -> None:
    """Whatever else is true, a server's own word holds, and the next poll comes all the same."""
    feed = old_hand(failures=failures, retired_at=NOW - DAY if retired else None)
    seen = failed(outcome, answer(503, ("retry-after", str(seconds))))
    decision = decide(feed, seen, NOW, PollPolicy(), chance=chance)
    if outcome is PollOutcome.THROTTLED:
        assert decision.state.next_poll_at >= NOW + timedelta(seconds=seconds)
    assert NOW + 10 * MINUTE <= decision.state.next_poll_at <= NOW + 34 * DAY


@given(
    st.floats(0, 1),
    st.integers(0, 10**8),
    st.integers(-10, 10**9),
    st.timedeltas(timedelta(0), timedelta(days=400)),
    st.sets(st.integers(0, 23)),
    st.sets(st.integers(0, 6)),
)
def test_a_healthy_feed_is_polled_between_floor_and_ceiling(
    chance: float, ttl: int, max_age: int, interval: timedelta, hours: set[int], days: set[int]
) -> None:
    """Floor and ceiling hold against every hint; below the floor only max-age leads, and not below a minute."""
    policy = PollPolicy()
    feed = old_hand(
        interval=interval, ttl=timedelta(seconds=ttl), skip_hours=tuple(hours), skip_days=tuple(days), last_new_at=None
    )
    wait = wait_of(feed, NotModified(answer(304, ("cache-control", f"max-age={max_age}"))), policy, chance)
    assert min(policy.floor, max(policy.lowest, timedelta(seconds=max(0, max_age)) or policy.floor)) <= wait
    assert wait <= policy.ceiling


@given(st.floats(0, 1))
def test_jitter_spreads_the_slowest_feeds_too(chance: float) -> None:
    """Feeds at the ceiling do not fall into step."""
    feed = old_hand(interval=timedelta(days=9), last_new_at=NOW - timedelta(days=90))
    wait = wait_of(feed, NotModified(answer(304)), PollPolicy(), chance)
    assert timedelta(days=1) / 1.1 * (1 + 0.1 * chance) == pytest.approx(wait, abs=timedelta(seconds=1))


# -- the adaptive interval (polling.md, 7) ----------------------------------------------------------------------------


def test_the_first_document_tells_the_rhythm() -> None:
    """Entries two hours apart give a poll every hour, from the first poll on."""
    entries = [an_entry(str(n), NOW - 2 * n * HOUR) for n in range(12)]
    state = decide(fresh_feed(), parsed(*entries), NOW, POLICY, chance=0).state
    assert HOUR == state.interval
    assert NOW == state.last_new_at
    assert state.primed


def test_a_feed_without_dates_starts_at_the_first_interval() -> None:
    """Nothing is known, so nothing is assumed; future dates say nothing either."""
    seen = parsed(an_entry("1", None), an_entry("2", NOW, date_clamped=True), an_entry("3", NOW + HOUR))
    state = decide(fresh_feed(), seen, NOW, POLICY, chance=0).state
    assert (POLICY.first_interval, NOW) == (state.interval, state.last_new_at)


def test_an_empty_first_document_is_no_news() -> None:
    """A feed that lists nothing has not told yet what is old: its next poll is the first that counts."""
    state = decide(fresh_feed(), parsed(), NOW, POLICY, chance=0).state
    assert (POLICY.first_interval, None, False) == (state.interval, state.last_new_at, state.primed)


def test_the_interval_falls_at_once_when_news_come_faster() -> None:
    """Six entries in an hour make a poll every five minutes due, as far as the floor allows."""
    entries = [an_entry(str(n)) for n in range(6)]
    decision = decide(old_hand(), parsed(*entries), NOW, POLICY, chance=0)
    assert 5 * MINUTE == decision.state.interval
    assert NOW + POLICY.floor == decision.state.next_poll_at


def test_the_interval_never_rises_on_news() -> None:
    """One entry after a long night does not make mornings slow."""
    feed = old_hand(last_new_at=NOW - DAY, interval=20 * MINUTE)
    assert 20 * MINUTE == decide(feed, parsed(an_entry()), NOW, POLICY, chance=0).state.interval


def test_the_interval_rises_slowly_in_silence() -> None:
    """A quiet poll adds a fifth, never more than half of the silence so far."""
    quiet = NotModified(answer(304))
    assert HOUR == decide(old_hand(), quiet, NOW, POLICY, chance=0).state.interval
    assert 1.2 * HOUR == decide(old_hand(last_new_at=NOW - DAY), quiet, NOW, POLICY, chance=0).state.interval
    assert 1.1 * HOUR == decide(old_hand(last_new_at=NOW - 2.2 * HOUR), quiet, NOW, POLICY, chance=0).state.interval


@pytest.mark.parametrize("changes", [{"date_clamped": True}, {"published_at": NOW - 9 * DAY}])
def test_future_and_redated_entries_teach_nothing(changes: dict[str, object]) -> None:
    """An entry from the future or from the archive is taken up, but the rhythm does not follow it."""
    entries = [an_entry(str(n), **changes) for n in range(60)]  # type: ignore[arg-type]  # fields by name
    decision = decide(old_hand(), parsed(*entries), NOW, POLICY, chance=0)
    assert 60 == len(decision.taken_up)
    assert HOUR == decision.state.interval


def test_a_clock_that_jumped_back_teaches_nothing() -> None:
    """News that seem to lie in the future neither raise nor lower the interval."""
    feed = old_hand(last_new_at=NOW + DAY, last_poll_at=NOW + DAY)
    assert HOUR == decide(feed, parsed(an_entry()), NOW, POLICY, chance=0).state.interval
    assert HOUR == decide(feed, NotModified(answer(304)), NOW, POLICY, chance=0).state.interval


def test_a_feed_that_was_never_heard_of_keeps_its_first_interval() -> None:
    """Without any past, silence says nothing."""
    state = decide(fresh_feed(), NotModified(answer(304)), NOW, POLICY, chance=0).state
    assert POLICY.first_interval == state.interval


# -- failures (polling.md, 10-11) -------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", FAILURES)
def test_every_failure_backs_off_and_none_gives_up(outcome: PollOutcome) -> None:
    """Waits grow from one failure to the next, end at a week at most, and a success ends them all."""
    feed, waits = old_hand(interval=MINUTE), []
    for _ in range(60):
        decision = decide(feed, failed(outcome), NOW, POLICY, chance=0)
        waits.append(decision.state.next_poll_at - NOW)
        feed = Feed(SOURCE, decision.state)
    assert sorted(waits) == waits
    assert DAY <= waits[-1] <= 7 * DAY
    assert (60, f"it failed: {outcome.value}") == (feed.state.failures, feed.state.last_message)
    healed = decide(feed, NotModified(answer(304)), NOW, POLICY, chance=0).state
    assert (0, None, NOW) == (healed.failures, healed.last_message, healed.last_success_at)


def test_each_kind_of_failure_has_its_backoff() -> None:
    """The table covers every outcome that is no success."""
    successes = {PollOutcome.NEW_ENTRIES, PollOutcome.UNCHANGED, PollOutcome.SAME_BODY, PollOutcome.NOT_MODIFIED}
    assert set(PollOutcome) - successes == set(BACKOFFS)


def test_gone_twice_days_apart_retires_a_feed_that_is_probed_on() -> None:
    """One 410 is an accident; two over days retire the feed, which is asked monthly and comes back by itself."""
    gone = failed(PollOutcome.GONE, answer(410))
    once = decide(old_hand(), gone, NOW, POLICY, chance=0).state
    assert (NOW, None) == (once.gone_since, once.retired_at)
    again = decide(Feed(SOURCE, once), gone, NOW + HOUR, POLICY, chance=0).state
    assert again.retired_at is None
    retired = decide(Feed(SOURCE, again), gone, NOW + 2 * DAY, POLICY, chance=0).state
    assert NOW + 2 * DAY == retired.retired_at
    assert NOW + 32 * DAY == retired.next_poll_at
    still = decide(Feed(SOURCE, retired), gone, NOW + 32 * DAY, POLICY, chance=0).state
    assert NOW + 2 * DAY == still.retired_at
    back = decide(Feed(SOURCE, still), parsed(an_entry()), NOW + 62 * DAY, POLICY, chance=0).state
    assert (None, None) == (back.gone_since, back.retired_at)


def test_another_answer_between_two_410_starts_anew() -> None:
    """Only 410 in a row count; a time-out between them proves nothing either way."""
    feed = old_hand(gone_since=NOW - DAY)
    assert NOW - DAY == decide(feed, failed(PollOutcome.TIMEOUT), NOW, POLICY, chance=0).state.gone_since
    other = failed(PollOutcome.SERVER_ERROR, answer(500))
    assert decide(feed, other, NOW, POLICY, chance=0).state.gone_since is None


@pytest.mark.parametrize(
    ("status", "retry_after", "expected"),
    [
        (401, False, PollOutcome.UNAUTHORISED),
        (403, False, PollOutcome.UNAUTHORISED),
        (451, False, PollOutcome.UNAUTHORISED),
        (404, False, PollOutcome.NOT_FOUND),
        (410, False, PollOutcome.GONE),
        (429, False, PollOutcome.THROTTLED),
        (503, True, PollOutcome.THROTTLED),
        (503, False, PollOutcome.SERVER_ERROR),
        (418, False, PollOutcome.CLIENT_ERROR),
        (599, True, PollOutcome.SERVER_ERROR),
        (304, False, PollOutcome.PROTOCOL),
        (101, False, PollOutcome.PROTOCOL),
        (999, False, PollOutcome.PROTOCOL),
    ],
)
def test_statuses_fall_into_classes(status: int, retry_after: bool, expected: PollOutcome) -> None:
    """Every status that is no success has its class, nonsense included."""
    assert expected is outcome_of_status(status, retry_after=retry_after)


# -- moves (polling.md, 12) -------------------------------------------------------------------------------------------

MOVED = (Redirect(301, SOURCE.url, "https://new.example/rss"),)


def test_a_feed_moves_after_three_confirmations_over_a_day() -> None:
    """The stored URL changes only when the same permanent redirect was seen often and long enough; it can be undone."""
    feed = old_hand()
    urls = []
    for hours in (0, 1, 2, 24):
        seen = parsed(an_entry(), known=(an_entry(),), response=answer(redirects=MOVED))
        feed = Feed(SOURCE, decide(feed, seen, NOW + hours * HOUR, POLICY, chance=0).state)
        urls.append(feed.state.url)
    assert [SOURCE.url, SOURCE.url, SOURCE.url, "https://new.example/rss"] == urls
    assert (SOURCE.url,) == feed.state.previous_urls
    assert NOW + 24 * HOUR == feed.state.moved_at
    back = undone(feed.state, NOW)
    assert back is not None
    assert (SOURCE.url, (), NOW, Validators()) == (back.url, back.previous_urls, back.next_poll_at, back.validators)
    assert undone(back, NOW) is None


def test_a_move_that_a_person_took_back_does_not_happen_again() -> None:
    """However often the redirect is confirmed; a move elsewhere may."""
    feed = Feed(SOURCE, undone(old_hand(url="https://new.example/rss", previous_urls=(SOURCE.url,)).state, NOW))  # type: ignore[arg-type]  # it moved
    for hours in (0, 1, 24, 48):
        seen = parsed(an_entry(), known=(an_entry(),), response=answer(redirects=MOVED))
        feed = Feed(SOURCE, decide(feed, seen, NOW + hours * HOUR, POLICY, chance=0).state)
        assert (SOURCE.url, None) == (feed.state.url, feed.state.redirect)
    elsewhere = (Redirect(301, SOURCE.url, "https://other.example/rss"),)
    for hours in (50, 60, 80):
        seen = parsed(an_entry(), known=(an_entry(),), response=answer(redirects=elsewhere))
        feed = Feed(SOURCE, decide(feed, seen, NOW + hours * HOUR, POLICY, chance=0).state)
    assert "https://other.example/rss" == feed.state.url


def test_a_retirement_is_taken_back_before_a_move() -> None:
    """The feed is due at once, and as if it had never said 410."""
    state = old_hand(
        retired_at=NOW - DAY, gone_since=NOW - 3 * DAY, failures=7, previous_urls=("https://old.example/",)
    ).state
    back = undone(state, NOW)
    assert replace(state, retired_at=None, gone_since=None, failures=0, next_poll_at=NOW) == back


@pytest.mark.parametrize(
    ("redirects", "expected"),
    [
        ((Redirect(308, "a", "b"), Redirect(301, "b", "c")), "c"),
        ((Redirect(301, "a", "b"), Redirect(302, "b", "c"), Redirect(301, "c", "d")), "b"),
        ((Redirect(302, "a", "b"), Redirect(301, "b", "c")), None),
        ((Redirect(303, "a", "b"),), None),
        ((Redirect(307, "a", "b"),), None),
        ((), None),
    ],
)
def test_only_the_leading_permanent_hops_are_evidence(redirects: tuple[Redirect, ...], expected: str | None) -> None:
    """A temporary hop ends what is permanent; none in front of it counts for ever."""
    seen = parsed(an_entry(), known=(an_entry(),), response=answer(redirects=redirects))
    evidence = decide(old_hand(), seen, NOW, POLICY, chance=0).state.redirect
    assert expected == (evidence.target if evidence else None)


def test_a_maintenance_page_that_is_a_feed_moves_nothing() -> None:
    """A target that shares no entry with the feed is no evidence, however often it is seen."""
    before = RedirectEvidence("https://new.example/rss", 2, NOW - 9 * DAY)
    seen = parsed(an_entry("stranger"), response=answer(redirects=MOVED))
    state = decide(old_hand(redirect=before), seen, NOW, POLICY, chance=0).state
    assert (SOURCE.url, before) == (state.url, state.redirect)


def test_the_same_bytes_confirm_a_move_and_another_target_starts_anew() -> None:
    """Bytes of last time are the same feed for certain."""
    before = RedirectEvidence("https://new.example/rss", 2, NOW - 9 * DAY)
    same = SameBody(answer(redirects=MOVED), conditional=True)
    assert "https://new.example/rss" == decide(old_hand(redirect=before), same, NOW, POLICY, chance=0).state.url
    other = SameBody(answer(redirects=(Redirect(301, "a", "elsewhere"),)), conditional=True)
    state = decide(old_hand(redirect=before), other, NOW, POLICY, chance=0).state
    assert RedirectEvidence("elsewhere", 1, NOW) == state.redirect


# -- entries (polling.md, 13, 20, 22) ---------------------------------------------------------------------------------


def test_the_first_poll_takes_old_entries_as_known() -> None:
    """Only what lies within the window is news; what has no date may be."""
    seen = parsed(an_entry("new", NOW - HOUR), an_entry("old", NOW - 3 * DAY), an_entry("undated", None))
    decision = decide(fresh_feed(), seen, NOW, POLICY, chance=0)
    assert [None, RejectReason.OLD, None] == [row.known_as for row in decision.taken_up]
    assert ("new", "old", "undated") == decision.listed
    assert PollOutcome.NEW_ENTRIES is decision.outcome


def test_a_document_emptied_by_a_hiccup_changes_nothing_known() -> None:
    """A feed that is primed stays so when its server sends an empty document."""
    assert decide(old_hand(), parsed(), NOW, POLICY, chance=0).state.primed


def test_a_first_poll_that_finds_only_old_entries_is_unchanged() -> None:
    """Entries that are known from the start are no news."""
    decision = decide(fresh_feed(), parsed(an_entry("old", NOW - 3 * DAY)), NOW, POLICY, chance=0)
    assert PollOutcome.UNCHANGED is decision.outcome


def test_after_the_first_poll_even_old_entries_are_news() -> None:
    """What a feed brings late, after an outage of days, is not lost."""
    decision = decide(old_hand(), parsed(an_entry("late", NOW - 9 * DAY)), NOW, POLICY, chance=0)
    assert [None] == [row.known_as for row in decision.taken_up]


def test_changed_content_is_a_revision_of_the_same_entry() -> None:
    """A known entry with other words is taken up at its next revision, with the time it was first seen."""
    known = an_entry(content_hash="other words")
    decision = decide(
        old_hand(), parsed(an_entry(), an_entry("2"), known=(known, an_entry("2"))), NOW, POLICY, chance=0
    )
    (row,) = decision.taken_up
    assert (2, NOW - DAY, NOW) == (row.ledger.revision, row.ledger.first_seen_at, row.ledger.taken_up_at)
    assert PollOutcome.NEW_ENTRIES is decision.outcome
    assert HOUR == decision.state.interval


def test_an_entry_that_never_settles_is_left_alone() -> None:
    """A hit counter in the text does not fetch the page for ever."""
    seen = parsed(an_entry(), known=(an_entry(content_hash="other"),))
    policy = replace(POLICY, revisions=1)
    assert () == decide(old_hand(), seen, NOW, policy, chance=0).taken_up


def test_guids_that_change_at_every_fetch_make_no_new_entries() -> None:
    """When all links that stayed have new guids, the feed is known by links; what was listed before is old."""
    first = parsed(an_entry("1"), an_entry("2")).document
    state = decide(old_hand(), parsed(*first.entries), NOW, POLICY, chance=0).state
    feed = Feed(SOURCE, state)
    changed = [replace(entry, guid=f"{entry.guid} again") for entry in first.entries]
    added = an_entry("3", url="https://news.example/3", guid="x")
    document, identity = reidentified(feed, parsed(*changed, added).document)
    assert Identity.LINK is identity
    decision = decide(feed, parsed(*document.entries, identity=identity), NOW + HOUR, POLICY, chance=0)
    assert [RejectReason.OLD, RejectReason.OLD, None] == [row.known_as for row in decision.taken_up]
    for_good = Feed(SOURCE, decision.state)
    renewed = [replace(entry, guid=f"{entry.guid} anew") for entry in changed]
    again, _ = reidentified(for_good, parsed(*renewed).document)
    assert [entry.entry_id for entry in document.entries[:2]] == [entry.entry_id for entry in again.entries]


def test_guids_that_stay_are_believed() -> None:
    """A feed whose guids hold keeps them as its ids, whatever else changes."""
    entries = (an_entry("1"), an_entry("2"))
    state = decide(old_hand(), parsed(*entries), NOW, POLICY, chance=0).state
    document, identity = reidentified(Feed(SOURCE, state), parsed(*entries, an_entry("3")).document)
    assert Identity.GUID is identity
    assert ("1", "2", "3") == tuple(entry.entry_id for entry in document.entries)


def test_an_unlinked_old_entry_is_old_by_its_date_when_a_feed_is_known_by_links() -> None:
    """At the change from guids to links, what is dated before the last poll was listed before."""
    seen = parsed(an_entry("1", NOW - DAY, url=None), an_entry("2", None, url=None), identity=Identity.LINK)
    decision = decide(old_hand(), seen, NOW, POLICY, chance=0)
    assert [RejectReason.OLD, None] == [row.known_as for row in decision.taken_up]


def test_a_complaint_about_the_document_stays_until_it_is_gone() -> None:
    """Whoever asks why sees it, also while the document does not change."""
    state = decide(old_hand(), parsed(an_entry(), complaint="lists too much"), NOW, POLICY, chance=0).state
    later = decide(Feed(SOURCE, state), NotModified(answer(304)), NOW, POLICY, chance=0).state
    assert ("lists too much", "lists too much") == (state.last_message, later.last_message)


# -- hubs (polling.md, 26) --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "live", "interval"),
    [(4 * HOUR, HOUR, None), (HOUR, timedelta(0), None), (HOUR, None, None), (2 * HOUR, HOUR, 2 * HOUR)],
)
def test_the_learned_interval_is_longer_while_a_hub_brings_the_news(
    expected: timedelta, live: timedelta | None, interval: timedelta | None
) -> None:
    """By the factor of the policy, as long as the lease runs; an owner's own interval stays what it is."""
    feed = replace(old_hand(), pushed_until=None if live is None else NOW + live)
    feed = replace(feed, source=replace(SOURCE, interval=interval))
    assert expected == wait_of(feed, SameBody(answer(), conditional=True))


def test_what_a_poll_finds_of_hubs_is_remembered() -> None:
    """Hub and self link of the last document that parsed."""
    hints = FeedHints(hub="https://hub.example/", self_url="https://news.example/self")
    state = decide(old_hand(), parsed(an_entry(), hints=hints), NOW, POLICY, chance=0).state
    assert ("https://hub.example/", "https://news.example/self") == (state.hub, state.self_url)
    state = decide(Feed(SOURCE, state), parsed(an_entry()), NOW, POLICY, chance=0).state
    assert (None, None) == (state.hub, state.self_url)


def test_what_a_hub_brings_changes_nothing_but_what_it_tells() -> None:
    """New entries are taken up and teach the rhythm; validators, schedule and what is listed are a poll's business."""
    feed = old_hand(last_new_at=NOW - 20 * MINUTE)
    news = parsed(an_entry("1"), an_entry("2"), known=(an_entry("2"),))
    decision = decide(feed, Pushed(news.document, news.identity, news.known), NOW, POLICY, chance=0)
    assert (PollOutcome.NEW_ENTRIES, None, None) == (decision.outcome, decision.listed, decision.hold_off)
    assert ["1"] == [row.ledger.entry.entry_id for row in decision.taken_up]
    line = decision.state.history[0]
    assert ("brought by its hub", 1) == (line.message, line.new)
    learned = replace(
        feed.state,
        interval=10 * MINUTE,
        news_interval=10 * MINUTE,
        last_new_at=NOW,
        history=decision.state.history,
    )
    assert learned == decision.state


def test_a_hub_that_brings_what_is_known_is_noted_and_no_more() -> None:
    """Hubs repeat themselves."""
    known = parsed(an_entry("1"), known=(an_entry("1"),))
    decision = decide(old_hand(), Pushed(known.document, known.identity, known.known), NOW, POLICY, chance=0)
    assert (PollOutcome.UNCHANGED, ()) == (decision.outcome, decision.taken_up)
    assert old_hand().state == replace(decision.state, history=())


# -- edits of the feeds file ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "wanted", "changes"),
    [
        (HOUR, 2 * HOUR, {}),
        (timedelta(0), 30 * MINUTE, {}),
        (10 * HOUR, 20 * HOUR, {}),
        (10 * HOUR, None, {}),
        (10 * HOUR, 5 * HOUR, {}),
        (10 * HOUR, 30 * MINUTE, {"failures": 1}),
        (10 * HOUR, 30 * MINUTE, {"last_poll_at": None}),
        (3 * HOUR, 30 * MINUTE, {"fresh_until": NOW + 3 * HOUR}),
    ],
)
def test_an_interval_that_was_edited_counts_at_once(
    expected: timedelta, wanted: timedelta | None, changes: dict[str, object]
) -> None:
    """A shorter one makes the feed due sooner, but neither before its server's word nor in spite of a failure."""
    before = replace(SOURCE, interval=5 * HOUR)
    state = old_hand(next_poll_at=NOW + 10 * HOUR, **changes).state
    assert NOW + expected == after_edit(before, replace(SOURCE, interval=wanted), state, NOW)
