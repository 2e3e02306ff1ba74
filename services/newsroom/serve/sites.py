"""The publishers' web servers: one application, one loopback address each."""

from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from html import escape

from aiohttp import web

from newsroom.faults import Mischief, Target
from newsroom.model import Article, Publisher
from newsroom.render.feeds import content_type, encode, feed_path
from newsroom.render.pages import Page, write_page
from newsroom.serve.addresses import Address
from newsroom.serve.clock import real_now
from newsroom.serve.misbehave import Answer, arrived, misbehave, next_hop
from newsroom.serve.press import Press, ServedFeed, last_modified, not_modified

_HTML = "text/html; charset=utf-8"
_OTHERS = 12


@dataclass(frozen=True, slots=True)
class House:
    """A publisher and where it listens."""

    publisher: Publisher
    address: Address


class Sites:
    """Answers requests to all publishers.

    Args:
        press: What is released.
        mischief: What goes wrong.
        houses: Who listens where.
        max_age: Sent as Cache-Control with feeds; None sends nothing.

    Attributes:
        hub: Named by all feeds; None where there is none.
    """

    def __init__(self, press: Press, mischief: Mischief, houses: tuple[House, ...], max_age: int | None) -> None:
        self.press = press
        self.mischief = mischief
        self.houses = houses
        self._max_age = max_age
        self.hub: str | None = None
        self._by_address = {house.address: house for house in houses}

    def application(self) -> web.Application:
        """Return the application that serves every publisher; the local address tells which is meant."""
        application = web.Application()
        application.router.add_get("/{path:.*}", self._answer)
        return application

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        house = self._house(request)
        if house is None:
            return web.Response(status=421, text="no publisher listens at this address")
        if (hop := next_hop(request)) is not None:
            return hop
        now = real_now()
        self.press.advance(now)
        publisher = house.publisher
        if request.path == feed_path(publisher):
            return await self._feed(request, house, now)
        if request.path == "/robots.txt":
            return await self._send(request, house, Target.ROBOTS, Answer(_robots(house), "text/plain"))
        if request.path == "/":
            return await self._send(request, house, Target.PAGES, Answer(self._front(house), _HTML))
        page = self._page(request, house, now)
        if page is None:
            return web.Response(status=404, text="<h1>Not found</h1>", content_type="text/html")
        return await self._send(request, house, Target.PAGES, Answer(page, _HTML))

    def _house(self, request: web.Request) -> House | None:
        if request.transport is None:
            return None
        host, port = request.transport.get_extra_info("sockname")[:2]
        return self._by_address.get(Address(host, port))

    async def _send(self, request: web.Request, house: House, target: Target, answer: Answer) -> web.StreamResponse:
        elapsed = real_now() - self.press.began
        fault = None
        if not arrived(request):
            fault = self.mischief.draw(house.publisher.id, target, request.path_qs, elapsed)
        if fault is not None:
            return await misbehave(request, fault, answer)
        return web.Response(body=answer.body, headers={"Content-Type": answer.content_type})

    async def _feed(self, request: web.Request, house: House, now: float) -> web.StreamResponse:
        publisher = house.publisher
        feed = self.press.feed(publisher.id, house.address.base, now)
        kind = content_type(publisher)
        if not arrived(request):
            elapsed = now - self.press.began
            fault = self.mischief.draw(publisher.id, Target.FEEDS, request.path_qs, elapsed)
            if fault is not None:
                return await misbehave(request, fault, Answer(feed.body, kind))
        headers = self._headers(house, feed, now)
        since = _seconds(request.headers.get("If-Modified-Since"))
        if not_modified(feed, request.headers.get("If-None-Match"), since):
            return web.Response(status=304, headers=headers)
        self.press.note_listed(feed.articles, now)
        return web.Response(body=feed.body, headers={**headers, "Content-Type": kind})

    def _headers(self, house: House, feed: ServedFeed, now: float) -> dict[str, str]:
        headers: dict[str, str] = {}
        if self.hub is not None:
            itself = f"{house.address.base}{feed_path(house.publisher)}"
            headers["Link"] = f'<{self.hub}>; rel="hub", <{itself}>; rel="self"'
        if feed.etag is not None:
            headers["ETag"] = feed.etag
        if (modified := last_modified(feed, now)) is not None:
            headers["Last-Modified"] = modified
        if self._max_age is not None:
            headers["Cache-Control"] = f"max-age={self._max_age}"
        return headers

    def _page(self, request: web.Request, house: House, now: float) -> bytes | None:
        publisher = house.publisher
        path = request.path
        if "id" in request.query:
            path += f"?id={request.query['id']}"
        article = self.press.find(publisher.id, path.removeprefix("/amp"))
        if article is None:
            return None
        version = article.at(self.press.clock.plan_time(now))
        others = self._others(house, article)
        page = Page(
            publisher,
            house.address.base,
            article,
            version,
            others,
            self.press.chrome(publisher),
            self.press.plan.seed,
        )
        return encode(publisher, write_page(page, amp=path.startswith("/amp/")))

    def _others(self, house: House, article: Article) -> tuple[Article, ...]:
        newest = self.press.newest(house.publisher.id, _OTHERS + 1)
        return tuple(other for other in newest if other.id != article.id)[:_OTHERS]

    def _front(self, house: House) -> bytes:
        publisher = house.publisher
        links = "".join(
            f'<li><a href="{escape(a.path)}">{escape(a.versions[0].headline)}</a></li>\n'
            for a in self.press.newest(publisher.id, 30)
        )
        kind = content_type(publisher).partition(";")[0]
        head = (
            f"<title>{escape(publisher.name)}</title>"
            f'<link rel="alternate" type="{kind}" title="News" href="{feed_path(publisher)}">'
        )
        return f"<!DOCTYPE html><html><head>{head}</head><body><ul>{links}</ul></body></html>".encode()


def _robots(house: House) -> bytes:
    return f"User-agent: *\nDisallow: /search\nDisallow: /login\n# {house.publisher.name}\n".encode()


def _seconds(header: str | None) -> float | None:
    if header is None:
        return None
    try:
        return parsedate_to_datetime(header).timestamp()
    except ValueError:
        return None
