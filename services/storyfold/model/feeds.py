"""Feeds as they are registered, and what polling remembers of each."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from storyfold.model.identity import EntryId, FeedId, PublisherId


@dataclass(frozen=True, slots=True)
class Publisher:
    """The house behind a feed.

    Attributes:
        publisher_id: stable name; the registrable domain unless the feeds file says otherwise.
        name: as shown to people.
        domain: registrable domain (or address) of its site.
        country: ISO 3166-1 alpha-2, or None where unknown.
    """

    publisher_id: PublisherId
    name: str
    domain: str
    country: str | None = None


class BodyPolicy(StrEnum):
    """Where the body of a feed's articles is taken from."""

    PAGE = "page"
    FEED = "feed"


@dataclass(frozen=True, slots=True)
class FeedSource:
    """A feed as its owner registered it.

    Attributes:
        feed_id: made from the registered URL.
        url: where it was registered; `PollState.url` is where it is now.
        publisher: the house behind it.
        title: as shown to people.
        tags: the owner's own words.
        language: BCP 47, where the owner states it.
        interval: polled this often instead of adaptively.
        obey_robots: whether robots.txt also governs the feed itself (pages always obey).
        body: whether pages are fetched at all.
    """

    feed_id: FeedId
    url: str
    publisher: Publisher
    title: str
    tags: tuple[str, ...] = ()
    language: str | None = None
    interval: timedelta | None = None
    obey_robots: bool = False
    body: BodyPolicy = BodyPolicy.PAGE


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave to ask it later whether anything changed (RFC 9110, 8.8); verbatim."""

    etag: str | None = None
    last_modified: str | None = None


class PollOutcome(StrEnum):
    """How a poll ended; the closed list that metrics and logs use."""

    NEW_ENTRIES = "new-entries"
    UNCHANGED = "unchanged"  # parsed, nothing new in it
    SAME_BODY = "same-body"  # 200 with the bytes of last time; not parsed
    NOT_MODIFIED = "not-modified"
    DNS = "dns"
    TLS = "tls"
    CONNECT = "connect"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"
    REDIRECTS = "redirects"
    BLOCKED_ADDRESS = "blocked-address"
    TOO_LARGE = "too-large"
    UNAUTHORISED = "unauthorised"  # 401, 403, 407, 451
    NOT_FOUND = "not-found"
    GONE = "gone"
    THROTTLED = "throttled"  # 429, and 503 with Retry-After
    CLIENT_ERROR = "client-error"
    SERVER_ERROR = "server-error"
    NOT_A_FEED = "not-a-feed"
    PARSER_FAILED = "parser-failed"  # hung, crashed, or ran out of memory
    ROBOTS = "robots"
    ROBOTS_UNREACHABLE = "robots-unreachable"  # what robots.txt says is not known: no, for now


class Identity(StrEnum):
    """By what the entries of a feed are known (polling.md, 20)."""

    GUID = "guid"
    LINK = "link"  # its guids change from one fetch to the next


class Silence(StrEnum):
    """What is wrong with a feed that answers well (polling.md, 27)."""

    OK = "ok"
    QUIET = "quiet"  # nothing new for far longer than its rhythm
    EMPTY = "empty"  # parses, but has listed nothing for long
    UNDATED = "undated"  # none of its entries has a date
    STUCK_VALIDATORS = "stuck-validators"  # its server hid entries behind a 304
    PARSE_DEGRADED = "parse-degraded"  # read only as far as it could be


@dataclass(frozen=True, slots=True)
class PastPoll:
    """One line of a feed's history.

    Attributes:
        at: when the poll ended.
        outcome: how.
        new: entries and revisions taken up.
        message: a sentence about it, cut short; None where there was nothing to say.
    """

    at: datetime
    outcome: PollOutcome
    new: int = 0
    message: str | None = None


@dataclass(frozen=True, slots=True)
class RedirectEvidence:
    """A permanent redirect that was seen, and how often it was confirmed."""

    target: str
    confirmations: int
    since: datetime


@dataclass(frozen=True, slots=True)
class PollState:
    """What polling remembers of a feed between polls.

    Attributes:
        url: where the feed is asked for now.
        next_poll_at: not before this moment.
        validators: of the last body that parsed.
        body_hash: SHA-256 hex of the last body that parsed.
        interval: the adaptive interval learned so far; None before the second poll.
        last_poll_at: when the last poll ended.
        last_outcome: how.
        last_message: a sentence for people about the last failure, or about what was wrong with a document that parsed
            all the same; None where there is nothing to say.
        last_success_at: the last 200 that parsed, or 304.
        last_new_at: when entries last turned out to be new.
        failures: in a row; 0 after a success.
        polls_since_unconditional: conditional requests in a row (one in N is sent without validators).
        primed: whether a first poll has told which entries are old.
        redirect: pending evidence for a move.
        previous_urls: where it was before it moved, oldest first.
        moved_at: when it last moved.
        unwanted_urls: where a person said that it does not belong: it does not move there again by itself.
        gone_since: first 410 in a row.
        retired_at: set when the feed is polled no more than now and then, because it said 410 for days.
        retry_after: the server's own word, where it still lies ahead.
        fresh_until: by max-age or Expires.
        unconditional_at: when it was last asked for without validators.
        validators_off_until: no validators are sent before then, because the server answered 304 over new entries.
        false_304s: how often the server was caught at that.
        identity: by what its entries are known.
        ttl: between polls, as the feed itself asks (RSS ttl, syndication module).
        skip_hours: hours of the day in UTC without news, as the feed says.
        skip_days: days of the week without news, Monday is 0, as the feed says.
        link_marks: which guid stood beside which link in the last document (`storyfold.feeds.identity`).
        listed_count: entries in the last document that parsed; None before there was one.
        dated_count: how many of them had a date.
        empty_since: first document in a row without entries.
        news_interval: the adaptive interval when entries were last new: what silence is measured by.
        degraded: what kept the last document from being read whole; None where it was.
        history: the last polls, newest first.
        hub: the WebSub hub that the last document that parsed named.
        self_url: what that document calls itself: what is subscribed to.
    """

    url: str
    next_poll_at: datetime
    validators: Validators = field(default_factory=Validators)
    body_hash: str | None = None
    interval: timedelta | None = None
    last_poll_at: datetime | None = None
    last_outcome: PollOutcome | None = None
    last_message: str | None = None
    last_success_at: datetime | None = None
    last_new_at: datetime | None = None
    failures: int = 0
    polls_since_unconditional: int = 0
    primed: bool = False
    redirect: RedirectEvidence | None = None
    previous_urls: tuple[str, ...] = ()
    gone_since: datetime | None = None
    retired_at: datetime | None = None
    retry_after: datetime | None = None
    fresh_until: datetime | None = None
    unconditional_at: datetime | None = None
    validators_off_until: datetime | None = None
    false_304s: int = 0
    identity: Identity = Identity.GUID
    ttl: timedelta | None = None
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()
    link_marks: tuple[str, ...] = ()
    listed_count: int | None = None
    dated_count: int = 0
    empty_since: datetime | None = None
    news_interval: timedelta | None = None
    degraded: str | None = None
    history: tuple[PastPoll, ...] = ()
    hub: str | None = None
    self_url: str | None = None
    moved_at: datetime | None = None
    unwanted_urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Feed:
    """A registered feed together with what polling remembers of it.

    Attributes:
        source: as registered.
        state: what polling remembers.
        pushed_until: until when a hub is to bring its news; None where none does, or nobody has looked.
    """

    source: FeedSource
    state: PollState
    pushed_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class KnownEntry:
    """What the ledger tells polling about an entry it has met before.

    Attributes:
        entry_id: which.
        revision: the latest that was taken up.
        content_hash: of that revision.
        first_seen_at: when revision 1 was taken up; None where the ledger does not tell.
    """

    entry_id: EntryId
    revision: int
    content_hash: str
    first_seen_at: datetime | None = None
