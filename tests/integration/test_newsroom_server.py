import asyncio
import hashlib
import hmac
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import aiohttp
import feedparser
import pytest
from aiohttp import web

from newsroom.faults import parse_faults
from newsroom.model import HabitLevel
from newsroom.plan import Size, compose
from newsroom.render.feeds import feed_path
from newsroom.serve.addresses import listen, listen_once
from newsroom.serve.server import Setup, run
from newsroom.serve.sites import Sites

SPAN = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class Running:
    sites: Sites
    control: str
    http: aiohttp.ClientSession

    async def truth(self) -> Any:
        async with self.http.get(f"{self.control}/truth?bodies=1") as response:
            return await response.json()

    async def post(self, path: str, body: str = "") -> int:
        async with self.http.post(f"{self.control}{path}", data=body) as response:
            return response.status


@asynccontextmanager
async def newsroom(
    faults: str = "none", *, ahead: float = 80.0, scale: float = 3600.0, hub: bool = False
) -> AsyncIterator[Running]:
    """Run a press that stands `ahead` real seconds into a plan of 72."""
    start = datetime(2026, 3, 2, tzinfo=UTC)
    plan = compose(5, Size(8, 12, HabitLevel.NONE), start, SPAN)
    ready: asyncio.Future[tuple[Sites, str]] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()
    setup = Setup(
        plan=plan,
        began=time.time() - ahead,
        scale=scale,
        entries=30,
        max_age=None,
        faults=parse_faults(faults),
        listeners=listen(len(plan.publishers), 0),
        control=listen_once(0),
        hub=hub,
    )

    def on_ready(sites: Sites, control: str) -> None:
        ready.set_result((sites, control))

    serving = asyncio.create_task(run(setup, on_ready, stop))
    sites, control = await ready
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(5)) as http:
        yield Running(sites, control, http)
    stop.set()
    await serving


def scenario(
    story: Callable[[Running], Awaitable[None]], faults: str = "none", *, hub: bool = False, **settings: float
) -> None:
    async def play() -> None:
        async with newsroom(faults, hub=hub, **settings) as running:
            await story(running)

    asyncio.run(play())


def test_truth_feeds_and_pages_agree() -> None:
    """Every released article has its page with the very body, and the truth is complete."""

    async def story(press: Running) -> None:
        truth = await press.truth()
        assert truth["complete"]
        assert truth["totals"]["planned"] == len(truth["articles"])
        for article in truth["articles"]:
            async with press.http.get(article["url"]) as response:
                assert response.status == 200
                page = unescape(await response.text())
            for paragraph in article["versions"][-1]["body"]:
                assert f">{paragraph}</p>" in page

    scenario(story)


def test_served_entries_are_noted() -> None:
    """An article's first listing is the moment at which a feed with it was first sent, and stays so."""

    async def story(press: Running) -> None:
        before = await press.truth()
        assert {None} == {article["first_listed_at"] for article in before["articles"]}
        for publisher in before["publishers"]:
            async with press.http.get(publisher["feed"]) as response:
                body = await response.read()
            if publisher["format"] != "json-feed":
                assert feedparser.parse(body).entries
        after = await press.truth()
        assert after["totals"]["listed"] > 0
        listed = [a for a in after["articles"] if a["first_listed_at"] is not None]
        assert {True} == {a["released_at"] <= a["first_listed_at"] for a in listed}

    scenario(story)


def test_conditional_get() -> None:
    """A feed has both validators, and either of them gives 304 while nothing changes."""

    async def story(press: Running) -> None:
        feed = (await press.truth())["publishers"][0]["feed"]
        async with press.http.get(feed) as response:
            tag, date = response.headers["ETag"], response.headers["Last-Modified"]
        for header, value in (("If-None-Match", tag), ("If-Modified-Since", date)):
            async with press.http.get(feed, headers={header: value}) as response:
                assert response.status == 304
                assert await response.read() == b""
        async with press.http.get(feed, headers={"If-None-Match": '"other"'}) as response:
            assert response.status == 200

    scenario(story)


def test_pause_and_resume() -> None:
    """While paused nothing is released; afterwards the press goes on."""

    async def story(press: Running) -> None:
        assert await press.post("/pause") == 200
        first = (await press.truth())["totals"]["released"]
        await asyncio.sleep(0.3)
        assert first == (await press.truth())["totals"]["released"]
        assert await press.post("/resume") == 200
        async with asyncio.timeout(5):
            while (await press.truth())["totals"]["released"] == first:
                pass

    scenario(story, ahead=0.0, scale=30_000.0)


def test_opml_and_status_and_robots() -> None:
    """The control endpoint lists feeds and progress; publishers have robots.txt and a front page."""

    async def story(press: Running) -> None:
        async with press.http.get(f"{press.control}/feeds.opml") as response:
            assert (await response.text()).count("xmlUrl=") == 8
        async with press.http.get(f"{press.control}/status") as response:
            assert (await response.json())["complete"] is True
        base = (await press.truth())["publishers"][0]["base"]
        async with press.http.get(f"{base}/robots.txt") as response:
            assert "User-agent: *" in await response.text()
        async with press.http.get(f"{base}/") as response:
            assert 'rel="alternate"' in await response.text()
        async with press.http.get(f"{base}/nothing") as response:
            assert response.status == 404

    scenario(story)


@dataclass(frozen=True, slots=True)
class Got:
    status: int
    headers: Mapping[str, str]
    hops: tuple[int, ...]
    body: bytes


async def _fetch(press: Running, faults: str, seconds: float = 1.0) -> Got | Exception:
    assert await press.post("/faults", faults) == 200
    feed = (await press.truth())["publishers"][0]["feed"]
    try:
        timeout = aiohttp.ClientTimeout(seconds)
        async with press.http.get(feed, timeout=timeout, headers={"If-None-Match": '"x"'}) as response:
            hops = tuple(hop.status for hop in response.history)
            return Got(response.status, response.headers, hops, await response.read())
    except (aiohttp.ClientError, TimeoutError) as error:
        return error


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ('{"kind": "hang"}', TimeoutError),
        ('{"kind": "drip", "seconds": 0.2}', TimeoutError),
        ('{"kind": "redirect-loop"}', aiohttp.TooManyRedirects),
        ('{"kind": "truncated"}', aiohttp.ClientPayloadError),
        ('{"kind": "gzip-garbage"}', aiohttp.ClientPayloadError),
        ('{"kind": "reset"}', aiohttp.ClientError),
    ],
)
def test_faults_that_break_the_exchange(rule: str, expected: type[Exception]) -> None:
    """Each such fault reaches the client as the failure that it is."""

    async def story(press: Running) -> None:
        assert isinstance(await _fetch(press, rule), expected)

    scenario(story)


@pytest.mark.parametrize(
    ("rule", "status"),
    [
        ('{"kind": "status", "status": 500}', 500),
        ('{"kind": "stale-304"}', 304),
        ('{"kind": "think", "seconds": 0.1}', 200),
        ('{"kind": "redirect", "status": 307}', 200),
        ('{"kind": "redirect-chain", "size": 4}', 200),
        ('{"kind": "bad-bytes"}', 200),
        ('{"kind": "huge", "size": 3000000}', 200),
        ('{"kind": "not-a-feed"}', 200),
    ],
)
def test_faults_that_leave_an_answer(rule: str, status: int) -> None:
    """Each such fault ends in the status that it should."""

    async def story(press: Running) -> None:
        answer = await _fetch(press, rule, 5)
        assert isinstance(answer, Got)
        assert status == answer.status

    scenario(story)


def test_retry_after_chain_and_spoilt_bodies() -> None:
    """Retry-After is sent verbatim, a chain has its hops, bad bytes are bad, huge is huge."""

    async def story(press: Running) -> None:
        date = "Fri, 31 Dec 2027 23:59:59 GMT"
        limited = await _fetch(press, '{"kind": "status", "status": 429, "retry_after": "' + date + '"}')
        assert isinstance(limited, Got)
        assert limited.headers["Retry-After"] == date
        chain = await _fetch(press, '{"kind": "redirect-chain", "size": 4}')
        assert isinstance(chain, Got)
        assert list(chain.hops) == [301] * 4
        spoilt = await _fetch(press, '{"kind": "bad-bytes"}')
        assert isinstance(spoilt, Got)
        assert b"\xff\xfe\x00" in spoilt.body
        huge = await _fetch(press, '{"kind": "huge", "size": 3000000}', 5)
        assert isinstance(huge, Got)
        assert len(huge.body) > 3_000_000
        page = await _fetch(press, '{"kind": "not-a-feed"}')
        assert isinstance(page, Got)
        assert b"<h1>Welcome" in page.body

    scenario(story)


def test_wrong_length_declares_less_than_it_sends() -> None:
    """More bytes follow the head than it announces, and then the connection ends."""

    async def story(press: Running) -> None:
        assert await press.post("/faults", '{"kind": "wrong-length"}') == 200
        address = press.sites.houses[0].address
        reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(b"GET /feed.xml HTTP/1.1\r\nHost: x\r\n\r\n")
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
        assert int(head.rpartition(b" ")[2]) < len(body)

    scenario(story)


def test_the_hub_verifies_brings_and_signs() -> None:
    """A subscriber that confirms gets each change of its feed, signed; one that does not confirm gets nothing."""

    async def story(press: Running) -> None:
        calls: asyncio.Queue[tuple[str, bytes, str]] = asyncio.Queue()

        async def call(request: web.Request) -> web.Response:
            if request.method == "GET":
                assert "600" == request.query["hub.lease_seconds"]
                return web.Response(text=request.query["hub.challenge"] if request.path == "/yes" else "no")
            body = await request.read()
            await calls.put((request.path, body, request.headers["X-Hub-Signature"]))
            # The first delivery is not taken, and so made again.
            return web.Response(status=500 if calls.qsize() == 1 else 202)

        application = web.Application()
        application.router.add_route("*", "/{path}", call)
        runner = web.AppRunner(application)
        await runner.setup()
        listener = listen_once(0)
        await web.SockSite(runner, listener.socket).start()
        house = press.sites.houses[0]
        feed = f"{house.address.base}{feed_path(house.publisher)}"
        async with press.http.get(feed) as answer:
            hub, itself = answer.links["hub"]["url"], answer.links["self"]["url"]
        assert feed == str(itself)
        for path in ("/yes", "/no"):
            form = {
                "hub.mode": "subscribe",
                "hub.topic": feed,
                "hub.callback": listener.address.base + path,
                "hub.lease_seconds": "600",
                "hub.secret": "s",
            }
            async with press.http.post(hub, data=form) as answer:
                assert 202 == answer.status
            for wrong in ({"hub.mode": "dance"}, {"hub.topic": "x"}, {"hub.callback": "x"}, {"hub.secret": "x" * 200}):
                async with press.http.post(hub, data={**form, **wrong}) as answer:
                    assert answer.status in {400, 404}
        before = len(press.sites.press.newest(house.publisher.id, 1000))
        # 3,600 s of the plan a second: more is published soon.
        for _ in range(2):
            path, body, signature = await asyncio.wait_for(calls.get(), 20)
            assert "/yes" == path
            assert f"sha256={hmac.new(b's', body, hashlib.sha256).hexdigest()}" == signature
        assert len(press.sites.press.newest(house.publisher.id, 1000)) > before
        await runner.cleanup()

    scenario(story, ahead=20.0, hub=True)


def test_wrong_fault_rules_are_refused() -> None:
    """A rule that cannot be read changes nothing."""

    async def story(press: Running) -> None:
        assert await press.post("/faults", '[{"kind": "dance"}]') == 400
        assert await press.post("/faults", "[") == 400

    scenario(story)


def test_program_starts_says_where_and_stops_at_once(tmp_path: Path) -> None:
    """The command writes its ready file and OPML, and ends with status 0 within two seconds of SIGTERM."""
    ready, opml = tmp_path / "ready.json", tmp_path / "feeds.opml"
    command = [sys.executable, "-m", "newsroom", "serve", "--publishers", "3", "--happenings", "3"]
    command += ["--rate", "5", "--ready-file", str(ready), "--opml", str(opml), "--faults", "some"]
    services = str(Path(__file__).parents[2] / "services")
    with subprocess.Popen(command, env={"PYTHONPATH": services}) as process:
        deadline = time.monotonic() + 20
        while not ready.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert "control" in ready.read_text("utf-8")
        assert opml.read_text("utf-8").count("xmlUrl=") == 3
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=2) == 0


def test_program_writes_a_corpus(tmp_path: Path) -> None:
    """The same seed gives the same gzipped corpus, byte for byte."""
    from newsroom.cli import main

    one, two = tmp_path / "a.jsonl.gz", tmp_path / "b.jsonl.gz"
    for path in (one, two):
        assert main(["plan", "--happenings", "5", "--jsonl", str(path)]) == 0
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize(
    "wrong",
    [
        ["--time-scale", "0"],
        ["--publishers", "0"],
        ["--faults", "/nowhere/faults.json"],
        ["--faults", '{"kind": "dance"}'],
    ],
)
def test_wrong_use_is_said(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be served is refused with a message and status 2."""
    from newsroom.cli import main

    assert main(["serve", *wrong]) == 2
    assert "newsroom:" in capsys.readouterr().err
