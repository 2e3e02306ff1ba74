"""Which transport should be under httpx? Requests a second and CPU a request, against a plain server on loopback.

Run as ``python -m benchmarks.transport [--requests N] [--connections N]``; the last line is one JSON object. The server
is a process of its own, so the CPU counted is the client's alone. Each contender makes the same requests: 304 answers,
as most polls are, and bodies of 30 kB, as the rest are.
"""

import argparse
import asyncio
import json
import multiprocessing
import resource
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from enum import StrEnum
from ipaddress import ip_network
from multiprocessing.connection import Connection

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from storyfold.edges.clock import SystemClock
from storyfold.edges.http import HttpFetcher
from storyfold.model.fetching import FetchRequest, Purpose
from storyfold.model.metrics import Metric

Get = Callable[[str], Awaitable[None]]

_BODY = b"x" * 30_000
_ANSWERS = {
    b"/304": b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n',
    b"/200": b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%b" % (len(_BODY), _BODY),
}


class _Server(asyncio.Protocol):
    """Answers each read as one request; nothing else would be cheap enough not to be measured itself."""

    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(_ANSWERS[data.split(b" ", 2)[1]])


def _serve(ready: Connection) -> None:
    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(_Server, "127.0.0.1", 0, backlog=1024)
        ready.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


class _NoMeter:
    """Measures nothing: what is measured here is the transport."""

    def count(self, metric: Metric, label: StrEnum | None = None, by: float = 1) -> None:
        """Take no notice."""

    def gauge(self, metric: Metric, value: float, label: StrEnum | None = None) -> None:
        """Take no notice."""

    def observe(self, metric: Metric, seconds: float, label: StrEnum | None = None) -> None:
        """Take no notice."""


@asynccontextmanager
async def _httpx_client(transport: httpx.AsyncBaseTransport) -> AsyncIterator[Get]:
    async with httpx.AsyncClient(transport=transport) as client:

        async def get(url: str) -> None:
            (await client.get(url)).read()

        yield get


@asynccontextmanager
async def _httpx_alone(connections: int) -> AsyncIterator[Get]:
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    async with _httpx_client(httpx.AsyncHTTPTransport(limits=limits)) as get:
        yield get


@asynccontextmanager
async def _httpx_over_aiohttp(connections: int) -> AsyncIterator[Get]:
    async with _httpx_client(AiohttpTransport(limits=httpx.Limits(max_connections=connections))) as get:
        yield get


@asynccontextmanager
async def _aiohttp_alone(connections: int) -> AsyncIterator[Get]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=connections)) as session:

        async def get(url: str) -> None:
            async with session.get(url) as response:
                await response.read()

        yield get


@asynccontextmanager
async def _fetcher(connections: int) -> AsyncIterator[Get]:
    fetcher = HttpFetcher(
        user_agent="storyfold/benchmark",
        allowed_networks=[ip_network("127.0.0.0/8")],
        allowed_ports=range(1, 65536),
        meter=_NoMeter(),
        clock=SystemClock(),
        connections=connections,
    )

    async def get(url: str) -> None:
        await fetcher.fetch(FetchRequest(url, Purpose.FEED))

    try:
        yield get
    finally:
        await fetcher.aclose()


_CONTENDERS = {
    "httpx": _httpx_alone,
    "httpx_aiohttp": _httpx_over_aiohttp,
    "aiohttp": _aiohttp_alone,
    "fetcher": _fetcher,
}


async def _measure(name: str, url: str, requests: int, connections: int) -> tuple[float, float]:
    """Requests a second and milliseconds of CPU a request."""
    async with _CONTENDERS[name](connections) as get:

        async def client(count: int) -> None:
            for _ in range(count):
                await get(url)

        # Connections are opened before the clock starts.
        await asyncio.gather(*(client(1) for _ in range(connections)))
        cpu, started = _cpu_seconds(), time.perf_counter()
        await asyncio.gather(*(client(requests // connections) for _ in range(connections)))
        made = requests // connections * connections
        return made / (time.perf_counter() - started), (_cpu_seconds() - cpu) / made * 1000


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Run all contenders and print what they did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=4000, help="for each contender and kind of answer")
    parser.add_argument("--connections", type=int, default=100)
    options = parser.parse_args()
    here, there = multiprocessing.get_context("spawn").Pipe()
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=(there,), daemon=True)
    server.start()
    figures: dict[str, float] = {"requests": options.requests, "connections": options.connections}
    try:
        port = here.recv()
        for name in _CONTENDERS:
            for status in ("304", "200"):
                url = f"http://127.0.0.1:{port}/{status}"
                rate, cpu = asyncio.run(_measure(name, url, options.requests, options.connections))
                figures[f"{name}_{status}_per_second"] = round(rate)
                figures[f"{name}_{status}_cpu_ms"] = round(cpu, 3)
                print(f"{name:14} {status}: {rate:7.0f} requests/s, {cpu:.3f} ms CPU each", flush=True)
    finally:
        server.terminate()
        server.join()
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
