"""Rules 17 to 19: limits, addresses, hostile documents."""

import asyncio
import gzip
import resource
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from storyfold.edges.parsing import FeedDocument, PoolFeedParser
from storyfold.model.feeds import PollOutcome
from storyfold.model.fetching import FetchLimits
from storyfold.model.page import ParsedFeed
from tests.conformance.scene import Newsdesk, rss, scene
from tests.fakes.badserver import (
    Behaviour,
    Exchange,
    drip,
    drip_head,
    endless_chunks,
    endless_header,
    endless_headers,
    endless_interim,
    hang,
)

Say = Callable[[str], None]
BILLION = (
    b'<!DOCTYPE r [<!ENTITY a "lol">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b']><rss version="2.0"><channel><title>&j;</title><item><title>&j;</title><guid>a</guid></item></channel></rss>'
)


async def outcome_of(
    folder: Path, behaviour: Behaviour, limits: FetchLimits, seconds: float = 3.0
) -> tuple[PollOutcome | None, str | None]:
    """Poll once what behaves like this; a well-behaved feed polled beside it must not suffer."""
    async with scene(folder, limits=limits) as stage:
        good = stage.serve("/good", Newsdesk(stage.clock))
        url = stage.serve("/f", behaviour)
        begun = time.monotonic()
        await stage.register(url, good)
        await stage.run()
        assert time.monotonic() - begun < seconds
        assert 0 == (await stage.state(good)).failures
        state = await stage.state(url)
        return state.last_outcome, state.last_message


@pytest.mark.rule("17a")
@pytest.mark.parametrize("behaviour", [hang, drip, drip_head, endless_interim])
def test_one_deadline(tmp_path: Path, say: Say, behaviour: Behaviour) -> None:
    """Whatever is slow, half a second is all it gets."""
    limits = FetchLimits(deadline=timedelta(seconds=0.5))
    outcome, message = asyncio.run(outcome_of(tmp_path, behaviour, limits))
    assert outcome in {PollOutcome.TIMEOUT, PollOutcome.PROTOCOL}
    assert message
    say(f"{behaviour.__name__}: {outcome}")


async def _bomb(exchange: Exchange) -> None:
    await exchange.answer(200, gzip.compress(b" " * (64 << 20)), ("Content-Encoding", "gzip"))


async def _announced(exchange: Exchange) -> None:
    await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n")


@pytest.mark.rule("17b")
@pytest.mark.parametrize("behaviour", [endless_chunks, _bomb, _announced])
def test_bytes_are_bounded(tmp_path: Path, say: Say, behaviour: Behaviour) -> None:
    """Endless chunks, a gzip bomb and an absurd length each end as too large, in little memory."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    limits = FetchLimits(body_bytes=1 << 20, wire_bytes=1 << 20)
    outcome, _ = asyncio.run(outcome_of(tmp_path, behaviour, limits))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert outcome in {PollOutcome.TOO_LARGE, PollOutcome.PROTOCOL}
    # The bomb itself is made in this process: 64 MiB.
    assert grown < 200
    say(f"{behaviour.__name__.strip('_')}: {outcome}")


@pytest.mark.rule("17c")
@pytest.mark.parametrize(("hops", "outcome"), [(10, PollOutcome.NEW_ENTRIES), (11, PollOutcome.REDIRECTS)])
def test_redirects_are_bounded(tmp_path: Path, say: Say, hops: int, outcome: PollOutcome) -> None:
    """Ten are followed, not eleven."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            for hop in range(hops):
                stage.answer(f"/{hop}", 302, b"", ("Location", f"/{hop + 1}"))
            stage.answer(f"/{hops}", 200, rss(("a", None)))
            url = stage.server.url("/0")
            await stage.register(url)
            await stage.run()
            assert outcome is (await stage.state(url)).last_outcome

    asyncio.run(story())
    say(f"{hops} hops: {outcome.value}")


@pytest.mark.rule("17c")
def test_a_loop_is_seen_at_once(tmp_path: Path, say: Say) -> None:
    """Two requests are enough to know."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            url = stage.answer("/a", 302, b"", ("Location", "/b"))
            stage.answer("/b", 302, b"", ("Location", "/a#again"))
            await stage.register(url)
            await stage.run()
            assert (2, PollOutcome.REDIRECTS) == (len(stage.asked), (await stage.state(url)).last_outcome)

    asyncio.run(story())
    say("loop of two: 2 requests")


async def _short(exchange: Exchange) -> None:
    await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<rss>")
    exchange.writer.close()


async def _no_http(exchange: Exchange) -> None:
    await exchange.send(b"\x00\x01\x02 hello\r\n\r\n")
    exchange.writer.close()


@pytest.mark.rule("17d")
@pytest.mark.parametrize("behaviour", [endless_headers, endless_header, _short, _no_http])
def test_broken_framing_ends_in_its_class(tmp_path: Path, say: Say, behaviour: Behaviour) -> None:
    """Headers without end, a body that is too short, and noise are faults of protocol or connection."""
    outcome, message = asyncio.run(outcome_of(tmp_path, behaviour, FetchLimits(deadline=timedelta(seconds=2))))
    assert outcome in {PollOutcome.PROTOCOL, PollOutcome.CONNECT}
    assert message
    say(f"{behaviour.__name__.strip('_')}: {outcome}")


@pytest.mark.rule("18a")
def test_a_redirect_inside_is_refused(tmp_path: Path, say: Say) -> None:
    """The host may be asked; that it sends us to the cloud's metadata, loopback in odd spellings or a file does not."""
    inside = [
        "http://169.254.169.254/",
        "http://[::ffff:127.0.0.1]/",
        "http://0x7f.1/",
        "http://10.0.0.1/",
        "file:///etc",
    ]

    async def story() -> None:
        async with scene(tmp_path, networks=("127.0.0.1/32",)) as stage:
            targets = [*inside, "http://127.0.0.2/"]
            urls = [stage.answer(f"/{number}", 302, b"", ("Location", target)) for number, target in enumerate(targets)]
            await stage.register(*urls)
            await stage.run()
            for url in urls:
                state = await stage.state(url)
                if "0x7f" in targets[urls.index(url)]:
                    # That spelling leads to an address that this test must allow; nobody listens on its port.
                    continue
                assert PollOutcome.BLOCKED_ADDRESS is state.last_outcome, state.last_message

    asyncio.run(story())
    say(f"{len(inside)} places refused after a redirect")


@pytest.mark.rule("18b")
def test_dns_rebinding(tmp_path: Path, say: Say) -> None:
    """The name is public when it is looked at first and loopback when it is looked at again: nothing gets through."""
    answers = 0

    async def lookup(host: str) -> Sequence[str]:
        nonlocal answers
        answers += 1
        return ("127.0.0.2",) if answers == 1 else ("127.0.0.1",)

    async def story() -> None:
        async with scene(tmp_path, networks=("127.0.0.2/32",), lookup=lookup) as stage:
            stage.answer("/f", 200, rss(("secret", None)))
            url = f"http://rebinding.example:{stage.server.port}/f"
            await stage.register(url)
            await stage.run()
            await asyncio.sleep(0)
            for _ in range(3):
                await stage.polls(1)
            assert ([], 0) == (stage.asked, stage.server.connections)
            assert [] == stage.hop.items

    asyncio.run(story())
    say("4 polls, no connection to the server inside")


@pytest.mark.rule("19a")
@pytest.mark.parametrize(
    "body",
    [
        BILLION,
        (
            b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss version="2.0"><channel><title>&x;</title>'
            b"<item><title>&x;</title><guid>a</guid></item></channel></rss>"
        ),
        (
            b'<!DOCTYPE r SYSTEM "http://127.0.0.1/evil.dtd"><rss version="2.0"><channel><item><guid>a</guid></item>'
            b"</channel></rss>"
        ),
        BILLION.replace(b"<rss", b"<urlset").replace(b"</rss>", b"</urlset>"),
    ],
    ids=["billion-laughs", "external-file", "external-dtd", "sitemap-bomb"],
)
def test_entities(tmp_path: Path, say: Say, request: pytest.FixtureRequest, body: bytes) -> None:
    """They end quickly, and no text of a file or another server comes in."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            url = stage.answer("/f", 200, body)
            await stage.register(url)
            begun = time.monotonic()
            await stage.run()
            assert time.monotonic() - begun < 5
            assert 1 == len(stage.asked)
            texts = [row.entry.title + row.entry.summary for row in stage.hop.items]
            assert not any("root:" in text or len(text) > 10_000 for text in texts)

    asyncio.run(story())
    say(request.node.callspec.id)


def hanging_parser(document: FeedDocument) -> ParsedFeed | None:
    """Hangs on one feed, reads the others; runs in a worker."""
    from storyfold.feeds.parse import parse_feed

    while b"hang" in document.response.body:
        pass
    return parse_feed(document.response, document.seen_at, document.source)


@pytest.mark.rule("19b")
def test_a_hung_parser_is_killed(tmp_path: Path, say: Say) -> None:
    """In real worker processes: one feed hangs them, ten others are read."""

    async def story() -> None:
        parser = PoolFeedParser(workers=1, deadline=timedelta(seconds=3), task=hanging_parser)
        try:
            async with scene(tmp_path, parser=parser) as stage:
                bad = stage.answer("/bad", 200, rss(("hang", None)))
                good = [stage.answer(f"/{number}", 200, rss((str(number), None))) for number in range(10)]
                await stage.register(bad, *good)
                await stage.run()
                state = await stage.state(bad)
                assert (PollOutcome.PARSER_FAILED, 1) == (state.last_outcome, state.failures)
                assert 10 == len(stage.hop.items)
                say(f"10 others read; next poll in {(state.next_poll_at - stage.clock.now()).seconds / 60:.0f} min")
        finally:
            await parser.close()

    asyncio.run(story())
