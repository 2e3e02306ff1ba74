"""Pages: the routes of the console over a store."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from importlib import resources
from typing import Any

from aiohttp import web

from storyfold.console.guard import guard
from storyfold.console.readiness import Probe, ask_all
from storyfold.console.story import story_view
from storyfold.console.views import check_view, event_view, feeds_view, house_names, ledger_view, outbox_view
from storyfold.model.identity import EventId, PublisherId
from storyfold.ports import Clock, Store, StoreError

# However many tabs look, the store is asked at most once in this time for each of the three views.
FRESH_SECONDS = 1.0
NAMES_FRESH_SECONDS = 20.0
SHOWN_EVENTS = 50
SHOWN_FEEDS = 200
# Steps of one event.
SHOWN_STEPS = 40
# Events in full whose answers are kept; whoever asks for more of them in one moment is answered from the store.
KEPT_STORIES = 64
MOST_SHOWN = 1000

_FILES = {
    "index.html": "text/html",
    "console.css": "text/css",
    "console.js": "text/javascript",
    "favicon.svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class About:
    """What the page says of the program itself.

    Attributes:
        version: of storyfold.
        started_at: when this process began.
        broker: where to subscribe: bootstrap servers.
        embedded: whether that is the embedded broker.
        roles: what this process runs.
    """

    version: str
    started_at: datetime
    broker: str
    embedded: bool
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConsoleParts:
    """What the console works with.

    Attributes:
        store: read only.
        clock: time.
        metrics: everything measured, in the Prometheus text format.
        probes: what readiness asks.
        about: what the page says of the program.
        allowed_hosts: further names in the Host header.
    """

    store: Store
    clock: Clock
    metrics: Callable[[], bytes]
    probes: Sequence[Probe]
    about: About
    allowed_hosts: tuple[str, ...] = ()


@dataclass(slots=True)
class _Fresh:
    """The last answer to one question, kept for a moment."""

    body: bytes = b""
    asked_at: float = float("-inf")
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class _Pages:
    def __init__(self, parts: ConsoleParts) -> None:
        self._parts = parts
        self._fresh: dict[str, _Fresh] = {}
        self._names: Mapping[PublisherId, str] = {}
        self._named_at = float("-inf")

    async def metrics(self, _request: web.Request) -> web.Response:
        text = self._parts.metrics()
        return web.Response(body=text, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    async def healthz(self, _request: web.Request) -> web.Response:
        return web.Response(text="alive\n")

    async def readyz(self, _request: web.Request) -> web.Response:
        answers = await ask_all(self._parts.probes)
        text = "".join(f"{answer.name}: {answer.trouble or 'ok'}\n" for answer in answers)
        ready = all(answer.trouble is None for answer in answers)
        return web.Response(status=200 if ready else 503, text=text)

    async def events(self, request: web.Request) -> web.Response:
        limit = _limit(request, SHOWN_EVENTS)

        async def ask() -> Any:
            events = await self._parts.store.newest_events(limit)
            houses = await self._houses()
            return {"events": [asdict(event_view(each, houses)) for each in events]}

        return await self._answer(request, f"events {limit}", ask)

    async def story(self, request: web.Request) -> web.Response:
        event_id = EventId(request.match_info["event_id"])
        store = self._parts.store
        try:
            event = (await store.events((event_id,))).get(event_id)
        except StoreError as error:
            return _no_answer(error)
        if event is None:
            return web.json_response({"trouble": "no event has this id; see /api/events"}, status=404)

        async def ask() -> Any:
            return asdict(story_view(event, await store.changes_of(event_id, SHOWN_STEPS), await self._houses()))

        for name in [name for name in self._fresh if name.startswith("story ")][:-KEPT_STORIES]:
            del self._fresh[name]
        return await self._answer(request, f"story {event_id} {event.version}", ask)

    async def _houses(self) -> Mapping[PublisherId, str]:
        """Names of publishers, looked up now and then: that reads a row for each feed."""
        if self._parts.clock.steady() - self._named_at >= NAMES_FRESH_SECONDS:
            self._names = house_names(await self._parts.store.feeds())
            self._named_at = self._parts.clock.steady()
        return self._names

    async def feeds(self, request: web.Request) -> web.Response:
        limit = _limit(request, SHOWN_FEEDS)

        async def ask() -> Any:
            return asdict(feeds_view(await self._parts.store.feeds(), limit))

        return await self._answer(request, f"feeds {limit}", ask)

    async def status(self, request: web.Request) -> web.Response:
        async def ask() -> Any:
            store, about = self._parts.store, self._parts.about
            position = await store.published_position() or 0
            answers = await ask_all(self._parts.probes)
            return {
                "version": about.version,
                "started_at": about.started_at.isoformat(),
                "now": self._parts.clock.now().isoformat(),
                "broker": about.broker,
                "embedded": about.embedded,
                "roles": about.roles,
                "ledger": asdict(ledger_view(await store.ledger_counts())),
                "outbox": asdict(outbox_view(await store.outbox_depth(position))),
                "checks": [asdict(check_view(answer)) for answer in answers],
            }

        return await self._answer(request, "status", ask)

    async def _answer(self, request: web.Request, name: str, ask: Callable[[], Awaitable[Any]]) -> web.Response:
        """Answer with JSON, asking the store only where the last answer is no longer fresh."""
        fresh = self._fresh.setdefault(name, _Fresh())
        async with fresh.turn:
            if self._parts.clock.steady() - fresh.asked_at >= FRESH_SECONDS:
                try:
                    fresh.body = json.dumps(await ask(), ensure_ascii=False, separators=(",", ":")).encode()
                except StoreError as error:
                    return _no_answer(error)
                fresh.asked_at = self._parts.clock.steady()
        return _tagged(request, fresh.body, "application/json")


def console_app(parts: ConsoleParts, *, page: bool = True) -> web.Application:
    """The console as an aiohttp application: page, API, health and metrics; GET only.

    Args:
        parts: what it works with.
        page: without it, as in processes of other roles, there are health, metrics and status only.
    """
    pages = _Pages(parts)
    app = web.Application(middlewares=[guard(frozenset(name.lower() for name in parts.allowed_hosts))])
    app.router.add_get("/metrics", pages.metrics)
    app.router.add_get("/healthz", pages.healthz)
    app.router.add_get("/readyz", pages.readyz)
    app.router.add_get("/api/status", pages.status)
    if not page:
        return app
    app.router.add_get("/api/events", pages.events)
    app.router.add_get("/api/events/{event_id:[0-9a-f-]{1,64}}", pages.story)
    app.router.add_get("/api/feeds", pages.feeds)
    for name, kind in _FILES.items():
        app.router.add_get("/" if name == "index.html" else f"/{name}", _file(name, kind))
    return app


def _no_answer(error: StoreError) -> web.Response:
    return web.json_response({"trouble": f"the store does not answer: {error}"}, status=503)


def _file(name: str, kind: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A handler for a file of the package, read once."""
    body = resources.files("storyfold.console").joinpath("static", name).read_bytes()

    async def handler(request: web.Request) -> web.Response:
        return _tagged(request, body, kind)

    return handler


def _tagged(request: web.Request, body: bytes, kind: str) -> web.Response:
    """An answer with a validator, so that a browser that polls is told in a few bytes that nothing changed."""
    tag = hashlib.sha256(body).hexdigest()[:32]
    headers = {"ETag": f'"{tag}"', "Cache-Control": "no-cache"}
    if any(each.value == tag for each in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    response = web.Response(body=body, headers=headers, content_type=kind, charset="utf-8")
    response.enable_compression()
    return response


def _limit(request: web.Request, default: int) -> int:
    text = request.query.get("limit", str(default))
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= MOST_SHOWN):
        raise web.HTTPBadRequest(text=f"limit must be a whole number from 1 to {MOST_SHOWN}\n")
    return int(text)
