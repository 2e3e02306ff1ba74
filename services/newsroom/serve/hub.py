"""A WebSub hub for all feeds of the press: takes subscriptions, verifies them, and brings feeds as they change."""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from newsroom.render.feeds import content_type, feed_path
from newsroom.serve.clock import real_now
from newsroom.serve.sites import House, Sites

# Granted where a subscriber does not ask, and at most.
_LEASE_S = 864_000
_TIMEOUT_S = 5.0
# A delivery that is not taken is made again so often, so many seconds apart.
_TRIES, _PAUSE_S = 3, 0.5


@dataclass(frozen=True, slots=True)
class _Request:
    """A form that a subscriber posted."""

    mode: str
    topic: str
    callback: str
    lease: int
    secret: str


@dataclass(slots=True)
class _Subscriber:
    """Who is brought a feed.

    Attributes:
        until: End of the lease, seconds since the epoch.
        seen: When the feed that was brought last had changed.
        busy: Whether a delivery is under way.
    """

    house: House
    callback: str
    secret: str
    until: float
    seen: float
    busy: bool = False


class Hub:
    """The hub.

    Args:
        sites: Whose feeds it brings.
        address: Where it listens, without a slash at the end.
    """

    def __init__(self, sites: Sites, address: str) -> None:
        self._sites = sites
        self._feeds = {f"{house.address.base}{feed_path(house.publisher)}": house for house in sites.houses}
        self._subscribers: dict[tuple[str, str], _Subscriber] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._http: aiohttp.ClientSession | None = None
        self.delivered = 0
        self.refused = 0
        self.url = f"{address}/hub"
        sites.hub = self.url

    @property
    def subscribers(self) -> int:
        """How many subscriptions are verified and not over."""
        return sum(each.until > real_now() for each in self._subscribers.values())

    async def answer(self, request: web.Request) -> web.Response:
        """Take a subscription or its end (WebSub, 5.1); it is verified behind the answer."""
        wanted = _read({name: str(value) for name, value in (await request.post()).items()})
        if isinstance(wanted, str):
            return web.Response(status=400, text=wanted)
        if wanted.topic not in self._feeds:
            return web.Response(status=404, text="no feed of this press is called so")
        self._start(self._verify(wanted))
        return web.Response(status=202)

    def look(self, now: float) -> None:
        """Bring what has changed since the last look."""
        for key, each in tuple(self._subscribers.items()):
            if each.until <= now:
                del self._subscribers[key]
            elif not each.busy and self._sites.press.changed_at(each.house.publisher.id) > each.seen:
                each.busy = True
                self._start(self._bring(each))

    async def close(self) -> None:
        """Drop what is under way."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._http is not None:
            await self._http.close()

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _verify(self, wanted: _Request) -> None:
        """Ask the subscriber whether it meant it (WebSub, 5.3)."""
        challenge = secrets.token_urlsafe(16)
        said = {"hub.mode": wanted.mode, "hub.topic": wanted.topic, "hub.challenge": challenge}
        if wanted.mode == "subscribe":
            said["hub.lease_seconds"] = str(wanted.lease)
        try:
            async with self._client().get(wanted.callback, params=said, allow_redirects=False) as answer:
                meant = answer.status == 200 and (await answer.text()) == challenge
        except (aiohttp.ClientError, TimeoutError):
            meant = False
        key = (wanted.topic, wanted.callback)
        if not meant:
            self.refused += 1
        elif wanted.mode == "unsubscribe":
            self._subscribers.pop(key, None)
        else:
            house, now = self._feeds[wanted.topic], real_now()
            before = self._subscribers.get(key)
            seen = before.seen if before is not None else self._sites.press.changed_at(house.publisher.id)
            self._subscribers[key] = _Subscriber(house, wanted.callback, wanted.secret, now + wanted.lease, seen)

    async def _bring(self, to: _Subscriber) -> None:
        """Deliver a feed as it stands, signed (WebSub, 7 and 8)."""
        try:
            for _ in range(_TRIES):
                if await self._delivered(to):
                    return
                await asyncio.sleep(_PAUSE_S)
        finally:
            to.busy = False

    async def _delivered(self, to: _Subscriber) -> bool:
        press, house, now = self._sites.press, to.house, real_now()
        changed = press.changed_at(house.publisher.id)
        feed = press.feed(house.publisher.id, house.address.base, now)
        topic = f"{house.address.base}{feed_path(house.publisher)}"
        headers = {
            "Content-Type": content_type(house.publisher),
            "Link": f'<{self.url}>; rel="hub", <{topic}>; rel="self"',
        }
        if to.secret:
            digest = hmac.new(to.secret.encode(), feed.body, hashlib.sha256).hexdigest()
            headers["X-Hub-Signature"] = f"sha256={digest}"
        press.note_listed(feed.articles, now)
        try:
            async with self._client().post(to.callback, data=feed.body, headers=headers) as answer:
                taken = 200 <= answer.status < 300
        except (aiohttp.ClientError, TimeoutError):
            return False
        if taken:
            to.seen = changed
            self.delivered += 1
        return taken

    def _client(self) -> aiohttp.ClientSession:
        if self._http is None:
            self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(_TIMEOUT_S))
        return self._http


def _read(form: Mapping[str, str]) -> _Request | str:
    """Read a form; what is wrong with it where something is."""
    mode, callback = form.get("hub.mode", ""), form.get("hub.callback", "")
    if mode not in {"subscribe", "unsubscribe"}:
        return "hub.mode is subscribe or unsubscribe"
    if urlsplit(callback).scheme not in {"http", "https"}:
        return "hub.callback is no URL that can be called"
    secret = form.get("hub.secret", "")
    if len(secret.encode()) >= 200:
        return "hub.secret is 200 bytes or longer"
    text = form.get("hub.lease_seconds", "")
    lease = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else _LEASE_S
    return _Request(mode, form.get("hub.topic", ""), callback, min(max(lease, 1), _LEASE_S), secret)
