"""A store in memory that passes the suite of the real ones; what it holds ends with it."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from storyfold.feeds.timing import after_edit
from storyfold.hosts.memory import HostKept, RobotsKept, merged
from storyfold.model.articles import PlacedArticle
from storyfold.model.commit import (
    Commit,
    EventHead,
    FeedSync,
    FoldedArticle,
    LedgerCounts,
    PlannedReread,
    PolledFeed,
    TakenUp,
    WindowPart,
    WindowRow,
    WindowState,
)
from storyfold.model.curation import Curation, CurationOrder, CurationState
from storyfold.model.entries import EntryState, LedgerEntry, PutOff, RejectReason, Settled
from storyfold.model.events import Change, Event, EventStatus
from storyfold.model.feeds import Feed, FeedSource, KnownEntry, PollState
from storyfold.model.identity import ArticleId, ChangeId, EntryId, EventId, FeedId
from storyfold.model.records import OutboxRow, Record, Topic
from storyfold.model.retention import ROBOTS_STALE, Pruned, Retention
from storyfold.model.shards import Shard, ShardClaim, ShardStep, Turn
from storyfold.model.websub import Subscription, SubscriptionState
from storyfold.ports import ShardTaken, Snapshot, Store, StoreConflict, StoreError

T = TypeVar("T")
ALIVE = (EventStatus.EMERGING, EventStatus.OPEN)
CURRENT_STATE = (Topic.ARTICLES, Topic.EVENTS)


@dataclass
class Lease:
    owner: str
    until: datetime


@dataclass
class FeedRow:
    source: FeedSource
    state: PollState
    registered: bool = True
    lease: Lease | None = None
    listed: frozenset[EntryId] | None = None


@dataclass
class EntryRow:
    ledger: LedgerEntry
    state: EntryState
    due_at: datetime
    lease: Lease | None = None
    ended_at: datetime | None = None

    @property
    def waiting(self) -> bool:
        return self.state in (EntryState.PENDING, EntryState.RETRY)


@dataclass
class RereadRow:
    planned: PlannedReread
    lease: Lease | None = None


@dataclass
class ArticleRow:
    folded: FoldedArticle
    ordinal: int
    first_entry: EntryId


def is_free(lease: Lease | None, now: datetime) -> bool:
    return lease is None or lease.until <= now


async def stream(items: Iterable[T]) -> AsyncIterator[T]:
    for item in items:
        yield item


class MemoryStore:
    """The store port over dictionaries.

    Attributes:
        failing: while it is set, every call raises it and does nothing.
        commits: everything that was applied, in order, for tests to look at.
    """

    def __init__(self, store_id: str = "memory") -> None:
        self.failing: StoreError | None = None
        self.commits: list[Commit] = []
        self._store_id = store_id
        self._feeds: dict[FeedId, FeedRow] = {}
        self._entries: dict[EntryId, EntryRow] = {}
        self._articles: dict[ArticleId, ArticleRow] = {}
        self._rereads: dict[ArticleId, RereadRow] = {}
        self._events: dict[EventId, Event] = {}
        self._curations: dict[int, Curation] = {}
        self._changes: dict[ChangeId, Change] = {}
        self._outbox: dict[int, Record] = {}
        self._hosts: dict[str, HostKept] = {}
        self._robots: dict[str, RobotsKept] = {}
        self._subscriptions: dict[FeedId, Subscription] = {}
        self._sequence = 0
        self._ordinal = 0
        self._published: int | None = None
        self._taken_up = 0
        self._done = 0
        self._rejected: Counter[RejectReason] = Counter()
        self._shards: dict[int, tuple[int, int | None]] = {}
        self._beats: Counter[str] = Counter()
        self._turns: dict[str, tuple[Turn, datetime]] = {}

    def _check(self) -> None:
        if self.failing is not None:
            raise self.failing

    # -- apply --------------------------------------------------------------------------------------------------------

    async def apply(self, commit: Commit) -> None:
        self._check()
        if commit.shard is not None:
            self._refuse(commit, commit.shard)
        for polled in commit.polled:
            self._poll_ended(polled)
        lease = None
        if commit.holder is not None and commit.held_until is not None:
            lease = Lease(commit.holder, commit.held_until)
        for taken_up in commit.taken_up:
            self._take_up(taken_up, lease)
        for settled in commit.settled:
            self._settle(settled)
        for put_off in commit.put_off:
            self._put_off(put_off)
        self._keep_articles(commit)
        for event in commit.events:
            known = self._events.get(event.event_id)
            if known is None or event.version >= known.version:
                self._events[event.event_id] = event
        for change in commit.changes:
            self._changes.setdefault(change.change_id, replace(change, diff=(), evidence=change.evidence[:6]))
        for curation in commit.curated:
            self._curations[curation.number] = curation
        for record in commit.outbox:
            self._sequence += 1
            self._outbox[self._sequence] = record
        self.commits.append(commit)

    def _refuse(self, commit: Commit, step: ShardStep) -> None:
        """What a shard's commit rests on must be so."""
        epoch, position = self._shards.get(step.shard, (0, None))
        if epoch != step.epoch:
            raise ShardTaken(f"shard {step.shard}")
        for each in (*commit.settled, *commit.put_off):
            row = self._entries.get(each.entry_id)
            if row is None or not row.waiting or row.ledger.revision != each.revision:
                raise StoreConflict(f"row {each.entry_id}")
        versions: dict[str, int] = {key: row.folded.placed.article.version for key, row in self._articles.items()}
        versions |= {key: event.version for key, event in self._events.items()}
        steps: list[tuple[str, int]] = [
            (each.placed.article.article_id, each.placed.article.version - 1) for each in commit.articles
        ]
        steps += [(change.event_id, change.from_version) for change in commit.changes]
        for key, before in steps:
            if versions.get(key, 0) != before:
                raise StoreConflict(f"{key} at {versions.get(key, 0)}")
            versions[key] = before + 1
        self._shards[step.shard] = (epoch, position if step.position is None else step.position)

    def _poll_ended(self, polled: PolledFeed) -> None:
        row = self._feeds.get(polled.feed_id)
        if row is None:
            return
        row.state = polled.state
        row.lease = None
        if polled.listed is not None:
            row.listed = frozenset(polled.listed)

    def _take_up(self, taken_up: TakenUp, lease: Lease | None) -> None:
        ledger = taken_up.ledger
        row = self._entries.get(ledger.entry.entry_id)
        if row is not None and row.ledger.revision >= ledger.revision:
            return
        if row is None or not row.waiting:
            self._taken_up += 1
        if row is not None:
            ledger = replace(ledger, first_seen_at=row.ledger.first_seen_at)
        fresh = EntryRow(ledger, EntryState.PENDING, ledger.taken_up_at, lease)
        if taken_up.known_as is not None:
            self._rejected[taken_up.known_as] += 1
            fresh = EntryRow(ledger, EntryState.REJECTED, ledger.taken_up_at, None, ledger.taken_up_at)
        self._entries[ledger.entry.entry_id] = fresh

    def _settle(self, settled: Settled) -> None:
        row = self._entries.get(settled.entry_id)
        if row is None or not row.waiting or row.ledger.revision != settled.revision:
            return
        if settled.reason is None:
            self._done += 1
            row.state = EntryState.DONE
        else:
            self._rejected[settled.reason] += 1
            row.state = EntryState.REJECTED
        row.ended_at = settled.at
        row.lease = None

    def _put_off(self, put_off: PutOff) -> None:
        row = self._entries.get(put_off.entry_id)
        if row is None or not row.waiting or row.ledger.revision != put_off.revision:
            return
        row.state = EntryState.RETRY
        row.due_at = put_off.due_at
        row.lease = None
        if put_off.counted:
            row.ledger = replace(row.ledger, attempts=row.ledger.attempts + 1)

    def _keep_article(self, folded: FoldedArticle) -> None:
        article = folded.placed.article
        row = self._articles.get(article.article_id)
        if row is None:
            self._ordinal += 1
            self._articles[article.article_id] = ArticleRow(folded, self._ordinal, article.entry_id)
        elif article.version >= row.folded.placed.article.version:
            row.folded = folded

    def _keep_articles(self, commit: Commit) -> None:
        for folded in commit.articles:
            self._keep_article(folded)
        for planned in commit.rereads:
            self._plan(planned)

    def _plan(self, planned: PlannedReread) -> None:
        reread = planned.reread
        row = self._rereads.get(reread.article_id)
        if row is not None and reread.version < row.planned.reread.version:
            return
        left = reread.left if row is None else min(reread.left, row.planned.reread.left)
        over = reread.due_at is None or (left == 0 and reread.left > 0)
        reread = replace(reread, left=left, due_at=None if over else reread.due_at)
        self._rereads[reread.article_id] = RereadRow(PlannedReread(replace(planned.ledger, again=reread), reread))

    # -- feeds --------------------------------------------------------------------------------------------------------

    async def register(self, sources: Sequence[FeedSource], now: datetime) -> FeedSync:
        self._check()
        wanted = {source.feed_id: source for source in sources}
        added: list[FeedId] = []
        for feed_id, source in wanted.items():
            row = self._feeds.get(feed_id)
            if row is None:
                self._feeds[feed_id] = FeedRow(source, PollState(url=source.url, next_poll_at=now))
                added.append(feed_id)
                continue
            if not row.registered:
                added.append(feed_id)
            if row.lease is None and row.registered:
                row.state = replace(row.state, next_poll_at=after_edit(row.source, source, row.state, now))
            row.source = source
            row.registered = True
        removed = sorted(key for key, row in self._feeds.items() if row.registered and key not in wanted)
        for feed_id in removed:
            self._feeds[feed_id].registered = False
            self._feeds[feed_id].lease = None
        return FeedSync(tuple(added), tuple(removed))

    async def lease_feeds(self, owner: str, now: datetime, lease: timedelta, limit: int) -> tuple[Feed, ...]:
        self._check()
        due = [
            (row.state.next_poll_at, key)
            for key, row in self._feeds.items()
            if row.registered and row.state.next_poll_at <= now and is_free(row.lease, now)
        ]
        taken = [self._feeds[key] for _, key in sorted(due)[:limit]]
        for row in taken:
            row.lease = Lease(owner, now + lease)
        return tuple(Feed(row.source, row.state) for row in taken)

    async def lease_feed(self, feed_id: FeedId, owner: str, now: datetime, lease: timedelta) -> Feed | None:
        self._check()
        row = self._feeds.get(feed_id)
        if row is None or not row.registered or not is_free(row.lease, now):
            return None
        row.lease = Lease(owner, now + lease)
        return Feed(row.source, row.state)

    async def next_feed_due(self) -> datetime | None:
        self._check()
        free = (row for row in self._feeds.values() if row.registered and row.lease is None)
        return min((row.state.next_poll_at for row in free), default=None)

    async def known_entries(self, entries: Sequence[EntryId]) -> Mapping[EntryId, KnownEntry]:
        self._check()
        rows = ((key, self._entries[key].ledger) for key in entries if key in self._entries)
        return {key: KnownEntry(key, ledger.revision, ledger.entry.content_hash) for key, ledger in rows}

    async def waiting(self, entries: Sequence[EntryId]) -> Mapping[EntryId, int]:
        self._check()
        rows = ((key, self._entries[key]) for key in entries if key in self._entries)
        return {key: row.ledger.revision for key, row in rows if row.waiting}

    async def feeds(self) -> tuple[Feed, ...]:
        self._check()
        rows = sorted((row for row in self._feeds.values() if row.registered), key=lambda row: row.source.url)
        return tuple(Feed(row.source, row.state) for row in rows)

    # -- hosts --------------------------------------------------------------------------------------------------------

    async def keep_hosts(self, hosts: Sequence[HostKept], robots: Sequence[RobotsKept]) -> None:
        self._check()
        for host in hosts:
            self._hosts[host.host] = merged(self._hosts.get(host.host, host), host)
        for each in robots:
            before = self._robots.get(each.origin)
            if before is None or before.until <= each.until:
                self._robots[each.origin] = each

    async def kept_hosts(self, now: datetime, limit: int) -> tuple[HostKept, ...]:
        self._check()
        living = [host for host in self._hosts.values() if host.until > now]
        return tuple(sorted(living, key=lambda host: host.until, reverse=True)[:limit])

    async def kept_robots(self, origin: str) -> RobotsKept | None:
        self._check()
        return self._robots.get(origin)

    # -- subscriptions ------------------------------------------------------------------------------------------------

    async def subscription_of(self, feed_id: FeedId) -> Subscription | None:
        self._check()
        return self._subscriptions.get(feed_id)

    async def subscription_at(self, token: str) -> Subscription | None:
        self._check()
        return next((each for each in self._subscriptions.values() if each.token == token), None)

    async def due_subscriptions(self, now: datetime, limit: int) -> tuple[Subscription, ...]:
        self._check()
        due = [each for each in self._subscriptions.values() if each.due_at <= now]
        return tuple(sorted(due, key=lambda each: each.due_at)[:limit])

    async def left_subscriptions(self, limit: int) -> tuple[Subscription, ...]:
        self._check()
        registered = {feed_id for feed_id, row in self._feeds.items() if row.registered}
        left = (each for each in self._subscriptions.values() if each.feed_id not in registered)
        return tuple(each for each in left if each.state is not SubscriptionState.ENDING)[:limit]

    async def subscriptions(self) -> tuple[Subscription, ...]:
        self._check()
        return tuple(each for _, each in sorted(self._subscriptions.items()))

    async def subscription_counts(self) -> Mapping[SubscriptionState, int]:
        self._check()
        states = Counter(each.state for each in self._subscriptions.values())
        return {state: states[state] for state in SubscriptionState}

    async def save_subscription(self, subscription: Subscription) -> bool:
        self._check()
        before = self._subscriptions.get(subscription.feed_id)
        if (before.revision if before is not None else 0) != subscription.revision:
            return False
        self._subscriptions[subscription.feed_id] = replace(subscription, revision=subscription.revision + 1)
        return True

    async def drop_subscription(self, subscription: Subscription) -> bool:
        self._check()
        before = self._subscriptions.get(subscription.feed_id)
        if before is None or before.revision != subscription.revision:
            return False
        del self._subscriptions[subscription.feed_id]
        return True

    # -- ledger -------------------------------------------------------------------------------------------------------

    async def lease_entries(self, owner: str, now: datetime, lease: timedelta, limit: int) -> tuple[LedgerEntry, ...]:
        self._check()
        due = [
            (row.due_at, key)
            for key, row in self._entries.items()
            if row.waiting and row.due_at <= now and is_free(row.lease, now)
        ]
        taken = [self._entries[key] for _, key in sorted(due)[:limit]]
        for row in taken:
            row.lease = Lease(owner, now + lease)
        return tuple(row.ledger for row in taken)

    async def lease_rereads(self, owner: str, now: datetime, lease: timedelta, limit: int) -> tuple[LedgerEntry, ...]:
        self._check()
        due = [
            (row.planned.reread.due_at, key)
            for key, row in self._rereads.items()
            if row.planned.reread.due_at is not None and row.planned.reread.due_at <= now and is_free(row.lease, now)
        ]
        taken = [self._rereads[key] for _, key in sorted(due)[:limit]]
        for row in taken:
            row.lease = Lease(owner, now + lease)
        return tuple(row.planned.ledger for row in taken)

    async def release(self, owner: str) -> None:
        self._check()
        rows: list[FeedRow | EntryRow | RereadRow]
        rows = [*self._feeds.values(), *self._entries.values(), *self._rereads.values()]
        for row in rows:
            if row.lease is not None and row.lease.owner == owner:
                row.lease = None

    async def beat(self, owner: str) -> Mapping[str, int]:
        self._check()
        self._beats[owner] += 1
        return dict(self._beats)

    async def bury(self, owner: str) -> None:
        await self.release(owner)
        self._beats.pop(owner, None)
        for what, (turn, _) in tuple(self._turns.items()):
            if turn.owner == owner:
                await self.end_turn(what, owner)

    async def take_turn(self, what: str, owner: str, now: datetime, lease: timedelta, *, force: bool = False) -> Turn:
        self._check()
        turn, until = self._turns.get(what, (Turn(owner, 1), now))
        if turn.owner != owner and not force and until > now:
            return turn
        turn = Turn(owner, turn.term + (turn.owner != owner))
        self._turns[what] = (turn, now + lease)
        return turn

    async def end_turn(self, what: str, owner: str) -> None:
        self._check()
        turn, until = self._turns.get(what, (None, None))
        if turn is not None and until is not None and turn.owner == owner:
            self._turns[what] = (turn, datetime.min.replace(tzinfo=UTC))

    async def claim_shard(self, shard: int) -> ShardClaim:
        self._check()
        epoch, position = self._shards.get(shard, (0, None))
        self._shards[shard] = (epoch + 1, position)
        return ShardClaim(shard, epoch + 1, position)

    async def article_of(self, canonical_url: str) -> tuple[ArticleId, EntryId] | None:
        self._check()
        for article_id, row in self._articles.items():
            if row.folded.placed.article.canonical_url == canonical_url:
                return article_id, row.first_entry
        return None

    async def articles(self, ids: Sequence[ArticleId]) -> Mapping[ArticleId, PlacedArticle]:
        self._check()
        return {key: self._articles[key].folded.placed for key in ids if key in self._articles}

    async def ledger_counts(self) -> LedgerCounts:
        self._check()
        states = Counter(row.state for row in self._entries.values())
        return LedgerCounts(
            taken_up=self._taken_up,
            done=self._done,
            rejected=self._rejected.total(),
            pending=states[EntryState.PENDING],
            retry=states[EntryState.RETRY],
            by_reason=tuple((reason, self._rejected[reason]) for reason in RejectReason if self._rejected[reason]),
        )

    # -- folding ------------------------------------------------------------------------------------------------------

    def _placed_since(self, since: datetime) -> list[FoldedArticle]:
        rows = [row for row in self._articles.values() if row.folded.placed_at >= since]
        return [row.folded for row in sorted(rows, key=lambda row: (row.folded.placed_at, row.ordinal))]

    async def load_window(self, since: datetime, shard: Shard | None = None) -> WindowState:
        self._check()

        def ours(folded: FoldedArticle) -> bool:
            return shard is None or shard.holds(folded.features.language)

        articles = [folded for folded in self._placed_since(since) if ours(folded)]
        wanted = {folded.placed.placement.event_id for folded in articles}
        told = {row.folded.placed.placement.event_id for row in self._articles.values() if ours(row.folded)}
        events = [
            event
            for key, event in sorted(self._events.items())
            if key in wanted or (event.status in ALIVE and (shard is None or key in told))
        ]
        return WindowState(tuple(without_body(folded) for folded in articles), tuple(events))

    def stream_window(self, since: datetime) -> AbstractAsyncContextManager[AsyncIterator[WindowState]]:
        return self._stream_window(since)

    @asynccontextmanager
    async def _stream_window(self, since: datetime) -> AsyncIterator[AsyncIterator[WindowState]]:
        window = await self.load_window(since)
        yield stream([WindowState((), window.events), *(WindowState((folded,), ()) for folded in window.articles)])

    def stream_rows(
        self, since: datetime, layout: bytes, shard: Shard | None = None
    ) -> AbstractAsyncContextManager[AsyncIterator[WindowPart]]:
        return self._stream_rows(since, layout, shard)

    @asynccontextmanager
    async def _stream_rows(
        self, since: datetime, layout: bytes, shard: Shard | None
    ) -> AsyncIterator[AsyncIterator[WindowPart]]:
        window = await self.load_window(since, shard)
        ids = {folded.placed.article.article_id for folded in window.articles}
        packed = {key: row.folded.packed for key, row in self._articles.items() if key in ids}
        heads = tuple(EventHead(each.event_id, each.status, each.merged_into) for each in window.events)
        rows = [
            WindowRow(
                folded.placed.article.article_id,
                folded.placed.placement.event_id,
                folded.placed.placement.kind,
                folded.placed.article.version,
                folded.placed_at,
                packed[folded.placed.article.article_id],
            )
            if packed[folded.placed.article.article_id].startswith(layout)
            else folded
            for folded in window.articles
        ]
        yield stream([WindowPart(heads, ()), *(WindowPart((), (row,)) for row in rows)])

    # -- outbox -------------------------------------------------------------------------------------------------------

    async def outbox_after(self, sequence: int, limit: int) -> tuple[OutboxRow, ...]:
        self._check()
        rows = (OutboxRow(key, record) for key, record in self._outbox.items() if key > sequence)
        return tuple(rows)[:limit]

    async def outbox_depth(self, sequence: int) -> tuple[int, datetime | None]:
        self._check()
        behind = [record for key, record in self._outbox.items() if key > sequence]
        return len(behind), behind[0].origin_at if behind else None

    async def mark_published(self, sequence: int, now: datetime) -> None:
        self._check()
        self._published = max(sequence, self._published or 0)
        self._outbox = {key: record for key, record in self._outbox.items() if key > sequence}

    async def published_position(self) -> int | None:
        self._check()
        return self._published

    def snapshot(self, since: datetime) -> AbstractAsyncContextManager[Snapshot]:
        return self._snapshot(since)

    @asynccontextmanager
    async def _snapshot(self, since: datetime) -> AsyncIterator[Snapshot]:
        self._check()
        rows = [OutboxRow(key, record) for key, record in self._outbox.items() if record.topic not in CURRENT_STATE]
        yield Snapshot(
            sequence=self._sequence,
            articles=stream([folded.placed for folded in self._placed_since(since)]),
            events=stream([event for _, event in sorted(self._events.items()) if event.status in ALIVE]),
            pending=stream(rows),
        )

    # -- people and care ----------------------------------------------------------------------------------------------

    async def newest_events(self, limit: int) -> tuple[Event, ...]:
        self._check()
        events = sorted(self._events.values(), key=lambda event: (event.last_published_at, event.event_id))
        return tuple(reversed(events))[:limit]

    async def events(self, ids: Sequence[EventId]) -> Mapping[EventId, Event]:
        self._check()
        return {key: self._events[key] for key in ids if key in self._events}

    async def articles_of(self, ids: Sequence[EventId]) -> tuple[FoldedArticle, ...]:
        self._check()
        rows = [row for row in self._articles.values() if row.folded.placed.placement.event_id in ids]
        ordered = sorted(rows, key=lambda row: (row.folded.placed_at, row.ordinal))
        return tuple(replace(row.folded, packed=b"") for row in ordered)

    async def changes_of(self, event_id: EventId, limit: int) -> tuple[Change, ...]:
        self._check()
        steps = [change for change in self._changes.values() if change.event_id == event_id]
        return tuple(sorted(steps, key=lambda change: change.to_version)[-limit:])

    async def curate(self, order: CurationOrder, by: str, reason: str, at: datetime) -> int:
        self._check()
        number = len(self._curations) + 1
        self._curations[number] = Curation(number, order, by, reason, at)
        return number

    async def curations(self, *, waiting: bool = False) -> tuple[Curation, ...]:
        self._check()
        rows = [row for _, row in sorted(self._curations.items())]
        return tuple(row for row in rows if not waiting or row.state is CurationState.WAITING)

    async def ping(self) -> None:
        self._check()

    async def store_id(self) -> str:
        self._check()
        return self._store_id

    async def prune(self, now: datetime, retention: Retention) -> Pruned:
        self._check()
        old_articles = [key for key, row in self._articles.items() if row.folded.placed_at < now - retention.articles]
        for article in old_articles:
            del self._articles[article]
            self._rereads.pop(article, None)
        bodies = [
            row
            for row in self._articles.values()
            if row.folded.placed_at < now - retention.bodies and row.folded.placed.article.body
        ]
        for row in bodies:
            row.folded = without_body(row.folded)
        old_entries = [key for key, row in self._entries.items() if self._forgettable(row, now - retention.entries)]
        for entry in old_entries:
            del self._entries[entry]
        old_events = [
            key
            for key, event in self._events.items()
            if event.status not in ALIVE and event.last_published_at < now - retention.events
        ]
        for event in old_events:
            del self._events[event]
        old_changes = [key for key, change in self._changes.items() if change.at < now - retention.changes]
        for step in old_changes:
            del self._changes[step]
        over = [host for host, kept in self._hosts.items() if kept.until < now]
        for name in over:
            del self._hosts[name]
        stale = [origin for origin, kept in self._robots.items() if kept.until < now - ROBOTS_STALE]
        for name in stale:
            del self._robots[name]
        gone = len(over) + len(stale)
        return Pruned(len(bodies), len(old_articles), len(old_entries), len(old_events), len(old_changes), gone)

    def _forgettable(self, row: EntryRow, before: datetime) -> bool:
        if row.waiting or row.ended_at is None or row.ended_at >= before:
            return False
        feed = self._feeds.get(row.ledger.feed.feed_id)
        if feed is None or not feed.registered:
            return True
        return feed.listed is not None and row.ledger.entry.entry_id not in feed.listed

    async def close(self) -> None:
        """Nothing to let go of."""


def without_body(folded: FoldedArticle) -> FoldedArticle:
    article = replace(folded.placed.article, body="")
    return replace(folded, placed=replace(folded.placed, article=article), packed=b"")


_: type[Store] = MemoryStore
