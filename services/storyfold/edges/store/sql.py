"""The store port over SQL: which thread and which transaction each call gets; the leaves beside it know the queries."""

import asyncio
import os
import socket
import zlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection, insert, select, update

from storyfold.edges.store import (
    articles,
    attempts,
    changes,
    curations,
    entries,
    feeds,
    hosts,
    outbox,
    pruning,
    rereads,
    sharing,
    subscriptions,
    window,
)
from storyfold.edges.store.adapter import Adapter, InDoubt
from storyfold.edges.store.applying import apply_all
from storyfold.edges.store.rows import BITE, Counter
from storyfold.edges.store.tables import shards
from storyfold.edges.store.writer import GroupWriter
from storyfold.hosts.memory import HostKept, RobotsKept
from storyfold.model.articles import PlacedArticle
from storyfold.model.commit import Commit, FeedSync, FoldedArticle, LedgerCounts, WindowPart, WindowState
from storyfold.model.curation import Curation, CurationOrder
from storyfold.model.entries import LedgerEntry
from storyfold.model.events import Change, Event
from storyfold.model.feeds import Feed, FeedSource, KnownEntry
from storyfold.model.identity import ArticleId, EntryId, EventId, FeedId
from storyfold.model.records import OutboxRow
from storyfold.model.retention import ROBOTS_STALE, Pruned, Retention
from storyfold.model.shards import Shard, ShardClaim, Turn
from storyfold.model.websub import Subscription, SubscriptionState
from storyfold.ports import Snapshot, Store, StoreBroken, StoreUnavailable

T = TypeVar("T")

# Tallies are kept in so many rows, by process, so that writers on several machines seldom meet in one.
TALLY_SLOTS = 16
READERS = 4
# Between two questions how a commit ended whose connection broke.
DOUBT_SECONDS = 0.5


class SqlStore:
    """Everything that outlives the process, in a database.

    One thread writes, a few read, the event loop waits for neither. Made by `storyfold.edges.store.opening.open_store`.
    """

    def __init__(self, adapter: Adapter) -> None:
        self._adapter = adapter
        self._writing = ThreadPoolExecutor(1, "store-write")
        self._reading = ThreadPoolExecutor(READERS, "store-read")
        self._writer = GroupWriter(self._write_group)
        # The host too, for in containers every process is number 1.
        self._slot = zlib.crc32(f"{socket.gethostname()} {os.getpid()}".encode()) % TALLY_SLOTS
        self._closed = False

    async def apply(self, commit: Commit) -> None:
        """See `Store.apply`."""
        await self._writer.apply(commit)

    # -- feeds --------------------------------------------------------------------------------------------------------

    async def register(self, sources: Sequence[FeedSource], now: datetime) -> FeedSync:
        """See `Store.register`."""
        return await self._write(lambda connection: feeds.register(connection, sources, now))

    async def lease_feeds(self, owner: str, now: datetime, lease: timedelta, limit: int) -> tuple[Feed, ...]:
        """See `Store.lease_feeds`."""
        return await self._write(lambda connection: feeds.lease_feeds(connection, owner, now, lease, limit))

    async def lease_feed(self, feed_id: FeedId, owner: str, now: datetime, lease: timedelta) -> Feed | None:
        """See `Store.lease_feed`."""
        return await self._write(lambda connection: feeds.lease_feed(connection, feed_id, owner, now, lease))

    async def next_feed_due(self) -> datetime | None:
        """See `Store.next_feed_due`."""
        return await self._read(feeds.next_feed_due)

    async def known_entries(self, entries_: Sequence[EntryId]) -> Mapping[EntryId, KnownEntry]:
        """See `Store.known_entries`."""
        return await self._read(lambda connection: entries.known_entries(connection, entries_))

    async def feeds(self) -> tuple[Feed, ...]:
        """See `Store.feeds`."""
        return await self._read(feeds.all_feeds)

    # -- hosts --------------------------------------------------------------------------------------------------------

    async def keep_hosts(self, hosts_: Sequence[HostKept], robots: Sequence[RobotsKept]) -> None:
        """See `HostStore.keep_hosts`."""
        await self._write(lambda connection: hosts.keep_hosts(connection, hosts_, robots))

    async def kept_hosts(self, now: datetime, limit: int) -> tuple[HostKept, ...]:
        """See `HostStore.kept_hosts`."""
        return await self._read(lambda connection: hosts.kept_hosts(connection, now, limit))

    async def kept_robots(self, origin: str) -> RobotsKept | None:
        """See `HostStore.kept_robots`."""
        return await self._read(lambda connection: hosts.kept_robots(connection, origin))

    # -- subscriptions ------------------------------------------------------------------------------------------------

    async def subscription_of(self, feed_id: FeedId) -> Subscription | None:
        """See `SubscriptionStore.subscription_of`."""
        return await self._read(lambda connection: subscriptions.subscription_of(connection, feed_id))

    async def subscription_at(self, token: str) -> Subscription | None:
        """See `SubscriptionStore.subscription_at`."""
        return await self._read(lambda connection: subscriptions.subscription_at(connection, token))

    async def due_subscriptions(self, now: datetime, limit: int) -> tuple[Subscription, ...]:
        """See `SubscriptionStore.due_subscriptions`."""
        return await self._read(lambda connection: subscriptions.due_subscriptions(connection, now, limit))

    async def left_subscriptions(self, limit: int) -> tuple[Subscription, ...]:
        """See `SubscriptionStore.left_subscriptions`."""
        return await self._read(lambda connection: subscriptions.left_subscriptions(connection, limit))

    async def subscriptions(self) -> tuple[Subscription, ...]:
        """See `SubscriptionStore.subscriptions`."""
        return await self._read(subscriptions.all_subscriptions)

    async def subscription_counts(self) -> Mapping[SubscriptionState, int]:
        """See `SubscriptionStore.subscription_counts`."""
        return await self._read(subscriptions.count_subscriptions)

    async def save_subscription(self, subscription: Subscription) -> bool:
        """See `SubscriptionStore.save_subscription`."""
        return await self._write(lambda connection: subscriptions.save_subscription(connection, subscription))

    async def drop_subscription(self, subscription: Subscription) -> bool:
        """See `SubscriptionStore.drop_subscription`."""
        return await self._write(lambda connection: subscriptions.drop_subscription(connection, subscription))

    # -- ledger -------------------------------------------------------------------------------------------------------

    async def lease_entries(self, owner: str, now: datetime, lease: timedelta, limit: int) -> tuple[LedgerEntry, ...]:
        """See `Store.lease_entries`."""
        return await self._write(lambda connection: entries.lease_entries(connection, owner, now, lease, limit))

    async def lease_rereads(self, owner: str, now: datetime, lease: timedelta, limit: int) -> tuple[LedgerEntry, ...]:
        """See `Store.lease_rereads`."""
        return await self._write(lambda connection: rereads.lease_rereads(connection, owner, now, lease, limit))

    async def waiting(self, entries_: Sequence[EntryId]) -> Mapping[EntryId, int]:
        """See `Store.waiting`."""
        return await self._read(lambda connection: entries.waiting(connection, entries_))

    async def release(self, owner: str) -> None:
        """See `Store.release`."""

        def work(connection: Connection) -> None:
            feeds.release(connection, owner)
            entries.release(connection, owner)
            rereads.release(connection, owner)

        await self._write(work)

    # -- sharing ------------------------------------------------------------------------------------------------------

    async def beat(self, owner: str) -> Mapping[str, int]:
        """See `Store.beat`."""
        return await self._write(lambda connection: sharing.beat(connection, owner))

    async def bury(self, owner: str) -> None:
        """See `Store.bury`."""
        await self._write(lambda connection: sharing.bury(connection, owner))

    async def take_turn(self, what: str, owner: str, now: datetime, lease: timedelta, *, force: bool = False) -> Turn:
        """See `Store.take_turn`."""
        return await self._write(lambda connection: sharing.take_turn(connection, what, owner, now, lease, force=force))

    async def end_turn(self, what: str, owner: str) -> None:
        """See `Store.end_turn`."""
        await self._write(lambda connection: sharing.end_turn(connection, what, owner))

    async def claim_shard(self, shard: int) -> ShardClaim:
        """See `Store.claim_shard`."""
        return await self._write(lambda connection: sharing.claim_shard(connection, shard))

    # -- articles -----------------------------------------------------------------------------------------------------

    async def article_of(self, canonical_url: str) -> tuple[ArticleId, EntryId] | None:
        """See `Store.article_of`."""
        return await self._read(lambda connection: articles.article_of(connection, canonical_url))

    async def articles(self, ids: Sequence[ArticleId]) -> Mapping[ArticleId, PlacedArticle]:
        """See `Store.articles`."""
        return await self._read(lambda connection: articles.articles_by_id(connection, ids))

    async def ledger_counts(self) -> LedgerCounts:
        """See `Store.ledger_counts`."""
        return await self._read(entries.ledger_counts)

    # -- folding ------------------------------------------------------------------------------------------------------

    async def load_window(self, since: datetime, shard: Shard | None = None) -> WindowState:
        """See `Store.load_window`."""
        return await self._read(lambda connection: window.load_window(connection, since, shard))

    def stream_window(self, since: datetime) -> AbstractAsyncContextManager[AsyncIterator[WindowState]]:
        """See `Store.stream_window`."""
        return self._stream_window(since)

    @asynccontextmanager
    async def _stream_window(self, since: datetime) -> AsyncIterator[AsyncIterator[WindowState]]:
        async with self._one_state() as ask:
            yield window.window_parts(ask, since)

    def stream_rows(
        self, since: datetime, layout: bytes, shard: Shard | None = None
    ) -> AbstractAsyncContextManager[AsyncIterator[WindowPart]]:
        """See `Store.stream_rows`."""
        return self._stream_rows(since, layout, shard)

    @asynccontextmanager
    async def _stream_rows(
        self, since: datetime, layout: bytes, shard: Shard | None
    ) -> AsyncIterator[AsyncIterator[WindowPart]]:
        async with self._one_state() as ask:
            yield window.window_rows_in_parts(ask, since, layout, shard)

    # -- outbox -------------------------------------------------------------------------------------------------------

    async def outbox_after(self, sequence: int, limit: int) -> tuple[OutboxRow, ...]:
        """See `Store.outbox_after`."""
        return await self._read(lambda connection: outbox.outbox_after(connection, sequence, limit))

    async def outbox_depth(self, sequence: int) -> tuple[int, datetime | None]:
        """See `Store.outbox_depth`."""
        return await self._read(lambda connection: outbox.outbox_depth(connection, sequence))

    async def mark_published(self, sequence: int, now: datetime) -> None:  # noqa: ARG002 the port's signature
        """See `Store.mark_published`."""
        await self._write(lambda connection: outbox.mark_published(connection, sequence))

    async def published_position(self) -> int | None:
        """See `Store.published_position`."""
        return await self._read(outbox.published_position)

    def snapshot(self, since: datetime) -> AbstractAsyncContextManager[Snapshot]:
        """See `Store.snapshot`."""
        return self._snapshot(since)

    @asynccontextmanager
    async def _snapshot(self, since: datetime) -> AsyncIterator[Snapshot]:
        async with self._one_state() as ask:
            yield Snapshot(
                sequence=await ask(outbox.last_sequence),
                articles=window.articles_since(ask, since),
                events=window.living_events(ask),
                pending=window.pending_rows(ask),
            )

    # -- people -------------------------------------------------------------------------------------------------------

    async def newest_events(self, limit: int) -> tuple[Event, ...]:
        """See `Store.newest_events`."""
        return await self._read(lambda connection: articles.newest_events(connection, limit))

    async def events(self, ids: Sequence[EventId]) -> Mapping[EventId, Event]:
        """See `Store.events`."""
        return await self._read(lambda connection: articles.events_by_id(connection, ids))

    async def articles_of(self, ids: Sequence[EventId]) -> tuple[FoldedArticle, ...]:
        """See `Store.articles_of`."""
        return await self._read(lambda connection: articles.articles_of(connection, ids))

    async def changes_of(self, event_id: EventId, limit: int) -> tuple[Change, ...]:
        """See `Store.changes_of`."""
        return await self._read(lambda connection: changes.changes_of(connection, event_id, limit))

    async def curate(self, order: CurationOrder, by: str, reason: str, at: datetime) -> int:
        """See `Store.curate`."""
        return await self._write(lambda connection: curations.curate(connection, order, by, reason, at))

    async def curations(self, *, waiting: bool = False) -> tuple[Curation, ...]:
        """See `Store.curations`."""
        return await self._read(lambda connection: curations.all_curations(connection, waiting=waiting))

    async def ping(self) -> None:
        """See `Store.ping`."""
        await self._write(_ping)

    # -- care ---------------------------------------------------------------------------------------------------------

    async def store_id(self) -> str:
        """See `Store.store_id`."""
        query = select(shards.c.document).where(shards.c.name == Counter.STORE)
        return await self._read(lambda connection: str(connection.execute(query).scalar_one()))

    async def prune(self, now: datetime, retention: Retention) -> Pruned:
        """See `Store.prune`."""
        forgotten = await self._bites(pruning.forget_articles, now - retention.articles)
        emptied = await self._bites(pruning.forget_bodies, now - retention.bodies)
        ended = await self._bites(pruning.forget_events, now - retention.events)
        steps = await self._bites(pruning.forget_changes, now - retention.changes)
        hosts_ = await self._bites(hosts.forget_hosts, now)
        hosts_ += await self._bites(hosts.forget_robots, now - ROBOTS_STALE)
        entries_ = 0
        behind: pruning.Place | None = None
        while True:
            bite = await self._write(
                partial(pruning.forget_entries, before=now - retention.entries, behind=behind),
            )
            entries_ += bite.forgotten
            behind = bite.behind
            if behind is None:
                return Pruned(emptied, forgotten, entries_, ended, steps, hosts_)

    async def close(self) -> None:
        """See `Store.close`."""
        if self._closed:
            return
        self._closed = True
        await self._writer.finish()
        for threads in (self._writing, self._reading):
            await asyncio.to_thread(threads.shutdown)
        await asyncio.to_thread(self._adapter.close)

    # -- threads and transactions -------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _one_state(self) -> AsyncIterator[window.Ask]:
        reading = self._adapter.reading()
        connection = await self._in_reader(partial(attempts.once, reading.__enter__))

        async def ask(work: Callable[[Connection], T], /) -> T:
            return await self._in_reader(partial(attempts.once, partial(self._asking, work, connection)))

        try:
            yield ask
        finally:
            await self._in_reader(partial(attempts.once, partial(reading.__exit__, None, None, None)))

    async def _bites(self, forget: Callable[[Connection, datetime], int], before: datetime) -> int:
        total = 0
        while True:
            bite = await self._write(lambda connection: forget(connection, before))
            total += bite
            if bite < BITE:
                return total

    async def _write_group(self, commits: Sequence[Commit]) -> None:
        await self._write(lambda connection: apply_all(connection, commits, self._slot))

    async def _write(self, work: Callable[[Connection], T]) -> T:
        attempt = partial(attempts.write, self._adapter, work)
        outcome = await asyncio.get_running_loop().run_in_executor(self._writing, attempt)
        if not isinstance(outcome, attempts.Unsettled):
            return outcome
        if await self._was_committed(outcome.doubt):
            return outcome.result
        raise StoreUnavailable(f"{outcome.doubt}; nothing was done")

    async def _was_committed(self, doubt: InDoubt) -> bool:
        """Ask until there is an answer: whoever is told that nothing was done would do it a second time."""
        while True:
            try:
                return await self._in_reader(doubt.settle)
            except StoreUnavailable as error:
                if self._closed:
                    raise StoreBroken(f"{doubt}; what became of it shows when storyfold starts again") from error
            await asyncio.sleep(DOUBT_SECONDS)

    async def _read(self, work: Callable[[Connection], T]) -> T:
        return await self._in_reader(partial(attempts.read, self._adapter, work))

    async def _in_reader(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._reading, work)

    def _asking(self, work: Callable[[Connection], T], connection: Connection) -> T:
        with self._adapter.translated():
            return work(connection)


def _ping(connection: Connection) -> None:
    here = shards.c.name == Counter.PING
    done = connection.execute(update(shards).where(here).values(epoch=shards.c.epoch + 1))
    if done.rowcount == 0:
        connection.execute(insert(shards).values(name=Counter.PING, position=0, epoch=0, document=""))


_: type[Store] = SqlStore
