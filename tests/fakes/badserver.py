"""A server on loopback that misbehaves on purpose: raw sockets, one behaviour a path."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Behaviour = Callable[["Exchange"], Awaitable[None]]


@dataclass
class Exchange:
    """One request as received, and the way to answer it."""

    head: bytes
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @property
    def target(self) -> str:
        """What was asked for: path and query."""
        return self.head.split(b" ", 2)[1].decode()

    def header(self, name: str) -> bytes | None:
        """Value of the first header of this name, as sent."""
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.strip().lower() == name.encode().lower():
                return value.strip()
        return None

    async def send(self, data: bytes) -> None:
        """Put bytes on the wire."""
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, status: int, body: bytes = b"", *headers: tuple[str, str]) -> None:
        """A well-formed response."""
        lines = [f"HTTP/1.1 {status} Word", *(f"{name}: {value}" for name, value in headers)]
        if status not in {204, 304}:
            lines.append(f"Content-Length: {len(body)}")
        await self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)

    def reset(self) -> None:
        """Break the connection with RST, throwing away what was not sent."""
        self.writer.transport.abort()


@dataclass
class BadServer:
    """Behaviours by path (without query), what was asked, and how many connections were made."""

    host: str = "127.0.0.1"
    port: int = 0
    scheme: str = "http"
    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    heads: list[bytes] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    connections: int = 0
    open_now: int = 0
    most_open: int = 0

    def url(self, path: str = "/") -> str:
        """Where a path is served."""
        return f"{self.scheme}://{self.host}:{self.port}{path}"

    def on(self, path: str, behaviour: Behaviour) -> str:
        """Serve a path in some way; returns its URL."""
        self.behaviours[path] = behaviour
        return self.url(path)

    def sends(self, path: str, data: bytes, *, close: bool = True) -> str:
        """Serve a path with fixed bytes, head included; returns its URL."""

        async def send(exchange: Exchange) -> None:
            await exchange.send(data)
            if close:
                exchange.writer.close()

        return self.on(path, send)

    def answers(self, path: str, status: int, body: bytes = b"", *headers: tuple[str, str]) -> str:
        """Serve a path with a well-formed response; returns its URL."""

        async def answer(exchange: Exchange) -> None:
            await exchange.answer(status, body, *headers)

        return self.on(path, answer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)
        # Clients hang up in the middle here; that is what the server is for.
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                while not writer.is_closing():
                    head = await reader.readuntil(b"\r\n\r\n")
                    self.heads.append(head)
                    self.asked.set()
                    exchange = Exchange(head, reader, writer)
                    path = exchange.target.partition("?")[0]
                    await self.behaviours.get(path, _not_found)(exchange)
        except asyncio.CancelledError:
            pass
        finally:
            self.open_now -= 1
            writer.transport.abort()


async def _not_found(exchange: Exchange) -> None:
    await exchange.answer(404)


@asynccontextmanager
async def bad_server(host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> AsyncIterator[BadServer]:
    """Run a server until the block ends, and cut whatever still hangs on it."""
    bad = BadServer(host=host, scheme="https" if tls else "http")
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(bad._serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, host, bad.port, ssl=tls, limit=1 << 20)
    bad.port = server.sockets[0].getsockname()[1]
    try:
        yield bad
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def hang(exchange: Exchange) -> None:
    """Say nothing until the client is gone."""
    await exchange.reader.read()


async def drip(exchange: Exchange) -> None:
    """Send a long body one byte at a time."""
    await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        await exchange.send(b".")
        await asyncio.sleep(0.01)


async def drip_head(exchange: Exchange) -> None:
    """Send headers one byte at a time, for ever."""
    await exchange.send(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        await exchange.send(b"a")
        await asyncio.sleep(0.01)


async def endless_chunks(exchange: Exchange) -> None:
    """Send chunk after chunk, as fast as they are taken."""
    await exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    while True:
        await exchange.send(chunk)


async def endless_headers(exchange: Exchange) -> None:
    """Send header after header, as fast as they are taken."""
    await exchange.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        await exchange.send(b"".join(b"X-%d: y\r\n" % number for number in range(1000)))


async def endless_header(exchange: Exchange) -> None:
    """Send one header that never ends."""
    await exchange.send(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while True:
        await exchange.send(b"y" * 0x10000)


async def endless_interim(exchange: Exchange) -> None:
    """Promise a response over and over (RFC 9110, 15.2)."""
    while True:
        await exchange.send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 100)
        await asyncio.sleep(0)


async def reset(exchange: Exchange) -> None:
    """Break the connection instead of answering."""
    exchange.reset()


async def reset_in_body(exchange: Exchange) -> None:
    """Break the connection in the middle of the body."""
    await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
    await asyncio.sleep(0.02)
    exchange.reset()
