"""The table of subscriptions to hubs: a change is taken only where it was made of what stands there."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, exists, insert, select, update

from storyfold.edges.store.documents import Codec
from storyfold.edges.store.tables import feeds, subscriptions
from storyfold.model.identity import FeedId
from storyfold.model.websub import Subscription, SubscriptionState

_SUBSCRIPTION: Codec[Subscription] = Codec(Subscription)


def subscription_of(connection: Connection, feed_id: FeedId) -> Subscription | None:
    """See `SubscriptionStore.subscription_of`."""
    return _first(connection, select(subscriptions.c.document).where(subscriptions.c.feed_id == feed_id))


def subscription_at(connection: Connection, token: str) -> Subscription | None:
    """See `SubscriptionStore.subscription_at`."""
    return _first(connection, select(subscriptions.c.document).where(subscriptions.c.token == token))


def due_subscriptions(connection: Connection, now: datetime, limit: int) -> tuple[Subscription, ...]:
    """See `SubscriptionStore.due_subscriptions`."""
    query = select(subscriptions.c.document).where(subscriptions.c.due_at <= now).order_by(subscriptions.c.due_at)
    return _all(connection, query.limit(limit))


def left_subscriptions(connection: Connection, limit: int) -> tuple[Subscription, ...]:
    """See `SubscriptionStore.left_subscriptions`."""
    polled = exists().where(feeds.c.feed_id == subscriptions.c.feed_id, feeds.c.due_at.is_not(None))
    query = select(subscriptions.c.document).where(~polled, subscriptions.c.state != SubscriptionState.ENDING.value)
    return _all(connection, query.limit(limit))


def all_subscriptions(connection: Connection) -> tuple[Subscription, ...]:
    """See `SubscriptionStore.subscriptions`."""
    return _all(connection, select(subscriptions.c.document).order_by(subscriptions.c.feed_id))


def count_subscriptions(connection: Connection) -> Mapping[SubscriptionState, int]:
    """See `SubscriptionStore.subscription_counts`."""
    states = Counter(connection.execute(select(subscriptions.c.state)).scalars())
    return {state: states[state.value] for state in SubscriptionState}


def save_subscription(connection: Connection, subscription: Subscription) -> bool:
    """See `SubscriptionStore.save_subscription`."""
    now = replace(subscription, revision=subscription.revision + 1)
    values = {
        "feed_id": now.feed_id,
        "token": now.token,
        "revision": now.revision,
        "state": now.state.value,
        "due_at": now.due_at,
        "document": _SUBSCRIPTION.encode(now),
    }
    here = subscriptions.c.feed_id == now.feed_id
    if subscription.revision == 0:
        if connection.execute(select(subscriptions.c.feed_id).where(here)).first() is not None:
            return False
        connection.execute(insert(subscriptions), [values])
        return True
    change = update(subscriptions).where(here, subscriptions.c.revision == subscription.revision).values(values)
    return connection.execute(change).rowcount == 1


def drop_subscription(connection: Connection, subscription: Subscription) -> bool:
    """See `SubscriptionStore.drop_subscription`."""
    here = (subscriptions.c.feed_id == subscription.feed_id, subscriptions.c.revision == subscription.revision)
    return connection.execute(delete(subscriptions).where(*here)).rowcount == 1


def _first(connection: Connection, query: Select[Any]) -> Subscription | None:
    text = connection.execute(query).scalar()
    return None if text is None else _SUBSCRIPTION.decode(text)


def _all(connection: Connection, query: Select[Any]) -> tuple[Subscription, ...]:
    return tuple(map(_SUBSCRIPTION.decode, connection.execute(query).scalars()))
