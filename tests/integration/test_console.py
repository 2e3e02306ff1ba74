"""The console over loopback, with a store in memory behind it."""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from storyfold.console.pages import About, ConsoleParts, console_app
from storyfold.console.readiness import Probe
from storyfold.console.serving import CannotListen, serving
from storyfold.edges.telemetry import PrometheusMeter
from storyfold.model.commit import Commit
from storyfold.model.metrics import Metric
from storyfold.ports import StoreUnavailable
from tests.fakes.clock import ManualClock
from tests.fakes.press_review import event, source
from tests.fakes.store import MemoryStore

ABOUT = About("0.1.0", datetime(2026, 3, 4, tzinfo=UTC), "127.0.0.1:9092", embedded=True, roles=("poll", "console"))


@dataclass
class Site:
    store: MemoryStore = field(default_factory=MemoryStore)
    clock: ManualClock = field(default_factory=ManualClock)
    meter: PrometheusMeter = field(default_factory=PrometheusMeter)
    trouble: str | None = None

    def parts(self) -> ConsoleParts:
        async def ask() -> str | None:
            return self.trouble

        probes = (Probe("broker", ask),)
        return ConsoleParts(self.store, self.clock, self.meter.text, probes, ABOUT, allowed_hosts=("News.Intra",))


def visit(site: Site, look: Callable[[aiohttp.ClientSession], Awaitable[None]]) -> None:
    async def run() -> None:
        async with (
            serving(console_app(site.parts()), "127.0.0.1", 0) as url,
            aiohttp.ClientSession(url) as session,
        ):
            await look(session)

    asyncio.run(run())


def test_metrics_are_in_the_text_format() -> None:
    """Prometheus gets its text, with what was counted in it."""
    site = Site()
    site.meter.count(Metric.ENTRIES_NEW, by=3)

    async def look(session: aiohttp.ClientSession) -> None:
        async with session.get("/metrics") as answer:
            assert "text/plain; version=0.0.4; charset=utf-8" == answer.headers["Content-Type"]
            assert "storyfold_entries_new_total 3.0" in await answer.text()

    visit(site, look)


def test_alive_is_not_ready() -> None:
    """A broker in trouble makes the program not ready, with what to do, but leaves it alive."""
    site = Site(trouble="no answer from 127.0.0.1:9092; start the broker")

    async def look(session: aiohttp.ClientSession) -> None:
        async with session.get("/healthz") as answer:
            assert 200 == answer.status
        async with session.get("/readyz") as answer:
            assert 503 == answer.status
            assert "broker: no answer from 127.0.0.1:9092; start the broker\n" == await answer.text()
        site.trouble = None
        async with session.get("/readyz") as answer:
            assert (200, "broker: ok\n") == (answer.status, await answer.text())

    visit(site, look)


def test_events_come_newest_first_with_what_changed_last() -> None:
    """The API lists events by last publication."""
    site = Site()

    async def look(session: aiohttp.ClientSession) -> None:
        await site.store.apply(Commit(events=tuple(event(index) for index in (2, 0, 1))))
        async with session.get("/api/events", params={"limit": "2"}) as answer:
            listed = (await answer.json())["events"]
        assert [event(0).title.text, event(1).title.text] == [each["title"] for each in listed]
        assert event(0).articles[0].headline == listed[0]["latest"]["headline"]

    visit(site, look)


def test_one_event_is_told_in_full() -> None:
    """An event's own address gives what is known of it; an id that nobody has is said to be unknown."""
    site = Site()

    async def look(session: aiohttp.ClientSession) -> None:
        told = event(0)
        await site.store.apply(Commit(events=(told,)))
        async with session.get(f"/api/events/{told.event_id}") as answer:
            story = await answer.json()
        assert (told.title.text, told.version, []) == (story["title"], story["version"], story["steps"])
        async with session.get("/api/events/00000000-0000-7000-8000-000000000000") as answer:
            assert 404 == answer.status
            assert "no event has this id; see /api/events" == (await answer.json())["trouble"]

    visit(site, look)


def test_feeds_and_status_are_told() -> None:
    """Registered feeds, the ledger equation, the outbox and the checks stand in the API."""
    site = Site()

    async def look(session: aiohttp.ClientSession) -> None:
        feed = source("North Post", "https://north-post.example/rss.xml")
        await site.store.register((feed,), site.clock.now())
        async with session.get("/api/feeds") as answer:
            view = await answer.json()
            assert (1, ["North Post"]) == (view["new"], [each["title"] for each in view["feeds"]])
        async with session.get("/api/status") as answer:
            status = await answer.json()
            assert {"rows": 0, "oldest_at": None} == status["outbox"]
            assert (True, 0) == (status["ledger"]["balanced"], status["ledger"]["taken_up"])
            assert [{"name": "broker", "ok": True, "detail": "ok"}] == status["checks"]

    visit(site, look)


def test_the_store_is_asked_once_a_moment_however_many_look() -> None:
    """Within a second the same answer serves everyone; unchanged answers travel as 304."""
    site = Site()

    async def look(session: aiohttp.ClientSession) -> None:
        async with session.get("/api/events") as answer:
            tag = answer.headers["ETag"]
        await site.store.apply(Commit(events=(event(0),)))
        async with session.get("/api/events", headers={"If-None-Match": tag}) as answer:
            assert 304 == answer.status
        await site.clock.advance(timedelta(seconds=1))
        async with session.get("/api/events", headers={"If-None-Match": tag}) as answer:
            assert 1 == len((await answer.json())["events"])

    visit(site, look)


def test_a_store_that_is_away_is_said() -> None:
    """The page is told in a sentence; the console itself goes on."""
    site = Site()
    site.store.failing = StoreUnavailable("the database is locked")

    async def look(session: aiohttp.ClientSession) -> None:
        async with session.get("/api/status") as answer:
            assert 503 == answer.status
            assert {"trouble": "the store does not answer: the database is locked"} == await answer.json()
        async with session.get("/") as answer:
            assert 200 == answer.status

    visit(site, look)


@pytest.mark.parametrize("limit", ["0", "-1", "x", "1001", "²", ""])
def test_a_wrong_limit_is_refused(limit: str) -> None:
    """A limit outside its range is a bad request that says the range."""

    async def look(session: aiohttp.ClientSession) -> None:
        async with session.get("/api/events", params={"limit": limit}) as answer:
            assert 400 == answer.status
            assert "from 1 to 1000" in await answer.text()

    visit(Site(), look)


def test_foreign_host_names_are_refused() -> None:
    """A browser that was lured here under another name gets nothing; configured names work in any case."""

    async def look(session: aiohttp.ClientSession) -> None:
        for name, status in (("evil.example", 421), ("news.intra:8642", 200), ("localhost", 200)):
            async with session.get("/api/events", headers={"Host": name}) as answer:
                assert status == answer.status

    visit(Site(), look)


@pytest.mark.parametrize("path", ["/", "/console.js", "/api/events", "/metrics", "/nothing-here"])
def test_every_answer_carries_the_security_headers(path: str) -> None:
    """Scripts and styles run from our own files alone, and nothing may frame the page; errors included."""

    async def look(session: aiohttp.ClientSession) -> None:
        async with session.get(path) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert "nosniff" == answer.headers["X-Content-Type-Options"]

    visit(Site(), look)


def test_nothing_can_be_changed() -> None:
    """Other methods than GET and HEAD are refused."""

    async def look(session: aiohttp.ClientSession) -> None:
        async with session.post("/api/events") as answer:
            assert 405 == answer.status

    visit(Site(), look)


def test_the_page_needs_nothing_from_elsewhere_and_writes_text_as_text() -> None:
    """No address of another host, no inline script or style, and no way for a headline to become markup."""

    async def look(session: aiohttp.ClientSession) -> None:
        async with session.get("/") as answer:
            page = await answer.text()
        async with session.get("/console.js") as answer:
            script = await answer.text()
        async with session.get("/console.css") as answer:
            style = await answer.text()
        assert [] == re.findall(r"(?:https?:)?//[a-z]", page + style)
        assert [] == re.findall(r"<style|<script>|\son\w+=|\sstyle=", page)
        assert [] == re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script)

    visit(Site(), look)


def test_a_port_in_use_says_what_to_do() -> None:
    """The message names the address and the setting to change."""

    async def run() -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            with pytest.raises(CannotListen, match=rf"127\.0\.0\.1:{port}: the port is in use.*console\.port"):
                async with serving(console_app(Site().parts()), "127.0.0.1", port):
                    raise AssertionError("it listens on a port that is taken")

    asyncio.run(run())


def test_an_address_that_is_not_ours_says_what_to_do() -> None:
    """An address of another machine cannot be listened on; the message names console.host."""

    async def run() -> None:
        with pytest.raises(CannotListen, match=r"console\.host"):
            async with serving(console_app(Site().parts()), "192.0.2.1", 0):
                raise AssertionError("it listens on an address that is not ours")

    asyncio.run(run())
