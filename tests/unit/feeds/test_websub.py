import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyfold.feeds import websub
from storyfold.feeds.websub import WebSubPolicy, Wish
from storyfold.model.identity import FeedId
from storyfold.model.websub import Subscription, SubscriptionState
from tests.fakes.poll_values import DAY, HOUR, MINUTE, NOW, URL, old_hand

HUB, BASE = "https://hub.example/", "https://us.example/hub"
POLICY = WebSubPolicy()
SUBSCRIPTION = Subscription(
    FeedId("feed"), HUB, URL, f"{BASE}/token", "token", "secret", SubscriptionState.ASKED, NOW, revision=3, asked_at=NOW
)
LIVE = replace(SUBSCRIPTION, state=SubscriptionState.LIVE, live_until=NOW + DAY, due_at=NOW + HOUR)
ENDING = replace(SUBSCRIPTION, state=SubscriptionState.ENDING)


def name() -> str:
    return "new"


def test_a_feed_wants_its_self_link_of_its_hub() -> None:
    """Without a self link the address where it is polled is the topic."""
    feed = old_hand(hub=HUB, self_url="https://news.example/self")
    assert Wish(feed.source.feed_id, HUB, "https://news.example/self") == websub.wish_of(feed)
    assert Wish(feed.source.feed_id, None, URL) == websub.wish_of(old_hand())


@pytest.mark.parametrize(
    ("hub", "topic", "before", "expected"),
    [
        (HUB, URL, None, (SubscriptionState.ASKED, "new", 0)),
        (HUB, URL, LIVE, None),
        (HUB, URL, ENDING, (SubscriptionState.ASKED, "token", 3)),
        ("https://other.example/", URL, LIVE, (SubscriptionState.ASKED, "new", 3)),
        (HUB, "https://news.example/moved", LIVE, (SubscriptionState.ASKED, "new", 3)),
        (HUB, URL, replace(LIVE, callback="https://old.example/token"), (SubscriptionState.ASKED, "new", 3)),
        (None, URL, None, None),
        (None, URL, ENDING, None),
        (None, URL, LIVE, (SubscriptionState.ENDING, "token", 3)),
    ],
)
def test_wishes_are_heeded(
    hub: str | None, topic: str, before: Subscription | None, expected: tuple[SubscriptionState, str, int] | None
) -> None:
    """Whatever changes of hub, topic or our own address makes a new callback; what is wanted as it is stays."""
    changed = websub.heeded(Wish(FeedId("feed"), hub, topic), before, BASE, NOW, name)
    assert expected == (None if changed is None else (changed.state, changed.token, changed.revision))
    assert changed is None or NOW == changed.due_at


def test_a_request_says_what_it_must() -> None:
    """Callback, mode and topic; to subscribe also lease and secret."""
    ends = dict(websub.request(ENDING, POLICY))
    assert {"hub.callback": f"{BASE}/token", "hub.mode": "unsubscribe", "hub.topic": URL} == ends
    begins = {**ends, "hub.mode": "subscribe", "hub.lease_seconds": "864000", "hub.secret": "secret"}
    assert begins == dict(websub.request(SUBSCRIPTION, POLICY))


def test_a_hub_that_is_silent_is_asked_ever_more_rarely() -> None:
    """Each request moves the next one away, up to a day; a request to end is made three times."""
    subscription, gaps = ENDING, []
    for count in range(20):
        assert (count >= 3) is websub.given_up(subscription)
        subscription = websub.asked(subscription, NOW, POLICY)
        gaps.append(subscription.due_at - NOW)
    assert [10 * MINUTE, 16 * MINUTE, DAY] == [gaps[0], gaps[4], gaps[-1]]
    assert gaps == sorted(gaps)
    assert not websub.given_up(replace(LIVE, failures=9))


@pytest.mark.parametrize(
    ("before", "refused", "wait", "state", "again"),
    [
        (SUBSCRIPTION, True, timedelta(), SubscriptionState.REFUSED, DAY),
        (SUBSCRIPTION, False, timedelta(), SubscriptionState.ASKED, MINUTE),
        (SUBSCRIPTION, False, 2 * HOUR, SubscriptionState.ASKED, 2 * HOUR),
        (LIVE, True, timedelta(), SubscriptionState.LIVE, DAY),
    ],
)
def test_a_request_that_failed(
    before: Subscription, refused: bool, wait: timedelta, state: SubscriptionState, again: timedelta
) -> None:
    """It is made again after a while, at once a day's where it is refused; a lease that runs still counts."""
    after = websub.failed(before, "no" * 200, NOW, POLICY, refused=refused, wait=wait)
    assert (state, NOW + again, 160) == (after.state, after.due_at, len(after.message or ""))


@pytest.mark.parametrize(
    ("expected", "subscription", "mode", "topic", "age"),
    [
        (True, SUBSCRIPTION, "subscribe", URL, MINUTE),
        (True, LIVE, "subscribe", URL, MINUTE),
        (True, ENDING, "unsubscribe", URL, MINUTE),
        (False, SUBSCRIPTION, "unsubscribe", URL, MINUTE),
        (False, ENDING, "subscribe", URL, MINUTE),
        (False, SUBSCRIPTION, "subscribe", URL + "/", MINUTE),
        (False, SUBSCRIPTION, "subscribe", URL, HOUR),
        (False, replace(SUBSCRIPTION, asked_at=None), "subscribe", URL, MINUTE),
    ],
)
def test_verification_is_awaited(
    expected: bool, subscription: Subscription, mode: str, topic: str, age: timedelta
) -> None:
    """For what was asked, in the mode in which it was asked, for a while."""
    said = {"hub.mode": mode, "hub.topic": topic}
    assert expected is websub.awaits(subscription, said, NOW + age, POLICY)


@pytest.mark.parametrize(
    ("seconds", "lease", "renewal"),
    [
        ("86400", DAY, 18 * HOUR),
        ("10", timedelta(seconds=10), MINUTE),
        ("99999999999", timedelta(days=3650), timedelta(days=3650) * 0.75),
        ("0", POLICY.lease, POLICY.lease * 0.75),
        ("soon", POLICY.lease, POLICY.lease * 0.75),
        ("", POLICY.lease, POLICY.lease * 0.75),
        ("9" * 30, POLICY.lease, POLICY.lease * 0.75),
    ],
)
def test_the_lease_is_what_the_hub_grants(seconds: str, lease: timedelta, renewal: timedelta) -> None:
    """Where it grants none that can be read, what was asked for counts; renewal comes before the end."""
    live = websub.verified(replace(SUBSCRIPTION, failures=3, message="x"), {"hub.lease_seconds": seconds}, NOW, POLICY)
    assert (NOW + lease, NOW + renewal, 0, None) == (live.live_until, live.due_at, live.failures, live.message)
    assert NOW + lease == websub.live_until(live)


def test_a_denial_ends_it_for_a_day() -> None:
    """Nothing is relied on any more, and the hub's reason stands there."""
    after = websub.denied(LIVE, "", NOW, POLICY)
    assert (SubscriptionState.REFUSED, NOW + DAY) == (after.state, after.due_at)
    assert websub.live_until(after) is None
    assert websub.live_until(None) is None
    assert (1, NOW) == (websub.pinged(LIVE, NOW).pings, websub.pinged(LIVE, NOW).pinged_at)


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_signatures(method: str) -> None:
    """Each method of the recommendation, in any case; nothing else passes."""
    right = f"{method}={hmac.new(b'secret', b'body', getattr(hashlib, method)).hexdigest()}"
    assert websub.signed("secret", right, b"body")
    assert websub.signed("secret", f" {right.upper()} ", b"body")
    for wrong in (None, "", right[:-1], right.replace(method, "md5"), f"{method}=é"):
        assert not websub.signed("secret", wrong, b"body")
    assert not websub.signed("secret", right, b"body ")
    assert not websub.signed("other", right, b"body")


@pytest.mark.parametrize(
    ("words", "subscription"),
    [
        ("brings its news until 2026-01-08 12:00 UTC: 0 pings so far", LIVE),
        ("1 pings so far, the last 2026-01-07 12:00 UTC", websub.pinged(LIVE, NOW)),
        ("has run out", replace(LIVE, live_until=NOW)),
        ("not verified the subscription yet", SUBSCRIPTION),
        ("refuses to bring its news; asked again 2026-01-08 12:00 UTC (the hub denied it: it is full)",
         websub.denied(LIVE, "it is full", NOW, POLICY)),
        ("being ended", ENDING),
    ],
)  # fmt: skip
def test_people_are_told(words: str, subscription: Subscription) -> None:
    """Every state has its sentence."""
    assert words in websub.told(subscription, NOW)


@given(st.text(st.characters(exclude_categories=())), st.binary())
def test_no_signature_is_too_strange(header: str, body: bytes) -> None:
    """Whatever stands in the header, it is judged, and what nobody signed is not signed."""
    assert not websub.signed("secret", header, body)


@given(st.dictionaries(st.sampled_from(["hub.mode", "hub.topic", "hub.lease_seconds", "hub.reason"]), st.text()))
def test_no_call_is_too_strange(said: dict[str, str]) -> None:
    """Whatever a call says, it is judged; a lease ends in the future and is renewed before ten years are over."""
    websub.awaits(SUBSCRIPTION, said, NOW, POLICY)
    websub.denied(SUBSCRIPTION, said.get("hub.reason", ""), NOW, POLICY)
    live = websub.verified(SUBSCRIPTION, said, NOW, POLICY)
    assert live.live_until is not None
    assert NOW < live.live_until
    assert NOW < live.due_at <= NOW + timedelta(days=3650)
