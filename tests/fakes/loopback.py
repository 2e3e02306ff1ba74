"""The real fetcher, let loose on loopback."""

import functools
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_network

import httpx

from storyfold.edges.clock import SystemClock
from storyfold.edges.http import HttpFetcher
from storyfold.edges.resolver import Lookup
from tests.fakes.meter import RecordingMeter

USER_AGENT = "storyfold/0.1 (+https://storyfold.example/bot)"


# Loading the bundle takes longer than most tests.
_usual_trust = functools.cache(httpx.create_ssl_context)


@asynccontextmanager
async def loopback_fetcher(
    *,
    networks: Sequence[str] = ("127.0.0.0/8", "::1/128"),
    ports: range = range(1, 65536),
    meter: RecordingMeter | None = None,
    lookup: Lookup | None = None,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[HttpFetcher]:
    """A fetcher that may connect to these networks besides public ones."""
    fetcher = HttpFetcher(
        user_agent=USER_AGENT,
        allowed_networks=[ip_network(network) for network in networks],
        allowed_ports=ports,
        meter=meter or RecordingMeter(),
        clock=SystemClock(),
        lookup=lookup,
        tls=tls or _usual_trust(),
    )
    try:
        yield fetcher
    finally:
        await fetcher.aclose()
