"""The two transports under the fetcher: aiohttp for all but a few requests, httpx's own for the rest (docs/adr/0002).

Both connect to checked addresses only, store no cookies, follow no redirects, read no proxy from the environment, and
hand over bodies as they came.
"""

import ssl
from contextvars import ContextVar
from typing import Final

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from yarl import URL

from storyfold.edges.resolver import AddressCheck, CheckedResolver, checked_sockets

# Content-Security-Policy headers of 8 KiB and more are seen; 16 KiB by 200 bounds what a flood of headers can cost.
_HEADER_BYTES: Final = 16 * 1024
_HEADERS: Final = 200
# Long enough for robots.txt, redirect and page of one visit; short enough to let go of sockets.
_KEEP_ALIVE_SECONDS: Final = 5.0
_DNS_CACHE_SECONDS: Final = 60


_url_as_written: ContextVar[str] = ContextVar("url_as_written")


class PooledTransport(httpx.AsyncBaseTransport):
    """aiohttp's connections behind httpx's interface.

    Args:
        resolver: finds the addresses of names.
        allowed: checks every address as it is connected to, literal ones included.
        tls: what to trust.
        connections: in use at one time; more wait, at the cost of their own deadline.
    """

    def __init__(self, resolver: CheckedResolver, allowed: AddressCheck, tls: ssl.SSLContext, connections: int) -> None:
        def session() -> aiohttp.ClientSession:
            connector = aiohttp.TCPConnector(
                resolver=resolver,
                socket_factory=checked_sockets(allowed),
                ssl=tls,
                limit=connections,
                keepalive_timeout=_KEEP_ALIVE_SECONDS,
                ttl_dns_cache=_DNS_CACHE_SECONDS,
            )
            return aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(),
                trust_env=False,
                max_line_size=_HEADER_BYTES,
                max_field_size=_HEADER_BYTES,
                max_headers=_HEADERS,
                middlewares=(_restore_url,),
            )

        # Made at the first request, in the event loop that it will live in.
        self._inner = AiohttpTransport(verify=tls, trust_env=False, client=session)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request."""
        _url_as_written.set(str(request.url))
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self._inner.aclose()


async def _restore_url(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Ask for the URL as it was written: aiohttp decodes ``%2F`` in queries, which breaks signed ones."""
    request.url = URL(_url_as_written.get(), encoded=True)
    return await handler(request)


class PinnedTransport(httpx.AsyncBaseTransport):
    """httpx's own transport, which sends header bytes as they are, connected to a checked address.

    aiohttp writes headers as UTF-8 and so cannot send a validator that is not. Such are rare, so this transport may
    be slow: it keeps no connections.
    """

    def __init__(self, resolver: CheckedResolver, tls: ssl.SSLContext) -> None:
        self._resolver = resolver
        self._inner = httpx.AsyncHTTPTransport(
            verify=tls, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request to the first allowed address of its host; the host stays in the Host header and in TLS."""
        host = request.url.raw_host.decode("ascii")
        addresses = await self._resolver.resolve(host.strip("[]"))
        pinned = httpx.Request(
            request.method,
            request.url.copy_with(host=addresses[0]["host"]),
            headers=request.headers.raw,
            extensions={**request.extensions, "sni_hostname": host},
        )
        return await self._inner.handle_async_request(pinned)

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self._inner.aclose()
