"""What one batch of folding has decided so far; becomes one commit."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from storyfold.events.steps import Folding, Sweeping
from storyfold.model.commit import Commit, FoldedArticle, PlannedReread
from storyfold.model.curation import Curation
from storyfold.model.entries import Settled
from storyfold.model.events import Change, Event
from storyfold.model.identity import EntryId, EventId
from storyfold.model.outcomes import ReadArticle, ReadPutOff, ReadReject
from storyfold.model.records import Record
from storyfold.model.shards import Shard, ShardStep


@dataclass(frozen=True, slots=True)
class Seat:
    """In whose name a fold stage decides, where folding is divided among processes.

    Attributes:
        shard: what it decides about.
        epoch: of its ownership (`ShardClaim.epoch`).
    """

    shard: Shard
    epoch: int


@dataclass(slots=True)
class Batch:
    """Decisions in the order in which they were made."""

    settled: list[Settled] = field(default_factory=list)
    put_off: list[ReadPutOff] = field(default_factory=list)
    foldings: list[Folding] = field(default_factory=list)
    sweepings: list[Sweeping] = field(default_factory=list)
    moved: list[FoldedArticle] = field(default_factory=list)
    rereads: list[PlannedReread] = field(default_factory=list)
    curated: list[Curation] = field(default_factory=list)
    outbox: list[Record] = field(default_factory=list)

    def commit(self, seat: Seat | None, position: int | None) -> Commit | None:
        """All of it as one commit; None where nothing was decided.

        Args:
            seat: in whose name.
            position: on the hop, behind what led to it; None where nothing was received for it.
        """
        commit = Commit(
            settled=tuple(self.settled),
            put_off=tuple(each.put_off for each in self.put_off),
            articles=(*(folding.folded for folding in self.foldings), *self.moved),
            rereads=tuple(self.rereads),
            events=self._latest(),
            changes=tuple(self._changes()),
            curated=tuple(self.curated),
            outbox=tuple(self.outbox),
        )
        if commit == Commit():
            return None
        return commit if seat is None else commit.of(ShardStep(seat.shard.number, seat.epoch, position))

    def _changes(self) -> Iterator[Change]:
        for folding in self.foldings:
            yield from folding.changes
        yield from (each.change for each in self.sweepings)

    def _latest(self) -> tuple[Event, ...]:
        """Each event that the batch changed, at its last version."""
        latest: dict[EventId, Event] = {}
        for folding in self.foldings:
            latest.update((event.event_id, event) for event in folding.events)
        latest.update((each.event.event_id, each.event) for each in self.sweepings)
        return tuple(latest.values())


def entry_of(outcome: ReadArticle | ReadReject | ReadPutOff) -> tuple[EntryId, int]:
    """Which ledger row an outcome speaks of, and at which revision."""
    match outcome:
        case ReadArticle(ledger=ledger):
            return ledger.entry.entry_id, ledger.revision
        case ReadReject(reject=reject):
            return reject.ledger.entry.entry_id, reject.ledger.revision
        case ReadPutOff(put_off=waiting):
            return waiting.entry_id, waiting.revision
