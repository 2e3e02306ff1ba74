"""The fold stage: from outcomes of reading to placed articles, events, changes and records.

    outcomes | still waiting? | known article? | fold or revise | encode | one commit | nudge the publisher

The only stage that holds state in memory: the window. It is rebuilt from the store at the start, and every decision
reaches the store before the next batch is taken, so a crash loses nothing that was decided.

Where folding is divided among processes, each shard has a stage of its own (`storyfold.pipeline.shards`) with a seat
in whose name it commits. The store then refuses what no longer follows on its state, as when a person's decision or
another shard was faster: the window is read again and the same outcomes are decided anew.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from storyfold.articles.rereads import mark_of
from storyfold.events.curation import Decided, Pair, Refused, divide, heeding, kept_apart
from storyfold.events.fold import place, tell
from storyfold.events.life import Waiting, close, put_off, retire
from storyfold.events.policy import FoldPolicy
from storyfold.events.repair import rift
from storyfold.events.revise import revise, withdraw
from storyfold.events.steps import Folding, Sweeping
from storyfold.events.window import Window
from storyfold.model.articles import ArticleChange, PlacedArticle
from storyfold.model.commit import FoldedArticle, PlannedReread
from storyfold.model.curation import Curation, CurationState
from storyfold.model.entries import RejectReason, Settled
from storyfold.model.events import Event
from storyfold.model.identity import ArticleId, EventId
from storyfold.model.metrics import Metric
from storyfold.model.outcomes import Looked, ReadArticle, ReadOutcome, ReadPutOff, ReadReject
from storyfold.model.records import Record, Reject
from storyfold.model.rereads import LookOutcome
from storyfold.pipeline.batch import Batch, Seat, entry_of
from storyfold.pipeline.curate import decide, told
from storyfold.pipeline.filling import close_left, fill, pieces, recall
from storyfold.pipeline.lineage import family_of
from storyfold.ports import Clock, Hop, Meter, Store, StoreConflict, StoreUnavailable
from storyfold.wire.encode import Encoder

T = TypeVar("T")

logger = logging.getLogger(__name__)

# Outcomes decided in one transaction: enough that its cost is shared, few enough that none waits long for it.
BATCH = 64
# Between two looks at whether events have gone quiet.
SWEEP_SECONDS = 5.0
# Between two tries to commit while the store is not there.
PATIENCE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class FoldParts:
    """What the fold stage works with.

    Attributes:
        nudge: tells the publisher that the outbox has grown.
        seat: in whose name it decides; None where one process folds alone.
    """

    outcomes: Hop[ReadOutcome]
    store: Store
    clock: Clock
    meter: Meter
    encoder: Encoder
    nudge: Callable[[], None]
    seat: Seat | None = None


class FoldStage:
    """Places articles, one after the other, in the order they come.

    Args:
        parts: the ports.
        policy: window and quiet time.
    """

    def __init__(self, parts: FoldParts, policy: FoldPolicy) -> None:
        self._parts = parts
        self._policy = policy
        self._window = Window(policy)
        self._waiting = Waiting()
        self._apart: frozenset[Pair] = frozenset()
        self._turn = asyncio.Lock()
        self._deciding = False
        self._heeded = 0
        self.last_round = parts.clock.steady()

    async def run(self) -> None:
        """Load the window, then fold whatever comes, until cancelled."""
        await self._load()
        await self._curate()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._sweep())
            while True:
                self.last_round = self._parts.clock.steady()
                outcomes = await self._parts.outcomes.receive(BATCH)
                self._deciding = True
                position = self._parts.outcomes.position()
                async with self._turn:
                    while not await self._fold(outcomes, position):
                        await self._load()
                self._parts.outcomes.done(outcomes)
                self._deciding = False

    def in_hand(self) -> int:
        """1 while a batch is being decided and committed, else 0."""
        return int(self._deciding)

    async def caught_up(self) -> None:
        """Return when everything on the hop has been committed."""
        while self._deciding or self._parts.outcomes.depth():
            await self._parts.clock.sleep(0.01)

    async def _load(self) -> None:
        """Fill the window from the store, and close what time has left behind meanwhile."""
        while not await self._load_once():
            logger.info("the store changed while the window was read; reading it again")

    async def _load_once(self) -> bool:
        """Whether what was read was still so in the end."""
        store = self._parts.store
        shard = None if self._parts.seat is None else self._parts.seat.shard
        now = self._parts.clock.now()
        filled = await self._patiently(lambda: fill(store, self._policy, now, shard))
        self._window = filled.window
        self._waiting = Waiting()
        curations = await self._patiently(store.curations)
        self._apart = kept_apart(curations)
        self._heeded = _ended(curations)
        logger.info("the window holds %d articles", self._window.size())
        batch = Batch()
        for sweeping in await self._patiently(lambda: close_left(store, filled.left, now)):
            batch.sweepings.append(sweeping)
            batch.outbox.extend(self._swept(sweeping))
        return await self._commit(batch)

    async def _curate(self) -> None:
        """Carry out what people have decided since the last look, then see the window as the store has it.

        Loading anew is what makes memory and store the same whatever was decided; decisions of people are rare. Of
        several shards the first carries them out, and the others see by their number that there is something new.
        """
        seat = self._parts.seat
        if seat is not None and seat.shard.number != 0:
            if _ended(await self._patiently(self._parts.store.curations)) != self._heeded:
                await self._load()
            return
        waiting = await self._patiently(lambda: self._parts.store.curations(waiting=True))
        for curation in waiting:
            while not await self._carry_out(curation):
                logger.info("curation %d is decided anew: the store has changed", curation.number)
        if waiting:
            await self._load()

    async def _carry_out(self, curation: Curation) -> bool:
        now = self._parts.clock.now()
        shards = 1 if self._parts.seat is None else self._parts.seat.shard.of
        decided = await self._patiently(lambda: decide(self._parts.store, curation, now, shards))
        batch = Batch()
        match decided:
            case Refused(why=why):
                logger.warning("curation %d is refused: %s", curation.number, why)
                batch.curated.append(replace(curation, state=CurationState.REFUSED, told=why))
            case Decided(opened=opened):
                logger.info("curation %d is carried out: %s", curation.number, curation.order)
                batch.curated.append(replace(curation, state=CurationState.DONE, opened=opened))
                self._put(decided, batch, now)
        return await self._commit(batch)

    async def _fold(self, outcomes: tuple[ReadOutcome, ...], position: int | None) -> bool:
        """Decide a batch and commit it; whether the store still was what it was decided on."""
        store = self._parts.store
        rows = [entry_of(each)[0] for each in outcomes if not isinstance(each, Looked)]
        waiting = dict(await self._patiently(lambda: store.waiting(rows))) if rows else {}
        ids = [article_id for each in outcomes if (article_id := _article_of(each)) is not None]
        earlier = dict(await self._patiently(lambda: store.articles(ids))) if ids else {}
        batch = Batch()
        for outcome in outcomes:
            if isinstance(outcome, Looked):
                await self._heed(outcome, earlier, batch)
                continue
            entry, revision = entry_of(outcome)
            if waiting.get(entry) != revision:
                continue  # ended already, or taken up anew meanwhile: this outcome speaks of the past
            del waiting[entry]
            await self._decide(outcome, earlier, batch)
        retired = await self._retire(batch)
        if not await self._commit(batch, position):
            return False
        for event_id in retired:
            self._window.lose(event_id)
        for event_id in self._window.take_grown():
            if not await self._repair(event_id):
                await self._load()
                break
        return True

    async def _repair(self, event_id: EventId) -> bool:
        """Split an event that turns out to be two; whether the store still was what that was decided on."""
        held = self._window.held(event_id)
        found = None if held is None else rift(self._window, held)
        if found is None:
            return True
        whole = await self._patiently(lambda: told(self._parts.store, event_id))
        if isinstance(whole, Refused):
            return True
        now = self._parts.clock.now()
        decided = divide(whole, frozenset(found.leaving), found.evidence(), now)
        if isinstance(decided, Refused):
            return True
        logger.info("event %s turns out to be two: %s is split off", event_id, decided.opened)
        batch = Batch()
        articles = [replace(each, packed=self._window.packed_again(each)) for each in decided.articles]
        self._put(replace(decided, articles=tuple(articles)), batch, now)
        if not await self._commit(batch):
            return False
        self._window.divide(articles, decided.events)
        return True

    def _put(self, decided: Decided, batch: Batch, now: datetime) -> None:
        """Put articles that move, and the steps of their events, into a batch."""
        batch.moved.extend(decided.articles)
        batch.outbox.extend(self._parts.encoder.article(each.placed, now) for each in decided.articles)
        for event, change in zip(decided.events, decided.changes, strict=True):
            step = Sweeping(event, change)
            batch.sweepings.append(step)
            batch.outbox.extend(self._swept(step))

    async def _retire(self, batch: Batch) -> tuple[EventId, ...]:
        """Retract the events that lost their last report in this batch; they leave the window behind the commit."""
        suspects = {
            self._window.resolve(each.placement.event_id)
            for each in (folding.folded.placed for folding in batch.foldings)
            if each.article.change is ArticleChange.RETRACTION
        }
        retired: list[EventId] = []
        for event_id in sorted(suspects):
            held = self._window.held(event_id)
            if held is None or not await self._recall((event_id,)):
                continue
            event = self._window.document(event_id)
            articles = await self._patiently(partial(self._articles, event, batch))
            sweeping = retire(event, articles, self._parts.clock.now())
            if sweeping is not None:
                self._window.settle(sweeping)
                batch.sweepings.append(sweeping)
                batch.outbox.extend(self._swept(sweeping))
                retired.append(event_id)
        return tuple(retired)

    async def _articles(self, event: Event, batch: Batch) -> tuple[PlacedArticle, ...]:
        """An event's articles as they will be when the batch is committed."""
        store = self._parts.store
        placed = {
            each.placed.article.article_id: each.placed
            for each in await store.articles_of(await family_of(store, event))
        }
        for folding in batch.foldings:
            each = folding.folded.placed
            if self._window.resolve(each.placement.event_id) == event.event_id:
                placed[each.article.article_id] = each
        return tuple(placed.values())

    async def _heed(self, looked: Looked, earlier: dict[ArticleId, PlacedArticle], batch: Batch) -> None:
        """Take in what a further look found: the next version where there is one, and when to look again."""
        plan, outcome = looked.next, looked.outcome
        if outcome not in {LookOutcome.CHANGED, LookOutcome.GONE}:
            batch.rereads.append(PlannedReread(looked.ledger, plan))
            return
        previous = earlier.get(plan.article_id)
        if previous is None:
            plan, outcome = replace(plan, due_at=None, left=0), LookOutcome.STALE
        elif previous.article.version != plan.version:
            # Another version came between, so this look speaks of the past; the next one compares with what is there.
            plan = replace(plan, version=previous.article.version, mark=mark_of(previous.article))
            outcome = LookOutcome.STALE
        elif outcome is LookOutcome.CHANGED or previous.article.change is not ArticleChange.RETRACTION:
            folding = await self._revised(looked, previous, batch)
            placed = folding.folded.placed
            earlier[plan.article_id] = placed
            plan = replace(plan, version=placed.article.version)
            batch.outbox.extend(self._records(folding, self._parts.clock.now()))
        if outcome is not LookOutcome.GONE:
            self._parts.meter.count(Metric.REREADS, outcome)
        batch.rereads.append(PlannedReread(looked.ledger, plan))

    async def _revised(self, looked: Looked, previous: PlacedArticle, batch: Batch) -> Folding:
        """The version that a further look led to."""
        now = self._parts.clock.now()
        held = self._window.held(previous.placement.event_id)
        await self._recall(() if held is None else (held.event_id,))
        if looked.article is not None and looked.features is not None:
            article = replace(looked.article, canonical_url=previous.article.canonical_url)
            return self._absorbed(revise(self._window, previous, article, looked.features, now), batch)
        known = await self._patiently(partial(self._parts.store.articles_of, (previous.placement.event_id,)))
        kept = [each.features for each in known if each.placed.article.article_id == previous.article.article_id]
        folded = FoldedArticle(previous, kept[0], now)
        return self._absorbed(withdraw(self._window, folded, looked.status or 410, now), batch)

    async def _recall(self, events: Collection[EventId]) -> bool:
        """Have descriptions of events at hand; False where one is gone for good, and the event with it."""
        return await self._patiently(lambda: recall(self._parts.store, self._window, events))

    async def _decide(self, outcome: ReadOutcome, earlier: dict[ArticleId, PlacedArticle], batch: Batch) -> None:
        match outcome:
            case ReadPutOff():
                batch.put_off.append(outcome)
            case ReadReject(reject=reject):
                self._end_without_article(reject, batch)
            case Looked():  # pragma: no cover - `_heed` has taken it
                pass
            case ReadArticle(ledger=ledger, article=article):
                previous = earlier.get(article.article_id)
                if previous is not None and previous.article.entry_id != ledger.entry.entry_id:
                    same = "another entry led to this article"
                    at = self._parts.clock.now()
                    reject = Reject(ledger, RejectReason.SAME_ARTICLE, same, article.article_id, at)
                    self._parts.meter.count(Metric.REJECTS, reject.reason)
                    self._end_without_article(reject, batch)
                else:
                    folding = await self._place(outcome, previous, batch)
                    earlier[article.article_id] = folding.folded.placed

    def _end_without_article(self, reject: Reject, batch: Batch) -> None:
        ledger = reject.ledger
        ended = Settled(ledger.entry.entry_id, ledger.revision, reject.reason, reject.article_id, reject.at)
        batch.settled.append(ended)
        batch.outbox.append(self._parts.encoder.reject(reject))

    async def _place(self, read: ReadArticle, previous: PlacedArticle | None, batch: Batch) -> Folding:
        """Fold a new article, or revise one that is known."""
        parts, window = self._parts, self._window
        now = parts.clock.now()
        started = parts.clock.steady()
        if previous is None:
            placing = place(window, read.article, read.features, now)
            while not await self._recall(placing.touched):
                placing = place(window, read.article, read.features, now)
            folding = tell(window, placing, read.article, read.features, now)
            folding = heeding(folding, self._apart, window.resolve)
        else:
            held = window.held(previous.placement.event_id)
            await self._recall(() if held is None else (held.event_id,))
            folding = revise(window, previous, read.article, read.features, now)
        self._absorbed(folding, batch)
        parts.meter.observe(Metric.FOLD_SECONDS, parts.clock.steady() - started)
        ledger, article = read.ledger, folding.folded.placed.article
        batch.settled.append(Settled(ledger.entry.entry_id, ledger.revision, None, article.article_id, now))
        if read.reread is not None:
            batch.rereads.append(PlannedReread(ledger, replace(read.reread, version=article.version)))
        batch.outbox.extend(self._records(folding, ledger.taken_up_at))
        return folding

    def _absorbed(self, folding: Folding, batch: Batch) -> Folding:
        """Take a folding into the window and the batch, and count it."""
        self._window.absorb(folding)
        placed = folding.folded.placed
        self._parts.meter.count(Metric.PLACEMENTS, placed.placement.kind)
        self._parts.meter.count(Metric.ARTICLE_VERSIONS, placed.article.change)
        batch.foldings.append(folding)
        return folding

    def _records(self, folding: Folding, origin_at: datetime) -> Iterator[Record]:
        """The records of one folding: the article first, then each step of each event with the event it led to.

        Args:
            folding: what was decided.
            origin_at: when polling met what led to it, or a look found it.
        """
        encoder = self._parts.encoder
        placed = folding.folded.placed
        published = placed.article.published_at
        moment = published.at if published is not None else None
        yield encoder.article(placed, origin_at)
        for event, change in zip(folding.events, folding.changes, strict=True):
            self._parts.meter.count(Metric.CHANGES, change.kind)
            yield encoder.change(change, origin_at, moment)
            yield encoder.event(event, change.kind, origin_at, moment)

    async def _sweep(self) -> None:
        """Now and then: heed people, close events that have gone quiet, and let go of what has left the window."""
        while True:
            await self._parts.clock.sleep(SWEEP_SECONDS)
            async with self._turn:
                await self._curate()
                window = self._window
                now = self._parts.clock.now()
                batch = Batch()
                await self._close(batch, now)
                window.expire(now)
                if not await self._commit(batch):
                    await self._load()
                self._look(self._window)

    async def _close(self, batch: Batch, now: datetime) -> None:
        """Close the events that have been quiet for longer than their own rhythm."""
        window, waiting = self._window, self._waiting
        for some in pieces(window.quiet_until(now)):
            await self._recall([held.event_id for held in some])
            for held in some:
                if not window.lacking((held.event_id,)):
                    put_off(window, waiting, held)
        for some in pieces(tuple(waiting.due(window, now))):
            await self._recall([held.event_id for held in some])
            for held in some:
                if window.lacking((held.event_id,)):
                    continue
                sweeping = close(window, held, now)
                window.settle(sweeping)
                batch.sweepings.append(sweeping)
                batch.outbox.extend(self._swept(sweeping))

    def _swept(self, sweeping: Sweeping) -> Iterator[Record]:
        change = sweeping.change
        self._parts.meter.count(Metric.CHANGES, change.kind)
        yield self._parts.encoder.change(change, change.at)
        yield self._parts.encoder.event(sweeping.event, change.kind, change.at)

    def _look(self, window: Window) -> None:
        """Set the gauges of the window."""
        meter = self._parts.meter
        meter.gauge(Metric.WINDOW_ARTICLES, window.size())
        for status, count in window.by_status():
            meter.gauge(Metric.EVENTS, count, status)

    async def _commit(self, batch: Batch, position: int | None = None) -> bool:
        """Put a batch into the store, however long that takes; nothing else is decided meanwhile.

        Returns:
            Whether it is there; False where it no longer follows on the store's state, and the window with it.

        Raises:
            ShardTaken: the seat is somebody else's.
        """
        commit = batch.commit(self._parts.seat, position)
        if commit is None:
            return True
        started = self._parts.clock.steady()
        try:
            await self._patiently(lambda: self._parts.store.apply(commit))
        except StoreConflict as conflict:
            logger.info("decided on what is no longer so, looking again: %s", conflict)
            return False
        self._parts.meter.observe(Metric.COMMIT_SECONDS, self._parts.clock.steady() - started)
        if commit.outbox:
            self._parts.nudge()
        return True

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask the store until it answers."""
        while True:
            try:
                return await ask()
            except StoreUnavailable as error:
                logger.warning("folding waits for the store: %s", error)
                await self._parts.clock.sleep(PATIENCE_SECONDS)


def _ended(curations: Sequence[Curation]) -> int:
    """How many decisions of people have been carried out or refused."""
    return sum(1 for each in curations if each.state is not CurationState.WAITING)


def _article_of(outcome: ReadOutcome) -> ArticleId | None:
    """Which article an outcome is about to make a version of."""
    match outcome:
        case ReadArticle(article=article):
            return article.article_id
        case Looked(outcome=LookOutcome.CHANGED | LookOutcome.GONE, next=plan):
            return plan.article_id
        case _:
            return None
