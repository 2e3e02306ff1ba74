"""Rules 6 to 13: when to poll next, and what failures and moves lead to."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path

import pytest

from storyfold.model.feeds import PollOutcome
from storyfold.model.fetching import FetchLimits
from tests.conformance.scene import DAY, HOUR, MINUTE, Asked, Newsdesk, Scene, rss, scene
from tests.fakes.badserver import Exchange, hang, reset

Say = Callable[[str], None]


def gaps(asked: Sequence[Asked]) -> list[timedelta]:
    return [later.at - earlier.at for earlier, later in pairwise(asked)]


@pytest.mark.rule("6a")
@pytest.mark.parametrize(
    ("head", "least", "most"),
    [
        ("<ttl>180</ttl>", 180, 199),
        (
            '<sy:updatePeriod xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">daily</sy:updatePeriod>',
            1440,
            1440,
        ),
        ("<skipHours>" + "".join(f"<hour>{hour}</hour>" for hour in range(12, 20)) + "</skipHours>", 480, 530),
        ("<skipDays><day>Monday</day></skipDays>", 720, 795),
    ],
)
def test_what_the_feed_asks_for_is_kept_to(tmp_path: Path, say: Say, head: str, least: int, most: int) -> None:
    """At noon on a Monday, the next poll is where the feed's own hints put it."""

    async def story() -> float:
        async with scene(tmp_path) as stage:
            url = stage.answer("/f", 200, rss(("a", stage.clock.now()), head=head))
            await stage.register(url)
            await stage.run()
            await stage.polls(1)
            return gaps(stage.requests("/f"))[0] / MINUTE

    minutes = asyncio.run(story())
    assert least <= minutes <= most
    say(f"{head[1:12]}: {minutes:.0f} min")


@pytest.mark.rule("6b")
def test_the_owners_interval_wins_over_the_learned_one(tmp_path: Path, say: Say) -> None:
    """A silent feed with an interval of 20 min is polled every 20 min, with 10 % jitter; max-age still holds."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            url = stage.serve("/f", Newsdesk(stage.clock))
            await stage.register(url, interval=20 * MINUTE)
            await stage.run(8 * HOUR)
            seen = gaps(stage.requests("/f"))
            assert len(seen) >= 20
            assert all(20 * MINUTE <= gap <= 22 * MINUTE + timedelta(seconds=1) for gap in seen)
            say(f"{len(seen)} gaps between {min(seen) / MINUTE:.1f} and {max(seen) / MINUTE:.1f} min")

    asyncio.run(story())


@pytest.mark.rule("7a")
def test_the_interval_follows_the_news(tmp_path: Path, say: Say) -> None:
    """Silence stretches the gaps slowly; a burst of news shortens them at the next poll."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            desk = Newsdesk(stage.clock)
            desk.add("first")
            url = stage.serve("/f", desk)
            await stage.register(url)
            await stage.run(2 * DAY)
            slow = gaps(stage.requests("/f"))
            # A step up is bounded by a fifth, jitter aside.
            assert all(later <= earlier * 1.2 * 1.1 + MINUTE for earlier, later in pairwise(slow))
            assert slow[-1] > 2 * slow[0]
            stage.asked.clear()
            for number in range(48):
                desk.add(f"burst {number}")
                await stage.run(15 * MINUTE)
            fast = gaps(stage.requests("/f"))
            assert fast[-1] < slow[-1] / 3
            say(f"silent: {slow[0] / MINUTE:.0f} to {slow[-1] / MINUTE:.0f} min; in the news: {fast[-1] / MINUTE:.0f}")

    asyncio.run(story())


@pytest.mark.rule("7b")
def test_what_was_learned_survives_a_restart(tmp_path: Path, say: Say) -> None:
    """A new process over the same store knows the interval."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            url = stage.serve("/f", Newsdesk(stage.clock))
            await stage.register(url)
            await stage.run(DAY)
            before = await stage.state(url)
        async with scene(tmp_path, clock=stage.clock) as again:
            assert before == (await again.state(url))
            assert before.interval is not None
            say(f"interval of {before.interval / MINUTE:.0f} min found again")

    asyncio.run(story())


@pytest.mark.rule("8")
@pytest.mark.parametrize(("max_age", "floor"), [(None, 15), (300, 5), (10, 1)])
def test_the_floor(tmp_path: Path, say: Say, max_age: int | None, floor: int) -> None:
    """A feed full of news is polled every 15 min; sooner only where the server itself calls its answer stale sooner."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            desk = Newsdesk(stage.clock, headers=() if max_age is None else (("Cache-Control", f"max-age={max_age}"),))
            url = stage.serve("/f", desk)
            await stage.register(url)
            for number in range(120):
                desk.add(str(number))
                await stage.run(2 * MINUTE)
            seen = gaps(stage.requests("/f"))
            assert min(seen) >= floor * MINUTE
            assert min(seen) <= floor * MINUTE * 1.15 + 2 * MINUTE
            say(f"max-age {max_age}: never below {min(seen) / MINUTE:.1f} min")

    asyncio.run(story())


@pytest.mark.rule("9a")
@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("as_date", [False, True])
def test_retry_after_is_kept_to(tmp_path: Path, say: Say, status: int, as_date: bool) -> None:
    """Seven hours are asked for; not one request comes before."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            value = format_datetime(stage.clock.now() + 7 * HOUR, usegmt=True) if as_date else str(7 * 3600)
            url = stage.answer("/f", status, b"", ("Retry-After", value))
            await stage.register(url)
            await stage.run()
            assert PollOutcome.THROTTLED is (await stage.state(url)).last_outcome
            await stage.polls(1)
            (gap,) = gaps(stage.requests("/f"))
            assert 7 * HOUR <= gap <= 8 * HOUR
            say(f"{status} {'date' if as_date else 'seconds'}: {gap / HOUR:.2f} h")

    asyncio.run(story())


# What breaks, with the outcome that it must end in.
Break = Callable[[Scene], Awaitable[None]]


async def _broken_head(exchange: Exchange) -> None:
    await exchange.send(b"NONSENSE\r\n\r\n")
    exchange.writer.close()


async def _far_too_long(exchange: Exchange) -> None:
    await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n")


async def _loop(exchange: Exchange) -> None:
    await exchange.answer(302, b"", ("Location", "/f?1" if exchange.target == "/f" else "/f"))


def _status(status: int) -> Callable[[Exchange], Awaitable[None]]:
    async def answer(exchange: Exchange) -> None:
        await exchange.answer(status)

    return answer


async def _page(exchange: Exchange) -> None:
    await exchange.answer(200, b"<!doctype html><title>no feed</title>")


@pytest.mark.rule("10")
@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        (reset, PollOutcome.CONNECT),
        (hang, PollOutcome.TIMEOUT),
        (_broken_head, PollOutcome.PROTOCOL),
        (_loop, PollOutcome.REDIRECTS),
        (_far_too_long, PollOutcome.TOO_LARGE),
        (_status(403), PollOutcome.UNAUTHORISED),
        (_status(404), PollOutcome.NOT_FOUND),
        (_status(418), PollOutcome.CLIENT_ERROR),
        (_status(429), PollOutcome.THROTTLED),
        (_status(500), PollOutcome.SERVER_ERROR),
        (_page, PollOutcome.NOT_A_FEED),
    ],
    ids=lambda value: value.value if isinstance(value, PollOutcome) else "",
)
def test_no_failure_ends_polling(
    tmp_path: Path, say: Say, behaviour: Callable[[Exchange], Awaitable[None]], outcome: PollOutcome
) -> None:
    """After ten failures the gaps have grown, the feed is still asked for, and it comes back by itself."""
    # Short only where it is what is waited for: on a busy machine a good answer takes its time too.
    deadline = timedelta(seconds=0.3 if outcome is PollOutcome.TIMEOUT else 5)

    async def story() -> None:
        async with scene(tmp_path, limits=FetchLimits(deadline=deadline)) as stage:
            url = stage.serve("/f", Newsdesk(stage.clock))
            await stage.register(url)
            await stage.run()
            stage.serve("/f", behaviour)
            times = []
            for _ in range(10):
                await stage.polls(1)
                times.append(stage.clock.now())
            state = await stage.state(url)
            assert (outcome, 10) == (state.last_outcome, state.failures)
            assert state.last_message
            waits = [later - earlier for earlier, later in pairwise(times)]
            assert waits[0] < waits[-1] <= 8 * DAY
            stage.serve("/f", Newsdesk(stage.clock))
            await stage.polls(1)
            assert 0 == (await stage.state(url)).failures
            say(f"{outcome.value} {waits[0] / HOUR:.1f} to {waits[-1] / HOUR:.0f} h")

    asyncio.run(story())


@pytest.mark.rule("10")
def test_dns_and_refused_addresses_are_classes_of_their_own(tmp_path: Path, say: Say) -> None:
    """A name that is not there, one that leads inside, and a port without TLS each end in their class."""

    async def lookup(host: str) -> Sequence[str]:
        if host == "nowhere.example":
            raise OSError("no such name")
        return ("10.0.0.1",)

    async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Speak up\r\n\r\n")
        writer.close()

    async def story() -> None:
        plain = await asyncio.start_server(babble, "127.0.0.1", 0)
        async with plain, scene(tmp_path, lookup=lookup) as stage:
            ends = {
                "http://nowhere.example/f": PollOutcome.DNS,
                "http://inside.example/f": PollOutcome.BLOCKED_ADDRESS,
                f"https://127.0.0.1:{plain.sockets[0].getsockname()[1]}/f": PollOutcome.TLS,
            }
            await stage.register(*ends)
            await stage.run(3 * DAY)
            for url, outcome in ends.items():
                state = await stage.state(url)
                assert (outcome, True) == (state.last_outcome, state.failures > 2)
                say(f"{outcome.value} {state.failures} times in 3 days")

    asyncio.run(story())


@pytest.mark.rule("11")
def test_gone_for_days_retires_and_comes_back(tmp_path: Path, say: Say) -> None:
    """One 410 is an accident; two, days apart, retire the feed; it is asked monthly and returns when it answers."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            url = stage.answer("/f", 410)
            await stage.register(url)
            await stage.run(DAY)
            assert (await stage.state(url)).retired_at is None
            await stage.run(5 * DAY)
            assert (await stage.state(url)).retired_at is not None
            stage.asked.clear()
            await stage.run(90 * DAY)
            asked = len(stage.requests("/f"))
            assert 1 <= asked <= 4
            stage.serve("/f", Newsdesk(stage.clock))
            await stage.polls(1)
            assert (await stage.state(url)).retired_at is None
            say(f"{asked} requests in 90 days of retirement; back with the first answer")

    asyncio.run(story())


async def moved(stage: Scene, status: int, days: int) -> tuple[str, str]:
    """A feed that is known, then redirected for some days; where it was and where it is asked for now."""
    desk = Newsdesk(stage.clock)
    desk.add("a")
    desk.add("b")
    url = stage.serve("/old", desk)
    await stage.register(url, interval=2 * HOUR)
    await stage.run(HOUR)
    stage.serve("/new", desk)
    stage.answer("/old", status, b"", ("Location", "/new"))
    # So that the target is parsed, not only answered 304.
    desk.add("c")
    for day in range(days * 4):
        desk.add(f"day {day}")
        await stage.run(6 * HOUR)
    return url, (await stage.state(url)).url


@pytest.mark.rule("12a")
@pytest.mark.parametrize("status", [301, 308])
def test_a_permanent_redirect_moves_a_feed_in_the_end(tmp_path: Path, say: Say, status: int) -> None:
    """Not within the first day; then the target is asked directly, and the old URL is kept."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            url, now = await moved(stage, status, 2)
            assert stage.server.url("/new") == now
            assert (url,) == (await stage.state(url)).previous_urls
            moved_after = stage.requests("/old")[-1].at - stage.requests("/old")[1].at
            assert moved_after >= DAY - 2 * HOUR
            redirected = list(stage.requests("/old")[1:])
            assert len(redirected) >= 3
            say(f"{status}: moved after {len(redirected)} redirects over {moved_after / HOUR:.0f} h")

    asyncio.run(story())


@pytest.mark.rule("12b")
@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_temporary_redirect_never_does(tmp_path: Path, say: Say, status: int) -> None:
    """After three days the old URL is still asked."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            url, now = await moved(stage, status, 3)
            assert url == now

    asyncio.run(story())
    say(f"{status}: stays, 3 days")


@pytest.mark.rule("12c")
@pytest.mark.parametrize(
    "body", [b"<!doctype html><h1>Maintenance", rss(("casino", None), ("poker", None))], ids=["page", "other-feed"]
)
def test_a_strange_target_moves_nothing(tmp_path: Path, say: Say, body: bytes) -> None:
    """A 301 for two days to a page or to a feed without a known entry leaves the URL alone."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            url = stage.answer("/old", 200, rss(("a", None), ("b", None)))
            await stage.register(url)
            await stage.run(HOUR)
            stage.answer("/old", 301, b"", ("Location", "/elsewhere"))
            # A body of its own each time, so that it is never simply the bytes of last time.
            count = 0

            async def elsewhere(exchange: Exchange) -> None:
                nonlocal count
                count += 1
                names = tuple((f"casino {count}.{number}", None) for number in range(3))
                await exchange.answer(200, rss(*names) if body.startswith(b"<rss") else body)

            stage.serve("/elsewhere", elsewhere)
            await stage.run(2 * DAY)
            assert url == (await stage.state(url)).url
            assert count >= 4
            say(f"{count} redirects to {'another feed' if body.startswith(b'<rss') else 'a page'}: stays")

    asyncio.run(story())


@pytest.mark.rule("13")
def test_old_entries_of_a_new_feed_are_no_news(tmp_path: Path, say: Say) -> None:
    """Of entries an hour to ten days old, those within two days are news; the others are known for good."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            ages = {"fresh": HOUR, "yesterday": 30 * HOUR, "old": 50 * HOUR, "ancient": 10 * DAY}
            now = stage.clock.now()
            url = stage.answer("/f", 200, rss(*((name, now - age) for name, age in ages.items())))
            await stage.register(url)
            await stage.run(2 * DAY)
            assert ["fresh", "yesterday"] == [row.entry.guid for row in stage.hop.items]
            counts = await stage.store.ledger_counts()
            assert (4, 2) == (counts.taken_up, counts.rejected)

    asyncio.run(story())
    say("4 entries: 2 news, 2 known")
