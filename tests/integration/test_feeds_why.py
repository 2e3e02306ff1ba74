"""`storyfold feeds why`, `discover` and `check` against a site on loopback and a store on disk."""

import asyncio
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from rich.console import Console

from storyfold.app.unable import Unable
from storyfold.cli import feeds as command
from storyfold.cli.arguments import parser
from storyfold.cli.context import OK, Context
from storyfold.edges.store.opening import open_store
from storyfold.model.commit import Commit, PolledFeed
from storyfold.model.feeds import FeedSource, PastPoll, PollOutcome, PollState, Publisher, RedirectEvidence
from storyfold.model.identity import PublisherId, feed_id_of
from storyfold.model.websub import Subscription, SubscriptionState

URL = "https://n.example/rss"
NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


class Site(BaseHTTPRequestHandler):
    """A page that names its feed, and the feed."""

    def do_GET(self) -> None:
        """Answer."""
        body = {
            "/": b'<link rel=alternate type="application/rss+xml" href="/rss">',
            "/rss": b"<rss version='2.0'><channel><title>Daily</title><ttl>60</ttl><item><title>T</title><guid>1</guid>"
            b"</item></channel></rss>",
        }.get(self.path)
        self.send_response(404 if body is None else 200)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the signature of the library
        """Say nothing."""


@contextmanager
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def say(folder: Path, *words: str) -> tuple[int, str]:
    """What a command answers and prints."""
    config = folder / "storyfold.toml"
    config.write_text(
        f'data_dir = "{folder}/var"\n[feeds]\nfile = "{folder}/feeds.opml"\n'
        '[fetch]\nallowed_networks = ["127.0.0.0/8"]\nallowed_ports = []\n'
    )
    out = Console(file=io.StringIO(), width=200)
    arguments = parser().parse_args(["feeds", *words, "--config", str(config)])
    status = command.execute(Context(arguments, {}, out, out))
    assert isinstance(out.file, io.StringIO)
    return status, out.file.getvalue()


async def fill(folder: Path) -> None:
    (folder / "var").mkdir()
    store = await open_store(f"sqlite:///{folder}/var/storyfold.sqlite3")
    source = FeedSource(feed_id_of(URL), URL, Publisher(PublisherId("n.example"), "N", "n.example"), "News")
    await store.register([source], NOW)
    state = PollState(
        url="https://n.example/new",
        next_poll_at=NOW + timedelta(hours=1),
        last_poll_at=NOW,
        previous_urls=(URL,),
        history=(PastPoll(NOW, PollOutcome.NEW_ENTRIES, 3), PastPoll(NOW, PollOutcome.DNS, 0, "no such name")),
    )
    await store.apply(Commit(polled=(PolledFeed(source.feed_id, state, NOW),)))
    await store.close()


def test_why(tmp_path: Path) -> None:
    """The feed is found by any address it had and by its id; reasons and history are printed."""
    asyncio.run(fill(tmp_path))
    for wanted in (URL, "https://n.example/new", str(feed_id_of(URL))):
        status, text = say(tmp_path, "why", wanted)
        assert OK == status
    assert "it was at https://n.example/rss before" in text
    assert "the next poll is at 2026-01-05 13:00 UTC" in text
    assert "new-entries, 3 new" in text
    assert "dns: no such name" in text


def test_why_with_a_hub(tmp_path: Path) -> None:
    """A hub that is not subscribed to is named with the setting; a subscription with where it stands."""

    async def name_hub(*, subscribe: bool) -> None:
        store = await open_store(f"sqlite:///{tmp_path}/var/storyfold.sqlite3")
        feed_id, hub = feed_id_of(URL), "https://hub.example/"
        state = PollState(url=URL, next_poll_at=NOW, last_poll_at=NOW, hub=hub)
        await store.apply(Commit(polled=(PolledFeed(feed_id, state, NOW),)))
        live = Subscription(feed_id, hub, URL, "https://us.example/t", "t", "s3cret", SubscriptionState.LIVE, NOW)
        if subscribe:
            await store.save_subscription(replace(live, live_until=datetime(2999, 1, 1, tzinfo=UTC), pings=7))
        await store.close()

    asyncio.run(fill(tmp_path))
    asyncio.run(name_hub(subscribe=False))
    off = "names the hub https://hub.example/, which is not subscribed to: set websub.public_url"
    assert off in say(tmp_path, "why", URL)[1]
    asyncio.run(name_hub(subscribe=True))
    _, text = say(tmp_path, "why", URL)
    assert "its hub https://hub.example/ brings its news until 2999-01-01 00:00 UTC: 7 pings so far" in text
    assert "polled 4 times more rarely" in text
    assert "s3cret" not in text


def test_moved_and_undo(tmp_path: Path) -> None:
    """A move is listed and taken back for good, a retirement too; then there is nothing to undo."""
    asyncio.run(fill(tmp_path))

    async def polled(**changes: object) -> PollState:
        store = await open_store(f"sqlite:///{tmp_path}/var/storyfold.sqlite3")
        (known,) = await store.feeds()
        if changes:
            state = replace(known.state, **changes)  # type: ignore[arg-type]  # fields by name, in tests only
            await store.apply(Commit(polled=(PolledFeed(feed_id_of(URL), state, NOW),)))
        await store.close()
        return known.state

    _, text = say(tmp_path, "moved")
    assert "moved to https://n.example/new" in text
    assert f"was at {URL}" in text
    assert "will not move to https://n.example/new by itself" in say(tmp_path, "undo", URL)[1]
    state = asyncio.run(polled(retired_at=NOW, redirect=RedirectEvidence("https://n.example/3", 2, NOW)))
    assert (URL, (), ("https://n.example/new",)) == (state.url, state.previous_urls, state.unwanted_urls)
    _, text = say(tmp_path, "moved")
    assert "redirected for good to https://n.example/3, seen 2 times since 01-05 12:00" in text
    assert "retired on 01-05 12:00" in text
    assert "is not retired any more" in say(tmp_path, "undo", URL)[1]
    with pytest.raises(Unable, match="nothing to undo"):
        say(tmp_path, "undo", URL)
    state = asyncio.run(polled(redirect=None))
    assert state.retired_at is None
    assert state.next_poll_at < datetime.now(UTC)
    assert "no feed has moved or been retired" in say(tmp_path, "moved")[1]


def test_undo_of_a_feed_in_hand(tmp_path: Path) -> None:
    """What is being polled is not written over: it says to try again."""
    asyncio.run(fill(tmp_path))

    async def lease() -> None:
        store = await open_store(f"sqlite:///{tmp_path}/var/storyfold.sqlite3")
        now = datetime.now(UTC)
        assert await store.lease_feed(feed_id_of(URL), "service", now, timedelta(hours=1)) is not None
        await store.close()

    asyncio.run(lease())
    with pytest.raises(Unable, match="is being polled"):
        say(tmp_path, "undo", URL)


def test_why_of_a_stranger(tmp_path: Path) -> None:
    """It says where to look."""
    asyncio.run(fill(tmp_path))
    with pytest.raises(Unable, match="feeds list"):
        say(tmp_path, "why", "https://stranger.example/")


def test_discover_and_check(tmp_path: Path) -> None:
    """The site's feed is found; a look at it says format, robots.txt and the next poll with its reasons."""
    with site() as url:
        status, text = say(tmp_path, "discover", url + "/")
        assert (OK, True) == (status, f"{url}/rss  Daily" in text)
        status, text = say(tmp_path, "check", url + "/rss")
    assert OK == status
    for word in ("rss20, 1 entries", "robots.txt allows", "the next poll is at", "asks for 60 min", "undated"):
        assert word in text
