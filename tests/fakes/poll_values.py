"""Values that the tests of this folder share."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from storyfold.feeds.observation import Failed, Parsed
from storyfold.feeds.policy import PollPolicy
from storyfold.model.entries import Entry
from storyfold.model.feeds import (
    Feed,
    FeedSource,
    Identity,
    KnownEntry,
    PollOutcome,
    PollState,
    Publisher,
    Validators,
)
from storyfold.model.fetching import FetchResponse, Redirect
from storyfold.model.identity import EntryId, FeedId, PublisherId
from storyfold.model.page import FeedHints, ParsedFeed

NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)  # a Wednesday
URL = "https://news.example/rss"
SOURCE = FeedSource(
    feed_id=FeedId("feed"),
    url=URL,
    publisher=Publisher(PublisherId("news.example"), "News", "news.example"),
    title="News",
)
POLICY = PollPolicy(jitter=0.0)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def fresh_feed() -> Feed:
    """Never polled."""
    return Feed(SOURCE, PollState(url=URL, next_poll_at=NOW))


def old_hand(**changes: object) -> Feed:
    """Polled before: an hour ago, with news then."""
    state = PollState(
        url=URL,
        next_poll_at=NOW,
        validators=Validators('"a"', "Tue, 06 Jan 2026 10:00:00 GMT"),
        body_hash="before",
        interval=HOUR,
        last_poll_at=NOW - HOUR,
        last_outcome=PollOutcome.UNCHANGED,
        last_success_at=NOW - HOUR,
        last_new_at=NOW - HOUR,
        primed=True,
        unconditional_at=NOW - HOUR,
    )
    return Feed(SOURCE, replace(state, **changes))  # type: ignore[arg-type]  # fields by name, in tests only


def answer(
    status: int = 200, *headers: tuple[str, str], body: bytes = b"", redirects: tuple[Redirect, ...] = ()
) -> FetchResponse:
    """A response."""
    return FetchResponse(URL, status, headers, body, redirects, timedelta(0))


def an_entry(name: str = "1", published_at: datetime | None = NOW, **changes: object) -> Entry:
    """An entry of the feed."""
    entry = Entry(
        entry_id=EntryId(name),
        guid=f"guid {name}",
        url=f"https://news.example/{name}",
        title=f"Title {name}",
        summary="",
        content="",
        authors=(),
        published_at=published_at,
        updated_at=None,
        date_clamped=False,
        categories=(),
        image=None,
        language=None,
        content_hash=f"hash {name}",
    )
    return replace(entry, **changes)  # type: ignore[arg-type]  # fields by name, in tests only


def parsed(
    *entries: Entry,
    response: FetchResponse | None = None,
    known: tuple[Entry, ...] = (),
    hints: FeedHints | None = None,
    conditional: bool = True,
    identity: Identity = Identity.GUID,
    complaint: str | None = None,
) -> Parsed:
    """A document with these entries, some of which are known."""
    return Parsed(
        response=response or answer(),
        conditional=conditional,
        body_hash="now",
        document=ParsedFeed("News", None, None, "rss20", entries, hints or FeedHints(), complaint),
        identity=identity,
        known={entry.entry_id: KnownEntry(entry.entry_id, 1, entry.content_hash, NOW - DAY) for entry in known},
    )


def failed(outcome: PollOutcome, response: FetchResponse | None = None) -> Failed:
    """A failure."""
    return Failed(outcome, f"it failed: {outcome.value}", response)
