"""The fetcher: HTTP within limits, by httpx over aiohttp's connections.

One exchange is a chain of hops under one deadline::

    check the URL → connect to a checked address → headers → redirect? next hop : body, decoded as it comes

Cookies, referrers and proxies of the environment do not exist here: requests go to the transport directly, which knows
none of them.
"""

import asyncio
import functools
import ssl
from collections.abc import AsyncIterable, Container, Sequence
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final, cast
from urllib.parse import urldefrag, urlencode, urljoin

import httpx

from storyfold.edges.decoding import BodyDecoder, BodyOverflow, UndecodableBody
from storyfold.edges.fetch_errors import FOREIGN, translate
from storyfold.edges.resolver import CheckedResolver, Lookup, SystemLookup
from storyfold.edges.transport import PinnedTransport, PooledTransport
from storyfold.model.feeds import Validators
from storyfold.model.fetching import FetchLimits, FetchRequest, FetchResponse, Purpose, Redirect
from storyfold.model.metrics import FetchOutcome, Metric
from storyfold.ports import (
    BadResponse,
    BadUrl,
    BlockedAddress,
    BodyTooLarge,
    Clock,
    ConnectFailed,
    DeadlineExceeded,
    DnsFailed,
    Fetcher,
    FetchError,
    Meter,
    TlsFailed,
    TooManyRedirects,
)
from storyfold.urls.safety import address_allowed, check_url

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
# RFC 9110, 15.4.8 and 15.4.9: the only ones that keep a POST what it is.
_REDIRECTS_OF_FORMS: Final = frozenset({307, 308})
_NO_BODY: Final = frozenset({204, 304})
# Nobody reads what comes with an error, and a broken or endless error page must not hide its status.
_FIRST_ERROR: Final = 400

_ACCEPT: Final = {
    Purpose.FEED: (
        b"application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml;q=0.9, "
        b"application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"
    ),
    Purpose.PAGE: b"text/html, application/xhtml+xml, */*;q=0.1",
    Purpose.ROBOTS: b"text/plain, */*;q=0.1",
    Purpose.HUB: b"*/*",
}

_OUTCOMES: Final[dict[type[FetchError], FetchOutcome]] = {
    BadUrl: FetchOutcome.BAD_URL,
    BlockedAddress: FetchOutcome.BLOCKED_ADDRESS,
    DnsFailed: FetchOutcome.DNS,
    ConnectFailed: FetchOutcome.CONNECT,
    TlsFailed: FetchOutcome.TLS,
    DeadlineExceeded: FetchOutcome.TIMEOUT,
    BodyTooLarge: FetchOutcome.TOO_LARGE,
    TooManyRedirects: FetchOutcome.REDIRECTS,
    BadResponse: FetchOutcome.PROTOCOL,
}


class HttpFetcher:
    """Gets bytes by HTTP within limits.

    Args:
        user_agent: names the program, its version and a contact: ``storyfold/1.0 (+https://example.org/bot)``.
        allowed_networks: addresses that may be connected to although they are not public.
        allowed_ports: ports that may be connected to.
        meter: takes the outcome, time and size of each exchange.
        clock: for the time an exchange takes.
        lookup: finds the addresses of a name; the operating system's way by default.
        tls: what to trust; the certifi bundle by default.
        connections: in use at one time.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        allowed_networks: Sequence[IPv4Network | IPv6Network],
        allowed_ports: Container[int],
        meter: Meter,
        clock: Clock,
        lookup: Lookup | None = None,
        tls: ssl.SSLContext | None = None,
        connections: int = 512,
    ) -> None:
        self._user_agent = user_agent.encode("ascii")
        self._ports = allowed_ports
        self._meter = meter
        self._clock = clock
        allowed = functools.partial(_may_connect, tuple(allowed_networks))
        resolver = CheckedResolver(lookup or SystemLookup(), allowed)
        trusted = tls or httpx.create_ssl_context()
        self._pooled = PooledTransport(resolver, allowed, trusted, connections)
        self._pinned = PinnedTransport(resolver, trusted)

    async def fetch(self, request: FetchRequest) -> FetchResponse:
        """Make one exchange, following redirects. Of a status from 400 on, no body is read.

        Raises:
            FetchError: one of its kinds; nothing else.
        """
        started = self._clock.steady()
        try:
            async with asyncio.timeout(request.limits.deadline.total_seconds()):
                response = await self._follow(request, started)
        except TimeoutError as error:
            late = DeadlineExceeded(request.url, f"not done after {request.limits.deadline.total_seconds():g} s")
            self._measure(request.purpose, started, FetchOutcome.TIMEOUT)
            raise late from error
        except FetchError as error:
            self._measure(request.purpose, started, _OUTCOMES[type(error)])
            raise
        self._measure(request.purpose, started, _outcome_of(response.status), len(response.body))
        return response

    async def aclose(self) -> None:
        """Close all connections."""
        await self._pooled.aclose()
        await self._pinned.aclose()

    def _measure(self, purpose: Purpose, started: float, outcome: FetchOutcome, body_bytes: int = 0) -> None:
        self._meter.count(Metric.FETCHES, outcome)
        self._meter.count(Metric.FETCH_BYTES, purpose, body_bytes)
        self._meter.observe(Metric.FETCH_SECONDS, self._clock.steady() - started, purpose)

    async def _follow(self, request: FetchRequest, started: float) -> FetchResponse:
        """Go from hop to hop."""
        url = urldefrag(request.url).url
        visited = {url}
        redirects: tuple[Redirect, ...] = ()
        while True:
            answer = await self._hop(url, request)
            if isinstance(answer, Redirect):
                if len(redirects) == request.limits.redirects:
                    raise TooManyRedirects(request.url, f"more than {request.limits.redirects} redirects")
                if answer.target in visited:
                    raise TooManyRedirects(request.url, f"redirected in a loop by way of {answer.target}")
                redirects = (*redirects, answer)
                url = answer.target
                visited.add(url)
                continue
            status, headers, body = answer
            elapsed = timedelta(seconds=self._clock.steady() - started)
            return FetchResponse(url, status, headers, body, redirects, elapsed)

    async def _hop(self, url: str, request: FetchRequest) -> "Redirect | _Answer":
        """One request and what it was answered with."""
        outgoing, transport = self._prepare(url, request)
        try:
            response = await transport.handle_async_request(outgoing)
        except FOREIGN as error:
            raise translate(url, error) from error
        try:
            headers = tuple(
                (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in response.headers.raw
            )
            location = next((value for name, value in response.headers.raw if name.lower() == b"location"), None)
            followed = _REDIRECTS if request.form is None else _REDIRECTS_OF_FORMS
            if response.status_code in followed and location is not None:
                return Redirect(response.status_code, url, _target(url, location))
            if response.status_code in _NO_BODY or response.status_code >= _FIRST_ERROR:
                return response.status_code, headers, b""
            stream = cast("AsyncIterable[bytes]", response.stream)
            return response.status_code, headers, await _read(url, headers, stream, request.limits)
        except FOREIGN as error:
            raise translate(url, error) from error
        finally:
            await response.aclose()

    def _prepare(self, url: str, request: FetchRequest) -> tuple[httpx.Request, httpx.AsyncBaseTransport]:
        """The request for one hop, and the transport that can send it."""
        refusal = check_url(url, self._ports)
        if refusal is not None:
            raise BadUrl(url, refusal)
        conditions = _conditions(request.validators)
        headers = [
            (b"User-Agent", self._user_agent),
            (b"Accept", _ACCEPT[request.purpose]),
            (b"Accept-Encoding", b"gzip, deflate, br, zstd"),
            *conditions,
        ]
        try:
            outgoing = _outgoing(url, headers, request.form)
        except (httpx.InvalidURL, ValueError) as error:
            raise BadUrl(url, f"it does not parse: {error}") from error
        plain = all(_is_utf8(value) for _, value in conditions)
        return outgoing, self._pooled if plain else self._pinned


def _outgoing(url: str, headers: list[tuple[bytes, bytes]], form: tuple[tuple[str, str], ...] | None) -> httpx.Request:
    if form is None:
        return httpx.Request("GET", url, headers=headers)
    kind = (b"Content-Type", b"application/x-www-form-urlencoded")
    return httpx.Request("POST", url, headers=[*headers, kind], content=urlencode(form).encode("ascii"))


_Answer = tuple[int, tuple[tuple[str, str], ...], bytes]
_fits: type[Fetcher] = HttpFetcher


def _may_connect(networks: tuple[IPv4Network | IPv6Network, ...], address: str) -> bool:
    try:
        # The name of a network interface may follow (RFC 4007, 11); it does not change what the address is.
        return address_allowed(ip_address(address.partition("%")[0]), networks)
    except ValueError:
        return False


def _target(url: str, location: bytes) -> str:
    """Where a redirect leads, absolute and without fragment; raises BadUrl."""
    try:
        text = location.decode()
    except UnicodeDecodeError:
        text = location.decode("latin-1")
    try:
        # Blanks inside are common, and browsers escape them.
        return urldefrag(urljoin(url, text.strip().replace(" ", "%20"))).url
    except ValueError as error:
        raise BadUrl(url, f"it redirects to {text[:200]!r}, which is no URL") from error


def _conditions(validators: Validators) -> list[tuple[bytes, bytes]]:
    """Conditional headers, byte for byte as the server once sent them (RFC 9110, 13.1)."""
    pairs = ((b"If-None-Match", validators.etag), (b"If-Modified-Since", validators.last_modified))
    return [(name, _header_bytes(value)) for name, value in pairs if value is not None and _is_sendable(value)]


def _is_sendable(value: str) -> bool:
    """Whether HTTP has a way to say it: no control characters but tab, no blanks around it (RFC 9110, 5.5)."""
    return bool(value) and value == value.strip() and all(_is_printable(char) for char in value)


def _is_printable(char: str) -> bool:
    return char == "\t" or (char >= " " and char != "\x7f")


def _header_bytes(value: str) -> bytes:
    """Headers arrive decoded as latin-1, which gives back any byte; other characters were never a server's."""
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode()


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


async def _read(
    url: str, headers: tuple[tuple[str, str], ...], stream: AsyncIterable[bytes], limits: FetchLimits
) -> bytes:
    """The decoded body, within its limits."""
    declared = next((value for name, value in headers if name == "content-length"), "")
    # More than 18 digits is beyond any limit, and beyond what int() takes in time.
    if declared.isascii() and declared.isdecimal() and int(declared[:19]) > limits.wire_bytes:
        raise BodyTooLarge(url, f"{declared} bytes are announced, more than {limits.wire_bytes}")
    codings = ",".join(value for name, value in headers if name == "content-encoding")
    received = 0
    try:
        decoder = BodyDecoder(codings, limits.body_bytes)
        async for chunk in stream:
            received += len(chunk)
            if received > limits.wire_bytes:
                raise BodyTooLarge(url, f"more than {limits.wire_bytes} bytes were sent")
            decoder.feed(chunk)
        return decoder.finish()
    except BodyOverflow as error:
        raise BodyTooLarge(url, str(error)) from error
    except UndecodableBody as error:
        raise BadResponse(url, str(error)) from error


def _outcome_of(status: int) -> FetchOutcome:
    """The metric label for a status."""
    if status == 304:
        return FetchOutcome.NOT_MODIFIED
    match status // 100:
        case 2:
            return FetchOutcome.OK
        case 3:
            return FetchOutcome.REDIRECT
        case 4:
            return FetchOutcome.CLIENT_ERROR
        case _:
            return FetchOutcome.SERVER_ERROR
