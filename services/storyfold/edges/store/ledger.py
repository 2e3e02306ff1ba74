"""The ledger's rules: what taking up, settling and putting off does to a row and to the tallies. Reads nothing.

The equation `taken_up == done + rejected + waiting` holds after each step: a row that begins (or begins anew after it
had ended) adds one to `taken_up`; a row that ends adds one to `done` or `rejected`; nothing else touches a tally.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from storyfold.model.commit import Commit, TakenUp
from storyfold.model.entries import Entry, EntryState, PutOff, RejectReason, RetryReason, Settled
from storyfold.model.feeds import FeedSource
from storyfold.model.identity import ArticleId, EntryId, FeedId
from storyfold.model.metrics import Tally
from storyfold.ports import StoreConflict


@dataclass(frozen=True, slots=True)
class EntryDocument:
    """What a waiting row keeps to be worked on: the entry as polled and its feed as registered."""

    entry: Entry
    feed: FeedSource


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A row of the table `entries`, field by column.

    Attributes:
        begins: set by the step that began it; None in a row that was read, whose document stands in the table.
    """

    entry_id: EntryId
    feed_id: FeedId
    state: EntryState
    revision: int
    attempts: int
    content_hash: str
    first_seen_at: datetime
    taken_up_at: datetime
    due_at: datetime | None
    lease_owner: str | None
    leased_until: datetime | None
    ended_at: datetime | None
    reason: RejectReason | RetryReason | None
    article_id: ArticleId | None
    begins: EntryDocument | None = None

    @property
    def waiting(self) -> bool:
        """Whether it has not ended."""
        return self.ended_at is None


@dataclass(frozen=True, slots=True)
class TallyKey:
    """What is tallied: `reason` is set for `REJECTED` only."""

    tally: Tally
    reason: RejectReason | None = None


class LedgerPage:
    """The rows that some commits speak of, and what becomes of them, commit by commit in order.

    Attributes:
        rows: by id, as they are now.
        changed: ids of rows that are no longer as they were read.
        tallies: what to add to each.
    """

    def __init__(self, rows: Iterable[LedgerRow]) -> None:
        self.rows = {row.entry_id: row for row in rows}
        self.changed: set[EntryId] = set()
        self.tallies: Counter[TallyKey] = Counter()

    def refuse_ended(self, commit: Commit) -> None:
        """Refuse a commit that ends or puts off a row which is not open at its revision.

        Raises:
            StoreConflict: it does.
        """
        rows = [(each.entry_id, each.revision) for each in commit.settled]
        rows += [(each.entry_id, each.revision) for each in commit.put_off]
        for entry_id, revision in rows:
            if self._open_at(entry_id, revision) is None:
                raise StoreConflict(f"the ledger row {entry_id} is not open at revision {revision}")

    def enter(self, commit: Commit) -> None:
        """Apply the ledger's part of a commit."""
        for taken_up in commit.taken_up:
            self._take_up(taken_up, commit.holder, commit.held_until)
        for settled in commit.settled:
            self._settle(settled)
        for put_off in commit.put_off:
            self._put_off(put_off)

    def _take_up(self, taken_up: TakenUp, holder: str | None, until: datetime | None) -> None:
        ledger = taken_up.ledger
        known = self.rows.get(ledger.entry.entry_id)
        if known is not None and known.revision >= ledger.revision:
            return
        if known is None or not known.waiting:
            self.tallies[TallyKey(Tally.TAKEN_UP)] += 1
        held = holder is not None and until is not None and taken_up.known_as is None
        row = LedgerRow(
            entry_id=ledger.entry.entry_id,
            feed_id=ledger.feed.feed_id,
            state=EntryState.PENDING,
            revision=ledger.revision,
            attempts=ledger.attempts,
            content_hash=ledger.entry.content_hash,
            first_seen_at=ledger.first_seen_at if known is None else known.first_seen_at,
            taken_up_at=ledger.taken_up_at,
            due_at=ledger.taken_up_at,
            lease_owner=holder if held else None,
            leased_until=until if held else None,
            ended_at=None,
            reason=None,
            article_id=None,
            begins=EntryDocument(ledger.entry, ledger.feed),
        )
        if taken_up.known_as is not None:
            row = self._end(row, taken_up.known_as, None, ledger.taken_up_at)
        self._put(row)

    def _settle(self, settled: Settled) -> None:
        row = self._open_at(settled.entry_id, settled.revision)
        if row is not None:
            self._put(self._end(row, settled.reason, settled.article_id, settled.at))

    def _put_off(self, put_off: PutOff) -> None:
        row = self._open_at(put_off.entry_id, put_off.revision)
        if row is not None:
            self._put(
                replace(
                    row,
                    state=EntryState.RETRY,
                    attempts=row.attempts + put_off.counted,
                    due_at=put_off.due_at,
                    lease_owner=None,
                    leased_until=None,
                    reason=put_off.reason,
                )
            )

    def _end(
        self, row: LedgerRow, reason: RejectReason | None, article_id: ArticleId | None, at: datetime
    ) -> LedgerRow:
        self.tallies[TallyKey(Tally.DONE) if reason is None else TallyKey(Tally.REJECTED, reason)] += 1
        return replace(
            row,
            state=EntryState.DONE if reason is None else EntryState.REJECTED,
            due_at=None,
            lease_owner=None,
            leased_until=None,
            ended_at=at,
            reason=reason,
            article_id=article_id,
        )

    def _open_at(self, entry_id: EntryId, revision: int) -> LedgerRow | None:
        row = self.rows.get(entry_id)
        return row if row is not None and row.waiting and row.revision == revision else None

    def _put(self, row: LedgerRow) -> None:
        self.rows[row.entry_id] = row
        self.changed.add(row.entry_id)
