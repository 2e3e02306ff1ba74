"""Identifiers: deterministic, so that a repeated step names the same thing."""

import hashlib
import uuid
from datetime import datetime
from typing import NewType

FeedId = NewType("FeedId", str)
PublisherId = NewType("PublisherId", str)
EntryId = NewType("EntryId", str)
ArticleId = NewType("ArticleId", str)
EventId = NewType("EventId", str)
ChangeId = NewType("ChangeId", str)

# The namespace of every UUIDv5 made here; itself the UUIDv5 of "storyfold" in the RFC 9562 URL namespace.
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "storyfold")


def feed_id_of(url: str) -> FeedId:
    """Name a feed after the URL it was first registered under.

    Args:
        url: the feed's URL, as the feeds file gives it.

    Returns:
        A UUIDv5 in text form; stays the same when the feed later moves.
    """
    return FeedId(str(uuid.uuid5(NAMESPACE, f"feed {url}")))


def entry_id_of(feed: FeedId, key: str) -> EntryId:
    """Name an entry by its feed and the key that identifies it there.

    Args:
        feed: the feed that lists the entry.
        key: guid, canonical link, or a hash of its content, prefixed by which of them it is.
    """
    return EntryId(str(uuid.uuid5(NAMESPACE, f"entry {feed} {key}")))


def article_id_of(canonical_url: str) -> ArticleId:
    """Name an article by its canonical URL.

    Args:
        canonical_url: in canonical form (see `storyfold.urls.canonical`); for an article that has no page of its
            own, ``publisher:guid``.
    """
    return ArticleId(str(uuid.uuid5(NAMESPACE, f"article {canonical_url}")))


def event_id_of(first: ArticleId, at: datetime) -> EventId:
    """Make an event's id from its first article.

    A UUIDv7 (RFC 9562, 5.7), so that ids sort by time; its random bits are drawn from the article's id, so that
    folding the same article again names the same event.

    Args:
        first: the article that opened the event.
        at: the time the article is placed at; aware.
    """
    milliseconds = max(0, int(at.timestamp() * 1000)) & ((1 << 48) - 1)
    noise = int.from_bytes(hashlib.sha256(f"event {first}".encode()).digest()[:10])
    value = milliseconds << 80 | 0x7 << 76 | (noise >> 62 & 0xFFF) << 64 | 0b10 << 62 | noise & ((1 << 62) - 1)
    return EventId(str(uuid.UUID(int=value)))


def change_id_of(event: EventId, to_version: int) -> ChangeId:
    """Name the change that led an event to a version; each version has exactly one.

    Args:
        event: the event that changed.
        to_version: the version it led to, from 1.
    """
    return ChangeId(str(uuid.uuid5(NAMESPACE, f"change {event} {to_version}")))
