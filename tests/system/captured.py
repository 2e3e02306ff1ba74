"""A server on loopback that serves captured feeds, with captured pages behind the links of their entries."""

import gzip
import json
import re
import threading
import zlib
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

# What feeds put links into. Namespaces, guids and pictures stay as they are.
_ELEMENT = re.compile(rb"(<link>\s*(?:<!\[CDATA\[)?\s*)https?://", re.IGNORECASE)
_ATTRIBUTE = re.compile(rb"(<link\b[^>]*?\bhref=[\"'])https?://", re.IGNORECASE)
_PERMALINK = re.compile(rb"(<guid\b[^>]*>\s*(?:<!\[CDATA\[)?\s*)https?://", re.IGNORECASE)


@dataclass
class Captured:
    """What is served.

    Attributes:
        feeds: name → bytes as captured, links pointing here.
        pages: gzipped pages; the path of a link chooses one.
        hits: paths asked for, in order.
    """

    feeds: dict[str, bytes]
    pages: list[bytes]
    port: int = 0
    hits: list[str] = field(default_factory=list)
    _server: ThreadingHTTPServer | None = None

    @classmethod
    def of(cls, data: Path) -> "Captured":
        """Read the corpora below `data`, and the seed beside it."""
        lines = (data / "extraction" / "aeb" / "manifest.jsonl").read_text("utf-8").splitlines()
        pages = [(data / "extraction" / "aeb" / json.loads(line)["html"]).read_bytes() for line in lines]
        seeds = sorted((data.parent / "seed").glob("*"))
        for seed in seeds:
            headline, _, rest = seed.read_text("utf-8").partition("\n")
            paragraphs = "".join(f"<p>{text}</p>" for text in rest.split("\n\n") if text.strip())
            document = f"<html><head><title>{headline}</title></head><body><article><h1>{headline}</h1>{paragraphs}"
            pages.append(gzip.compress(f"{document}</article></body></html>".encode()))
        feeds = {path.name: path.read_bytes() for path in sorted((data / "feeds").iterdir()) if path.is_file()}
        return cls(feeds, pages)

    def start(self) -> None:
        """Listen on a free port."""
        captured = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                captured.hits.append(self.path)
                captured.answer(self)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.feeds = {name: self._pointing_here(body) for name, body in self.feeds.items()}
        threading.Thread(target=self._server.serve_forever, name="captured", daemon=True).start()

    def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def _pointing_here(self, body: bytes) -> bytes:
        here = rb"\g<1>http://127.0.0.1:%d/page/" % self.port
        for pattern in (_ELEMENT, _ATTRIBUTE, _PERMALINK):
            body = pattern.sub(here, body)
        return body

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        path = unquote(handler.path)
        name = path.removeprefix("/feeds/")
        if path.startswith("/feeds/") and name in self.feeds:
            self._send(handler, 200, self.feeds[name], "application/xml")
        elif path.startswith("/page/"):
            page = self.pages[zlib.crc32(path.encode()) % len(self.pages)]
            self._send(handler, 200, page, "text/html", gzipped=True)
        else:
            self._send(handler, 404, b"", "text/plain")

    @staticmethod
    def _send(
        handler: BaseHTTPRequestHandler, status: int, body: bytes, content_type: str, *, gzipped: bool = False
    ) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", content_type)
        handler.send_header("Content-Length", str(len(body)))
        if gzipped:
            handler.send_header("Content-Encoding", "gzip")
        handler.end_headers()
        handler.wfile.write(body)
