"""The feeds file for its owner: list, add, remove, import, export."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

from storyfold.app.feeds_editing import with_feed, without_feed
from storyfold.app.unable import Unable
from storyfold.config.settings import Settings
from storyfold.edges.feeds_file import DiskFeedsFile
from storyfold.edges.replacing import replace_text
from storyfold.edges.store.sql import SqlStore, adapter_of
from storyfold.feeds.listing import read_feeds
from storyfold.feeds.opml import write_opml
from storyfold.model.feeds import Feed, FeedSource
from storyfold.model.identity import FeedId
from storyfold.ports import StoreError


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


def list_feeds(settings: Settings) -> tuple[ListedFeed, ...]:
    """Feeds in the order of the file, with their health from the store where there is one.

    Raises:
        Unable: the feeds file cannot be read, or the store not either.
    """
    sources = _read(settings.feeds.file)
    try:
        met = asyncio.run(_met(settings.store_url))
    except StoreError as error:
        raise Unable(f"the health of the feeds stands in the store, which does not answer: {error}") from error
    return tuple(ListedFeed(source, met.get(source.feed_id)) for source in sources)


def add_feed(settings: Settings, url: str, title: str) -> None:
    """Add a feed to the feeds file, which is made where it is missing.

    Raises:
        Unable: it is there already, is no address, or the file cannot be edited.
    """
    _check_address(url)
    file = settings.feeds.file
    if url in _urls(_read(file, missing=True)):
        raise Unable(f"{url} is in {file} already")
    _edit(file, lambda text: with_feed(text, file.suffix.lower(), url, title), added=(url,))


def remove_feed(settings: Settings, url: str) -> None:
    """Remove a feed from the feeds file. What is known of it stays in the store.

    Raises:
        Unable: it is not there, or the file cannot be edited.
    """
    file = settings.feeds.file
    if url not in _urls(_read(file)):
        raise Unable(f"{url} is not in {file}: 'storyfold feeds list' shows what is")
    _edit(file, lambda text: without_feed(text, file.suffix.lower(), url), removed=(url,))


def import_feeds(settings: Settings, other: Path) -> Imported:
    """Add the feeds of another OPML or TOML file, with their titles.

    Raises:
        Unable: a file cannot be read or edited.
    """
    file = settings.feeds.file
    known = _urls(_read(file, missing=True))
    given = _read(other)
    fresh = {source.url: source.title for source in given if source.url not in known}

    def add_all(text: str) -> str | None:
        for url, title in fresh.items():
            more = with_feed(text, file.suffix.lower(), url, title)
            if more is None:
                return None
            text = more
        return text

    if fresh:
        _edit(file, add_all, added=tuple(fresh))
    return Imported(tuple(fresh), len(given) - len(fresh))


def export_feeds(settings: Settings) -> str:
    """The feeds file as OPML.

    Raises:
        Unable: it cannot be read.
    """
    return write_opml(_read(settings.feeds.file))


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


def _read(file: Path, *, missing: bool = False) -> tuple[FeedSource, ...]:
    """Feeds of a file; none where it may be missing and is.

    Raises:
        Unable: it cannot be read, or something in it is wrong.
    """
    if not file.exists():
        if missing:
            return ()
        raise Unable(f"{file} is not there: add a feed with 'storyfold feeds add URL', or set feeds.file")
    listed = DiskFeedsFile(file).read()
    if listed.complaints and not listed.feeds:
        raise Unable("\n".join((f"{file} cannot be used:", *listed.complaints)))
    return listed.feeds


def _edit(
    file: Path, change: Callable[[str], str | None], added: Sequence[str] = (), removed: Sequence[str] = ()
) -> None:
    """Change the file's text, and write it only if the feeds in it are then just those that they should be.

    Raises:
        Unable: the change would do something else, or the file cannot be written.
    """
    text = file.read_text("utf-8") if file.exists() else ""
    before = read_feeds(text, file.suffix).feeds if text.strip() else ()
    edited = change(text)
    expected = (set(_urls(before)) | set(added)) - set(removed)
    if edited is None or set(_urls(read_feeds(edited, file.suffix).feeds)) != expected:
        raise Unable(f"{file} is written in a way that cannot be edited safely here: change it by hand")
    try:
        replace_text(file, edited)
    except OSError as error:
        raise Unable(f"{file} cannot be written ({error.strerror}): mend its rights or those of its folder") from error


def _urls(sources: Sequence[FeedSource]) -> frozenset[str]:
    return frozenset(source.url for source in sources)


def _check_address(url: str) -> None:
    scheme, found, rest = url.partition("://")
    if scheme.lower() not in {"http", "https"} or not found or not rest or any(not sign.isprintable() for sign in url):
        raise Unable(f"{url!r} is no address of a feed: it should look like https://news.example/rss.xml", status=2)
