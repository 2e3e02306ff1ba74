"""Fold shards over a store in memory: who folds what, from where, and what becomes of a shard that is lost."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from storyfold.events.policy import FoldPolicy
from storyfold.model.articles import Article
from storyfold.model.commit import Commit, TakenUp
from storyfold.model.curation import CurationState, MergeEvents, RetractEvent
from storyfold.model.identity import EventId
from storyfold.model.metrics import Metric
from storyfold.model.outcomes import ReadArticle, ReadOutcome
from storyfold.model.records import Topic
from storyfold.model.shards import ShardStep, language_number
from storyfold.pipeline.fold import FoldParts
from storyfold.pipeline.shards import RECLAIM_SECONDS, ShardsStage
from storyfold.ports import StoreUnavailable
from storyfold.wire.encode import Encoder
from tests.fakes.clock import ManualClock, settle
from tests.fakes.events_press import START, features, quake, quake_again, trial
from tests.fakes.hop import MemoryHop
from tests.fakes.meter import RecordingMeter
from tests.fakes.sharded_hop import MemoryShards
from tests.fakes.store import MemoryStore
from tests.fakes.store_values import ledger_of

pytestmark = pytest.mark.anyio

SHARDS = 2
ENGLISH = language_number("en") % SHARDS
OTHER = next(language for language in ("de", "fr", "es", "it") if language_number(language) % SHARDS != ENGLISH)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Rig:
    """A process that folds shards; `hop` is what its group gives it."""

    store: MemoryStore = field(default_factory=MemoryStore)
    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    hop: MemoryShards[ReadOutcome] = field(default_factory=MemoryShards)
    meter: RecordingMeter = field(default_factory=RecordingMeter)

    def stage(self) -> ShardsStage:
        unused: MemoryHop[ReadOutcome] = MemoryHop()
        parts = FoldParts(unused, self.store, self.clock, self.meter, Encoder(), lambda: None)
        return ShardsStage(parts, self.hop, FoldPolicy(), SHARDS)

    async def read(self, *articles: Article, language: str = "en", shard: int | None = None) -> None:
        """Have reading send articles to the shard of their language, or to another."""
        outcomes = [outcome(each, language) for each in articles]
        await self.store.apply(Commit(taken_up=tuple(TakenUp(each.ledger) for each in outcomes)))
        await self.hop.put(language_number(language) % SHARDS if shard is None else shard, *outcomes)
        await settle()

    async def ids(self) -> list[str]:
        rows = await self.store.outbox_after(0, 1_000)
        return [dict(row.record.headers)["ce_id"] for row in rows]

    async def records(self, topic: Topic) -> list[Any]:
        rows = await self.store.outbox_after(0, 1_000)
        return [json.loads(row.record.value) for row in rows if row.record.topic is topic]

    async def event_of(self, of: Article) -> EventId:
        return (await self.store.articles([of.article_id]))[of.article_id].placement.event_id


def outcome(each: Article, language: str) -> ReadArticle:
    spoken = replace(features(each), language=language)
    return ReadArticle(ledger_of(str(each.entry_id)), each, spoken)


@asynccontextmanager
async def running(rig: Rig) -> AsyncIterator[ShardsStage]:
    stage = rig.stage()
    task = asyncio.create_task(stage.run())
    await settle()
    try:
        yield stage
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_what_is_given_is_folded_and_the_rest_waits() -> None:
    """A shard of this process decides; another's outcomes stay on the hop until somebody has it."""
    rig = Rig()
    async with running(rig) as stage:
        rig.hop.give(ENGLISH)
        await rig.read(quake())
        await rig.read(trial(), language=OTHER)
        assert 1 == (await rig.store.ledger_counts()).done
        assert 1 == len(rig.hop.finished[ENGLISH])
        rig.hop.give(1 - ENGLISH)
        await settle()
        assert 2 == (await rig.store.ledger_counts()).done
        await stage.finished()
        assert 0 == stage.in_hand()


async def test_a_shard_goes_on_where_its_state_ends() -> None:
    """The next owner reads the window from the store and the hop from the position behind it."""
    rig = Rig()
    async with running(rig):
        rig.hop.give(ENGLISH)
        await rig.read(quake())
    heir = Rig(rig.store, rig.clock, rig.hop)
    await heir.read(quake_again())
    async with running(heir):
        heir.hop.give(ENGLISH)
        await settle()
        assert await heir.event_of(quake()) == await heir.event_of(quake_again())
    assert (3, 2) == ((await rig.store.claim_shard(ENGLISH)).epoch, (await rig.store.claim_shard(ENGLISH)).position)


async def test_a_former_owner_writes_nothing_and_claims_again_what_is_still_given() -> None:
    """Its decision is refused; should the group still call the shard its own after a while, it takes it back."""
    rig = Rig()
    async with running(rig):
        rig.hop.give(ENGLISH)
        await settle()
        thief = await rig.store.claim_shard(ENGLISH)
        await rig.read(quake())
        assert 0 == (await rig.store.ledger_counts()).done
        await rig.store.apply(Commit(shard=ShardStep(ENGLISH, thief.epoch)))
        await rig.clock.advance(timedelta(seconds=RECLAIM_SECONDS))
        assert 1 == (await rig.store.ledger_counts()).done


async def test_a_shard_that_is_taken_away_is_let_go() -> None:
    """Nothing of it is decided any more, and its part of the gauges is gone; given anew it is loaded anew."""
    rig = Rig()
    async with running(rig):
        rig.hop.give(0, 1)
        await rig.read(quake())
        await rig.read(trial(), language=OTHER)
        await rig.clock.advance(timedelta(seconds=6))
        assert 2 == rig.meter.gauges[Metric.WINDOW_ARTICLES, None]
        rig.hop.take_away(1 - ENGLISH)
        await settle()
        await rig.clock.advance(timedelta(seconds=6))
        assert 1 == rig.meter.gauges[Metric.WINDOW_ARTICLES, None]
        await rig.read(quake_again(), language=OTHER)
        assert 2 == (await rig.store.ledger_counts()).done
        rig.hop.give(1 - ENGLISH)
        await settle()
        assert 3 == (await rig.store.ledger_counts()).done


async def test_a_shard_beyond_those_there_are_is_nobodys() -> None:
    """A topic may have more partitions than there are shards; nothing is sent there."""
    rig = Rig()
    async with running(rig):
        rig.hop.give(SHARDS)
        await settle()
        assert 1 == (await rig.store.claim_shard(SHARDS)).epoch


async def test_one_article_told_to_two_shards_is_placed_once() -> None:
    """Two feeds say two languages of it: the slower shard is refused, looks again, and rejects it as the same."""
    rig = Rig()
    async with running(rig):
        rig.hop.give(0, 1)
        await settle()
        second = replace(quake(), entry_id=quake_again().entry_id, feed_id=quake_again().feed_id)
        outcomes = [outcome(quake(), "en"), outcome(second, OTHER)]
        await rig.store.apply(Commit(taken_up=tuple(TakenUp(each.ledger) for each in outcomes)))
        await asyncio.gather(rig.hop.put(ENGLISH, outcomes[0]), rig.hop.put(1 - ENGLISH, outcomes[1]))
        await settle()
        counts = await rig.store.ledger_counts()
        assert (1, 1) == (counts.done, counts.rejected)
        assert [1] == list(Counter(await rig.ids()).values())[:1]
        assert len(set(await rig.ids())) == len(await rig.ids())


async def test_one_entry_told_to_two_shards_ends_once() -> None:
    """It came twice, and its page changed its language in between: what comes second speaks of the past."""
    rig = Rig()
    async with running(rig):
        rig.hop.give(0, 1)
        await rig.read(quake())
        await rig.hop.put(1 - ENGLISH, outcome(quake(), OTHER))
        await settle()
        assert (1, 0) == ((await rig.store.ledger_counts()).done, (await rig.store.ledger_counts()).rejected)
        assert len(set(await rig.ids())) == len(await rig.ids())


async def test_a_persons_decision_reaches_every_shard() -> None:
    """The first shard carries it out; the others read their windows again and heed it."""
    rig = Rig()
    language = "en" if ENGLISH == 1 else OTHER
    async with running(rig):
        rig.hop.give(0, 1)
        await rig.read(quake(), language=language)
        event = await rig.event_of(quake())
        await rig.store.curate(RetractEvent(event), "desk", "", START)
        await rig.clock.advance(timedelta(seconds=11))
        (curation,) = await rig.store.curations()
        assert CurationState.DONE is curation.state
        await rig.read(quake_again(), language=language)
        assert event != await rig.event_of(quake_again())
        versions = [each["version"] for each in await rig.records(Topic.EVENTS) if each["event_id"] == event]
        assert [1, 2] == versions


async def test_a_report_that_a_persons_decision_outran_is_decided_anew() -> None:
    """The shard's window is behind the store: the store refuses, the window is read again, nothing is torn."""
    rig = Rig()
    language = "en" if ENGLISH == 1 else OTHER
    async with running(rig):
        rig.hop.give(0, 1)
        await rig.read(quake(), language=language)
        event = await rig.event_of(quake())
        await rig.store.curate(RetractEvent(event), "desk", "", START)
        rig.hop.take_away(1)
        await settle()
        rig.hop.give(1)
        await settle()
        await rig.clock.advance(timedelta(seconds=5.0))
        await rig.read(quake_again(), language=language)
        assert event != await rig.event_of(quake_again())
        assert len(set(await rig.ids())) == len(await rig.ids())


async def test_events_in_two_shards_are_not_merged_by_hand() -> None:
    """The refusal says why, and what would help."""
    rig = Rig()
    async with running(rig):
        rig.hop.give(0, 1)
        await rig.read(quake())
        await rig.read(trial(), language=OTHER)
        order = MergeEvents(await rig.event_of(quake()), await rig.event_of(trial()))
        await rig.store.curate(order, "desk", "", START)
        await rig.clock.advance(timedelta(seconds=6))
        (curation,) = await rig.store.curations()
        assert CurationState.REFUSED is curation.state
        assert "fold.shards = 1" in curation.told


async def test_a_store_that_is_away_only_delays_a_claim() -> None:
    """The shard is claimed when it is back."""
    rig = Rig()
    rig.store.failing = StoreUnavailable("away")
    async with running(rig):
        rig.hop.give(ENGLISH)
        await settle()
        rig.store.failing = None
        await rig.clock.advance(timedelta(seconds=2))
        await rig.read(quake())
        assert 1 == (await rig.store.ledger_counts()).done
