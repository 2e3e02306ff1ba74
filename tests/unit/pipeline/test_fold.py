"""The fold stage over a store in memory: what it publishes, and what it heeds."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from storyfold.articles.rereads import mark_of
from storyfold.events.policy import FoldPolicy
from storyfold.events.window import Window
from storyfold.model.articles import Article, ArticleChange, Quality
from storyfold.model.commit import Commit, TakenUp
from storyfold.model.curation import CurationState, RetractEvent, SplitEvent
from storyfold.model.entries import LedgerEntry
from storyfold.model.events import EventStatus
from storyfold.model.identity import ArticleId, EventId
from storyfold.model.metrics import Metric
from storyfold.model.outcomes import Looked, ReadArticle, ReadOutcome
from storyfold.model.records import Topic
from storyfold.model.rereads import Hint, LookOutcome, Reread
from storyfold.pipeline.fold import FoldParts, FoldStage
from storyfold.wire.encode import Encoder
from tests.fakes.clock import ManualClock, settle
from tests.fakes.events_press import QUAKE, START, article, features, quake, quake_again, trial
from tests.fakes.hop import MemoryHop
from tests.fakes.meter import RecordingMeter
from tests.fakes.store import MemoryStore
from tests.fakes.store_values import ledger_of
from tests.fakes.two_quakes import OTHER_THIRD, glued, quakes

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Rig:
    store: MemoryStore
    clock: ManualClock
    outcomes: MemoryHop[ReadOutcome]
    meter: RecordingMeter

    async def read(self, *articles: Article, revision: int = 1) -> None:
        """Hand articles over as reading does, and let them be folded."""
        outcomes = [self._outcome(each, revision) for each in articles]
        await self.store.apply(Commit(taken_up=tuple(TakenUp(each.ledger) for each in outcomes)))
        await self.outcomes.send(outcomes)
        await settle()

    def _outcome(self, each: Article, revision: int) -> ReadArticle:
        ledger: LedgerEntry = ledger_of(str(each.entry_id), revision)
        return ReadArticle(ledger, each, features(each))

    async def look(self, looked: Looked) -> None:
        """Hand over what a further look found."""
        await self.outcomes.send([looked])
        await settle()

    async def plan(self, of: Article) -> Reread | None:
        """What is planned for an article, whenever it is due."""
        leased = await self.store.lease_rereads("test", START + timedelta(days=99), timedelta(0), 10)
        return next((each.again for each in leased if each.again and each.again.article_id == of.article_id), None)

    async def records(self, topic: Topic) -> list[Any]:
        rows = await self.store.outbox_after(0, 1_000)
        return [json.loads(row.record.value) for row in rows if row.record.topic is topic]

    async def kinds(self) -> list[str]:
        return [each["kind"] for each in await self.records(Topic.CHANGES)]

    async def event_of(self, of: Article) -> EventId:
        return (await self.store.articles([of.article_id]))[of.article_id].placement.event_id


@asynccontextmanager
async def folding(store: MemoryStore | None = None, clock: ManualClock | None = None) -> AsyncIterator[Rig]:
    rig = Rig(store or MemoryStore(), clock or ManualClock(START), MemoryHop(), RecordingMeter())
    parts = FoldParts(rig.outcomes, rig.store, rig.clock, rig.meter, Encoder(), lambda: None)
    stage = asyncio.create_task(FoldStage(parts, FoldPolicy()).run())
    await settle()
    try:
        yield rig
    finally:
        stage.cancel()
        await asyncio.wait([stage])


def withdrawn(of: Article) -> Article:
    return replace(of, headline="RETRACTION: earthquake", body="This story has been withdrawn.")


async def test_an_event_without_a_report_left_is_retracted_and_takes_no_more() -> None:
    """Both reports withdrawn in one batch: the event ends in the same commit, and the next report opens another."""
    async with folding() as rig:
        await rig.read(quake(), quake_again())
        event = await rig.event_of(quake())
        await rig.read(withdrawn(quake()), revision=2)
        assert "retracted" not in await rig.kinds()
        await rig.read(withdrawn(quake_again()), revision=2)
        assert ["corrected", "retracted"] == (await rig.kinds())[-2:]
        assert EventStatus.RETRACTED is (await rig.store.events([event]))[event].status
        third = article("third", quake().headline, QUAKE, house="third.example")
        await rig.read(third)
        assert event != await rig.event_of(third)


async def test_both_in_one_batch_end_it_too() -> None:
    """What the batch decided counts, though the store does not have it yet."""
    async with folding() as rig:
        await rig.read(quake(), quake_again())
        await rig.read(withdrawn(quake()), withdrawn(quake_again()), revision=2)
        assert 1 == (await rig.kinds()).count("retracted")


async def test_decisions_of_people_are_carried_out_within_seconds() -> None:
    """The step is published, the curation ends in the same commit, and folding heeds it at once."""
    async with folding() as rig:
        await rig.read(quake(), quake_again())
        event = await rig.event_of(quake())
        await rig.store.curate(SplitEvent(event, (quake_again().article_id,)), "desk", "", START)
        await rig.store.curate(RetractEvent(EventId("nothing")), "desk", "", START)
        await rig.clock.advance(timedelta(seconds=6))
        split, refused = await rig.store.curations()
        assert (CurationState.DONE, CurationState.REFUSED) == (split.state, refused.state)
        assert "knows no event nothing" in refused.told
        assert split.opened == await rig.event_of(quake_again())
        assert ["split", "split"] == (await rig.kinds())[-2:]
        moved = (await rig.records(Topic.ARTICLES))[-1]
        assert (2, split.opened) == (moved["version"], moved["placement"]["event_id"])
        await rig.store.curate(RetractEvent(event), "desk", "", START)
        await rig.clock.advance(timedelta(seconds=6))
        copy = article("copy", quake().headline, QUAKE, house="mirror.example")
        await rig.read(copy)
        assert event != await rig.event_of(copy)


async def test_a_decision_waits_for_the_service_to_start() -> None:
    """What was recorded while nobody folded is carried out first; an article that is not there is refused."""
    async with folding() as rig:
        await rig.read(quake())
    event = await rig.event_of(quake())
    await rig.store.curate(SplitEvent(event, (ArticleId("nothing"),)), "desk", "", START)
    await rig.store.curate(RetractEvent(event), "desk", "", START)
    async with folding(rig.store, rig.clock) as again:
        assert [CurationState.REFUSED, CurationState.DONE] == [each.state for each in await again.store.curations()]
        assert "retracted" == (await again.kinds())[-1]


async def test_after_a_long_stop_what_was_left_open_is_closed() -> None:
    """An event whose articles have all left the window ends at the start; versions go on without a gap."""
    async with folding() as rig:
        await rig.read(quake(), trial())
    rig.clock.jump(timedelta(days=30))
    async with folding(rig.store, rig.clock) as again:
        assert ["closed", "closed"] == (await again.kinds())[-2:]
        assert [1, 1, 2, 2] == sorted(each["version"] for each in await again.records(Topic.EVENTS))
    async with folding(rig.store, rig.clock) as third:
        assert 2 == (await third.kinds()).count("closed")


def planned(of: Article, version: int = 1, left: int = 3) -> Reread:
    due = START + timedelta(hours=1)
    return Reread(of.article_id, version, of.url, due, left, 0, Hint.MODIFIED, mark_of(of), Quality.FULL, "hash")


def looked(of: Article, outcome: LookOutcome, now: Article | None = None, version: int = 1, left: int = 2) -> Looked:
    found = (now, features(now)) if now is not None else (None, None)
    status = 410 if outcome is LookOutcome.GONE else None
    return Looked(ledger_of(str(of.entry_id)), outcome, planned(of, version, left), *found, status=status)


async def test_a_look_that_found_another_text_makes_the_next_version() -> None:
    """The article under its own name, with what changed; the ledger is left alone; the plan is for that version."""
    async with folding() as rig:
        await rig.read(quake())
        counts = await rig.store.ledger_counts()
        newer = replace(
            quake(), body=f"{quake().body}\n\nA school fell too.", canonical_url="http://elsewhere.example/x"
        )
        await rig.look(looked(quake(), LookOutcome.CHANGED, newer))
        first, second = await rig.records(Topic.ARTICLES)
        assert (1, "new", []) == (first["version"], first["change"], first["diff"])
        assert (2, first["canonical_url"]) == (second["version"], second["canonical_url"])
        assert [("body", [], ["A school fell too."])] == [
            (each["field"], each["before"], each["after"]) for each in second["diff"]
        ]
        assert counts == await rig.store.ledger_counts()
        plan = await rig.plan(quake())
        assert plan is not None
        assert (2, 2) == (plan.version, plan.left)
        assert 1 == rig.meter.counted(Metric.REREADS, LookOutcome.CHANGED)


async def test_a_look_told_twice_makes_one_version() -> None:
    """What was found before a crash and is found again after it speaks of a version that is no longer the last."""
    async with folding() as rig:
        await rig.read(quake())
        newer = replace(quake(), headline="Earthquake: more dead")
        found = looked(quake(), LookOutcome.CHANGED, newer)
        await rig.look(found)
        await rig.look(found)
        assert [1, 2] == [each["version"] for each in await rig.records(Topic.ARTICLES)]
        assert 1 == rig.meter.counted(Metric.REREADS, LookOutcome.STALE)
        plan = await rig.plan(quake())
        assert plan is not None
        assert (2, mark_of(newer)) == (plan.version, plan.mark)


async def test_a_page_that_was_taken_down_retracts_its_article_and_event() -> None:
    """The article stands as a retraction, and the event that only it told of ends."""
    async with folding() as rig:
        await rig.read(quake())
        await rig.look(looked(quake(), LookOutcome.GONE))
        last = (await rig.records(Topic.ARTICLES))[-1]
        assert (2, ArticleChange.RETRACTION) == (last["version"], last["change"])
        assert [{"field": "page", "before": ["200"], "after": ["410"], "cut": False}] == last["diff"]
        assert "retracted" == (await rig.kinds())[-1]


async def test_what_was_retracted_is_not_retracted_again() -> None:
    """A withdrawn text that is taken down later is no news."""
    async with folding() as rig:
        await rig.read(quake())
        await rig.look(looked(quake(), LookOutcome.CHANGED, withdrawn(quake())))
        await rig.look(looked(quake(), LookOutcome.GONE, version=2, left=0))
        assert ["new", "retraction"] == [each["change"] for each in await rig.records(Topic.ARTICLES)]


async def test_looks_without_a_version_only_move_the_plan() -> None:
    """No record, no new version."""
    async with folding() as rig:
        await rig.read(quake())
        await rig.look(looked(quake(), LookOutcome.NOT_MODIFIED))
        assert 1 == len(await rig.records(Topic.ARTICLES))
        plan = await rig.plan(quake())
        assert plan is not None
        assert 2 == plan.left


async def test_a_look_at_a_forgotten_article_ends_its_plan() -> None:
    """There is nothing to make a version of."""
    async with folding() as rig:
        await rig.look(looked(quake(), LookOutcome.CHANGED, quake()))
        assert [] == await rig.records(Topic.ARTICLES)
        assert await rig.plan(quake()) is None


async def test_the_plan_of_a_read_article_is_kept_with_it() -> None:
    """In the commit that places it; a later read of it adds no looks to those that are left."""
    async with folding() as rig:
        read = ReadArticle(ledger_of(str(quake().entry_id)), quake(), features(quake()), planned(quake(), left=1))
        await rig.store.apply(Commit(taken_up=(TakenUp(read.ledger),)))
        await rig.outcomes.send([read])
        await settle()
        again = replace(read, ledger=ledger_of(str(quake().entry_id), 2), reread=planned(quake(), left=6))
        await rig.store.apply(Commit(taken_up=(TakenUp(again.ledger),)))
        await rig.outcomes.send([again])
        await settle()
        plan = await rig.plan(quake())
        assert plan is not None
        assert (2, 1) == (plan.version, plan.left)


async def test_an_event_that_turns_out_to_be_two_is_split() -> None:
    """Behind the commit that showed it: both events go on, what moved is published again, and later reports tell."""
    one, again, _, other, other_again = quakes()
    window = Window(FoldPolicy())
    first = [replace(each, article_id=ArticleId(f"b{i}")) for i, each in enumerate((one, again, one))]
    second = [replace(each, article_id=ArticleId(f"s{i}")) for i, each in enumerate((other, other_again) * 2)]
    held, articles = glued(window, (*first, *second))
    store = MemoryStore()
    await store.apply(Commit(articles=articles, events=(window.document(held.event_id),)))
    async with folding(store) as rig:
        third = article("s9", "Sorvik colliery shut after quake", OTHER_THIRD, house="third.example")
        await rig.read(third)
        assert ["report-added", "split", "split"] == await rig.kinds()
        fresh = await rig.event_of(third)
        assert fresh != held.event_id
        moved = {each.article_id for each in second} | {third.article_id}
        assert moved == {each.placed.article.article_id for each in await store.articles_of([fresh])}
        versions = {each["event_id"]: each["version"] for each in await rig.records(Topic.EVENTS)}
        assert {fresh: 1, held.event_id: window.document(held.event_id).version + 2} == versions
        late = article("s10", "Sorvik quake: colliery stays shut", OTHER_THIRD.replace("dig", "mine") + " Soon.")
        await rig.read(late)
        assert fresh == await rig.event_of(late)
        assert 2 == (await rig.kinds()).count("split")
