"""Rule 26: hubs, and what they bring."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from storyfold.model.feeds import PollOutcome
from storyfold.model.metrics import Metric
from storyfold.model.websub import SubscriptionState, WebSubOutcome
from tests.conformance.scene import DAY, HOUR, MINUTE, Newsdesk, Scene, rss, scene
from tests.fakes.badserver import Exchange
from tests.fakes.hub import Hub, client_of_hubs

Say = Callable[[str], None]
Story = Callable[[Scene, Hub, Newsdesk, str], Awaitable[None]]


def play(folder: Path, story: Story, hub: Hub | None = None) -> None:
    """A feed that has been polled once and names a hub, which has been asked."""

    async def playing() -> None:
        async with scene(folder) as stage:
            there = hub or Hub()
            address = stage.serve("/hub", there)
            links = f'<{address}>; rel="hub", <{stage.server.url("/self")}>; rel="self"'
            desk = Newsdesk(stage.clock, headers=(("Link", links),))
            desk.add("first")
            url = stage.serve("/f", desk)
            await stage.register(url)
            await stage.run()
            await stage.subscribing.look()
            await story(stage, there, desk, url)

    asyncio.run(playing())


def counted(stage: Scene, outcome: WebSubOutcome) -> int:
    return int(stage.meter.counts[Metric.WEBSUB, outcome])


async def live(stage: Scene) -> bool:
    (subscription,) = await stage.store.subscriptions()
    return subscription.state is SubscriptionState.LIVE


@pytest.mark.rule("26b")
def test_what_a_hub_is_asked_for(tmp_path: Path, say: Say) -> None:
    """One request: topic is the feed's self link, callback and secret are long, different, and of this feed alone."""

    async def story(stage: Scene, hub: Hub, _desk: Newsdesk, _url: str) -> None:
        second = Newsdesk(stage.clock, headers=(("Link", f"<{stage.server.url('/hub')}>; rel=hub"),))
        other = stage.serve("/g", second)
        await stage.register(other)
        await stage.run()
        await stage.subscribing.look()
        one, two = hub.asked
        assert {"subscribe"} == {one["hub.mode"], two["hub.mode"]}
        assert (stage.server.url("/self"), other) == (one["hub.topic"], two["hub.topic"])
        tokens = [form["hub.callback"].removeprefix(stage.public_url + "/") for form in hub.asked]
        secrets = [form["hub.secret"] for form in hub.asked]
        assert 4 == len({*tokens, *secrets})
        assert all(32 <= len(each) < 200 for each in (*tokens, *secrets))
        await stage.run(2 * HOUR)
        await stage.subscribing.look()
        assert 2 == len(hub.asked)
        say("topic is self, else the feed's address; 2 feeds, 4 names nobody can guess")

    play(tmp_path, story)


@pytest.mark.rule("26c")
def test_intent(tmp_path: Path, say: Say) -> None:
    """The challenge is echoed for the topic and mode that were asked for, in time, and to nobody else."""

    async def story(stage: Scene, hub: Hub, _desk: Newsdesk, _url: str) -> None:
        good = hub.intent(hub.last)
        for wrong in (
            hub.intent(hub.last, topic="https://else.example/"),
            hub.intent(hub.last, mode="unsubscribe"),
            hub.intent(hub.last, challenge=""),
            hub.intent(hub.last, mode="nonsense"),
            {},
        ):
            assert (404, "") == await hub.call(wrong)
        assert (404, "") == await hub.call(good, stage.public_url + "/guessed")
        assert not await live(stage)
        assert (200, "ch<b>allenge") == await hub.call(good)
        assert await live(stage)
        await stage.clock.advance(11 * MINUTE)
        assert (404, "") == await hub.call(good)
        assert (6, 1, 1) == (
            counted(stage, WebSubOutcome.UNEXPECTED),
            counted(stage, WebSubOutcome.UNKNOWN),
            counted(stage, WebSubOutcome.VERIFIED),
        )
        say("1 right call of 8 echoed")

    play(tmp_path, story, Hub(verifies=False))


@pytest.mark.rule("26d")
@pytest.mark.parametrize("lease", [3600, 864_000, None])
def test_renewal(tmp_path: Path, say: Say, lease: int | None) -> None:
    """Over five leases it never runs out, with the same callback, and the hub is asked not twice as often as needed."""

    async def story(stage: Scene, hub: Hub, _desk: Newsdesk, _url: str) -> None:
        span = timedelta(seconds=lease or 864_000)
        assert await live(stage)
        for _ in range(50):
            await stage.clock.advance(span / 10)
            await stage.subscribing.look()
            (subscription,) = await stage.store.subscriptions()
            assert subscription.live_until is not None
            assert stage.clock.now() < subscription.live_until
        assert 5 <= len(hub.asked) <= 8
        assert 1 == len({(form["hub.callback"], form["hub.secret"]) for form in hub.asked})
        say(f"lease of {span / HOUR:g} h: {len(hub.asked)} requests in 5 leases")

    play(tmp_path, story, Hub(lease=lease))


@pytest.mark.rule("26d")
@pytest.mark.parametrize(
    ("hub", "most"),
    [
        (Hub(status=500), 14),
        (Hub(status=404), 3),
        (Hub(verifies=False), 12),
        (Hub(status=429, headers=(("Retry-After", "7200"),)), 13),
    ],
)
def test_a_hub_that_fails(tmp_path: Path, say: Say, hub: Hub, most: int) -> None:
    """It is asked again, ever more rarely or as it says; when it works again, it is subscribed to within a day."""

    async def story(stage: Scene, hub: Hub, _desk: Newsdesk, _url: str) -> None:
        start = stage.clock.now()
        while stage.clock.now() - start < DAY:
            await stage.clock.advance(5 * MINUTE)
            await stage.subscribing.look()
        assert 1 <= len(hub.asked) <= most
        assert not await live(stage)
        say(f"{hub.status}: asked {len(hub.asked)} times in a day")
        hub.status, hub.verifies = 202, True
        for _ in range(25):
            await stage.clock.advance(HOUR)
            await stage.subscribing.look()
        assert await live(stage)

    play(tmp_path, story, replace(hub, asked=[], confirmed=[]))


@pytest.mark.rule("26d")
def test_a_hub_that_denies(tmp_path: Path, say: Say) -> None:
    """A subscription that the hub withdraws is not relied on, and asked for again a day later."""

    async def story(stage: Scene, hub: Hub, _desk: Newsdesk, url: str) -> None:
        feed = await stage.feed(url)
        assert await stage.subscribing.pushed_until(feed) is not None
        assert (200, "") == await hub.call({**hub.intent(hub.last, mode="denied"), "hub.reason": "no longer"})
        assert await stage.subscribing.pushed_until(feed) is None
        (subscription,) = await stage.store.subscriptions()
        assert "no longer" in (subscription.message or "")
        await stage.clock.advance(DAY)
        await stage.subscribing.look()
        assert (2, True) == (len(hub.asked), await live(stage))

    play(tmp_path, story)
    say("denied, asked again after a day")


@pytest.mark.rule("26e")
def test_a_delivery_is_taken_as_a_poll_would(tmp_path: Path, say: Say) -> None:
    """New entries come once, changed ones as revisions, known ones not; nothing is fetched; the schedule stays."""

    async def story(stage: Scene, hub: Hub, desk: Newsdesk, url: str) -> None:
        before = await stage.state(url)
        await stage.clock.advance(MINUTE)
        desk.add("second")
        for _ in range(2):
            assert 202 == await hub.bring(rss(("second", stage.clock.now())))
            await stage.quiet()
        changed = rss(("second", stage.clock.now())).replace(b"Title second", b"Title changed")
        assert 202 == await hub.bring(changed)
        await stage.quiet()
        rows = [(row.entry.guid, row.revision) for row in stage.hop.items]
        assert [("first", 1), ("second", 1), ("second", 2)] == rows
        assert 1 == len(stage.requests("/f"))
        after = await stage.state(url)
        assert (before.next_poll_at, before.validators, before.body_hash, before.listed_count) == (
            after.next_poll_at,
            after.validators,
            after.body_hash,
            after.listed_count,
        )
        assert [(PollOutcome.NEW_ENTRIES, "brought by its hub"), (PollOutcome.UNCHANGED, "brought by its hub")] == [
            (past.outcome, past.message) for past in after.history[1:3][::-1]
        ]
        assert (3, 1) == (
            counted(stage, WebSubOutcome.DELIVERED),
            stage.meter.counts[Metric.POLLS, PollOutcome.NEW_ENTRIES],
        )
        # The poll that is due later meets the entry as a known one.
        await stage.run(DAY)
        assert "second" not in [row.entry.guid for row in stage.hop.items[3:] if row.revision == 1]
        say("3 deliveries: 1 new entry, 1 revision, no fetch")

    play(tmp_path, story)


@pytest.mark.rule("26f")
@pytest.mark.parametrize("body", [b"", b"it changed", b"<html><title>News</title></html>"])
def test_a_thin_ping(tmp_path: Path, say: Say, body: bytes) -> None:
    """A signed body that is no feed says that something is new: the feed is fetched at once."""

    async def story(stage: Scene, hub: Hub, desk: Newsdesk, _url: str) -> None:
        await stage.clock.advance(MINUTE)
        desk.add("second")
        assert 202 == await hub.bring(body, kind="text/plain")
        await stage.quiet()
        assert ["first", "second"] == [row.entry.guid for row in stage.hop.items]
        assert (2, 1) == (len(stage.requests("/f")), counted(stage, WebSubOutcome.FETCHED))

    play(tmp_path, story)
    say(f"{len(body)} bytes: fetched at once")


@pytest.mark.rule("26g")
@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_good_signatures(tmp_path: Path, say: Say, method: str) -> None:
    """Each method that the recommendation names is understood."""

    async def story(stage: Scene, hub: Hub, _desk: Newsdesk, _url: str) -> None:
        assert 202 == await hub.bring(rss(("second", None)), method=method)
        await stage.quiet()
        assert ["first", "second"] == [row.entry.guid for row in stage.hop.items]

    play(tmp_path, story)
    say(method)


@pytest.mark.rule("26g")
def test_bad_signatures(tmp_path: Path, say: Say) -> None:
    """Wrong, missing, of another method or of another feed's secret: 2xx, counted, and nothing comes of it."""

    async def story(stage: Scene, hub: Hub, _desk: Newsdesk, _url: str) -> None:
        wrong = ("", "sha256", "sha256=", "sha256=" + "0" * 64, "md5=" + "0" * 32, "sha1=%fc", "=" * 500)
        for signature in wrong:
            assert 202 == await hub.bring(rss(("forged", None)), signature=signature)
        await stage.quiet()
        assert ["first"] == [row.entry.guid for row in stage.hop.items]
        assert len(wrong) == counted(stage, WebSubOutcome.BAD_SIGNATURE)
        assert 1 == len(stage.requests("/f"))
        say(f"{len(wrong)} forgeries answered 202, none taken")

    play(tmp_path, story)


@pytest.mark.rule("26h")
def test_the_slow_poll_stays(tmp_path: Path, say: Say) -> None:
    """A live subscription makes polls up to four times rarer, and what the hub lost is found by them."""

    async def story(stage: Scene, _hub: Hub, desk: Newsdesk, _url: str) -> None:
        alone = Newsdesk(stage.clock)
        alone.add("first")
        await stage.register(stage.serve("/alone", alone))
        for number in range(20):
            await stage.run(3 * HOUR)
            alone.add(str(number))
            desk.add(str(number))
        await stage.run(DAY)
        for path in ("/f", "/alone"):
            assert stage.requests(path)
        assert 21 * 2 == len([row for row in stage.hop.items if row.revision == 1])
        pushed, usual = len(stage.requests("/f")), len(stage.requests("/alone"))
        assert usual / 5 <= pushed <= usual / 2
        say(f"{pushed} polls with a hub, {usual} without; all 20 items that the hub lost were found")

    play(tmp_path, story)


@pytest.mark.rule("26i")
def test_a_feed_that_leaves(tmp_path: Path, say: Say) -> None:
    """The hub is told, its verification answered, and the callback is gone; a hub that is silent is given up."""

    async def story(stage: Scene, hub: Hub, _desk: Newsdesk, _url: str) -> None:
        stage.sources.clear()
        await stage.register()
        await stage.clock.advance(MINUTE)
        await stage.subscribing.look()
        assert ["subscribe", "unsubscribe"] == [form["hub.mode"] for form in hub.asked]
        assert [200, 200] == [status for status, _ in hub.confirmed]
        assert () == await stage.store.subscriptions()
        assert 404 == await hub.bring(rss(("late", None)))

    play(tmp_path, story)

    async def silent(stage: Scene, hub: Hub, _desk: Newsdesk, _url: str) -> None:
        hub.verifies = False
        stage.sources.clear()
        await stage.register()
        for _ in range(10):
            await stage.clock.advance(HOUR)
            await stage.subscribing.look()
        assert 3 == [form["hub.mode"] for form in hub.asked].count("unsubscribe")
        assert () == await stage.store.subscriptions()

    (tmp_path / "silent").mkdir()
    play(tmp_path / "silent", silent)
    say("told and gone; after 3 requests without an answer let go")


@pytest.mark.rule("26i")
def test_a_feed_that_changes_its_hub(tmp_path: Path, say: Say) -> None:
    """No hub named any more: unsubscribed. Another one: asked under another callback, and the old one is gone."""

    async def story(stage: Scene, hub: Hub, desk: Newsdesk, _url: str) -> None:
        other = Hub()
        old = hub.last["hub.callback"]
        desk.headers = (("Link", f"<{stage.serve('/other', other)}>; rel=hub"),)
        desk.add("second")
        await stage.run(DAY)
        await stage.subscribing.look()
        assert 1 == len(other.asked)
        assert 404 == await hub.bring(rss(("late", None)), callback=old)
        desk.headers = ()
        desk.add("third")
        await stage.run(DAY)
        await stage.subscribing.look()
        assert ["subscribe", "unsubscribe"] == [form["hub.mode"] for form in other.asked]
        assert () == await stage.store.subscriptions()

    play(tmp_path, story)
    say("another hub, then none")


@pytest.mark.rule("26j")
def test_callbacks_are_bounded_and_silent(tmp_path: Path, say: Say) -> None:
    """Bodies by size and time, calls by number; all that does not exist looks the same."""

    async def story(stage: Scene, hub: Hub, _desk: Newsdesk, _url: str) -> None:
        callback = hub.last["hub.callback"]
        assert 413 == await hub.bring(b"x" * 200_001)

        async def dripping() -> object:
            for _ in range(100):
                yield b"x"
                await asyncio.sleep(0.05)

        async with client_of_hubs() as client:
            assert 408 == (await client.post(callback, content=dripping())).status_code
            strange = [
                await client.request(method, stage.public_url + path)
                for method in ("GET", "POST", "PUT", "HEAD", "DELETE")
                for path in ("/", "/metrics", "/" + "x" * 5000, "/%00", "/guessed")
            ]
            strange.append(await client.put(callback))
        assert {(404, b"", "callback")} == {
            (each.status_code, each.content, each.headers["server"]) for each in strange
        }
        answers = [await hub.bring(b"", signature="") for _ in range(100)]
        assert 58 == answers.count(202)
        assert 42 == answers.count(429)
        await stage.clock.advance(MINUTE / 2)
        assert 202 == await hub.bring(rss(("second", None)))
        await stage.quiet()
        assert ["first", "second"] == [row.entry.guid for row in stage.hop.items]
        assert (1, 1, 42) == tuple(
            counted(stage, outcome)
            for outcome in (WebSubOutcome.TOO_LARGE, WebSubOutcome.TOO_SLOW, WebSubOutcome.TOO_OFTEN)
        )
        say(f"{len(strange)} strange calls: one 404; 60 calls a minute")

    play(tmp_path, story)


@pytest.mark.rule("26j")
def test_calls_that_are_no_text(tmp_path: Path, say: Say) -> None:
    """Bytes that are no UTF-8, in path, query, headers and body, are answered like any others, and nothing breaks."""

    async def story(stage: Scene, hub: Hub, _desk: Newsdesk, _url: str) -> None:
        callback = hub.last["hub.callback"]
        strange = b"\xff\xfe\xed\xa0\x80"
        query = "hub.mode=denied&hub.topic=" + quote(hub.last["hub.topic"]) + "&hub.reason=%ff%ed%a0%80%00"
        challenge = query.replace("denied", "subscribe").replace("hub.reason", "hub.challenge")
        async with client_of_hubs() as client:
            statuses = [
                (await client.get(f"{stage.public_url}/%ff%00%ed%a0%80")).status_code,
                (await client.get(f"{callback}?hub.mode=%ff&%fe=%fd")).status_code,
                (await client.get(f"{callback}?{challenge}")).status_code,
                (await client.get(f"{callback}?{query}")).status_code,
                (
                    await client.post(callback, content=strange, headers={b"X-Hub-Signature": b"sha1=" + strange})
                ).status_code,
                (await client.post(callback, content=strange, headers={b"Content-Type": strange})).status_code,
            ]
        assert [404, 404, 200, 200, 202, 202] == statuses
        assert 202 == await hub.bring(strange * 100, kind="application/rss+xml")
        await stage.quiet()
        assert (2, 1) == (counted(stage, WebSubOutcome.BAD_SIGNATURE), counted(stage, WebSubOutcome.FETCHED))

    play(tmp_path, story)
    say("7 calls of bytes that are no text")


@pytest.mark.rule("26k")
@pytest.mark.parametrize(
    "hub", ["http://127.0.0.2:1/hub", "file:///etc/passwd", "http://[::1]/hub", "http://127.0.0.1:0/"]
)
def test_a_hub_that_may_not_be_contacted(tmp_path: Path, say: Say, hub: str) -> None:
    """A feed cannot make storyfold post to what the config does not allow, and is polled all the same."""

    async def story() -> None:
        async with scene(tmp_path, networks=("127.0.0.1/32",)) as stage:

            async def lead(exchange: Exchange) -> None:
                await exchange.answer(307, b"", ("Location", "http://127.0.0.3:9/"))

            redirecting = stage.serve("/hub", lead)
            desk = Newsdesk(stage.clock, headers=(("Link", f"<{hub}>; rel=hub"),))
            sly = Newsdesk(stage.clock, headers=(("Link", f"<{redirecting}>; rel=hub"),))
            await stage.register(stage.serve("/f", desk), stage.serve("/g", sly))
            await stage.run()
            await stage.subscribing.look()
            assert 0 == counted(stage, WebSubOutcome.ASKED)
            assert 1 <= counted(stage, WebSubOutcome.HUB_UNREACHABLE) + counted(stage, WebSubOutcome.HUB_REFUSED) <= 2
            assert 1 == len(stage.requests("/g"))

    asyncio.run(story())
    say(hub)
