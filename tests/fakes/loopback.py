"""The real fetcher, let loose on loopback, and a meter that remembers."""

import ssl
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from enum import StrEnum
from ipaddress import ip_network

from storyfold.edges.clock import SystemClock
from storyfold.edges.http import HttpFetcher
from storyfold.edges.resolver import Lookup
from storyfold.model.metrics import Metric
from storyfold.ports import Meter

USER_AGENT = "storyfold/0.1 (+https://storyfold.example/bot)"


class CountingMeter:
    """Keeps counts by metric and label, and how many times each histogram was fed."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[Metric, StrEnum | None]] = Counter()
        self.observed: Counter[tuple[Metric, StrEnum | None]] = Counter()

    def count(self, metric: Metric, label: StrEnum | None = None, by: float = 1) -> None:
        """Add."""
        self.counts[metric, label] += int(by)

    def gauge(self, metric: Metric, value: float, label: StrEnum | None = None) -> None:
        """Take no notice."""

    def observe(self, metric: Metric, seconds: float, label: StrEnum | None = None) -> None:
        """Count the observation."""
        self.observed[metric, label] += 1


_fits: type[Meter] = CountingMeter


@asynccontextmanager
async def loopback_fetcher(
    *,
    networks: Sequence[str] = ("127.0.0.0/8", "::1/128"),
    ports: range = range(1, 65536),
    meter: CountingMeter | None = None,
    lookup: Lookup | None = None,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[HttpFetcher]:
    """A fetcher that may connect to these networks besides public ones."""
    fetcher = HttpFetcher(
        user_agent=USER_AGENT,
        allowed_networks=[ip_network(network) for network in networks],
        allowed_ports=ports,
        meter=meter or CountingMeter(),
        clock=SystemClock(),
        lookup=lookup,
        tls=tls,
    )
    try:
        yield fetcher
    finally:
        await fetcher.aclose()
