"""What every store must do; run over each of them alike."""

import asyncio
from dataclasses import replace
from datetime import datetime

import pytest

from storyfold.hosts.memory import HostKept, RobotsKept
from storyfold.hosts.robots import Robots, parse_robots
from storyfold.model.articles import Quality
from storyfold.model.commit import (
    Commit,
    EventHead,
    FeedSync,
    LedgerCounts,
    PlannedReread,
    PolledFeed,
    TakenUp,
    WindowPart,
    WindowRow,
    WindowState,
)
from storyfold.model.curation import (
    Curation,
    CurationOrder,
    CurationState,
    MergeEvents,
    RetractArticle,
    RetractEvent,
    SplitEvent,
)
from storyfold.model.entries import LedgerEntry, RejectReason
from storyfold.model.events import EventStatus
from storyfold.model.feeds import Feed, KnownEntry, PollOutcome, PollState, RedirectEvidence, Validators
from storyfold.model.identity import ArticleId, EntryId, EventId, FeedId
from storyfold.model.records import OutboxRow, Topic
from storyfold.model.rereads import Hint, Reread
from storyfold.model.retention import Pruned, Retention
from storyfold.model.websub import Subscription, SubscriptionState
from storyfold.ports import Store
from tests.fakes.store_values import (
    DAY,
    HOUR,
    MINUTE,
    NOON,
    bodiless,
    change_of,
    event_of,
    folded_of,
    ledger_of,
    new_entry,
    put_off,
    record_of,
    settled,
    source_of,
)

pytestmark = pytest.mark.anyio


def polled(name: str, next_poll_at: datetime, listed: tuple[str, ...] | None = None) -> PolledFeed:
    state = PollState(url=source_of(name).url, next_poll_at=next_poll_at, primed=True)
    return PolledFeed(FeedId(name), state, NOON, None if listed is None else tuple(map(EntryId, listed)))


async def leased(store: Store, now: datetime = NOON, owner: str = "me", limit: int = 100) -> list[str]:
    return [str(row.entry.entry_id) for row in await store.lease_entries(owner, now, HOUR, limit)]


async def leased_feeds(store: Store, now: datetime = NOON, owner: str = "me", limit: int = 100) -> list[str]:
    return [str(feed.source.feed_id) for feed in await store.lease_feeds(owner, now, HOUR, limit)]


class TestHosts:
    def host(self, name: str, hours: float, paced: bool = False) -> HostKept:
        until = NOON + hours * HOUR
        return HostKept(name, until, None if paced else until, NOON if paced else None)

    async def test_the_later_wish_of_a_host_stands(self, store: Store) -> None:
        """Hold-off and pacing are kept each for itself, and an earlier wish never shortens a later one."""
        await store.keep_hosts((self.host("https://a.example", 5),), ())
        await store.keep_hosts((self.host("https://a.example", 1), self.host("b.example", 2)), ())
        await store.keep_hosts((self.host("https://a.example", 0.01, paced=True),), ())

        longest = HostKept("https://a.example", NOON + 5 * HOUR, NOON + 5 * HOUR, NOON)
        assert (longest, self.host("b.example", 2)) == await store.kept_hosts(NOON, 10)
        assert (longest,) == await store.kept_hosts(NOON, 1)
        assert (longest,) == await store.kept_hosts(NOON + 2 * HOUR, 10)

    async def test_the_newer_robots_txt_of_a_host_stands(self, store: Store) -> None:
        """It comes back whole, by its origin, also when it is not believed any more."""
        robots = parse_robots("User-agent: *\nDisallow: /a*b$\nCrawl-delay: 2.5\nSitemap: /ü".encode(), "storyfold")
        old = RobotsKept("https://a.example", robots, NOON + HOUR)
        new = RobotsKept("https://a.example", Robots(), NOON + DAY)
        assert await store.kept_robots("https://a.example") is None
        await store.keep_hosts((), (old,))
        assert old == await store.kept_robots("https://a.example")
        await store.keep_hosts((), (new,))
        await store.keep_hosts((), (old,))
        assert new == await store.kept_robots("https://a.example")
        assert await store.kept_robots("http://a.example") is None

    async def test_what_is_over_is_pruned(self, store: Store) -> None:
        """Hosts as soon as nothing of them matters; a robots.txt two days after it was believed."""
        await store.keep_hosts(
            [self.host(f"https://{number}.example", number % 2 + 1) for number in range(1200)],
            [RobotsKept(f"https://{number}.example", Robots(), NOON + number * DAY) for number in range(3)],
        )
        assert Pruned(hosts=600) == await store.prune(NOON + 1.5 * HOUR, Retention())
        assert Pruned(hosts=601) == await store.prune(NOON + 2.5 * DAY, Retention())
        assert await store.kept_robots("https://0.example") is None
        assert await store.kept_robots("https://1.example") is not None


def subscription(name: str = "f1", **changes: object) -> Subscription:
    wanted = Subscription(
        feed_id=FeedId(name),
        hub="https://hub.example/",
        topic=f"https://example.org/{name}.xml",
        callback=f"https://us.example/token-{name}",
        token=f"token-{name}",
        secret="ß" * 40,
        state=SubscriptionState.ASKED,
        due_at=NOON,
    )
    return replace(wanted, **changes)  # type: ignore[arg-type]  # fields by name, in tests only


class TestSubscriptions:
    async def test_a_change_is_taken_only_of_what_is_stored(self, store: Store) -> None:
        """Of two that change the same revision one is first, and the other is told."""
        assert await store.subscription_of(FeedId("f1")) is None
        assert await store.save_subscription(subscription())
        assert not await store.save_subscription(subscription(hub="https://late.example/"))
        first = subscription(revision=1)
        assert first == await store.subscription_of(FeedId("f1"))
        live = replace(first, state=SubscriptionState.LIVE, token="new", live_until=NOON + DAY, due_at=NOON + HOUR)
        assert await store.save_subscription(live)
        assert not await store.save_subscription(replace(first, failures=1))
        assert not await store.drop_subscription(first)
        assert await store.subscription_at("token-f1") is None
        assert replace(live, revision=2) == await store.subscription_at("new")
        assert (replace(live, revision=2),) == await store.subscriptions()
        assert await store.drop_subscription(replace(live, revision=2))
        assert not await store.drop_subscription(replace(live, revision=2))
        assert not await store.save_subscription(replace(live, revision=2))
        assert () == await store.subscriptions()

    async def test_what_is_due_and_what_has_left(self, store: Store) -> None:
        """By their moment, and by whether their feed is polled; what is being ended is not found again as left."""
        await store.register([source_of("f1"), source_of("f2")], NOON)
        for number, name in enumerate(("f1", "f2", "f3")):
            await store.save_subscription(subscription(name, due_at=NOON + number * HOUR))
        ending = subscription("f4", state=SubscriptionState.ENDING, due_at=NOON + DAY)
        await store.save_subscription(ending)
        await store.register([source_of("f2")], NOON)

        assert ["f1", "f2"] == [each.feed_id for each in await store.due_subscriptions(NOON + HOUR, 10)]
        assert ["f1"] == [each.feed_id for each in await store.due_subscriptions(NOON + HOUR, 1)]
        assert {"f1", "f3"} == {each.feed_id for each in await store.left_subscriptions(10)}
        counts = dict.fromkeys(SubscriptionState, 0)
        assert counts | {SubscriptionState.ASKED: 3, SubscriptionState.ENDING: 1} == await store.subscription_counts()

    async def test_one_feed_is_leased_whether_it_is_due_or_not(self, store: Store) -> None:
        """Nobody else gets it meanwhile; one that is leased already, or has left, is not to be had."""
        await store.register([source_of("f1"), source_of("f2")], NOON + DAY)
        assert FeedId("f1") == (await store.lease_feed(FeedId("f1"), "me", NOON, HOUR)).source.feed_id  # type: ignore[union-attr]  # it is there
        assert await store.lease_feed(FeedId("f1"), "you", NOON, HOUR) is None
        assert [] == await leased_feeds(store, NOON, owner="you")
        assert await store.lease_feed(FeedId("f1"), "you", NOON + HOUR, HOUR) is not None
        assert await store.lease_feed(FeedId("unknown"), "me", NOON, HOUR) is None
        await store.register([source_of("f2")], NOON)
        assert await store.lease_feed(FeedId("f1"), "me", NOON + DAY, HOUR) is None


class TestFeeds:
    async def test_new_feed_is_due_at_once_with_an_empty_memory(self, store: Store) -> None:
        """A feed that is registered for the first time is due now and remembers nothing."""
        source = source_of()

        assert FeedSync((source.feed_id,), ()) == await store.register([source], NOON)
        feed = Feed(source, PollState(url=source.url, next_poll_at=NOON))
        assert (feed,) == await store.feeds()
        assert NOON == await store.next_feed_due()
        assert (feed,) == await store.lease_feeds("me", NOON, HOUR, 10)

    async def test_registering_again_changes_nothing_but_what_was_edited(self, store: Store) -> None:
        """The memory of a feed survives an edit of its title."""
        await store.register([source_of()], NOON)
        await store.apply(Commit(polled=(polled("f1", NOON + HOUR),)))

        assert FeedSync((), ()) == await store.register([source_of(title="New")], NOON + DAY)
        (feed,) = await store.feeds()
        assert "New" == feed.source.title
        assert NOON + HOUR == feed.state.next_poll_at

    async def test_a_shorter_interval_makes_a_feed_due_sooner(self, store: Store) -> None:
        """Not before its time, not while it is leased, and a longer interval waits for the next poll."""
        await store.register([source_of()], NOON)
        state = PollState(url=source_of().url, next_poll_at=NOON + DAY, last_poll_at=NOON)
        await store.apply(Commit(polled=(PolledFeed(FeedId("f1"), state, NOON),)))
        for wanted, due in ((5 * HOUR, 5 * HOUR), (9 * HOUR, 5 * HOUR), (MINUTE, 2 * MINUTE)):
            await store.register([replace(source_of(), interval=wanted)], NOON + 2 * MINUTE)
            assert NOON + due == await store.next_feed_due()
        (feed,) = await store.lease_feeds("me", NOON + HOUR, HOUR, 1)
        assert NOON + 2 * MINUTE == feed.state.next_poll_at
        await store.register([replace(source_of(), interval=MINUTE / 2)], NOON)
        await store.release("me")
        assert NOON + 2 * MINUTE == await store.next_feed_due()

    async def test_a_feed_that_leaves_is_not_polled_and_keeps_its_memory(self, store: Store) -> None:
        """A feed that left and came back is due when its memory says, even if it was polled meanwhile."""
        await store.register([source_of("f1"), source_of("f2")], NOON)

        assert FeedSync((), (FeedId("f1"),)) == await store.register([source_of("f2")], NOON)
        await store.apply(Commit(polled=(polled("f1", NOON + DAY),)))
        assert ["f2"] == await leased_feeds(store, NOON + 2 * DAY)
        assert ["f2"] == [feed.source.feed_id for feed in await store.feeds()]
        assert FeedSync((FeedId("f1"),), ()) == await store.register([source_of("f1"), source_of("f2")], NOON)
        assert [] == await leased_feeds(store, NOON + DAY - MINUTE)
        assert ["f1"] == await leased_feeds(store, NOON + DAY)

    async def test_a_poll_state_comes_back_as_it_went_in(self, store: Store) -> None:
        """Every field of what polling remembers survives, to the microsecond and the byte."""
        await store.register([source_of()], NOON)
        state = PollState(
            url="https://example.org/moved",
            next_poll_at=NOON + HOUR,
            validators=Validators('W/"é\\"', "Tue, 03 Mar 2026 (odd)"),
            body_hash="00ff",
            interval=HOUR / 7,
            last_poll_at=NOON,
            last_outcome=PollOutcome.THROTTLED,
            last_message="it said 429",
            last_success_at=NOON - DAY,
            last_new_at=NOON - DAY,
            failures=3,
            polls_since_unconditional=9,
            primed=True,
            redirect=RedirectEvidence("https://example.org/new", 2, NOON - DAY),
            previous_urls=("https://example.org/old",),
            gone_since=NOON,
            retired_at=NOON,
            retry_after=NOON + MINUTE,
            fresh_until=NOON + HOUR,
        )

        await store.apply(Commit(polled=(PolledFeed(FeedId("f1"), state, NOON),)))
        assert (Feed(source_of(), state),) == await store.feeds()

    async def test_leases_go_to_the_most_overdue_and_only_once(self, store: Store) -> None:
        """Feeds are taken in the order they fell due, at most as many as asked for, by one owner at a time."""
        await store.register([source_of(f"f{number}") for number in range(4)], NOON)
        await store.apply(Commit(polled=tuple(polled(f"f{number}", NOON - number * MINUTE) for number in range(4))))

        assert ["f3", "f2"] == await leased_feeds(store, owner="me", limit=2)
        assert ["f1", "f0"] == await leased_feeds(store, owner="you")
        assert [] == await leased_feeds(store)
        assert await store.next_feed_due() is None

    async def test_a_lease_ends_with_the_commit_or_when_it_runs_out(self, store: Store) -> None:
        """A polled feed is free at its next time; one that was forgotten is free when its lease is over."""
        await store.register([source_of("f1"), source_of("f2")], NOON)
        assert ["f1", "f2"] == await leased_feeds(store)
        await store.apply(Commit(polled=(polled("f1", NOON + MINUTE),)))

        assert NOON + MINUTE == await store.next_feed_due()
        assert ["f1"] == await leased_feeds(store, NOON + HOUR - MINUTE)
        assert ["f2"] == await leased_feeds(store, NOON + HOUR)

    async def test_release_frees_only_what_its_owner_holds(self, store: Store) -> None:
        """At its start an owner gets back what it held when it died; others keep theirs."""
        await store.register([source_of("f1"), source_of("f2")], NOON)
        await store.apply(Commit(taken_up=(new_entry("e1"), new_entry("e2"))))
        assert ["f1"] == await leased_feeds(store, owner="me", limit=1)
        assert ["e1"] == await leased(store, owner="me", limit=1)
        assert ["f2"] == await leased_feeds(store, owner="you")
        assert ["e2"] == await leased(store, owner="you")

        await store.release("me")
        assert ["f1"] == await leased_feeds(store, owner="other")
        assert ["e1"] == await leased(store, owner="other")

    async def test_a_poll_of_an_unknown_feed_is_passed_over(self, store: Store) -> None:
        """The rest of such a commit is applied."""
        await store.apply(Commit(polled=(polled("nobody", NOON),), outbox=(record_of(),)))
        assert () == await store.feeds()
        assert 1 == (await store.outbox_depth(0))[0]


class TestLedger:
    async def test_a_row_is_leased_as_it_was_taken_up(self, store: Store) -> None:
        """Entry and feed come back whole."""
        await store.apply(Commit(taken_up=(new_entry(),)))
        assert (ledger_of(),) == await store.lease_entries("me", NOON, HOUR, 10)
        assert LedgerCounts(taken_up=1, pending=1) == await store.ledger_counts()

    async def test_a_row_is_born_in_the_hands_of_its_holder(self, store: Store) -> None:
        """Nobody is given it before that lease runs out."""
        await store.apply(Commit(taken_up=(new_entry(),), holder="poll", held_until=NOON + HOUR))
        assert [] == await leased(store, NOON + HOUR - MINUTE)
        assert ["e1"] == await leased(store, NOON + HOUR)

    async def test_oldest_rows_come_first(self, store: Store) -> None:
        """Pending rows count from when they were taken up, retries from when they fall due."""
        taken = (
            new_entry("young", at=NOON - MINUTE),
            new_entry("old", at=NOON - HOUR),
            new_entry("retry", at=NOON - DAY),
        )
        await store.apply(Commit(taken_up=taken))
        await store.apply(Commit(put_off=(put_off("retry", due_at=NOON - 2 * MINUTE),)))
        assert ["old", "retry"] == await leased(store, limit=2)
        assert ["young"] == await leased(store)

    async def test_taking_up_twice_is_harmless(self, store: Store) -> None:
        """The same or an earlier revision leaves the row alone, whatever became of it."""
        await store.apply(Commit(taken_up=(new_entry(revision=2), new_entry(revision=2))))
        await store.apply(Commit(taken_up=(new_entry(revision=1),)))
        await store.apply(Commit(settled=(settled(revision=2),)))
        await store.apply(Commit(taken_up=(new_entry(revision=2),)))
        assert LedgerCounts(taken_up=1, done=1) == await store.ledger_counts()
        assert [] == await leased(store)

    async def test_a_new_revision_reopens_a_row_that_ended(self, store: Store) -> None:
        """It counts as taken up again, starts without attempts and keeps the time of first sight."""
        await store.apply(Commit(taken_up=(new_entry(),)))
        await store.apply(Commit(put_off=(put_off(),)))
        await store.apply(Commit(settled=(settled(),)))
        await store.apply(Commit(taken_up=(new_entry(revision=2, at=NOON + DAY),)))

        assert LedgerCounts(taken_up=2, done=1, pending=1) == await store.ledger_counts()
        expected = replace(ledger_of(revision=2, at=NOON + DAY), first_seen_at=NOON)
        assert (expected,) == await store.lease_entries("me", NOON + DAY, HOUR, 10)

    async def test_a_new_revision_of_a_waiting_row_is_the_same_wait(self, store: Store) -> None:
        """It is not counted twice, and the outcome of the old revision no longer ends it."""
        await store.apply(Commit(taken_up=(new_entry(),), holder="poll", held_until=NOON + DAY))
        await store.apply(Commit(taken_up=(new_entry(revision=2),)))
        await store.apply(Commit(settled=(settled(revision=1),), put_off=(put_off(revision=1),)))

        assert LedgerCounts(taken_up=1, pending=1) == await store.ledger_counts()
        assert (ledger_of(revision=2),) == await store.lease_entries("me", NOON, HOUR, 10)

    async def test_known_as_ends_at_once(self, store: Store) -> None:
        """An old entry of a new feed is taken up and rejected in one breath, and known from then on."""
        await store.apply(
            Commit(taken_up=(TakenUp(ledger_of(), RejectReason.OLD),), holder="poll", held_until=NOON + DAY)
        )
        expected = LedgerCounts(taken_up=1, rejected=1, by_reason=((RejectReason.OLD, 1),))
        assert expected == await store.ledger_counts()
        assert {"e1": KnownEntry(EntryId("e1"), 1, "h1")} == await store.known_entries([EntryId("e1"), EntryId("e2")])
        assert [] == await leased(store, NOON + 2 * DAY)

    async def test_waiting_names_the_revision_of_rows_that_have_not_ended(self, store: Store) -> None:
        """Pending and put-off rows wait at their newest revision; ended and unknown rows do not."""
        await store.apply(Commit(taken_up=(new_entry("e1"), new_entry("e2"), new_entry("e3"))))
        await store.apply(Commit(taken_up=(new_entry("e1", revision=2),)))
        await store.apply(Commit(settled=(settled("e3"),), put_off=(put_off("e2"),)))
        asked = [EntryId(name) for name in ("e1", "e2", "e3", "e4")]
        assert {"e1": 2, "e2": 1} == await store.waiting(asked)

    async def test_settling_counts_once(self, store: Store) -> None:
        """A repeat, another revision or an unknown row moves no tally."""
        await store.apply(Commit(taken_up=(new_entry("e1"), new_entry("e2"))))
        end = Commit(settled=(settled("e1"), settled("e2", reason=RejectReason.ROBOTS), settled("e3")))
        await store.apply(end)
        await store.apply(end)
        await store.apply(Commit(settled=(settled("e1", reason=RejectReason.ROBOTS), settled("e1", revision=9))))

        expected = LedgerCounts(taken_up=2, done=1, rejected=1, by_reason=((RejectReason.ROBOTS, 1),))
        assert expected == await store.ledger_counts()

    async def test_put_off_frees_the_row_for_later(self, store: Store) -> None:
        """Its attempts grow only where something was tried."""
        await store.apply(Commit(taken_up=(new_entry(),), holder="poll", held_until=NOON + DAY))
        await store.apply(Commit(put_off=(put_off(counted=False),)))
        await store.apply(Commit(put_off=(put_off(counted=True),)))

        assert LedgerCounts(taken_up=1, retry=1) == await store.ledger_counts()
        assert [] == await leased(store, NOON + HOUR - MINUTE)
        expected = replace(ledger_of(), attempts=1)
        assert (expected,) == await store.lease_entries("me", NOON + HOUR, HOUR, 10)

    async def test_put_off_after_the_end_changes_nothing(self, store: Store) -> None:
        """A row that ended stays ended."""
        await store.apply(Commit(taken_up=(new_entry(),), settled=(settled(),)))
        await store.apply(Commit(put_off=(put_off(),)))
        assert LedgerCounts(taken_up=1, done=1) == await store.ledger_counts()

    async def test_many_entries_at_once(self, store: Store) -> None:
        """Numbers beyond what one statement may carry make no difference."""
        names = [f"e{number:05}" for number in range(2_000)]
        await store.apply(Commit(taken_up=tuple(new_entry(name) for name in names)))
        assert len(names) == len(await store.known_entries([EntryId(name) for name in names]))
        assert names == await leased(store, limit=5_000)
        await store.apply(Commit(settled=tuple(settled(name) for name in names)))
        assert LedgerCounts(taken_up=2_000, done=2_000) == await store.ledger_counts()

    async def test_two_owners_never_hold_the_same_row(self, store: Store) -> None:
        """Leases taken at the same time do not overlap and leave nothing out."""
        names = [f"e{number:02}" for number in range(60)]
        await store.apply(Commit(taken_up=tuple(new_entry(name) for name in names)))
        taken = await asyncio.gather(*(leased(store, owner=f"o{number}", limit=10) for number in range(8)))
        assert names == sorted(name for part in taken for name in part)


class TestArticlesAndEvents:
    async def test_an_article_is_found_by_id_and_by_canonical_url(self, store: Store) -> None:
        """Whole, with the entry that first led to it, whatever entry led to later versions."""
        await store.apply(Commit(articles=(folded_of(entry="e1"),)))
        second = folded_of(version=2, entry="e2", headline="Bridge fell", body="New.")
        await store.apply(Commit(articles=(second,)))

        assert (ArticleId("a1"), EntryId("e1")) == await store.article_of("https://example.org/a1")
        assert {"a1": second.placed} == await store.articles([ArticleId("a1"), ArticleId("a2")])
        assert await store.article_of("https://example.org/a2") is None

    async def test_a_body_with_a_character_that_no_text_has_is_kept(self, store: Store) -> None:
        """The character NUL may be replaced where a database cannot hold it; the rest of the text stays."""
        await store.apply(Commit(articles=(folded_of(body="It \x00 fell."),)))
        (placed,) = (await store.articles([ArticleId("a1")])).values()
        assert placed.article.body in {"It \x00 fell.", "It \ufffd fell."}

    async def test_an_older_version_never_replaces_a_newer_one(self, store: Store) -> None:
        """Neither of articles nor of events, in one commit or over several; the same version replaces itself."""
        latest = folded_of(version=3, event="v2")
        await store.apply(Commit(articles=(folded_of(version=3), folded_of(version=2)), events=(event_of(version=3),)))
        await store.apply(Commit(articles=(latest,), events=(event_of(version=3, title="Same"), event_of(version=2))))
        await store.apply(Commit(articles=(folded_of(version=1),), events=(event_of(version=1),)))

        assert {"a1": latest.placed} == await store.articles([ArticleId("a1")])
        assert (event_of(version=3, title="Same"),) == await store.newest_events(10)

    async def test_newest_events_come_first(self, store: Store) -> None:
        """By last publication, at most as many as asked for."""
        events = tuple(event_of(f"v{number}", last_published_at=NOON + number * MINUTE) for number in range(3))
        await store.apply(Commit(events=events))
        assert (events[2], events[1]) == await store.newest_events(2)

    async def test_an_event_comes_back_as_it_went_in(self, store: Store) -> None:
        """Every field, the empty ones too."""
        bare = replace(event_of("v2"), category=None, occurred=None, merged_into=event_of().event_id, places=())
        await store.apply(Commit(events=(event_of(), bare)))
        assert {event_of(), bare} == set(await store.newest_events(10))

    async def test_the_window_holds_articles_in_the_order_of_placement(self, store: Store) -> None:
        """Those placed since then without their bodies; of one moment, in the order of the commits."""
        same = [folded_of(name, placed_at=NOON) for name in ("z", "a", "m")]
        early = folded_of("early", placed_at=NOON - MINUTE)
        await store.apply(Commit(articles=(same[0], folded_of("before", placed_at=NOON - DAY))))
        await store.apply(Commit(articles=(same[1], same[2])))
        await store.apply(Commit(articles=(early, folded_of("z", placed_at=NOON, version=2))))

        window = await store.load_window(NOON - MINUTE)
        expected = (early, folded_of("z", placed_at=NOON, version=2), same[1], same[2])
        assert tuple(map(bodiless, expected)) == window.articles

    async def test_the_window_holds_its_events_and_all_that_still_live(self, store: Store) -> None:
        """A closed event comes only with an article inside; one that nobody closed comes however old it is."""
        old = NOON - 30 * DAY
        closed = event_of("closed", status=EventStatus.CLOSED)
        forgotten = event_of("forgotten", status=EventStatus.CLOSED)
        alive = event_of("alive", status=EventStatus.EMERGING, last_published_at=old)
        articles = (folded_of("a1", event="closed"), folded_of("a2", event="forgotten", placed_at=old))
        await store.apply(Commit(articles=articles, events=(closed, forgotten, alive)))

        assert WindowState((bodiless(articles[0]),), (alive, closed)) == await store.load_window(NOON)

    async def test_the_window_can_be_had_in_parts(self, store: Store) -> None:
        """The parts are the whole, events first, and of one moment whatever is committed meanwhile."""
        articles = tuple(folded_of(f"a{number:04}", placed_at=NOON + number // 7 * MINUTE) for number in range(1_200))
        await store.apply(Commit(articles=articles, events=(event_of("v1"), event_of("v2"))))
        whole = await store.load_window(NOON + MINUTE)
        async with store.stream_window(NOON + MINUTE) as parts:
            first = await anext(parts)
            await store.apply(Commit(articles=(folded_of("z", placed_at=NOON + DAY),)))
            rest = [part async for part in parts]
        assert WindowState((), whole.events) == first
        assert WindowState(whole.articles, ()) == WindowState(tuple(a for part in rest for a in part.articles), ())
        assert {()} == {part.events for part in rest}

    async def test_the_window_can_be_had_packed(self, store: Store) -> None:
        """Heads of events, then rows in order; what is not laid out so, or was saved without, comes whole."""
        packed = replace(folded_of("a1", event="v1"), packed=b"L1 one")
        other = replace(folded_of("a2", event="v2", placed_at=NOON + MINUTE), packed=b"L0 other")
        revised = replace(folded_of("a3", event="v2", placed_at=NOON + MINUTE), packed=b"L1 first")
        gone = replace(folded_of("a0", event="v0", placed_at=NOON - 2 * DAY), packed=b"L1 gone")
        merged = replace(event_of("v2", status=EventStatus.MERGED), merged_into=EventId("v1"))
        await store.apply(Commit(articles=(packed, other, revised, gone), events=(event_of("v1"), merged)))
        later = replace(folded_of("a3", event="v2", placed_at=NOON + 2 * MINUTE, version=2), packed=b"L1 second")
        await store.apply(Commit(articles=(later,)))
        async with store.stream_rows(NOON - MINUTE, b"L1") as parts:
            first, *rest = [part async for part in parts]
        heads = (
            EventHead(EventId("v1"), event_of("v1").status, None),
            EventHead(EventId("v2"), EventStatus.MERGED, EventId("v1")),
        )
        assert WindowPart(heads, ()) == first
        rows = [row for part in rest for row in part.rows]
        kinds = (packed.placed.placement.kind, later.placed.placement.kind)
        one, three = packed.placed.article.article_id, later.placed.article.article_id
        assert [
            WindowRow(one, EventId("v1"), kinds[0], 1, packed.placed_at, b"L1 one"),
            bodiless(replace(other, packed=b"")),
            WindowRow(three, EventId("v2"), kinds[1], 2, later.placed_at, b"L1 second"),
        ] == rows
        assert 1 == (await store.prune(NOON, Retention(articles=DAY))).articles
        async with store.stream_rows(NOON - 9 * DAY, b"L1") as parts:
            assert 3 == sum([len(part.rows) async for part in parts])


class TestTelling:
    async def test_events_and_their_articles_are_found_again(self, store: Store) -> None:
        """By id, at their current version; articles with bodies and features, in the order of placement."""
        first, second = folded_of("b", event="v1"), folded_of("a", event="v2", placed_at=NOON + MINUTE)
        other = folded_of("c", event="v3")
        events = (event_of("v1"), event_of("v2", version=3))
        await store.apply(Commit(articles=(second, first, other), events=events))
        ids = [EventId("v1"), EventId("v2"), EventId("nothing")]
        assert {event.event_id: event for event in events} == await store.events(ids)
        assert (first, second) == await store.articles_of(ids)
        assert () == await store.articles_of([])

    async def test_the_steps_of_an_event_are_told_in_order(self, store: Store) -> None:
        """The newest, without diffs, with the strongest evidence; a repeat changes nothing; old ones are forgotten."""
        steps = tuple(change_of("v1", version, NOON + version * DAY) for version in range(1, 5))
        await store.apply(Commit(changes=(*steps, change_of("v2", 1, NOON))))
        await store.apply(Commit(changes=steps))
        told = await store.changes_of(EventId("v1"), 3)
        assert [2, 3, 4] == [change.to_version for change in told]
        assert replace(steps[3], diff=(), evidence=steps[3].evidence[:6]) == told[-1]
        assert Pruned(changes=2) == await store.prune(NOON + 3 * DAY, Retention(changes=DAY))
        assert 3 == len(await store.changes_of(EventId("v1"), 10))


class TestCuration:
    async def test_what_people_decide_is_kept_in_order(self, store: Store) -> None:
        """Every order comes back as it was given, waits until a commit ends it, and stays for good."""
        orders: tuple[CurationOrder, ...] = (
            MergeEvents(EventId("v1"), EventId("v2")),
            SplitEvent(EventId("v1"), (ArticleId("a1"), ArticleId("a2"))),
            RetractEvent(EventId("v3")),
            RetractArticle(ArticleId("a4")),
        )
        numbers = [await store.curate(order, "desk", "said so", NOON) for order in orders]
        assert [1, 2, 3, 4] == numbers
        recorded = tuple(Curation(number, order, "desk", "said so", NOON) for number, order in enumerate(orders, 1))
        assert recorded == await store.curations()
        done = replace(recorded[1], state=CurationState.DONE, opened=EventId("v9"))
        refused = replace(recorded[2], state=CurationState.REFUSED, told="no such event")
        await store.apply(Commit(curated=(done, refused)))
        assert (recorded[0], recorded[3]) == await store.curations(waiting=True)
        assert (recorded[0], done, refused, recorded[3]) == await store.curations()


class TestOutbox:
    async def test_records_are_numbered_in_the_order_of_commits(self, store: Store) -> None:
        """From 1 without gaps, and come back whole."""
        first = (record_of("b"), record_of("a", Topic.REJECTS), record_of("c", Topic.ARTICLES))
        await store.apply(Commit(outbox=first))
        await store.apply(Commit(outbox=(record_of("d"),)))

        rows = tuple(OutboxRow(number, record) for number, record in enumerate((*first, record_of("d")), start=1))
        assert rows == await store.outbox_after(0, 10)
        assert rows[1:3] == await store.outbox_after(1, 2)

    async def test_commits_at_the_same_time_keep_their_records_together(self, store: Store) -> None:
        """The records of one commit are neighbours, in its order, in the order of the calls."""
        commits = [Commit(outbox=(record_of(f"{number}x"), record_of(f"{number}y"))) for number in range(50)]
        await asyncio.gather(*map(store.apply, commits))
        keys = [row.record.key for row in await store.outbox_after(0, 1_000)]
        assert [f"{number}{part}" for number in range(50) for part in "xy"] == keys

    async def test_depth_and_age(self, store: Store) -> None:
        """They count from any position."""
        assert (0, None) == await store.outbox_depth(0)
        await store.apply(Commit(outbox=tuple(record_of(str(n), origin_at=NOON + n * MINUTE) for n in range(5))))
        assert (5, NOON) == await store.outbox_depth(0)
        assert (2, NOON + 3 * MINUTE) == await store.outbox_depth(3)
        assert (0, None) == await store.outbox_depth(5)

    async def test_published_rows_leave_and_the_position_never_moves_back(self, store: Store) -> None:
        """Numbers go on behind those that left."""
        assert await store.published_position() is None
        await store.apply(Commit(outbox=(record_of("a"), record_of("b"), record_of("c"))))
        await store.mark_published(2, NOON)
        await store.mark_published(1, NOON)
        assert 2 == await store.published_position()
        assert (1, NOON) == await store.outbox_depth(0)
        await store.mark_published(3, NOON)
        await store.apply(Commit(outbox=(record_of("d"),)))
        assert (OutboxRow(4, record_of("d")),) == await store.outbox_after(0, 10)


class TestSnapshot:
    async def test_it_holds_current_state_and_what_never_left(self, store: Store) -> None:
        """Articles since then with bodies, oldest first; living events; pending records of the other topics."""
        articles = (folded_of("a2", placed_at=NOON + MINUTE), folded_of("a1"), folded_of("a0", placed_at=NOON - DAY))
        events = tuple(event_of(f"v{status}", status=status) for status in EventStatus)
        topics = (Topic.CHANGES, Topic.ARTICLES, Topic.REJECTS, Topic.EVENTS, Topic.CHANGES)
        outbox = tuple(record_of(f"k{number}", topic) for number, topic in enumerate(topics, start=1))
        await store.apply(Commit(articles=articles, events=events, outbox=outbox))
        await store.mark_published(1, NOON)

        async with store.snapshot(NOON) as snapshot:
            assert 5 == snapshot.sequence
            assert [articles[1].placed, articles[0].placed] == [placed async for placed in snapshot.articles]
            assert [event_of("vemerging", status=EventStatus.EMERGING), event_of("vopen")] == [
                event async for event in snapshot.events
            ]
            assert [3, 5] == [row.sequence async for row in snapshot.pending]

    async def test_it_does_not_see_what_comes_after_it(self, store: Store) -> None:
        """Commits go on meanwhile, and the snapshot stays one moment's view."""
        articles = tuple(folded_of(f"a{number:04}") for number in range(1_200))
        await store.apply(Commit(articles=articles, outbox=(record_of(),)))
        async with store.snapshot(NOON) as snapshot:
            first = await anext(snapshot.articles)
            later = Commit(
                articles=(folded_of("a1199", version=2, headline="Later"), folded_of("z")),
                events=(event_of(),),
                outbox=(record_of("later"),),
            )
            await store.apply(later)
            rest = [placed async for placed in snapshot.articles]
            assert [folded.placed for folded in articles] == [first, *rest]
            assert [] == [event async for event in snapshot.events]
            assert [1] == [row.sequence async for row in snapshot.pending]
            assert 1 == snapshot.sequence


class TestCare:
    async def test_a_commit_is_whole(self, store: Store) -> None:
        """All parts of one commit are there together."""
        await store.register([source_of()], NOON)
        await store.apply(
            Commit(
                polled=(polled("f1", NOON + DAY),),
                taken_up=(new_entry("e1"), new_entry("e2"), new_entry("e3")),
                settled=(settled("e1"),),
                put_off=(put_off("e2"),),
                articles=(folded_of(),),
                events=(event_of(),),
                outbox=(record_of(),),
            )
        )
        assert LedgerCounts(taken_up=3, done=1, pending=1, retry=1) == await store.ledger_counts()
        assert NOON + DAY == await store.next_feed_due()
        assert (event_of(),) == await store.newest_events(1)

    async def test_commits_at_the_same_time_take_effect_in_the_order_of_the_calls(self, store: Store) -> None:
        """Sharing a transaction changes nothing in the outcome."""
        await asyncio.gather(
            store.apply(Commit(taken_up=(new_entry(),))),
            store.apply(Commit(settled=(settled(),))),
            store.apply(Commit(taken_up=(new_entry(revision=2),))),
            store.apply(Commit(settled=(settled(revision=1),))),
            store.apply(Commit(put_off=(put_off(revision=2),))),
        )
        assert LedgerCounts(taken_up=2, done=1, retry=1) == await store.ledger_counts()
        assert {"e1": KnownEntry(EntryId("e1"), 2, "h2")} == await store.known_entries([EntryId("e1")])

    async def test_it_answers_and_has_a_name(self, store: Store) -> None:
        """A ping writes, twice as well as once; the name stays."""
        await store.ping()
        await store.ping()
        name = await store.store_id()
        assert name
        assert name == await store.store_id()

    async def test_closing_twice_is_safe(self, store: Store) -> None:
        """And what was handed in before is finished."""
        last = asyncio.create_task(store.apply(Commit(outbox=(record_of(),))))
        await asyncio.sleep(0)
        await store.close()
        await store.close()
        assert last.done()
        await last

    async def test_empty_calls(self, store: Store) -> None:
        """Nothing in, nothing out."""
        await store.apply(Commit())
        await store.release("nobody")
        assert FeedSync((), ()) == await store.register([], NOON)
        assert {} == await store.known_entries([])
        assert {} == await store.articles([])
        assert WindowState() == await store.load_window(NOON)
        assert Pruned() == await store.prune(NOON, Retention())
        assert [] == await leased(store)


class TestPruning:
    RETENTION = Retention(bodies=2 * DAY, articles=10 * DAY, entries=3 * DAY, events=5 * DAY)

    async def test_bodies_and_articles_go_by_age(self, store: Store) -> None:
        """First the text, later the whole; what is younger stays."""
        articles = tuple(folded_of(f"a{days}", placed_at=NOON - days * DAY) for days in (1, 2, 3, 11))
        await store.apply(Commit(articles=articles))

        assert Pruned(bodies=1, articles=1) == await store.prune(NOON, self.RETENTION)
        expected = {"a1": articles[0].placed, "a2": articles[1].placed, "a3": bodiless(articles[2]).placed}
        assert expected == await store.articles([folded.placed.article.article_id for folded in articles])
        assert Pruned() == await store.prune(NOON, self.RETENTION)

    async def test_only_ended_events_go(self, store: Store) -> None:
        """An open event stays however old it is."""
        old = NOON - 6 * DAY
        events = [event_of(f"v{status}", status=status, last_published_at=old) for status in EventStatus]
        young = event_of("young", status=EventStatus.CLOSED, last_published_at=NOON - 5 * DAY)
        await store.apply(Commit(events=(*events, young)))
        assert Pruned(events=3) == await store.prune(NOON, self.RETENTION)
        assert {"vemerging", "vopen", "young"} == {event.event_id for event in await store.newest_events(10)}

    async def test_an_entry_that_is_still_listed_stays_known(self, store: Store) -> None:
        """So do waiting rows, young ones, and those of a feed that has not told what it lists; tallies stay."""
        old = NOON - 4 * DAY
        await store.register([source_of("f1"), source_of("silent")], old)
        rows = [new_entry(name, at=old) for name in ("listed", "unlisted", "waiting", "young")]
        rows += [new_entry("silent1", at=old, feed="silent"), new_entry("left1", at=old, feed="left")]
        ends = [settled(name, at=old) for name in ("listed", "unlisted", "silent1", "left1")]
        young = settled("young", at=NOON - 3 * DAY)
        await store.apply(Commit(taken_up=tuple(rows), settled=(*ends, young)))
        await store.apply(Commit(polled=(polled("f1", NOON, ("listed", "other")),)))
        await store.apply(Commit(polled=(polled("f1", NOON),)))
        before = await store.ledger_counts()

        assert Pruned(entries=2) == await store.prune(NOON, self.RETENTION)
        names = [row.ledger.entry.entry_id for row in rows]
        assert {"listed", "waiting", "young", "silent1"} == set(await store.known_entries(names))
        assert before == await store.ledger_counts()
        assert before.balanced

    async def test_many_rows_are_forgotten_in_bites(self, store: Store) -> None:
        """A bite that keeps all its rows does not end the meal."""
        old = NOON - 4 * DAY
        await store.register([source_of("f1")], old)
        kept = [f"a{number:04}" for number in range(700)]
        gone = [f"b{number:04}" for number in range(700)]
        await store.apply(
            Commit(
                polled=(polled("f1", NOON, tuple(kept)),),
                taken_up=tuple(new_entry(name, at=old) for name in (*kept, *gone)),
                settled=tuple(settled(name, at=old) for name in (*kept, *gone)),
                articles=tuple(folded_of(name, placed_at=NOON - 11 * DAY) for name in gone),
            )
        )
        assert Pruned(articles=700, entries=700) == await store.prune(NOON, self.RETENTION)


async def test_ledger_entries_carry_long_text(store: Store) -> None:
    """A megabyte of content with every kind of character survives."""
    text = "".join(map(chr, (*range(1, 0xD800), *range(0xE000, 0x11000)))) * 5
    ledger = ledger_of()
    ledger = replace(ledger, entry=replace(ledger.entry, content=text))
    await store.apply(Commit(taken_up=(TakenUp(ledger),)))
    rows: tuple[LedgerEntry, ...] = await store.lease_entries("me", NOON, HOUR, 1)
    assert (ledger,) == rows


def planned(name: str, due_at: datetime | None = NOON, version: int = 1, left: int = 3) -> PlannedReread:
    reread = Reread(
        ArticleId(name), version, f"https://example.org/{name}", due_at, left, 0, Hint.LIVE, "m", Quality.FULL, "h"
    )
    return PlannedReread(ledger_of(f"e-{name}"), reread)


async def looks(store: Store, now: datetime = NOON, owner: str = "me", limit: int = 100) -> list[tuple[str, int]]:
    rows = await store.lease_rereads(owner, now, HOUR, limit)
    return [(row.again.article_id, row.again.left) for row in rows if row.again is not None]


async def test_rereads_are_leased_when_due(store: Store) -> None:
    """Most overdue first, with the entry that led there; each to one owner until its lease runs out or is released."""
    plans = (planned("a1", NOON), planned("a2", NOON - HOUR), planned("a3", NOON + MINUTE))
    await store.apply(Commit(rereads=plans))
    (first,) = await store.lease_rereads("me", NOON, HOUR, 1)
    assert replace(planned("a2").ledger, again=planned("a2", NOON - HOUR).reread) == first
    assert [("a1", 3)] == await looks(store)
    assert [] == await looks(store, owner="you")
    await store.release("me")
    assert [("a2", 3), ("a1", 3)] == await looks(store, owner="you")
    assert [("a2", 3), ("a1", 3), ("a3", 3)] == await looks(store, NOON + HOUR)


async def test_a_plan_replaces_the_one_before_and_frees_it(store: Store) -> None:
    """Not one for a later version, though; and one without a moment ends it."""
    await store.apply(Commit(rereads=(planned("a1", version=2),)))
    assert [("a1", 3)] == await looks(store)
    await store.apply(Commit(rereads=(planned("a1", version=1, left=1),)))
    assert [] == await looks(store)
    await store.apply(Commit(rereads=(planned("a1", version=2, left=2),)))
    assert [("a1", 2)] == await looks(store)
    await store.apply(Commit(rereads=(planned("a1", None, version=2, left=0),)))
    assert [] == await looks(store, NOON + DAY)


async def test_looks_are_never_added_to(store: Store) -> None:
    """Whatever a later plan says, also one in the same commit: an article is looked at so often and no more."""
    await store.apply(Commit(rereads=(planned("a1", left=2), planned("a1", version=2, left=6))))
    assert [("a1", 2)] == await looks(store)
    await store.apply(Commit(rereads=(planned("a1", None, version=2, left=0),)))
    await store.apply(Commit(rereads=(planned("a1", version=3, left=6),)))
    assert [] == await looks(store, NOON + DAY)


async def test_a_plan_is_forgotten_with_its_article(store: Store) -> None:
    """Nothing is left to look at."""
    await store.apply(Commit(articles=(folded_of("a1"),), rereads=(planned("a1"),)))
    await store.prune(NOON + 2 * DAY, Retention(articles=DAY))
    assert [] == await looks(store)
