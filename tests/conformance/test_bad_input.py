"""Bad input of every kind, polled all at once: each ends in its class, in time, and says why."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from storyfold.hosts.policy import HostPolicy
from storyfold.model.feeds import PollOutcome
from storyfold.model.fetching import FetchLimits
from tests.conformance.scene import Newsdesk, scene
from tests.conformance.test_limits_and_safety import BILLION
from tests.fakes.badserver import (
    Behaviour,
    Exchange,
    drip,
    drip_head,
    endless_chunks,
    endless_header,
    endless_headers,
    endless_interim,
    hang,
    reset,
    reset_in_body,
)

Say = Callable[[str], None]
_LISTED = 100_000
_HUGE = b"<rss version='2.0'><channel>%b</channel></rss>" % b"".join(
    b"<item><guid>%d</guid><title>t</title></item>" % number for number in range(_LISTED)
)


def fixed(status: int, body: bytes, *headers: tuple[str, str]) -> Behaviour:
    """Always the same answer."""

    async def answer(exchange: Exchange) -> None:
        await exchange.answer(status, body, *headers)

    return answer


async def short(exchange: Exchange) -> None:
    """Announce more than is sent."""
    await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<rss>")
    exchange.writer.close()


CASES: dict[str, tuple[Behaviour, PollOutcome]] = {
    "hangs": (hang, PollOutcome.TIMEOUT),
    "drips": (drip, PollOutcome.TIMEOUT),
    "drips-headers": (drip_head, PollOutcome.TIMEOUT),
    "endless-hints": (endless_interim, PollOutcome.TIMEOUT),
    "endless-chunks": (endless_chunks, PollOutcome.TOO_LARGE),
    "header-flood": (endless_headers, PollOutcome.PROTOCOL),
    "endless-header": (endless_header, PollOutcome.PROTOCOL),
    "wrong-length": (short, PollOutcome.PROTOCOL),
    "reset": (reset, PollOutcome.CONNECT),
    "reset-in-body": (reset_in_body, PollOutcome.PROTOCOL),
    "loop": (fixed(301, b"", ("Location", "/loop")), PollOutcome.REDIRECTS),
    "to-a-file": (fixed(302, b"", ("Location", "file:///etc/passwd")), PollOutcome.BLOCKED_ADDRESS),
    "bad-gzip": (fixed(200, b"no gzip", ("Content-Encoding", "gzip")), PollOutcome.PROTOCOL),
    "odd-coding": (fixed(200, b"x", ("Content-Encoding", "rot13")), PollOutcome.PROTOCOL),
    "noise": (fixed(200, bytes(range(256)) * 20), PollOutcome.NOT_A_FEED),
    "html": (fixed(200, b"<!doctype html><html><body>Hello"), PollOutcome.NOT_A_FEED),
    "nothing": (fixed(200, b""), PollOutcome.NOT_A_FEED),
    "teapot": (fixed(418, b"x" * 1000), PollOutcome.CLIENT_ERROR),
    "odd-status": (fixed(399, b""), PollOutcome.PROTOCOL),
    "xml-bomb": (fixed(200, BILLION), PollOutcome.NEW_ENTRIES),
    "broken-off": (fixed(200, b"<rss version='2.0'><channel><item><title>T</tit"), PollOutcome.NEW_ENTRIES),
    "huge": (fixed(200, _HUGE), PollOutcome.NEW_ENTRIES),
}


@pytest.mark.rule("17e")
def test_each_kind_of_bad_input_ends_in_its_class_and_says_why(tmp_path: Path, say: Say) -> None:
    """All are polled together with a good feed: outcome and message are there for ``feeds why``, and nobody waits."""

    async def story() -> None:
        # Long enough for what is quick on a busy machine; all are on one host here, and go at once.
        limits = FetchLimits(deadline=timedelta(seconds=4), wire_bytes=6 << 20)
        hosts = HostPolicy(concurrency=100)
        async with scene(tmp_path, limits=limits, hosts=hosts) as stage:
            good = stage.serve("/good", Newsdesk(stage.clock))
            urls = {name: stage.serve(f"/{name}", behaviour) for name, (behaviour, _) in CASES.items()}
            begun = time.monotonic()
            await stage.register(good, *(url for name, url in urls.items() if name != "huge"))
            await stage.run()
            # Parsed where the server runs, so by itself.
            await stage.register(urls["huge"])
            await stage.run()
            assert time.monotonic() - begun < 60
            assert 0 == (await stage.state(good)).failures
            for name, url in urls.items():
                state = await stage.state(url)
                assert CASES[name][1] is state.last_outcome, (name, state.last_message)
                assert state.last_message, name
                assert state.history[0].message == state.last_message[:160], name
            listed = (await stage.state(urls["huge"])).listed_count
            assert listed == 5000
            say(f"{len(CASES)} kinds; of {_LISTED} entries {listed} read")

    asyncio.run(story())
