"""Which entries of a document are taken up: new ones, new revisions of known ones, and old ones as known."""

from datetime import datetime, timedelta

from storyfold.feeds.identity import was_listed
from storyfold.feeds.observation import Document
from storyfold.feeds.policy import PollPolicy
from storyfold.model.commit import TakenUp
from storyfold.model.entries import Entry, LedgerEntry, RejectReason
from storyfold.model.feeds import Feed, Identity, KnownEntry, PollOutcome, PollState
from storyfold.model.fetching import FetchResponse

# Publishers date entries by when they were written; this long before the last poll one may have come late by itself.
_LATE = timedelta(hours=1)


def entries_to_take_up(feed: Feed, seen: Document, now: datetime, policy: PollPolicy) -> tuple[TakenUp, ...]:
    """Choose, in document order.

    Args:
        feed: before the poll.
        seen: what it saw.
        now: the time of the poll.
        policy: the news window of a first poll.
    """
    rows = (_row(feed, entry, seen, now, policy) for entry in seen.document.entries)
    return tuple(row for row in rows if row is not None)


def genuine(taken_up: tuple[TakenUp, ...]) -> tuple[Entry, ...]:
    """Entries that are news: neither revisions nor old.

    Args:
        taken_up: what was chosen.
    """
    return tuple(row.ledger.entry for row in taken_up if row.known_as is None and row.ledger.revision == 1)


def hidden_by_304(state: PollState, response: FetchResponse, news: tuple[Entry, ...]) -> bool:
    """Whether an unconditional probe shows entries that the 304 before it had hidden (polling.md, 4).

    Args:
        state: before the probe.
        response: to the probe.
        news: entries that are new in it.

    Returns:
        True where the last poll was answered 304 and there are entries that are older than that answer, or that stand
        under the very validators that would have been sent.
    """
    if state.last_outcome is not PollOutcome.NOT_MODIFIED or state.last_poll_at is None or not news:
        return False
    etag, modified = state.validators.etag, state.validators.last_modified
    if etag is not None:
        unchanged = response.header("etag") == etag
    else:
        unchanged = modified is not None and response.header("last-modified") == modified
    then = state.last_poll_at - _LATE
    return unchanged or any(entry.published_at is not None and entry.published_at < then for entry in news)


def _row(feed: Feed, entry: Entry, seen: Document, now: datetime, policy: PollPolicy) -> TakenUp | None:
    known = seen.known.get(entry.entry_id)
    if known is None:
        return TakenUp(_ledger(feed, entry, 1, now, now), known_as=_known_as(feed, entry, seen, now, policy))
    if known.content_hash == entry.content_hash or known.revision >= policy.revisions:
        return None
    return TakenUp(_ledger(feed, entry, known.revision + 1, _first_seen(known, now), now))


def _known_as(feed: Feed, entry: Entry, seen: Document, now: datetime, policy: PollPolicy) -> RejectReason | None:
    state, dated = feed.state, entry.published_at or entry.updated_at
    if not state.primed:
        return RejectReason.OLD if dated is not None and dated < now - policy.news_window else None
    if seen.identity is Identity.LINK and state.identity is Identity.GUID:
        # The feed is known by links from this poll on: what it listed before is known under ids of another kind.
        listed = was_listed(state.link_marks, entry)
        before = dated is not None and state.last_poll_at is not None and dated < state.last_poll_at - _LATE
        return RejectReason.OLD if listed or before else None
    return None


def _ledger(feed: Feed, entry: Entry, revision: int, first_seen_at: datetime, now: datetime) -> LedgerEntry:
    return LedgerEntry(
        entry=entry, feed=feed.source, revision=revision, attempts=0, first_seen_at=first_seen_at, taken_up_at=now
    )


def _first_seen(known: KnownEntry, now: datetime) -> datetime:
    return known.first_seen_at or now
