"""WebSub: what to ask of hubs and what to make of their calls, as pure decisions (polling.md, 26).

A change returns the subscription as it is to be stored; the pipeline stores it, or finds that somebody was faster.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, assert_never

from storyfold.model.feeds import Feed
from storyfold.model.identity import FeedId
from storyfold.model.websub import Subscription, SubscriptionState

# WebSub, 8: what hubs may sign with. SHA-1 is in wide use, and broken only where the attacker writes both messages.
_METHODS: Final = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}
# A request is renewed when this share of its lease is over: the rest is for a hub that is down for a while.
_RENEWED_AT: Final = 0.75
# After so many requests to end that nobody verified, the lease is left to run out: its pings meet no callback.
_LAST_WORDS: Final = 3
_MESSAGE: Final = 160
_TEN_YEARS: Final = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class WebSubPolicy:
    """How subscriptions are kept.

    Attributes:
        lease: asked of hubs; what a hub grants is what counts.
        verified_within: a hub that has not called back for so long is asked again, and what comes later is refused.
        first_retry: until a hub that failed is asked again; doubled each time.
        last_retry: at most; also until a hub that refused is asked again.
        pings: taken a minute from one hub for one feed; a hub that sends more is told 429.
    """

    lease: timedelta = timedelta(days=10)
    verified_within: timedelta = timedelta(minutes=10)
    first_retry: timedelta = timedelta(minutes=1)
    last_retry: timedelta = timedelta(days=1)
    pings: int = 60


@dataclass(frozen=True, slots=True)
class Wish:
    """What a feed should be subscribed to: None for a hub where it should not be."""

    feed_id: FeedId
    hub: str | None
    topic: str


def wish_of(feed: Feed) -> Wish:
    """Read off a feed what its last document said about hubs.

    Args:
        feed: as polled.
    """
    return Wish(feed.source.feed_id, feed.state.hub, feed.state.self_url or feed.state.url)


def heeded(
    wish: Wish, before: Subscription | None, base: str, now: datetime, name: Callable[[], str]
) -> Subscription | None:
    """Change a subscription to what a feed wants.

    Args:
        wish: what it wants.
        before: what there is.
        base: under which callbacks stand, without a slash at the end.
        now: the present.
        name: makes text that nobody can guess.

    Returns:
        The subscription as it should be; None where nothing is to be changed.
    """
    if wish.hub is None:
        return None if before is None or before.state is SubscriptionState.ENDING else ended(before, now)
    same = before is not None and (before.hub, before.topic) == (wish.hub, wish.topic)
    if before is not None and same and before.callback == f"{base}/{before.token}":
        ending = before.state is SubscriptionState.ENDING
        return replace(before, state=SubscriptionState.ASKED, due_at=now, failures=0) if ending else None
    token = name()
    return Subscription(
        feed_id=wish.feed_id,
        hub=wish.hub,
        topic=wish.topic,
        callback=f"{base}/{token}",
        token=token,
        secret=name(),
        state=SubscriptionState.ASKED,
        due_at=now,
        revision=0 if before is None else before.revision,
    )


def ended(subscription: Subscription, now: datetime) -> Subscription:
    """Give a subscription up: the hub is to be told at once."""
    return replace(subscription, state=SubscriptionState.ENDING, due_at=now, asked_at=None, failures=0, message=None)


def given_up(subscription: Subscription) -> bool:
    """Whether a hub has been asked to stop often enough."""
    return subscription.state is SubscriptionState.ENDING and subscription.failures >= _LAST_WORDS


def asked(subscription: Subscription, now: datetime, policy: WebSubPolicy) -> Subscription:
    """Right before a request: hubs may verify it before they answer it."""
    failures = subscription.failures + 1
    again = now + max(policy.verified_within, _backoff(failures, policy))
    return replace(subscription, asked_at=now, failures=failures, due_at=again)


def request(subscription: Subscription, policy: WebSubPolicy) -> tuple[tuple[str, str], ...]:
    """The form to be posted to the hub (WebSub, 5.1).

    Args:
        subscription: to be begun, renewed or ended.
        policy: the lease to ask for.
    """
    ending = subscription.state is SubscriptionState.ENDING
    fields = (
        ("hub.callback", subscription.callback),
        ("hub.mode", "unsubscribe" if ending else "subscribe"),
        ("hub.topic", subscription.topic),
    )
    if ending:
        return fields
    seconds = int(policy.lease.total_seconds())
    return (*fields, ("hub.lease_seconds", str(seconds)), ("hub.secret", subscription.secret))


def failed(
    subscription: Subscription, message: str, now: datetime, policy: WebSubPolicy, *, refused: bool, wait: timedelta
) -> Subscription:
    """After a request that the hub did not take: asked again after a while; a lease that runs still counts.

    Args:
        subscription: as stored now, the hub may have called meanwhile.
        message: a sentence for people.
        now: the present.
        policy: how soon to ask again.
        refused: whether the hub said that the request itself is wrong: asking soon will not help.
        wait: what the hub asked for (Retry-After).
    """
    again = now + max(wait, policy.last_retry if refused else _backoff(subscription.failures, policy))
    lost = refused and subscription.state is SubscriptionState.ASKED
    state = SubscriptionState.REFUSED if lost else subscription.state
    return replace(subscription, state=state, due_at=again, message=message[:_MESSAGE])


def awaits(subscription: Subscription, said: Mapping[str, str], now: datetime, policy: WebSubPolicy) -> bool:
    """Whether a hub's verification of intent is one that was asked for (WebSub, 5.3).

    Args:
        subscription: whose callback was called.
        said: parameters of the call.
        now: the present.
        policy: for how long verification is awaited.
    """
    ending = subscription.state is SubscriptionState.ENDING
    return (
        said.get("hub.mode") == ("unsubscribe" if ending else "subscribe")
        and said.get("hub.topic") == subscription.topic
        and subscription.asked_at is not None
        and now - subscription.asked_at <= policy.verified_within
    )


def verified(subscription: Subscription, said: Mapping[str, str], now: datetime, policy: WebSubPolicy) -> Subscription:
    """After a verification of intent that was awaited: live for the lease that the hub grants.

    Args:
        subscription: that awaited it.
        said: parameters of the call.
        now: the present.
        policy: the lease that was asked for, where the hub names none.
    """
    text = said.get("hub.lease_seconds", "")
    seconds = int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else 0
    lease = min(timedelta(seconds=seconds), _TEN_YEARS) if seconds else policy.lease
    # However short a lease is, a hub is not asked more often than the first retry says.
    renewal = max(lease * _RENEWED_AT, policy.first_retry)
    return replace(
        subscription,
        state=SubscriptionState.LIVE,
        live_until=now + lease,
        due_at=now + renewal,
        failures=0,
        message=None,
    )


def denied(subscription: Subscription, reason: str, now: datetime, policy: WebSubPolicy) -> Subscription:
    """After the hub's word that it will not, or not any more (WebSub, 5.2).

    Args:
        subscription: that it denies.
        reason: in the hub's words; may be empty.
        now: the present.
        policy: when to ask again.
    """
    message = f"the hub denied it: {reason or 'it gave no reason'}"[:_MESSAGE]
    due_at = now + policy.last_retry
    return replace(
        subscription, state=SubscriptionState.REFUSED, live_until=None, due_at=due_at, failures=0, message=message
    )


def pinged(subscription: Subscription, now: datetime) -> Subscription:
    """After a signed delivery."""
    return replace(subscription, pings=subscription.pings + 1, pinged_at=now)


def live_until(subscription: Subscription | None) -> datetime | None:
    """Until when pings may be relied on; None where they may not."""
    if subscription is None or subscription.state is not SubscriptionState.LIVE:
        return None
    return subscription.live_until


def signed(secret: str, header: str | None, body: bytes) -> bool:
    """Whether a delivery is signed with the secret (WebSub, 8): ``X-Hub-Signature: method=hex``.

    Args:
        secret: that the hub was given.
        header: verbatim; None where missing.
        body: as received.
    """
    method, _, signature = (header or "").strip().partition("=")
    digest = _METHODS.get(method.lower())
    if digest is None:
        return False
    expected = hmac.new(secret.encode(), body, digest).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.strip().lower().encode("utf-8", "replace"))


def told(subscription: Subscription, now: datetime) -> str:
    """Say for people where a subscription stands.

    Args:
        subscription: of a feed.
        now: the present.
    """
    hub, message = subscription.hub, subscription.message
    match subscription.state:
        case SubscriptionState.LIVE if subscription.live_until is not None and subscription.live_until > now:
            last = "" if subscription.pinged_at is None else f", the last {_moment(subscription.pinged_at)}"
            text = f"its hub {hub} brings its news until {_moment(subscription.live_until)}"
            text = f"{text}: {subscription.pings} pings so far{last}"
        case SubscriptionState.LIVE:
            text = f"the subscription at its hub {hub} has run out, and could not be renewed"
        case SubscriptionState.ASKED:
            text = f"its hub {hub} has not verified the subscription yet; asked again {_moment(subscription.due_at)}"
        case SubscriptionState.REFUSED:
            text = f"its hub {hub} refuses to bring its news; asked again {_moment(subscription.due_at)}"
        case SubscriptionState.ENDING:
            text = f"the subscription at {hub} is being ended"
        case _:
            assert_never(subscription.state)
    return text if message is None else f"{text} ({message})"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _backoff(failures: int, policy: WebSubPolicy) -> timedelta:
    doublings = min(max(failures - 1, 0), 20)
    return min(policy.first_retry * (1 << doublings), policy.last_retry)
