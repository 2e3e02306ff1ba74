"""What a fetch sends and what it gives back."""

import asyncio
import gzip
import ssl
import subprocess
import zlib
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

import brotli
import pytest
import zstandard

from storyfold.edges.http import HttpFetcher
from storyfold.model.feeds import Validators
from storyfold.model.fetching import FetchRequest, FetchResponse, Purpose, Redirect
from storyfold.ports import FetchError, TlsFailed
from tests.fakes.badserver import BadServer, Exchange, bad_server
from tests.fakes.loopback import USER_AGENT, loopback_fetcher


def play(story: Callable[[BadServer, HttpFetcher], Coroutine[Any, Any, None]]) -> None:
    """Run a story against a server with the real fetcher."""

    async def scenario() -> None:
        async with bad_server() as server, loopback_fetcher() as fetcher:
            await story(server, fetcher)

    asyncio.run(scenario())


def header_names(head: bytes) -> list[str]:
    return sorted(line.partition(b":")[0].decode().lower() for line in head.split(b"\r\n")[1:] if line)


def test_a_response_is_handed_over_as_it_came() -> None:
    """Status, headers with repeats and odd bytes, body and time are what the server sent."""

    async def story(server: BadServer, fetcher: HttpFetcher) -> None:
        headers = (("X-Odd", "caf\xe9"), ("Link", "<a>"), ("link", "<b>"), ("ETag", 'W/"a b"'))
        url = server.answers("/feed", 200, b"<rss/>", *headers)
        response = await fetcher.fetch(FetchRequest(url, Purpose.FEED))

        assert (url, 200, b"<rss/>", ()) == (response.url, response.status, response.body, response.redirects)
        assert response.headers == (
            ("x-odd", "caf\xe9"),
            ("link", "<a>"),
            ("link", "<b>"),
            ("etag", 'W/"a b"'),
            ("content-length", "6"),
        )
        assert timedelta() < response.elapsed < timedelta(seconds=5)

    play(story)


@pytest.mark.parametrize(
    ("purpose", "accepted"),
    [(Purpose.FEED, b"application/rss+xml"), (Purpose.PAGE, b"text/html"), (Purpose.ROBOTS, b"text/plain")],
)
def test_requests_say_who_asks_for_what_and_nothing_else(purpose: Purpose, accepted: bytes) -> None:
    """The headers are these, and there is no cookie, no referrer and no cache busting."""

    async def story(server: BadServer, fetcher: HttpFetcher) -> None:
        await fetcher.fetch(FetchRequest(server.answers("/a", 200, b"x"), purpose))
        exchange = Exchange(server.heads[0], asyncio.StreamReader(), None)  # type: ignore[arg-type]  # head only

        assert header_names(server.heads[0]) == ["accept", "accept-encoding", "host", "user-agent"]
        assert exchange.header("user-agent") == USER_AGENT.encode()
        assert exchange.header("accept-encoding") == b"gzip, deflate, br, zstd"
        assert (exchange.header("accept") or b"").startswith(accepted)

    play(story)


@pytest.mark.parametrize(
    "target",
    ["/a%7eb%2F?x=%2f%2B+%20&y='(#", "/a//b?", "/?url=https%3A%2F%2Fh%2F&sig=a%2Bb%3D", "/caf%e9", "/a;b,c@d:e!$"],
)
def test_a_url_is_asked_for_as_it_is_written(target: str) -> None:
    """Escapes stay as they are: a signed URL must not change on the way."""

    async def story(server: BadServer, fetcher: HttpFetcher) -> None:
        await fetcher.fetch(FetchRequest(server.url(target), Purpose.PAGE))
        sent = server.heads[0].split(b" ")[1].decode()

        assert target.rstrip("#").rstrip("?") == sent.rstrip("?")

    play(story)


@pytest.mark.parametrize(
    ("etag", "last_modified"),
    [
        ('"plain"', "Tue, 24 Nov 2026 03:00:00 GMT"),
        ('W/"weak"', "2026-11-24 03:00"),
        ("no quotes at all", "yesterday"),
        ('"caf\xe9"', "K\xf6ln, 24 Nov"),
        ('"\xc3\xa9 as utf-8"', None),
        ('"tab\there,  and two blanks"', "0"),
        (None, "-1"),
    ],
)
def test_validators_come_back_byte_for_byte(etag: str | None, last_modified: str | None) -> None:
    """What a server sent as ETag and Last-Modified it gets back, down to bytes that are no UTF-8."""

    async def story(server: BadServer, fetcher: HttpFetcher) -> None:
        given = [("ETag", etag), ("Last-Modified", last_modified)]
        url = server.answers("/feed", 200, b"x", *[(name, value) for name, value in given if value is not None])
        first = await fetcher.fetch(FetchRequest(url, Purpose.FEED))
        assert (etag, last_modified) == (first.header("etag"), first.header("last-modified"))

        server.answers("/feed", 304)
        validators = Validators(first.header("etag"), first.header("last-modified"))
        second = await fetcher.fetch(FetchRequest(url, Purpose.FEED, validators))
        exchange = Exchange(server.heads[1], asyncio.StreamReader(), None)  # type: ignore[arg-type]  # head only
        assert (etag.encode("latin-1") if etag else None) == exchange.header("if-none-match")
        assert (last_modified.encode("latin-1") if last_modified else None) == exchange.header("if-modified-since")
        assert (second.status, second.body) == (304, b"")

    play(story)


def test_a_validator_that_no_server_sent_is_sent_as_utf_8() -> None:
    """Characters beyond latin-1 can only come from elsewhere; they do no harm."""

    async def story(server: BadServer, fetcher: HttpFetcher) -> None:
        await fetcher.fetch(FetchRequest(server.answers("/", 200), Purpose.FEED, Validators(etag='"\u20ac"')))
        assert 'if-none-match: "\u20ac"\r\n'.encode() in server.heads[0]

    play(story)


def test_cookies_are_neither_kept_nor_sent() -> None:
    """A cookie that a server sets is not there the next time, nor on the next hop."""

    async def story(server: BadServer, fetcher: HttpFetcher) -> None:
        cookie = ("Set-Cookie", "id=1; Path=/")
        url = server.answers("/", 302, b"", ("Location", "/b"), cookie)
        server.answers("/b", 200, b"x", cookie)
        for _ in range(2):
            await fetcher.fetch(FetchRequest(url, Purpose.PAGE))

        assert len(server.heads) == 4
        assert not any(b"cookie" in head.lower() or b"referer" in head.lower() for head in server.heads)

    play(story)


@pytest.mark.parametrize(
    ("coding", "encode"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("br", brotli.compress),
        ("zstd", zstandard.compress),
        ("identity", bytes),
    ],
)
def test_codings_are_undone(coding: str, encode: Callable[[bytes], bytes]) -> None:
    """Each coding that is asked for is understood, over more than one chunk."""
    body = b"".join(b"%d " % number for number in range(60_000))

    async def story(server: BadServer, fetcher: HttpFetcher) -> None:
        url = server.answers("/", 200, encode(body), ("Content-Encoding", coding))
        assert body == (await fetcher.fetch(FetchRequest(url, Purpose.PAGE))).body

    play(story)


def test_a_chunked_body_is_put_together() -> None:
    """Chunks, extensions and trailers leave the body alone."""

    async def story(server: BadServer, fetcher: HttpFetcher) -> None:
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        url = server.sends("/", head + b"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n")
        assert (await fetcher.fetch(FetchRequest(url, Purpose.PAGE))).body == b"abcde"

    play(story)


def test_redirects_are_followed_and_remembered() -> None:
    """Each hop is told with its status, relative targets and blanks are resolved, fragments are cut."""

    async def story(server: BadServer, fetcher: HttpFetcher) -> None:
        steps = [(301, "b c"), (302, "/c?x=1#top"), (303, server.url("/d")), (307, f"//127.0.0.1:{server.port}/e")]
        paths = ["/a", "/b%20c", "/c", "/d"]
        for path, (status, location) in zip(paths, steps, strict=True):
            server.answers(path, status, b"ignored", ("Location", location))
        server.answers("/e", 308, b"", ("Location", "./\xc3\xa9"))
        server.answers("/%C3%A9", 200, b"there")
        response = await fetcher.fetch(FetchRequest(server.url("/a"), Purpose.PAGE))

        assert (
            Redirect(301, server.url("/a"), server.url("/b%20c")),
            Redirect(302, server.url("/b%20c"), server.url("/c?x=1")),
            Redirect(303, server.url("/c?x=1"), server.url("/d")),
            Redirect(307, server.url("/d"), server.url("/e")),
            Redirect(308, server.url("/e"), server.url("/\xe9")),
        ) == response.redirects
        assert (server.url("/\xe9"), b"there") == (response.url, response.body)

    play(story)


@pytest.mark.parametrize("status", [300, 301, 304, 305])
def test_what_is_no_redirect_is_a_response(status: int) -> None:
    """Without a place to go, or with a status that does not send there, the response stands."""

    async def story(server: BadServer, fetcher: HttpFetcher) -> None:
        headers = [] if status == 301 else [("Location", "/elsewhere")]
        response = await fetcher.fetch(FetchRequest(server.answers("/", status, b"", *headers), Purpose.PAGE))
        assert (status, ()) == (response.status, response.redirects)

    play(story)


def test_validators_reach_the_hop_that_they_belong_to() -> None:
    """A feed that moved still answers 304 at its new place."""

    async def story(server: BadServer, fetcher: HttpFetcher) -> None:
        url = server.answers("/old", 301, b"", ("Location", "/new"))
        server.answers("/new", 304)
        response = await fetcher.fetch(FetchRequest(url, Purpose.FEED, Validators(etag='"x"')))
        assert (304, server.url("/new")) == (response.status, response.url)
        assert b'if-none-match: "x"' in server.heads[1].lower()

    play(story)


def test_connections_are_kept_alive() -> None:
    """Requests to one host in a row use one connection."""

    async def story(server: BadServer, fetcher: HttpFetcher) -> None:
        url = server.answers("/", 200, b"x")
        for _ in range(5):
            await fetcher.fetch(FetchRequest(url, Purpose.PAGE))
        assert server.connections == 1

    play(story)


# -- TLS --


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost with its key, that nobody has signed but itself."""
    path = tmp_path_factory.mktemp("tls") / "own.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
    ]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*command, *names, "-keyout", path, "-out", f"{path}.crt"], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + Path(f"{path}.crt").read_bytes())
    return path


async def fetch_tls(certificate: Path, host: str, *, trusted: bool) -> FetchResponse:
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate)
    trust = ssl.create_default_context(cafile=certificate) if trusted else None
    async with bad_server(tls=serving) as server, loopback_fetcher(tls=trust) as fetcher:
        server.answers("/", 200, b"secret")
        url = f"https://{host}:{server.port}/"
        plain = await fetcher.fetch(FetchRequest(url, Purpose.PAGE))
        pinned = await fetcher.fetch(FetchRequest(url, Purpose.PAGE, Validators(etag="\xe9")))
        assert plain.body == pinned.body
        return plain


def test_a_trusted_certificate_is_trusted(certificate: Path) -> None:
    """TLS works by name over both transports."""
    assert asyncio.run(fetch_tls(certificate, "localhost", trusted=True)).body == b"secret"


@pytest.mark.parametrize(("host", "trusted"), [("localhost", False), ("127.0.0.1", True)])
def test_an_untrusted_certificate_is_not(certificate: Path, host: str, trusted: bool) -> None:
    """Neither an unknown issuer nor another name will do."""
    with pytest.raises(TlsFailed):
        asyncio.run(fetch_tls(certificate, host, trusted=trusted))


def test_what_is_not_tls_is_a_failure_of_tls() -> None:
    """A server that speaks plainly on an encrypted port is told apart from one that is not there."""

    async def scenario() -> None:
        async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 400 Speak up\r\n\r\n")
            writer.close()

        server = await asyncio.start_server(babble, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, loopback_fetcher() as fetcher:
            for validators in (Validators(), Validators(etag="\xe9")):
                with pytest.raises(FetchError) as caught:
                    await fetcher.fetch(FetchRequest(f"https://127.0.0.1:{port}/", Purpose.PAGE, validators))
                assert type(caught.value) is TlsFailed

    asyncio.run(scenario())


def test_a_form_is_posted_and_stays_a_post() -> None:
    """Fields are encoded as browsers do; 307 is followed with the form, 302 is an answer."""

    async def story(server: BadServer, fetcher: HttpFetcher) -> None:
        bodies: list[tuple[bytes, bytes]] = []

        async def take(exchange: Exchange) -> None:
            length = int(exchange.header("content-length") or b"0")
            bodies.append((exchange.head.split(b" ")[0], await exchange.reader.readexactly(length)))
            await exchange.answer(202)

        async def pass_on(exchange: Exchange) -> None:
            await exchange.reader.readexactly(int(exchange.header("content-length") or b"0"))
            await exchange.answer(307, b"", ("Location", "/taken"))

        form = (("hub.topic", "https://n.example/?a=1&b=ü"), ("hub.mode", "subscribe"))
        server.on("/taken", take)
        url = server.on("/passed-on", pass_on)
        response = await fetcher.fetch(FetchRequest(url, Purpose.HUB, form=form))
        sent = b"hub.topic=https%3A%2F%2Fn.example%2F%3Fa%3D1%26b%3D%C3%BC&hub.mode=subscribe"
        assert (202, [(b"POST", sent)]) == (response.status, bodies)
        head = server.heads[-1]
        assert b"application/x-www-form-urlencoded" in head
        assert ["accept", "accept-encoding", "content-length", "content-type", "host", "user-agent"] == header_names(
            head
        )

    play(story)

    async def answered(server: BadServer, fetcher: HttpFetcher) -> None:
        async def elsewhere(exchange: Exchange) -> None:
            await exchange.reader.readexactly(int(exchange.header("content-length") or b"0"))
            await exchange.answer(302, b"", ("Location", "/taken"))

        response = await fetcher.fetch(FetchRequest(server.on("/f", elsewhere), Purpose.HUB, form=(("a", "b"),)))
        assert (302, 1) == (response.status, len(server.heads))

    play(answered)
