"""A house on loopback whose feeds and pages can be as bad as wanted: one behaviour a path."""

import random
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WORDS = (
    "harbour council bridge water tender vote minister budget inquiry storm farmers railway night strike teachers "
    "hospital library river market bakery museum ferry tunnel signal harvest quarry orchard lantern cabin meadow"
).split()

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class House:
    """What one host serves, and what it was asked for.

    Attributes:
        host: an address of loopback, a host of its own for politeness.
        answers: by path; a path below /news/ that is not here is an article.
        hits: paths asked for, in order.
        released: set when the house closes; whatever hangs lets go then.
    """

    host: str
    port: int = 0
    answers: dict[str, Answer] = field(default_factory=dict)
    hits: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str) -> str:
        """Where a path is."""
        return f"http://{self.host}:{self.port}{path}"

    def lists(self, *names: str, path: str = "/feed.xml") -> str:
        """Serve a feed of articles with these names; returns its URL."""
        body = feed_of(self.url("/news/"), names)
        self.answers[path] = lambda handler: send(handler, body, "application/rss+xml")
        return self.url(path)

    def serves(self, path: str, body: bytes, content_type: str, *, gzipped: bool = False) -> str:
        """Serve fixed bytes; returns their URL."""
        self.answers[path] = lambda handler: send(handler, body, content_type, gzipped=gzipped)
        return self.url(path)

    def hangs(self, path: str) -> str:
        """Serve nothing there, for as long as the house is open; returns the URL."""
        self.answers[path] = lambda _handler: self._hang()
        return self.url(path)

    def _hang(self) -> None:
        self.released.wait(120)


def feed_of(base: str, names: tuple[str, ...]) -> bytes:
    """An RSS feed whose entries are new."""
    now = formatdate(usegmt=True)
    items = "".join(
        f"<item><title>{headline(name)}</title><link>{base}{name}</link><guid>{base}{name}</guid>"
        f"<pubDate>{now}</pubDate></item>"
        for name in names
    )
    return f'<rss version="2.0"><channel><title>House</title>{items}</channel></rss>'.encode()


def headline(name: str) -> str:
    """A headline of its own for each name."""
    chance = random.Random(zlib.crc32(name.encode()))
    return f"{' '.join(chance.sample(WORDS, 5)).capitalize()} {name}"


def page_of(name: str) -> bytes:
    """An article that tells of nothing else than its name."""
    chance = random.Random(zlib.crc32(name.encode()))
    paragraphs = "".join(
        f"<p>{' '.join(chance.choice(WORDS) for _ in range(40)).capitalize()} in {name}.</p>" for _ in range(5)
    )
    title = headline(name)
    return (
        f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1>{paragraphs}</article></body></html>"
    ).encode()


def send(handler: BaseHTTPRequestHandler, body: bytes, content_type: str, *, gzipped: bool = False) -> None:
    """A plain answer."""
    handler.send_response(200)
    handler.send_header("Content-Type", content_type)
    handler.send_header("Content-Length", str(len(body)))
    if gzipped:
        handler.send_header("Content-Encoding", "gzip")
    handler.end_headers()
    handler.wfile.write(body)


@contextmanager
def house(host: str = "127.0.2.1") -> Iterator[House]:
    """Open a house until the block ends."""
    open_house = House(host)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            open_house.hits.append(self.path)
            answer = open_house.answers.get(self.path)
            with suppress(OSError):
                if answer is not None:
                    answer(self)
                elif self.path.startswith("/news/"):
                    send(self, page_of(self.path.removeprefix("/news/")), "text/html")
                else:
                    self.send_error(404)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((host, 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    open_house.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.05,), name=f"house {host}", daemon=True).start()
    try:
        yield open_house
    finally:
        open_house.released.set()
        server.shutdown()
        server.server_close()
