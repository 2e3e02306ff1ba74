"""Subscriptions to hubs (WebSub, W3C Recommendation of 23 January 2018), and what may come of a call from one."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storyfold.model.identity import FeedId


class SubscriptionState(StrEnum):
    """Where a subscription stands."""

    ASKED = "asked"  # the hub has been asked, or is about to be, and has not verified it
    LIVE = "live"  # verified; pings come
    REFUSED = "refused"  # the hub will not have it; asked again much later
    ENDING = "ending"  # the hub has been asked, or is about to be, to stop


@dataclass(frozen=True, slots=True)
class Subscription:
    """What is agreed with a hub about one feed.

    Attributes:
        feed_id: whose news it brings.
        hub: who is asked.
        topic: what is subscribed to: what the feed calls itself, else its address.
        callback: where the hub reaches us.
        token: the last part of the callback, which nobody can guess.
        secret: by which the hub signs; never shown.
        state: where it stands.
        due_at: when to ask the hub for something next: first time, renewal, or once more.
        revision: of what the store has; a change of an older revision is not taken.
        asked_at: the last request to the hub; None before the first.
        live_until: the end of the lease; None before the first verification and after a denial.
        failures: requests in a row that no verification followed.
        message: a sentence about what went wrong last; None where nothing did.
        pings: signed deliveries so far.
        pinged_at: the last of them.
    """

    feed_id: FeedId
    hub: str
    topic: str
    callback: str
    token: str
    secret: str
    state: SubscriptionState
    due_at: datetime
    revision: int = 0
    asked_at: datetime | None = None
    live_until: datetime | None = None
    failures: int = 0
    message: str | None = None
    pings: int = 0
    pinged_at: datetime | None = None


class WebSubOutcome(StrEnum):
    """How one exchange with a hub ended, either way; the closed list that metrics use."""

    ASKED = "asked"  # the hub took our request
    HUB_REFUSED = "hub-refused"  # it answered with an error
    HUB_UNREACHABLE = "hub-unreachable"  # it did not answer, or may not be contacted
    VERIFIED = "verified"
    UNSUBSCRIBED = "unsubscribed"
    DENIED = "denied"  # the hub says that it will not (any more)
    UNEXPECTED = "unexpected"  # a verification that nobody asked for
    UNKNOWN = "unknown"  # a call to a callback that does not exist
    DELIVERED = "delivered"  # the entries of a signed document were taken
    FETCHED = "fetched"  # a signed body that is no feed: the feed was fetched instead
    BAD_SIGNATURE = "bad-signature"  # answered 2xx and thrown away
    TOO_LARGE = "too-large"
    TOO_SLOW = "too-slow"
    TOO_OFTEN = "too-often"
    BUSY = "busy"  # too many deliveries in hand
    LOST = "lost"  # the feed was in other hands for too long, or has left; the next poll finds what it brought


class Admission(StrEnum):
    """Whether the body of a call is to be read."""

    ADMITTED = "admitted"
    UNKNOWN = "unknown"
    TOO_OFTEN = "too-often"
    BUSY = "busy"
