"""What every store must do for processes that share it: shards, turns, and owners that are alive or not."""

import asyncio
from dataclasses import replace

import pytest

from storyfold.model.commit import Commit, FoldedArticle
from storyfold.model.entries import RejectReason
from storyfold.model.feeds import FeedSource
from storyfold.model.shards import Shard, ShardStep, Turn, language_number
from storyfold.ports import ShardTaken, Store, StoreConflict
from tests.fakes.store_values import (
    HOUR,
    MINUTE,
    NOON,
    change_of,
    event_of,
    folded_of,
    new_entry,
    put_off,
    record_of,
    settled,
    source_of,
)

pytestmark = pytest.mark.anyio


async def claimed(store: Store, shard: int = 0) -> ShardStep:
    claim = await store.claim_shard(shard)
    return ShardStep(shard, claim.epoch)


def spoken(folded: FoldedArticle, language: str) -> FoldedArticle:
    return replace(folded, features=replace(folded.features, language=language))


class TestShards:
    async def test_a_position_moves_with_the_state_it_led_to(self, store: Store) -> None:
        """Whoever takes the shard over is told where it stands, and gets an epoch of its own; shards are apart."""
        first = await store.claim_shard(3)
        assert (3, 1, None) == (first.shard, first.epoch, first.position)
        await store.apply(Commit(outbox=(record_of("a"),), shard=ShardStep(3, 1, 17)))
        await store.apply(Commit(outbox=(record_of("b"),), shard=ShardStep(3, 1)))
        second = await store.claim_shard(3)
        assert (2, 17) == (second.epoch, second.position)
        assert None is (await store.claim_shard(4)).position

    async def test_a_former_owner_writes_nothing(self, store: Store) -> None:
        """Neither state nor position, however late its commit comes; its neighbours in the same group do."""
        old = await claimed(store)
        new = await claimed(store)
        late = Commit(taken_up=(new_entry("late"),), outbox=(record_of("late"),), shard=replace(old, position=9))
        results = await asyncio.gather(
            store.apply(Commit(taken_up=(new_entry("one"),))),
            store.apply(late),
            store.apply(Commit(taken_up=(new_entry("two"),), shard=new)),
            return_exceptions=True,
        )
        assert [None, ShardTaken, None] == [each and type(each) for each in results]
        assert (2, 0) == ((await store.ledger_counts()).taken_up, len(await store.outbox_after(0, 10)))
        assert None is (await store.claim_shard(0)).position

    async def test_a_row_that_has_ended_refuses_the_whole(self, store: Store) -> None:
        """So that an entry which two shards are told of ends once: the second looks again."""
        step = await claimed(store)
        await store.apply(Commit(taken_up=(new_entry("e"), new_entry("f"))))
        await store.apply(Commit(settled=(settled("e"),), shard=step))
        for again in (
            Commit(settled=(settled("e"),), outbox=(record_of("r"),), shard=step),
            Commit(put_off=(put_off("e"),), outbox=(record_of("r"),), shard=step),
            Commit(settled=(settled("unknown"),), outbox=(record_of("r"),), shard=step),
        ):
            with pytest.raises(StoreConflict):
                await store.apply(again)
        assert () == await store.outbox_after(0, 10)
        assert (1, 1) == ((await store.ledger_counts()).done, (await store.ledger_counts()).waiting)

    async def test_an_article_or_event_is_made_once(self, store: Store) -> None:
        """Two shards that place one article, or step one event, at the same time: one is refused."""
        one, other = await claimed(store, 1), await claimed(store, 2)
        event = event_of("v")
        made = Commit(articles=(folded_of("a", event="v"),), events=(event,), changes=(change_of("v", 1, NOON),))
        results = await asyncio.gather(
            store.apply(replace(made, shard=one)), store.apply(replace(made, shard=other)), return_exceptions=True
        )
        assert [None, StoreConflict] == sorted((each and type(each) for each in results), key=str)[::-1]
        step = Commit(events=(replace(event, version=2),), changes=(change_of("v", 2, NOON),))
        await store.apply(replace(step, shard=other))
        with pytest.raises(StoreConflict, match="v"):
            await store.apply(replace(step, shard=one))
        with pytest.raises(StoreConflict, match="w"):
            await store.apply(Commit(changes=(change_of("w", 2, NOON),), shard=one))

    async def test_a_window_of_one_shard(self, store: Store) -> None:
        """It has the articles in its languages, their events, and living events that have some, however old."""
        of = 7
        number = language_number("en") % of
        other = next(each for each in ("de", "fr", "es") if language_number(each) % of != number)
        english = spoken(folded_of("a", event="v"), "en")
        foreign = spoken(folded_of("b", event="w"), other)
        old = replace(spoken(folded_of("c", event="x"), "en"), placed_at=NOON - HOUR)
        events = tuple(event_of(name) for name in ("v", "w", "x"))
        await store.apply(Commit(articles=(english, foreign, old), events=events))
        mine = await store.load_window(NOON - MINUTE, Shard(number, of))
        assert ["a"] == [each.placed.article.article_id for each in mine.articles]
        assert ["v", "x"] == [each.event_id for each in mine.events]
        theirs = await store.load_window(NOON - MINUTE, Shard(language_number(other) % of, of))
        assert (["b"], ["w"]) == (
            [each.placed.article.article_id for each in theirs.articles],
            [each.event_id for each in theirs.events],
        )


class TestTurns:
    async def test_one_has_it_until_it_ends_or_runs_out(self, store: Store) -> None:
        """Asking again is having it longer; another gets it afterwards, in a term of its own."""
        assert Turn("a", 1) == await store.take_turn("publish", "a", NOON, MINUTE)
        assert Turn("a", 1) == await store.take_turn("publish", "b", NOON, MINUTE)
        assert Turn("a", 1) == await store.take_turn("publish", "a", NOON + MINUTE, MINUTE)
        assert Turn("a", 1) == await store.take_turn("publish", "b", NOON + MINUTE, MINUTE)
        assert Turn("b", 2) == await store.take_turn("publish", "b", NOON + 2 * MINUTE, MINUTE)
        await store.end_turn("publish", "a")
        assert Turn("b", 2) == await store.take_turn("publish", "a", NOON + 2 * MINUTE, MINUTE)
        await store.end_turn("publish", "b")
        assert Turn("a", 3) == await store.take_turn("publish", "a", NOON + 2 * MINUTE, MINUTE)
        assert Turn("c", 1) == await store.take_turn("something else", "c", NOON, MINUTE)

    async def test_it_can_be_taken_by_force(self, store: Store) -> None:
        """The one who had it is told by the term."""
        await store.take_turn("publish", "a", NOON, MINUTE)
        assert Turn("b", 2) == await store.take_turn("publish", "b", NOON, MINUTE, force=True)
        assert Turn("b", 2) == await store.take_turn("publish", "a", NOON, MINUTE)

    async def test_one_of_many_that_ask_at_once(self, store: Store) -> None:
        """All are told the same name."""
        turns = await asyncio.gather(*(store.take_turn("t", f"o{each}", NOON, MINUTE) for each in range(8)))
        assert 1 == len(set(turns))


class TestOwners:
    async def test_each_is_counted_by_its_beats(self, store: Store) -> None:
        """Whoever beats is told of all; who is buried is forgotten."""
        assert {"a": 1} == await store.beat("a")
        assert {"a": 1, "b": 1} == await store.beat("b")
        assert {"a": 2, "b": 1} == await store.beat("a")
        await store.bury("b")
        assert {"a": 3} == await store.beat("a")

    async def test_what_a_dead_one_held_is_free(self, store: Store) -> None:
        """Its feeds, its entries and its turns; nobody else's."""
        sources: tuple[FeedSource, ...] = (source_of("f"), source_of("g"))
        await store.register(sources, NOON)
        await store.beat("dead")
        assert 1 == len(await store.lease_feeds("dead", NOON, HOUR, 1))
        assert 1 == len(await store.lease_feeds("alive", NOON, HOUR, 1))
        await store.apply(Commit(taken_up=(new_entry("e"),), holder="dead", held_until=NOON + HOUR))
        await store.apply(Commit(taken_up=(new_entry("f"),), holder="alive", held_until=NOON + HOUR))
        await store.take_turn("publish", "dead", NOON, HOUR)
        await store.take_turn("prune", "alive", NOON, HOUR)
        await store.bury("dead")
        assert 1 == len(await store.lease_feeds("me", NOON, HOUR, 9))
        assert ["e"] == [each.entry.entry_id for each in await store.lease_entries("me", NOON + MINUTE, HOUR, 9)]
        assert "me" == (await store.take_turn("publish", "me", NOON, HOUR)).owner
        assert "alive" == (await store.take_turn("prune", "me", NOON, HOUR)).owner

    async def test_nothing_is_lost_by_burying_one_that_lives(self, store: Store) -> None:
        """It beats again and is known again; what it does meanwhile counts."""
        step = await claimed(store)
        await store.beat("a")
        await store.bury("a")
        reject = settled("e", reason=RejectReason.GONE)
        await store.apply(Commit(taken_up=(new_entry("e"),)))
        await store.apply(Commit(settled=(reject,), shard=step))
        assert {"a": 1} == await store.beat("a")
        assert 1 == (await store.ledger_counts()).rejected
