"""Entries of feeds and their rows in the ledger."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storyfold.model.feeds import FeedSource
from storyfold.model.identity import ArticleId, EntryId
from storyfold.model.rereads import Reread


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a feed, before its page is read.

    Attributes:
        entry_id: deterministic (polling.md, 20).
        guid: the feed's own identifier, verbatim; None where it has none.
        url: link to the page, absolute, as the feed gives it; None where there is none.
        title: plain text; may be empty.
        summary: plain text; may be empty.
        content: full content as HTML (content:encoded, atom:content, content_html); may be empty.
        authors: names as the feed gives them.
        published_at: UTC; None where the feed is silent or unreadable.
        updated_at: likewise.
        date_clamped: whether a date lay in the future and was set to the time of sight.
        categories: as the feed gives them.
        image: absolute URL of a picture that belongs to it.
        language: BCP 47, where the feed states it.
        content_hash: SHA-256 hex over title, link, summary and content: another value is another revision.
    """

    entry_id: EntryId
    guid: str | None
    url: str | None
    title: str
    summary: str
    content: str
    authors: tuple[str, ...]
    published_at: datetime | None
    updated_at: datetime | None
    date_clamped: bool
    categories: tuple[str, ...]
    image: str | None
    language: str | None
    content_hash: str


class EntryState(StrEnum):
    """Where an entry stands in the ledger."""

    PENDING = "pending"
    RETRY = "retry"
    DONE = "done"
    REJECTED = "rejected"


class RejectReason(StrEnum):
    """Why an entry ended without an article of its own; the closed list that consumers see."""

    OLD = "old"  # listed by a feed on its first poll, older than the window: known, not news
    NO_LINK = "no-link"  # nothing to fetch, and no text in the feed either
    BAD_LINK = "bad-link"  # not a URL that may be fetched
    BLOCKED_ADDRESS = "blocked-address"  # resolves to an address that the config does not allow
    ROBOTS = "robots"  # robots.txt says no, and the feed carries no text to fall back on
    NOT_FOUND = "not-found"
    GONE = "gone"
    FORBIDDEN = "forbidden"
    CLIENT_ERROR = "client-error"
    SERVER_ERROR = "server-error"
    UNREACHABLE = "unreachable"  # dns, connect, tls or time-out, after all retries
    REDIRECTS = "redirects"
    TOO_LARGE = "too-large"
    NOT_HTML = "not-html"
    NO_TEXT = "no-text"  # a page without an article in it
    EXTRACTION_FAILED = "extraction-failed"  # the worker hung, crashed or ran out of memory, twice
    SAME_ARTICLE = "same-article"  # another entry led to this very article; the record names it


class RetryReason(StrEnum):
    """Why an entry is tried again later."""

    HOST_BUSY = "host-busy"  # too many of this host in hand; nothing was tried
    THROTTLED = "throttled"
    SERVER_ERROR = "server-error"
    UNREACHABLE = "unreachable"
    ROBOTS_UNREACHABLE = "robots-unreachable"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """An entry as the ledger holds it while it waits or is in hand.

    Attributes:
        entry: as polled.
        feed: the feed that lists it, as registered.
        revision: 1 when first taken up, one more each time its content changed.
        attempts: how often it was tried and put off, at this revision.
        first_seen_at: when polling first met it, at revision 1.
        taken_up_at: when polling met this revision.
        again: set where the entry has led to an article and its page is to be looked at once more; the row itself has
            ended and stays so.
    """

    entry: Entry
    feed: FeedSource
    revision: int
    attempts: int
    first_seen_at: datetime
    taken_up_at: datetime
    again: Reread | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """A ledger row that has ended: with an article (reason None) or without one.

    Attributes:
        entry_id: which row.
        revision: at which revision; a row that has meanwhile been taken up anew stays open.
        reason: None for `done`.
        article_id: the article it led to; for `SAME_ARTICLE` the one that was there before.
        at: when.
    """

    entry_id: EntryId
    revision: int
    reason: RejectReason | None
    article_id: ArticleId | None
    at: datetime


@dataclass(frozen=True, slots=True)
class PutOff:
    """A ledger row that is tried again later.

    Attributes:
        entry_id: which row.
        revision: at which revision.
        reason: why.
        due_at: not before.
        counted: whether this was an attempt (a busy host is not).
    """

    entry_id: EntryId
    revision: int
    reason: RetryReason
    due_at: datetime
    counted: bool
