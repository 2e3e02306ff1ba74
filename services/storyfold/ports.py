"""Ports: every seam between decisions and the world, as protocols and their errors. No logic stands here.

Errors, one tree a port::

    FetchError                  Fetcher: no response worth reading
    ├── BadUrl                  not http(s), no host, a port that is not allowed, too long
    ├── BlockedAddress          resolves to an address the config does not allow
    ├── DnsFailed
    ├── ConnectFailed
    ├── TlsFailed
    ├── DeadlineExceeded
    ├── BodyTooLarge
    ├── TooManyRedirects        more than allowed, or a loop
    └── BadResponse             not HTTP, wrong length, broken encoding

    WorkerFailed                Extractor, FeedParser: the work did not end well; the worker is gone
    ├── WorkerHung              deadline passed
    └── WorkerDied              crashed or ran out of memory

    StoreError                  Store
    ├── StoreUnavailable        not there, locked or full: worth trying again
    ├── StoreConflict           what a decision rests on has changed: look again and decide anew
    ├── ShardTaken              the fold shard has another owner now: let go of it
    └── StoreBroken             wrong schema, read-only, corrupt: a person must act

    PublisherError              Publisher
    ├── PublisherUnavailable    broker not there: worth trying again
    ├── PublisherFenced         a younger publisher has taken over
    └── RecordRefused           a record the broker will not take
        └── RecordTooLarge      because of its size
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar

from storyfold.hosts.memory import HostKept, RobotsKept
from storyfold.model.articles import PlacedArticle
from storyfold.model.commit import Commit, FeedSync, FoldedArticle, LedgerCounts, WindowPart, WindowState
from storyfold.model.curation import Curation, CurationOrder
from storyfold.model.entries import LedgerEntry
from storyfold.model.events import Change, Event
from storyfold.model.features import Features
from storyfold.model.feeds import Feed, FeedSource, KnownEntry
from storyfold.model.fetching import FetchRequest, FetchResponse
from storyfold.model.identity import ArticleId, EntryId, EventId, FeedId
from storyfold.model.metrics import Metric
from storyfold.model.page import NoArticle, Page, PageArticle, ParsedFeed
from storyfold.model.records import OutboxRow, Record, Topic
from storyfold.model.retention import Pruned, Retention
from storyfold.model.shards import Shard, ShardClaim, Turn
from storyfold.model.websub import Admission, Subscription, SubscriptionState, WebSubOutcome

T = TypeVar("T")


class Clock(Protocol):
    """Time. The only source of it."""

    def now(self) -> datetime:
        """Wall clock, UTC, aware."""
        ...

    def steady(self) -> float:
        """Seconds on a clock that never jumps; only differences mean anything."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after so many seconds of the steady clock."""
        ...


# -- fetching ---------------------------------------------------------------------------------------------------------


class FetchError(Exception):
    """No response worth reading. The message says what happened to which URL."""

    def __init__(self, url: str, message: str) -> None:
        super().__init__(f"{message} ({url})")
        self.url = url


class BadUrl(FetchError):
    """Not a URL that may be fetched."""


class BlockedAddress(FetchError):
    """The host resolves to an address that the config does not allow."""


class DnsFailed(FetchError):
    """The name did not resolve."""


class ConnectFailed(FetchError):
    """No connection, or it broke before the response was whole."""


class TlsFailed(FetchError):
    """No trusted encrypted connection."""


class DeadlineExceeded(FetchError):
    """The whole exchange took longer than it may."""


class BodyTooLarge(FetchError):
    """More bytes, compressed or not, than the limit."""


class TooManyRedirects(FetchError):
    """More redirects than the limit, or a loop."""


class BadResponse(FetchError):
    """What came is not HTTP, has the wrong length, or does not decompress."""


class Fetcher(Protocol):
    """Gets bytes by HTTP within limits. Knows nothing of politeness: `Politeness` in the pipeline does."""

    async def fetch(self, request: FetchRequest) -> FetchResponse:
        """Make one exchange, following redirects.

        Returns:
            The last response, whatever its status.

        Raises:
            FetchError: one of its kinds; nothing else.
        """
        ...


class Gate(Protocol):
    """Lets callers near a host, a few at a time."""

    def slot(self, url: str, *, paced: bool) -> AbstractAsyncContextManager[None]:
        """Wait for a slot of the URL's host (scheme, host, port); paced ones are also spaced by the host's interval."""
        ...

    def hold_off(self, url: str, until: datetime) -> None:
        """Let nobody near the host before then (Retry-After)."""
        ...

    async def allowed(self, url: str) -> bool | None:
        """What robots.txt says of a URL for us; None where robots.txt cannot be reached (treat as no for now)."""
        ...

    def wait_of(self, url: str) -> timedelta:
        """How long a caller who asks for a paced slot now would wait for it."""
        ...


# -- work in processes ------------------------------------------------------------------------------------------------


class WorkerFailed(Exception):
    """The work did not end well and its worker is gone; others go on."""


class WorkerHung(WorkerFailed):
    """The deadline passed and the worker was killed."""


class WorkerDied(WorkerFailed):
    """The worker crashed or ran out of memory."""


class FeedParser(Protocol):
    """Parses feed documents away from the event loop."""

    async def parse(self, response: FetchResponse, seen_at: datetime, source: FeedSource) -> ParsedFeed | None:
        """Parse a body.

        Args:
            response: with status 200.
            seen_at: the time of sight, for dates in the future.
            source: the feed as registered; its id names the entries.

        Returns:
            The feed, or None where the body is not one in any format known here.

        Raises:
            WorkerFailed: the parser hung or died on it.
        """
        ...


class Extractor(Protocol):
    """Takes articles out of pages away from the event loop."""

    async def extract(self, page: Page) -> tuple[PageArticle, Features] | NoArticle:
        """Extract the article and what folding needs of it.

        Raises:
            WorkerFailed: extraction hung or died on it.
        """
        ...


# -- the store --------------------------------------------------------------------------------------------------------


class StoreError(Exception):
    """The store could not do what was asked; nothing of it was done."""


class StoreUnavailable(StoreError):
    """Not there, locked or full; worth trying again."""


class StoreConflict(StoreError):
    """What a fold shard's decision rests on has changed meanwhile; look again and decide anew."""


class ShardTaken(StoreError):
    """The fold shard has another owner now; whoever is told this lets go of it."""


class StoreBroken(StoreError):
    """Read-only, corrupt or of another schema; a person must act, and the message says how."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Current state for a broker that has lost everything.

    Attributes:
        sequence: the outbox position it stands for: everything up to and including it is covered.
        articles: the latest version of each article inside the retention, oldest first.
        events: all that are not closed, merged or retracted, at their current version.
        pending: outbox rows up to `sequence` of other topics that never left.
    """

    sequence: int
    articles: AsyncIterator[PlacedArticle]
    events: AsyncIterator[Event]
    pending: AsyncIterator[OutboxRow]


class HostStore(Protocol):
    """What hosts asked for, beyond one process and one run. All raise `StoreError` kinds only."""

    async def keep_hosts(self, hosts: Sequence[HostKept], robots: Sequence[RobotsKept]) -> None:
        """Write down what hosts asked for; of two memories of a host the later wish stands, of a robots.txt the newer.

        Args:
            hosts: each host once.
            robots: each origin once.
        """
        ...

    async def kept_hosts(self, now: datetime, limit: int) -> tuple[HostKept, ...]:
        """What still matters of hosts, the longest lasting first, at most `limit`."""
        ...

    async def kept_robots(self, origin: str) -> RobotsKept | None:
        """The robots.txt last read of an origin, whether or not it is still believed."""
        ...


class SubscriptionStore(Protocol):
    """Subscriptions to hubs, at most one a feed. All raise `StoreError` kinds only."""

    async def subscription_of(self, feed_id: FeedId) -> Subscription | None:
        """The subscription of a feed."""
        ...

    async def subscription_at(self, token: str) -> Subscription | None:
        """The subscription whose callback has this token."""
        ...

    async def due_subscriptions(self, now: datetime, limit: int) -> tuple[Subscription, ...]:
        """Those for which the hub is to be asked for something, most overdue first, at most `limit`."""
        ...

    async def left_subscriptions(self, limit: int) -> tuple[Subscription, ...]:
        """Those not being ended whose feed is not registered (any more), at most `limit`."""
        ...

    async def subscriptions(self) -> tuple[Subscription, ...]:
        """All of them, by feed id."""
        ...

    async def subscription_counts(self) -> Mapping[SubscriptionState, int]:
        """How many there are in each state."""
        ...

    async def save_subscription(self, subscription: Subscription) -> bool:
        """Store a change, as the next revision.

        Returns:
            False where nothing was done: what is stored is not of the revision that was changed (0: there is none).
        """
        ...

    async def drop_subscription(self, subscription: Subscription) -> bool:
        """Forget a subscription; False where what is stored is of another revision."""
        ...


class Store(HostStore, SubscriptionStore, Protocol):
    """Everything that outlives the process. Each method is one transaction; all raise `StoreError` kinds only."""

    async def apply(self, commit: Commit) -> None:
        """Apply a decision, whole or not at all; returns when it is on disk.

        Calls that wait at the same time may share one transaction; decisions take effect in the order of the calls.

        Raises:
            StoreConflict: see `Commit.shard`; nothing was done.
            ShardTaken: likewise.
        """
        ...

    # feeds
    async def register(self, sources: Sequence[FeedSource], now: datetime) -> FeedSync:
        """Make the registered feeds be these.

        A feed that leaves is kept but not polled; one that is new is due now; one that comes back is due when its
        memory says; one whose owner wants it more often is due sooner (`storyfold.feeds.timing.after_edit`).
        """
        ...

    async def lease_feeds(self, owner: str, now: datetime, lease: timedelta, limit: int) -> tuple[Feed, ...]:
        """Take feeds that are due and not leased, most overdue first; theirs until `now + lease` or their commit."""
        ...

    async def lease_feed(self, feed_id: FeedId, owner: str, now: datetime, lease: timedelta) -> Feed | None:
        """Take one registered feed, due or not; None where it is leased or not registered."""
        ...

    async def next_feed_due(self) -> datetime | None:
        """When the next feed that nobody has leased falls (or fell) due; None where there is none.

        A lease that has run out but was neither ended nor released still counts as a lease here.
        """
        ...

    async def known_entries(self, entries: Sequence[EntryId]) -> Mapping[EntryId, KnownEntry]:
        """Those of these entries that the ledger has met."""
        ...

    # ledger
    async def lease_entries(self, owner: str, now: datetime, lease: timedelta, limit: int) -> tuple[LedgerEntry, ...]:
        """Take ledger rows that are pending or due for retry, not leased, oldest first.

        A pending row is due from `taken_up_at`, a retry from the `due_at` it was put off to. Rows that a commit takes
        up are born leased to its `holder`, who sends them on at once. `first_seen_at` is that of revision 1.
        """
        ...

    async def lease_rereads(self, owner: str, now: datetime, lease: timedelta, limit: int) -> tuple[LedgerEntry, ...]:
        """Take articles that are due for a further look and not leased, most overdue first.

        Each comes as the entry that led to it, with its plan in `again`; theirs until `now + lease` or a plan that
        follows (`Commit.rereads`).
        """
        ...

    async def waiting(self, entries: Sequence[EntryId]) -> Mapping[EntryId, int]:
        """The revision of those of these rows that have not ended."""
        ...

    async def release(self, owner: str) -> None:
        """Free every lease of an owner: at its start, for what it held when it died; at its stop, for what it holds."""
        ...

    async def beat(self, owner: str) -> Mapping[str, int]:
        """Say that an owner is alive; returns how often each owner has said so.

        One whose number no longer moves is dead, by whoever's clock; `bury` it.
        """
        ...

    async def bury(self, owner: str) -> None:
        """Free every lease of an owner that is dead or ends, and forget that it was alive."""
        ...

    async def take_turn(self, what: str, owner: str, now: datetime, lease: timedelta, *, force: bool = False) -> Turn:
        """Ask for a turn at something that one process at a time does, or for more of it.

        It is the owner's where nobody has it, its lease has run out, the owner has it already, or with `force`.
        """
        ...

    async def end_turn(self, what: str, owner: str) -> None:
        """Give a turn back, where it is the owner's."""
        ...

    async def article_of(self, canonical_url: str) -> tuple[ArticleId, EntryId] | None:
        """The article with this canonical URL and the entry that first led to it."""
        ...

    async def articles(self, ids: Sequence[ArticleId]) -> Mapping[ArticleId, PlacedArticle]:
        """Those of these articles that exist, at their latest version, with their bodies."""
        ...

    async def ledger_counts(self) -> LedgerCounts:
        """The ledger equation, counted."""
        ...

    # folding
    async def claim_shard(self, shard: int) -> ShardClaim:
        """Take over a fold shard; from now on its former owner's commits are refused (`ShardTaken`)."""
        ...

    async def load_window(self, since: datetime, shard: Shard | None = None) -> WindowState:
        """Articles placed since then, in the order they were placed, with bodies left out (empty), and events.

        The events are those of these articles and all that are still emerging or open, however old: after a long stop
        someone must close them. They stand in the order of their ids.

        Args:
            since: a moment.
            shard: only articles in its languages, and events that have some; None for all.
        """
        ...

    def stream_window(self, since: datetime) -> AbstractAsyncContextManager[AsyncIterator[WindowState]]:
        """What `load_window` gives, some at a time: first the events, then the articles in order.

        For whoever turns features into something smaller and need not hold all of them at once.
        """
        ...

    def stream_rows(
        self, since: datetime, layout: bytes, shard: Shard | None = None
    ) -> AbstractAsyncContextManager[AsyncIterator[WindowPart]]:
        """What folding keeps of what `load_window` gives: first the heads of the events, then the articles in order.

        Args:
            since: articles placed before are left out.
            layout: what a packed article begins with; others come whole.
            shard: only articles in its languages.
        """
        ...

    # outbox
    async def outbox_after(self, sequence: int, limit: int) -> tuple[OutboxRow, ...]:
        """Rows behind a position, in order, at most `limit`."""
        ...

    async def outbox_depth(self, sequence: int) -> tuple[int, datetime | None]:
        """How many rows stand behind a position, and the origin time of the first of them."""
        ...

    async def mark_published(self, sequence: int, now: datetime) -> None:
        """Note that everything up to a position is on Kafka, and drop those rows; the position never moves back."""
        ...

    async def published_position(self) -> int | None:
        """The last position noted by `mark_published`; None where nothing was ever published."""
        ...

    def snapshot(self, since: datetime) -> AbstractAsyncContextManager[Snapshot]:
        """A consistent view of current state for re-publication, articles placed since then included."""
        ...

    # people
    async def feeds(self) -> tuple[Feed, ...]:
        """All registered feeds with what polling remembers, by URL."""
        ...

    async def newest_events(self, limit: int) -> tuple[Event, ...]:
        """Events by last publication, newest first."""
        ...

    async def events(self, ids: Sequence[EventId]) -> Mapping[EventId, Event]:
        """Those of these events that exist, at their current version."""
        ...

    async def articles_of(self, ids: Sequence[EventId]) -> tuple[FoldedArticle, ...]:
        """Articles placed in these events, in the order they were placed, with their bodies.

        An article stays under the event it was placed in; whoever wants all of an event asks for those that were
        merged into it too.
        """
        ...

    async def changes_of(self, event_id: EventId, limit: int) -> tuple[Change, ...]:
        """The newest steps of an event, oldest first, without diffs; those longer ago than the retention are gone."""
        ...

    async def curate(self, order: CurationOrder, by: str, reason: str, at: datetime) -> int:
        """Record what a person decided; returns its number. The fold stage carries it out (`Commit.curated`)."""
        ...

    async def curations(self, *, waiting: bool = False) -> tuple[Curation, ...]:
        """What people decided, in the order in which it was recorded; with `waiting` only what has not ended."""
        ...

    async def ping(self) -> None:
        """Prove that the store can be read and written."""
        ...

    # care
    async def store_id(self) -> str:
        """What the store called itself when it was made; another store has another name."""
        ...

    async def prune(self, now: datetime, retention: Retention) -> Pruned:
        """Forget what is older than the policy says, in small transactions that let others through.

        An entry that its feed still lists (`PolledFeed.listed`) stays known, and so do all entries of a feed that has
        not told yet what it lists.
        """
        ...

    async def close(self) -> None:
        """Finish what was handed in and let go; safe to call more than once. Nothing may be called afterwards."""
        ...


# -- between the stages -----------------------------------------------------------------------------------------------


class Hop(Protocol[T]):
    """The way work takes from one stage to the next. What is on it may be lost in a crash; the ledger is not.

    Items of one key come in the order in which they were sent; an item may come more than once.
    """

    async def send(self, items: Sequence[T]) -> None:
        """Put items on the way, waiting while it is full."""
        ...

    def room(self) -> int:
        """How many items would be taken at once without waiting."""
        ...

    async def receive(self, limit: int) -> tuple[T, ...]:
        """At least one and at most `limit` items, waiting for the first."""
        ...

    def done(self, items: Sequence[T]) -> None:
        """Say that received items have been dealt with: should their receiver die, they need not come again."""
        ...

    def position(self) -> int | None:
        """Where a receiver that keeps its own position goes on behind what it received; None where it keeps none."""
        ...

    def depth(self) -> int:
        """How many items are on the way."""
        ...


# -- hubs -------------------------------------------------------------------------------------------------------------


class Subscriptions(Protocol):
    """What polling tells and asks about hubs (WebSub)."""

    def noticed(self, feed: Feed) -> None:
        """A poll has ended; what the feed says of its hub stands in its state. Waits for nothing."""
        ...

    async def pushed_until(self, feed: Feed) -> datetime | None:
        """Until when a hub is to bring the feed's news; None where none does."""
        ...


class Callback(Protocol):
    """Where hubs call. None of it tells a caller anything that it did not know."""

    async def confirm(self, token: str, said: Mapping[str, str]) -> str | None:
        """A hub verifies or denies; returns what to answer with status 200, None for 404."""
        ...

    async def admit(self, token: str) -> Admission:
        """A hub delivers; whether to read what."""
        ...

    async def receive(self, token: str, headers: Sequence[tuple[str, str]], body: bytes) -> None:
        """A delivery that was admitted, whole; returns when it is in hand. Names of headers are in lower case."""
        ...

    def refused(self, outcome: WebSubOutcome) -> None:
        """A delivery that was admitted was not read to its end."""
        ...


# -- Kafka ------------------------------------------------------------------------------------------------------------


class PublisherError(Exception):
    """Nothing of the batch is visible to `read_committed` consumers."""


class PublisherUnavailable(PublisherError):
    """The broker is not there or did not answer in time; open again and go on."""


class PublisherFenced(PublisherError):
    """A younger publisher with the same name has taken over; this one must stop."""


class RecordRefused(PublisherError):
    """The broker will not take a record of this batch (too large, topic forbidden); the message names it."""


class RecordTooLarge(RecordRefused):
    """A record is larger than the broker takes.

    Attributes:
        topic: of the record.
        size: bytes of its value.
    """

    def __init__(self, message: str, topic: Topic, size: int) -> None:
        super().__init__(message)
        self.topic = topic
        self.size = size


class Publisher(Protocol):
    """Puts outbox rows on Kafka, once each."""

    async def open(self) -> int | None:
        """Fence older publishers, create missing topics, and read back the position.

        Returns:
            The last sequence number on Kafka, or None where the broker knows of none.
        """
        ...

    async def publish(self, rows: Sequence[OutboxRow], position: int) -> None:
        """Publish rows and the position they lead to in one Kafka transaction."""
        ...

    async def restate(self, records: AsyncIterator[Record], position: int) -> None:
        """Publish current state and the position it stands for in one Kafka transaction.

        Args:
            records: read once, a few at a time; an error in it ends the transaction, and nothing of it is visible.
            position: the outbox sequence that the state covers.
        """
        ...

    async def close(self) -> None:
        """Let go; safe to call more than once."""
        ...


# -- watching ---------------------------------------------------------------------------------------------------------


class Meter(Protocol):
    """Takes measurements. Labels are members of the enum that the metric's definition names."""

    def count(self, metric: Metric, label: StrEnum | None = None, by: float = 1) -> None:
        """Add to a counter."""
        ...

    def gauge(self, metric: Metric, value: float, label: StrEnum | None = None) -> None:
        """Set a gauge."""
        ...

    def observe(self, metric: Metric, seconds: float, label: StrEnum | None = None) -> None:
        """Add to a histogram."""
        ...

    def observe_many(self, metric: Metric, seconds: Sequence[float], label: StrEnum | None = None) -> None:
        """Add to a histogram, in one go."""
        ...
