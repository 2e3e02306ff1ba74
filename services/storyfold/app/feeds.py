"""The feeds file for its owner: list, add, remove, import, export."""

import asyncio
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy.engine import make_url

from storyfold.app.feeds_editing import entry_from, entry_of, is_toml, with_entries, without_feed
from storyfold.app.unable import Unable
from storyfold.config.settings import Settings
from storyfold.edges.clock import SystemClock
from storyfold.edges.feeds_file import DiskFeedsFile
from storyfold.edges.replacing import replace_text
from storyfold.edges.store.opening import adapter_of
from storyfold.edges.store.sql import SqlStore
from storyfold.feeds.listing import read_feeds
from storyfold.feeds.moves import undone
from storyfold.feeds.opml import write_opml
from storyfold.model.commit import Commit, PolledFeed
from storyfold.model.feeds import Feed, FeedSource
from storyfold.model.identity import FeedId
from storyfold.model.websub import Subscription
from storyfold.ports import StoreError
from storyfold.urls.canonical import canonical_url
from storyfold.urls.safety import check_url

# Whether a port may be fetched from is said when it is fetched.
_ANY_PORT = range(1, 65_536)
# In whose name a person holds a feed, for how long, and how often it is tried while it is being polled.
_HAND, _HELD, _TRIES, _PAUSE_SECONDS = "a person", timedelta(minutes=1), 12, 0.25
_HAS_FEED = re.compile(r"xmlUrl", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ListedFeed:
    """A feed of the feeds file, and what polling remembers of it where it has met it."""

    source: FeedSource
    polled: Feed | None


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import changed: feeds that are new, and how many were there already."""

    added: tuple[str, ...]
    known: int


@dataclass(frozen=True, slots=True)
class Undone:
    """What was taken back.

    Attributes:
        registered: address in the feeds file.
        was: where the feed was polled.
        now: where it is polled.
        retired: whether it was its retirement, and not a move.
    """

    registered: str
    was: str
    now: str
    retired: bool


def moved_feeds(settings: Settings) -> tuple[Feed, ...]:
    """Registered feeds that are polled elsewhere than the feeds file says, are about to be, or are retired.

    Raises:
        Unable: the store does not answer.
    """
    try:
        met = asyncio.run(_met(settings.store_url))
    except StoreError as error:
        raise Unable(f"what is known of feeds stands in the store, which does not answer: {error}") from error
    return tuple(
        feed for feed in met.values() if feed.state.previous_urls or feed.state.redirect or feed.state.retired_at
    )


def list_feeds(settings: Settings) -> tuple[ListedFeed, ...]:
    """Feeds in the order of the file, with their health from the store where there is one.

    Raises:
        Unable: the feeds file cannot be read, or the store not either.
    """
    sources = _read(settings.feeds.file, settings.publishers.file)
    try:
        met = asyncio.run(_met(settings.store_url))
    except StoreError as error:
        raise Unable(f"the health of the feeds stands in the store, which does not answer: {error}") from error
    return tuple(ListedFeed(source, met.get(source.feed_id)) for source in sources)


def met_feed(settings: Settings, wanted: str) -> Feed:
    """A feed that polling knows, by its id or by an address that it has or had.

    Raises:
        Unable: there is none, or the store does not answer.
    """
    try:
        met = asyncio.run(_met(settings.store_url))
    except StoreError as error:
        raise Unable(f"what is known of feeds stands in the store, which does not answer: {error}") from error
    address = canonical_url(wanted)
    for feed_id, feed in met.items():
        urls = {feed.source.url, feed.state.url, *feed.state.previous_urls}
        if feed_id == wanted or address in map(canonical_url, urls):
            return feed
    raise Unable(f"{wanted} is no feed that polling has met: 'storyfold feeds list' shows what is registered")


def subscription_of(settings: Settings, feed: Feed) -> Subscription | None:
    """What is agreed with a hub about a feed that polling knows.

    Raises:
        Unable: the store does not answer.
    """

    async def ask() -> Subscription | None:
        store = SqlStore(adapter_of(settings.store_url))
        try:
            return await store.subscription_of(feed.source.feed_id)
        finally:
            await store.close()

    try:
        return asyncio.run(ask())
    except StoreError as error:
        raise Unable(f"subscriptions stand in the store, which does not answer: {error}") from error


def undo(settings: Settings, wanted: str) -> Undone:
    """Take back that a feed is retired, or that it last moved; a running service polls it at once.

    Raises:
        Unable: it is not known, there is nothing to take back, it is being polled, or the store does not answer.
    """
    feed = met_feed(settings, wanted)
    try:
        return asyncio.run(_undo(settings, feed))
    except StoreError as error:
        raise Unable(f"what is known of feeds stands in the store, which does not answer: {error}") from error


async def _undo(settings: Settings, wanted: Feed) -> Undone:
    store, clock = SqlStore(adapter_of(settings.store_url)), SystemClock()
    try:
        feed = await _held(store, clock, wanted)
        state = undone(feed.state, clock.now())
        if state is None:
            await store.release(_HAND)
            raise Unable(f"{feed.source.url} has neither moved nor been retired: there is nothing to undo")
        await store.apply(Commit(polled=(PolledFeed(feed.source.feed_id, state, clock.now()),)))
        return Undone(feed.source.url, feed.state.url, state.url, retired=feed.state.retired_at is not None)
    finally:
        await store.close()


async def _held(store: SqlStore, clock: SystemClock, wanted: Feed) -> Feed:
    """The feed, leased, so that no poll writes over what is decided here."""
    for _ in range(_TRIES):
        feed = await store.lease_feed(wanted.source.feed_id, _HAND, clock.now(), _HELD)
        if feed is not None:
            return feed
        await clock.sleep(_PAUSE_SECONDS)
    raise Unable(f"{wanted.source.url} is being polled, or has left the feeds file: try again in a minute")


def add_feed(settings: Settings, url: str, title: str) -> None:
    """Add a feed to the feeds file, which is made where it is missing.

    Raises:
        Unable: it is there already, is no address, or the file cannot be edited.
    """
    fault = check_url(url, _ANY_PORT)
    if fault is not None:
        raise Unable(f"{fault} ({url[:200]}): the address of a feed looks like https://news.example/rss.xml", status=2)
    file = settings.feeds.file
    if _find(_read(file, missing=True), url) is not None:
        raise Unable(f"{url} is in {file} already")
    text = _text(file)
    toml = is_toml(text, file.suffix)
    _replace(file, text, with_entries(text, (entry_of(url, title, toml=toml),), toml=toml), added=(url,))


def remove_feed(settings: Settings, url: str) -> None:
    """Remove a feed from the feeds file. What is known of it stays in the store.

    Raises:
        Unable: it is not there, or the file cannot be edited.
    """
    file = settings.feeds.file
    found = _find(_read(file), url)
    if found is None:
        raise Unable(f"{url} is not in {file}: 'storyfold feeds list' shows what is")
    text = _text(file)
    edited = without_feed(text, found.url, toml=is_toml(text, file.suffix))
    _replace(file, text, edited, removed=(found.url,))


def import_feeds(settings: Settings, other: Path) -> Imported:
    """Add the feeds of another OPML or TOML file, with all that it says of them.

    Raises:
        Unable: a file cannot be read or edited.
    """
    file = settings.feeds.file
    known = _read(file, missing=True)
    given = _read(other)
    fresh = [source for source in given if _find(known, source.url) is None]
    if fresh:
        text = _text(file)
        toml = is_toml(text, file.suffix)
        entries = [entry_from(source, toml=toml) for source in fresh]
        _replace(file, text, with_entries(text, entries, toml=toml), added=[source.url for source in fresh])
    return Imported(tuple(source.url for source in fresh), len(given) - len(fresh))


def export_feeds(settings: Settings) -> str:
    """The feeds file as OPML.

    Raises:
        Unable: it cannot be read.
    """
    return write_opml(_read(settings.feeds.file, settings.publishers.file))


def registered(settings: Settings) -> tuple[str, ...]:
    """Addresses in the feeds file.

    Raises:
        Unable: it cannot be read.
    """
    return tuple(source.url for source in _read(settings.feeds.file))


async def _met(store_url: str) -> Mapping[FeedId, Feed]:
    """What the store remembers of feeds; nothing where there is no store yet. The store is not migrated by a look."""
    url = make_url(store_url)
    if url.get_backend_name() == "sqlite" and not await asyncio.to_thread(Path(url.database or "").is_file):
        return {}
    store = SqlStore(adapter_of(store_url))
    try:
        return {feed.source.feed_id: feed for feed in await store.feeds()}
    finally:
        await store.close()


def _read(file: Path, publishers: Path | None = None, *, missing: bool = False) -> tuple[FeedSource, ...]:
    """Feeds of a file; none where it may be missing and is.

    Raises:
        Unable: it cannot be read, or something in it is wrong.
    """
    if not file.exists():
        if missing:
            return ()
        raise Unable(f"{file} is not there: add a feed with 'storyfold feeds add URL', or set feeds.file")
    listed = DiskFeedsFile(file, publishers).read()
    if listed.complaints and not listed.sources and not (missing and _empty(file)):
        raise Unable("\n".join((f"{file} cannot be used:", *listed.complaints)))
    return listed.sources


def _empty(file: Path) -> bool:
    """Whether a file is in order, but lists nothing yet, so that a first feed may be added."""
    text = _text(file)
    try:
        if not text.strip():
            return True
        return tomllib.loads(text) == {} if is_toml(text, file.suffix) else not _HAS_FEED.search(text)
    except tomllib.TOMLDecodeError:
        return False


def _replace(file: Path, text: str, edited: str | None, added: Sequence[str] = (), removed: Sequence[str] = ()) -> None:
    """Write the file's new text, if the feeds in it are then just those that they should be.

    Raises:
        Unable: the change would do something else, or the file cannot be written.
    """
    expected = (_urls(text, file.suffix) | set(added)) - set(removed)
    if edited is None or _urls(edited, file.suffix) != expected:
        raise Unable(f"{file} is written in a way that cannot be edited safely here: change it by hand")
    try:
        replace_text(file, edited)
    except OSError as error:
        raise Unable(f"{file} cannot be written ({error.strerror}): mend its rights or those of its folder") from error


def _text(file: Path) -> str:
    """The file as it is, line ends included; empty where it is not there.

    Raises:
        Unable: it cannot be read.
    """
    try:
        return file.read_bytes().decode()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise Unable(f"{file} cannot be read ({error.strerror}): mend its rights, or set feeds.file") from error
    except UnicodeDecodeError as error:
        raise Unable(f"{file} is not UTF-8 text: save it as UTF-8") from error


def _urls(text: str, suffix: str) -> frozenset[str]:
    return frozenset(source.url for source in read_feeds(text, suffix).sources)


def _find(sources: Sequence[FeedSource], url: str) -> FeedSource | None:
    """The feed at an address, however the address is spelt."""
    wanted = canonical_url(url)
    return next((source for source in sources if canonical_url(source.url) == wanted), None)
