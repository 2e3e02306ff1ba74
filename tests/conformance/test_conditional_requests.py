"""Rules 1 to 5: conditional requests."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from storyfold.model.feeds import PollOutcome, Validators
from tests.conformance.scene import DAY, HOUR, Newsdesk, rss, scene
from tests.fakes.badserver import Exchange

Say = Callable[[str], None]


@pytest.mark.rule("1")
@pytest.mark.parametrize(
    ("etag", "modified"),
    [
        ('W/"a b"', "Mon, 05 Jan 2026 12:00:00 GMT"),
        ("no quotes", "2026-01-05T12:00"),
        ('"caf\xe9"', "5.1.2026"),
        ('"x;gzip"', "-1"),
    ],
)
def test_validators_are_echoed(tmp_path: Path, say: Say, etag: str, modified: str) -> None:
    """The second poll carries both, as they were sent."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            url = stage.answer("/f", 200, rss(("a", None)), ("ETag", etag), ("Last-Modified", modified))
            await stage.register(url)
            await stage.run()
            await stage.polls(1)
            first, second = stage.requests("/f")
            assert not first.conditional
            assert etag.encode("latin-1") == second.header("if-none-match")
            assert modified.encode("latin-1") == second.header("if-modified-since")

    asyncio.run(story())
    say(repr(etag))


@pytest.mark.rule("2")
def test_a_304_updates_what_it_carries(tmp_path: Path, say: Say) -> None:
    """One without ETag keeps the old; one with a new Last-Modified brings it."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            answers = iter(
                [
                    (200, rss(("a", None)), ("ETag", '"1"'), ("Last-Modified", "one")),
                    (304, b"", ("Last-Modified", "two")),
                    (304, b""),
                    (304, b"", ("ETag", '"3"')),
                ]
            )

            async def next_answer(exchange: Exchange) -> None:
                status, body, *headers = next(answers, (304, b""))
                await exchange.answer(status, body, *headers)

            url = stage.serve("/f", next_answer)
            await stage.register(url)
            await stage.run()
            await stage.polls(4)
            sent = [(each.header("if-none-match"), each.header("if-modified-since")) for each in stage.requests("/f")]
            assert [(None, None), (b'"1"', b"one"), (b'"1"', b"two"), (b'"1"', b"two"), (b'"3"', b"two")] == sent

    asyncio.run(story())
    say("3 answers 304 with one, none, the other header")


@pytest.mark.rule("3a")
def test_a_body_that_is_no_feed_leaves_no_validators(tmp_path: Path, say: Say) -> None:
    """After a maintenance page with an ETag of its own, the feed's ETag is sent."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            url = stage.answer("/f", 200, rss(("a", None)), ("ETag", '"feed"'))
            await stage.register(url)
            await stage.run()
            stage.answer("/f", 200, b"<!doctype html><p>back soon", ("ETag", '"maintenance"'))
            await stage.polls(3)
            assert [b'"feed"'] * 3 == [each.header("if-none-match") for each in stage.requests("/f")[1:]]
            assert PollOutcome.NOT_A_FEED is (await stage.state(url)).last_outcome

    asyncio.run(story())
    say("3 maintenance pages with an ETag: none of it sent")


@pytest.mark.rule("3b")
def test_the_same_bytes_are_not_parsed_again(tmp_path: Path, say: Say) -> None:
    """A server without validators sends the same document; it is parsed once."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            url = stage.answer("/f", 200, rss(("a", None)))
            await stage.register(url)
            await stage.run()
            await stage.polls(5)
            assert (6, 1) == (len(stage.requests("/f")), stage.parser.parsed)
            assert PollOutcome.SAME_BODY is (await stage.state(url)).last_outcome

    asyncio.run(story())
    say("6 answers, 1 parse")


@pytest.mark.rule("4")
def test_a_server_that_lies_is_caught(tmp_path: Path, say: Say) -> None:
    """It answers 304 to every validator; what it hid is found by the daily probe, and validators rest."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            desk = Newsdesk(stage.clock)
            desk.add("a")

            async def lie(exchange: Exchange) -> None:
                if exchange.header("if-none-match") is not None:
                    await exchange.answer(304)
                else:
                    await exchange.answer(200, desk.body(), ("ETag", '"for ever"'))

            url = stage.serve("/f", lie)
            await stage.register(url, interval=HOUR)
            await stage.run(2 * HOUR)
            desk.add("hidden")
            await stage.run(DAY + 2 * HOUR)
            state = await stage.state(url)
            assert {"a", "hidden"} == {row.entry.guid for row in stage.hop.items}
            assert 1 == state.false_304s
            assert state.validators_off_until is not None
            stage.asked.clear()
            await stage.run(6 * HOUR)
            assert {False} == {each.conditional for each in stage.requests("/f")}
            assert Validators(etag='"for ever"') == (await stage.state(url)).validators

    asyncio.run(story())
    say("hidden entry found within 26 h; false_304s = 1; 6 h without validators after it")


@pytest.mark.rule("5")
@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        ((("Cache-Control", "max-age=14400"), ("Expires", "Mon, 05 Jan 2026 12:01:00 GMT")), 240, 265),
        ((("Cache-Control", "max-age=14400"), ("Age", "7200")), 120, 133),
        ((("Expires", "Mon, 05 Jan 2026 17:00:00 GMT"), ("Date", "Mon, 05 Jan 2026 12:00:00 GMT")), 300, 331),
        ((("Cache-Control", "no-store, max-age=0"),), 15, 40),
        ((("Cache-Control", "max-age=0, must-revalidate"),), 15, 40),
    ],
)
def test_freshness_is_kept_to(
    tmp_path: Path, say: Say, headers: tuple[tuple[str, str], ...], least: int, most: int
) -> None:
    """The second poll comes when the first answer has gone stale, and no sooner."""

    async def story() -> float:
        async with scene(tmp_path) as stage:
            url = stage.answer("/f", 200, rss(("a", stage.clock.now())), *headers)
            await stage.register(url)
            await stage.run()
            await stage.polls(1)
            first, second = stage.requests("/f")
            return (second.at - first.at) / timedelta(minutes=1)

    minutes = asyncio.run(story())
    assert least <= minutes <= most
    say(f"{headers[0][1]}: {minutes:.0f} min")
