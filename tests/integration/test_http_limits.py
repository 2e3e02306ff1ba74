"""Every limit and every kind of failure of an exchange, against a server that misbehaves on purpose."""

import asyncio
import gzip
import time
import tracemalloc
import zlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import brotli
import pytest
import zstandard

from storyfold.model.feeds import Validators
from storyfold.model.fetching import FetchLimits, FetchRequest, FetchResponse, Purpose
from storyfold.model.metrics import FetchOutcome, Metric
from storyfold.ports import (
    BadResponse,
    BadUrl,
    BodyTooLarge,
    ConnectFailed,
    DeadlineExceeded,
    DnsFailed,
    FetchError,
    TooManyRedirects,
)
from tests.fakes import badserver
from tests.fakes.badserver import BadServer, Exchange, bad_server
from tests.fakes.loopback import loopback_fetcher
from tests.fakes.meter import RecordingMeter

SHORT = FetchLimits(deadline=timedelta(seconds=0.3), body_bytes=200_000, wire_bytes=100_000, redirects=3)
LONG = FetchLimits(deadline=timedelta(seconds=10), body_bytes=200_000, wire_bytes=100_000, redirects=3)


def fetch_one(
    arrange: Callable[[BadServer], str], limits: FetchLimits = LONG, meter: RecordingMeter | None = None
) -> FetchResponse:
    """Serve something, fetch it once."""

    async def scenario() -> FetchResponse:
        async with bad_server() as server, loopback_fetcher(meter=meter) as fetcher:
            return await fetcher.fetch(FetchRequest(arrange(server), Purpose.PAGE, limits=limits))

    return asyncio.run(scenario())


def raw(data: bytes) -> Callable[[BadServer], str]:
    return lambda server: server.sends("/", data)


def behaving(behaviour: badserver.Behaviour) -> Callable[[BadServer], str]:
    return lambda server: server.on("/", behaviour)


def coded(coding: str, data: bytes) -> Callable[[BadServer], str]:
    return lambda server: server.answers("/", 200, data, ("Content-Encoding", coding))


def redirecting(locations: dict[str, str]) -> Callable[[BadServer], str]:
    def arrange(server: BadServer) -> str:
        for path, location in locations.items():
            server.answers(path, 302, b"", ("Location", location))
        return server.url("/")

    return arrange


OK = b"HTTP/1.1 200 OK\r\n"
MANY = {"/": "/1"} | {f"/{number}": f"/{number + 1}" for number in range(1, 9)}


@pytest.mark.parametrize(
    ("expected", "arrange"),
    [
        pytest.param(BadResponse, raw(b"\x00\x01\x02 what?\r\n\r\n"), id="bytes that are not HTTP"),
        pytest.param(BadResponse, raw(b"SSH-2.0-OpenSSH_9.6\r\n"), id="another protocol"),
        pytest.param(BadResponse, raw(b"HTTP/1.1 wat OK\r\n\r\n"), id="a status that is no number"),
        pytest.param(BadResponse, raw(OK + b"Content-Length: 100\r\n\r\nshort"), id="fewer bytes than announced"),
        pytest.param(BadResponse, raw(OK + b"Content-Length: -5\r\n\r\nx"), id="a negative length"),
        pytest.param(BadResponse, raw(OK + b"Content-Length: five\r\n\r\nx"), id="a length that is no number"),
        pytest.param(BadResponse, raw(OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxy"), id="two lengths"),
        pytest.param(BadResponse, raw(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"), id="a chunk size of letters"),
        pytest.param(BadResponse, raw(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel"), id="a chunk cut short"),
        pytest.param(BadResponse, raw(OK + b"X: " + b"y" * 40_000 + b"\r\n\r\n"), id="a header of 40,000 bytes"),
        pytest.param(BadResponse, raw(OK + b"X: y\r\n" * 1000 + b"\r\n"), id="a thousand headers"),
        pytest.param(BadResponse, behaving(badserver.endless_headers), id="headers without end"),
        pytest.param(BadResponse, behaving(badserver.endless_header), id="a header without end"),
        pytest.param(ConnectFailed, raw(b""), id="nothing at all"),
        pytest.param(ConnectFailed, behaving(badserver.reset), id="a reset before the response"),
        pytest.param(BadResponse, behaving(badserver.reset_in_body), id="a reset within the body"),
        pytest.param(BodyTooLarge, behaving(badserver.endless_chunks), id="chunks without end"),
        pytest.param(BodyTooLarge, raw(OK + b"\r\n" + b"x" * 100_001), id="more than the limit, unannounced"),
        pytest.param(BodyTooLarge, raw(OK + b"Content-Length: 100001\r\n\r\n"), id="more than the limit, announced"),
        pytest.param(BodyTooLarge, coded("gzip", gzip.compress(b"\0" * 200_001)), id="a gzip bomb"),
        pytest.param(BodyTooLarge, coded("deflate", zlib.compress(b"\0" * 200_001)), id="a deflate bomb"),
        pytest.param(BodyTooLarge, coded("br", brotli.compress(b"\0" * 200_001)), id="a brotli bomb"),
        pytest.param(BodyTooLarge, coded("zstd", zstandard.compress(b"\0" * 200_001)), id="a zstd bomb"),
        pytest.param(BadResponse, coded("gzip", b"this is not gzip"), id="plain bytes under a coding"),
        pytest.param(BadResponse, coded("gzip", gzip.compress(b"x" * 99)[:-9]), id="gzip data cut short"),
        pytest.param(BadResponse, coded("rot13", b"uryyb"), id="a coding that is not known"),
        pytest.param(BadResponse, coded("gzip,gzip,gzip,gzip", b""), id="too many codings"),
        pytest.param(TooManyRedirects, redirecting({"/": "/"}), id="a redirect to itself"),
        pytest.param(TooManyRedirects, redirecting({"/": "/a", "/a": "/b", "/b": "/a"}), id="a redirect loop"),
        pytest.param(TooManyRedirects, redirecting({"/": "/#a", "/a": "/"}), id="a loop hidden behind a fragment"),
        pytest.param(TooManyRedirects, redirecting(MANY), id="more redirects than allowed"),
        pytest.param(BadUrl, redirecting({"/": "file:///etc/passwd"}), id="a redirect to a file"),
        pytest.param(BadUrl, redirecting({"/": "http://[half"}), id="a redirect to no URL"),
        pytest.param(BadUrl, redirecting({"/": "/" + "x" * 9000}), id="a redirect to an endless URL"),
        pytest.param(BadUrl, lambda _: "http:///x", id="a URL without host"),
        pytest.param(BadUrl, lambda _: "gopher://127.0.0.1/", id="another scheme"),
        pytest.param(BadUrl, lambda _: f"http://{'ü' * 70}.example/", id="a name too long once it is encoded"),
        pytest.param(DnsFailed, lambda _: "http://a..b/", id="a name that cannot be one"),
        pytest.param(ConnectFailed, lambda _: "http://127.0.0.1:1/", id="a port where nobody listens"),
    ],
)
def test_a_failure_has_its_kind(expected: type[FetchError], arrange: Callable[[BadServer], str]) -> None:
    """What goes wrong is told apart, and quickly."""
    with pytest.raises(FetchError) as caught:
        fetch_one(arrange)

    assert expected is type(caught.value)
    assert caught.value.url in str(caught.value)


@pytest.mark.parametrize(
    "behaviour",
    [badserver.hang, badserver.drip, badserver.drip_head, badserver.endless_interim],
)
def test_one_deadline_covers_the_whole_exchange(behaviour: Callable[[Exchange], Awaitable[None]]) -> None:
    """However a server plays for time, the exchange ends when its time is up."""
    started = time.monotonic()

    with pytest.raises(DeadlineExceeded):
        fetch_one(behaving(behaviour), SHORT)

    assert time.monotonic() - started < 2


def test_the_deadline_covers_all_hops_together() -> None:
    """Hops that are quick enough each are not, all in all."""

    async def slow(exchange: Exchange) -> None:
        await asyncio.sleep(0.15)
        await exchange.answer(302, b"", ("Location", exchange.target + "x"))

    def arrange(server: BadServer) -> str:
        for length in range(1, 9):
            server.on("/" + "x" * length, slow)
        return server.url("/x")

    with pytest.raises(DeadlineExceeded):
        fetch_one(arrange, FetchLimits(deadline=timedelta(seconds=0.4)))


@pytest.mark.parametrize(
    ("coding", "bomb"),
    [
        pytest.param("gzip", gzip.compress(b"\0" * 100_000_000), id="gzip"),
        pytest.param("gzip, gzip", gzip.compress(gzip.compress(b"\0" * 100_000_000)), id="gzip twice"),
        pytest.param("br", brotli.compress(b"\0" * 100_000_000, quality=5), id="brotli"),
        pytest.param("zstd", zstandard.ZstdCompressor(level=9).compress(b"\0" * 100_000_000), id="zstd"),
    ],
)
def test_a_bomb_allocates_no_more_than_the_limit_and_a_piece(coding: str, bomb: bytes) -> None:
    """100 MB out of a few kB end at the limit, and memory with them."""
    limits = FetchLimits(deadline=timedelta(seconds=10), body_bytes=1_000_000)
    tracemalloc.start()

    with pytest.raises(BodyTooLarge):
        fetch_one(coded(coding, bomb), limits)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # The limit, its growth by doubling, a zstd piece of 2 MiB, and what the client itself takes.
    assert peak < 12_000_000


@pytest.mark.parametrize("status", [404, 429, 503])
def test_a_broken_body_does_not_hide_an_error_status(status: int) -> None:
    """The status of an error counts, whatever comes with it, even for ever."""

    async def broken(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 %d No\r\nContent-Encoding: gzip\r\nRetry-After: 7\r\n\r\nx" % status)
        await badserver.hang(exchange)

    response = fetch_one(behaving(broken), SHORT)

    assert status == response.status
    assert response.header("retry-after") == "7"
    assert response.body == b""


def test_outcomes_times_and_bytes_are_counted() -> None:
    """Each exchange counts once, by how it ended, with its time and its size by purpose."""
    meter = RecordingMeter()
    fetch_one(coded("gzip", gzip.compress(b"hello")), meter=meter)
    fetch_one(lambda server: server.answers("/", 304), meter=meter)
    fetch_one(lambda server: server.answers("/", 404), meter=meter)
    fetch_one(lambda server: server.answers("/", 500), meter=meter)
    fetch_one(lambda server: server.answers("/", 300), meter=meter)
    for arrange, limits in ((behaving(badserver.reset), LONG), (behaving(badserver.hang), SHORT)):
        with pytest.raises(FetchError):
            fetch_one(arrange, limits, meter)

    fetches = {label: count for (metric, label), count in meter.counts.items() if metric is Metric.FETCHES}
    expected = ("OK", "NOT_MODIFIED", "CLIENT_ERROR", "SERVER_ERROR", "REDIRECT", "CONNECT", "TIMEOUT")
    assert {FetchOutcome[name]: 1 for name in expected} == fetches
    assert meter.counts[Metric.FETCH_BYTES, Purpose.PAGE] == 5
    assert [(Metric.FETCH_SECONDS, Purpose.PAGE)] * 7 == [(metric, label) for metric, label, _ in meter.observations]


def test_surplus_bytes_do_not_reach_the_next_exchange() -> None:
    """A server that sends more than it announced spoils its own connection and nothing else."""

    async def scenario() -> None:
        async with bad_server() as server, loopback_fetcher() as fetcher:
            surplus = b"Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
            url = server.sends("/more", OK + surplus, close=False)
            good = server.answers("/good", 200, b"good")
            first = await fetcher.fetch(FetchRequest(url, Purpose.PAGE))
            second = await fetcher.fetch(FetchRequest(good, Purpose.PAGE))
            assert first.body == b"ok"
            assert second.body == b"good"

    asyncio.run(scenario())


def test_a_connection_that_died_idle_is_replaced() -> None:
    """A server that closes kept connections costs nothing but a new connection."""

    async def scenario() -> None:
        async with bad_server() as server, loopback_fetcher() as fetcher:
            url = server.sends("/", OK + b"Content-Length: 2\r\n\r\nok", close=True)
            for _ in range(3):
                assert (await fetcher.fetch(FetchRequest(url, Purpose.PAGE))).body == b"ok"
            assert server.connections == 3

    asyncio.run(scenario())


def test_a_cancelled_exchange_leaves_no_connection_behind() -> None:
    """Whoever gives up an exchange gives up its connection."""

    async def scenario() -> None:
        async with bad_server() as server, loopback_fetcher() as fetcher:
            url = server.on("/", badserver.drip)
            task = asyncio.create_task(fetcher.fetch(FetchRequest(url, Purpose.PAGE)))
            await server.asked.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            for _ in range(200):
                if not server.open_now:
                    break
                await asyncio.sleep(0.005)
            assert server.open_now == 0

    asyncio.run(scenario())


def test_a_validator_that_cannot_be_sent_is_left_out() -> None:
    """A stored validator with a line break in it can not smuggle a header in."""

    async def scenario() -> None:
        async with bad_server() as server, loopback_fetcher() as fetcher:
            url = server.answers("/", 200, b"ok")
            spoiled = Validators(etag='"x"\r\nX-Evil: 1', last_modified="")
            await fetcher.fetch(FetchRequest(url, Purpose.FEED, spoiled))
            assert b"evil" not in server.heads[0].lower()
            assert b"if-" not in server.heads[0].lower()

    asyncio.run(scenario())


def test_hosts_that_hang_reset_and_babble_do_not_slow_the_others() -> None:
    """Of a thousand hosts at once, those that behave are all fetched long before the bad ones' deadline."""

    async def one_machine(_: str) -> Sequence[str]:
        return ["127.0.0.1"]

    async def scenario() -> tuple[int, float]:
        async with bad_server() as server, loopback_fetcher(lookup=one_machine) as fetcher:
            server.answers("/good", 200, b"x" * 1000)
            server.on("/hang", badserver.hang)
            server.on("/reset", badserver.reset)
            server.sends("/babble", b"\x16\x03\x01 what")

            async def visit(path: str, number: int) -> int:
                url = f"http://{path}{number}.example:{server.port}/{path}"
                try:
                    return (await fetcher.fetch(FetchRequest(url, Purpose.PAGE, limits=LONG))).status
                except FetchError:
                    return 0

            waiting = [asyncio.create_task(visit("hang", number)) for number in range(200)]
            started = time.monotonic()
            paths = ["good"] * 600 + ["reset"] * 100 + ["babble"] * 100
            statuses = await asyncio.gather(*(visit(path, number) for number, path in enumerate(paths)))
            elapsed = time.monotonic() - started
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            return statuses.count(200), elapsed

    fetched, elapsed = asyncio.run(scenario())

    assert fetched == 600
    assert elapsed < LONG.deadline.total_seconds() / 2
