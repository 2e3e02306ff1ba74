"""What a stage decided, as one value that the store applies in one transaction."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from storyfold.model.articles import PlacedArticle, PlacementKind
from storyfold.model.curation import Curation
from storyfold.model.entries import LedgerEntry, PutOff, RejectReason, Settled
from storyfold.model.events import Change, Event, EventStatus
from storyfold.model.features import Features
from storyfold.model.feeds import PollState
from storyfold.model.identity import ArticleId, EntryId, EventId, FeedId
from storyfold.model.records import Record
from storyfold.model.rereads import Reread
from storyfold.model.shards import ShardStep


@dataclass(frozen=True, slots=True)
class PolledFeed:
    """A feed whose poll ended: its new memory; the lease on it ends with the commit.

    Attributes:
        feed_id: which feed.
        state: what polling remembers of it from now on.
        at: when the poll ended.
        listed: every entry that the document listed, known or new; they stay known while they are listed. None where
            no document was parsed: what was listed before still is.
    """

    feed_id: FeedId
    state: PollState
    at: datetime
    listed: tuple[EntryId, ...] | None = None


@dataclass(frozen=True, slots=True)
class TakenUp:
    """A ledger row that begins: a new entry, or a new revision of a known one.

    Attributes:
        ledger: the row.
        known_as: set where it ends in the same breath (an old entry of a feed polled for the first time).
    """

    ledger: LedgerEntry
    known_as: RejectReason | None = None


@dataclass(frozen=True, slots=True)
class FoldedArticle:
    """An article version with its placement and the features that folding keeps.

    Attributes:
        placed: the article.
        features: of its text.
        placed_at: when it was placed.
        packed: what folding's window keeps of it; empty where that must be packed anew.
    """

    placed: PlacedArticle
    features: Features
    placed_at: datetime
    packed: bytes = b""


@dataclass(frozen=True, slots=True)
class PlannedReread:
    """An article whose page is to be looked at again, or (without `due_at`) no more.

    Attributes:
        ledger: the entry that led to it.
        reread: the plan.
    """

    ledger: LedgerEntry
    reread: Reread


@dataclass(frozen=True, slots=True)
class Commit:
    """Everything one step decided. Applied whole or not at all.

    Attributes:
        polled: feeds whose poll ended.
        taken_up: ledger rows that begin. A row that exists at this revision or a later one is left alone; one that
            ended at an earlier revision begins anew and counts as taken up again; one that still waits at an earlier
            revision moves on to this one, as the one waiting entry it was, and is not counted twice.
        settled: ledger rows that end. Left alone where the row is at another revision or has ended already.
        put_off: ledger rows that are due again later, free of any lease. Left alone likewise.
        articles: article versions, placed; the highest version is kept, the same version replaces itself.
        rereads: plans to look at articles again; one for an earlier version of an article than is planned for is left
            alone, otherwise it replaces what was planned and ends the lease on it. Looks that were left before are
            never added to: an article is looked at so often and no more, whatever its feed says meanwhile.
        events: events at their new version; the highest version is kept, likewise.
        changes: steps of events, kept for a while without their diffs, so that a person can be told an event's life.
        curated: decisions of people, carried out or refused.
        outbox: records to be published, in this order.
        holder: who has the rows in `taken_up` in hand from the start; None for nobody.
        held_until: when that lease runs out.
        shard: set where a fold shard's owner decided. Then nothing is left alone: a row that is not open at its
            revision, an article or event that is not at the version before, or another owner, refuses the whole.
    """

    polled: tuple[PolledFeed, ...] = ()
    taken_up: tuple[TakenUp, ...] = ()
    settled: tuple[Settled, ...] = ()
    put_off: tuple[PutOff, ...] = ()
    articles: tuple[FoldedArticle, ...] = ()
    rereads: tuple[PlannedReread, ...] = ()
    events: tuple[Event, ...] = ()
    changes: tuple[Change, ...] = ()
    curated: tuple[Curation, ...] = ()
    outbox: tuple[Record, ...] = ()
    holder: str | None = None
    held_until: datetime | None = None
    shard: ShardStep | None = None

    def of(self, shard: ShardStep) -> "Commit":
        """The same in the name of a fold shard's owner."""
        return replace(self, shard=shard)


@dataclass(frozen=True, slots=True)
class FeedSync:
    """What registering a list of feeds changed.

    Attributes:
        added: feeds that are new, or back.
        removed: feeds that left the list; their memory is kept, they are not polled.
    """

    added: tuple[FeedId, ...]
    removed: tuple[FeedId, ...]


@dataclass(frozen=True, slots=True)
class WindowState:
    """The part of the store that folding keeps in memory: articles in the order they were placed, and their events."""

    articles: tuple[FoldedArticle, ...] = ()
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class EventHead:
    """What folding must know of an event before anybody reports on it again."""

    event_id: EventId
    status: EventStatus
    merged_into: EventId | None


@dataclass(frozen=True, slots=True)
class WindowRow:
    """An article as folding's window keeps it."""

    article_id: ArticleId
    event_id: EventId
    kind: PlacementKind
    version: int
    placed_at: datetime
    packed: bytes


@dataclass(frozen=True, slots=True)
class WindowPart:
    """Part of what folding's window is filled from: heads of events, or articles in the order they were placed.

    Articles that are not packed as they should be come whole, without their bodies.
    """

    heads: tuple[EventHead, ...]
    rows: tuple[WindowRow | FoldedArticle, ...]


@dataclass(frozen=True, slots=True)
class LedgerCounts:
    """The ledger equation: `taken_up == done + rejected + waiting`, each counted on its own.

    `taken_up`, `done` and `rejected` are tallies added to in the commits that caused them (they survive pruning);
    `waiting` counts the rows that are pending or due for retry. `by_reason` splits `rejected`.
    """

    taken_up: int = 0
    done: int = 0
    rejected: int = 0
    pending: int = 0
    retry: int = 0
    by_reason: tuple[tuple[RejectReason, int], ...] = field(default=())

    @property
    def waiting(self) -> int:
        """Rows that have not ended."""
        return self.pending + self.retry

    @property
    def balanced(self) -> bool:
        """Whether the equation holds."""
        return self.taken_up == self.done + self.rejected + self.waiting
