"""Stages: what a process with certain roles runs, in the order in which it stops."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from storyfold.app.assembly import LEASE, OWNER, Line, Parts
from storyfold.app.supervision import Staged
from storyfold.config.roles import Role
from storyfold.edges.broker import EmbeddedBroker
from storyfold.edges.feeds_file import DiskFeedsFile
from storyfold.edges.kafka_publisher import KafkaPublisher
from storyfold.model.metrics import Stage
from storyfold.pipeline.fold import FoldParts, FoldStage
from storyfold.pipeline.poll import PollParts, PollStage
from storyfold.pipeline.publish import PublishParts, PublishPolicy, PublishStage
from storyfold.pipeline.read import ReadStage
from storyfold.pipeline.reading import ReadParts
from storyfold.pipeline.redrive import RedriveStage
from storyfold.pipeline.registry import RegistryStage
from storyfold.pipeline.retention import RetentionStage
from storyfold.pipeline.watch import Depth, Watched, WatchStage

# Seconds that each stage may take to finish what it has in hand; together below the 15 s that a stop may take.
POLL_PATIENCE = 2.0
READ_PATIENCE = 5.0
FOLD_PATIENCE = 2.0
PUBLISH_PATIENCE = 3.0


@dataclass(slots=True)
class Stages:
    """The stages of one process.

    Attributes:
        staged: for the supervisor, first the ones that stop first.
        watched: those whose going round is measured.
        registry: to be told of SIGHUP; None where this process does not poll.
        publish: to be asked about the broker; None where this process does not publish.
    """

    staged: list[Staged] = field(default_factory=list)
    watched: dict[Stage, Watched] = field(default_factory=dict)
    registry: RegistryStage | None = None
    publish: PublishStage | None = None

    def ages(self, steady: float) -> Mapping[Stage, float]:
        """Seconds since each stage last went round its loop."""
        return {stage: steady - watched.last_round for stage, watched in self.watched.items()}


def publish_stage(parts: Parts, publisher: KafkaPublisher) -> PublishStage:
    """The publisher of this process's store."""
    policy = PublishPolicy(restated=parts.settings.retention.bodies)
    return PublishStage(
        PublishParts(parts.store, publisher, parts.encoder, parts.clock, parts.meter, parts.rng), policy
    )


def add_line(stages: Stages, parts: Parts, line: Line) -> None:
    """Add registry, polling, redrive, reading and folding."""
    settings = parts.settings
    nudge = stages.publish.nudge if stages.publish is not None else _nobody
    poll = PollStage(
        PollParts(
            store=parts.store,
            fetcher=line.fetcher,
            parser=line.parser,
            gate=line.gate,
            entries=parts.entries,
            reject_record=parts.encoder.reject,
            nudge=nudge,
            clock=parts.clock,
            meter=parts.meter,
            rng=parts.rng,
        ),
        policy=settings.poll.policy,
        limits=settings.fetch.limits,
        owner=OWNER,
        concurrency=settings.poll.concurrency,
        lease=LEASE,
        hold=LEASE,
    )
    read = ReadStage(
        ReadParts(
            entries=parts.entries,
            outcomes=parts.outcomes,
            store=parts.store,
            fetcher=line.fetcher,
            extractor=line.extractor,
            gate=line.gate,
            clock=parts.clock,
            meter=parts.meter,
            rng=parts.rng,
        ),
        policy=settings.read.policy,
        limits=settings.fetch.limits,
    )
    fold = FoldStage(
        FoldParts(
            outcomes=parts.outcomes,
            store=parts.store,
            clock=parts.clock,
            meter=parts.meter,
            encoder=parts.encoder,
            nudge=nudge,
        ),
        settings.fold,
    )
    feeds_file = DiskFeedsFile(settings.feeds.file, settings.publishers.file)
    stages.registry = RegistryStage(feeds_file, parts.store, parts.clock, poll.wake)
    redrive = RedriveStage(parts.store, parts.entries, parts.clock, OWNER, LEASE)

    async def finish_polling() -> None:
        poll.stop_taking()
        while poll.in_hand():
            await parts.clock.sleep(0.02)

    async def finish_reading() -> None:
        read.stop_taking()
        while read.in_hand():
            await parts.clock.sleep(0.02)

    stages.staged += [
        Staged("registry", stages.registry.run),
        Staged("politeness", line.gate.run),
        Staged("poll", poll.run, finish_polling, POLL_PATIENCE),
        Staged("redrive", redrive.run),
        Staged("read", read.run, finish_reading, READ_PATIENCE),
        Staged("fold", fold.run, fold.caught_up, FOLD_PATIENCE),
    ]
    stages.watched |= {Stage.POLL: poll, Stage.READ: read, Stage.FOLD: fold}


def add_publish(stages: Stages, broker: EmbeddedBroker | None) -> None:
    """Add the publisher, and the watch over an embedded broker."""
    publish = stages.publish
    if publish is None:
        return
    stages.staged.append(Staged("publish", publish.run, publish.drained, PUBLISH_PATIENCE))
    if broker is not None:
        broker.on_replaced(publish.reopen)
        stages.staged.append(Staged("broker", broker.watch))


def add_watch(stages: Stages, parts: Parts, roles: frozenset[Role]) -> None:
    """Add the watch, and with folding the retention."""
    hops = (Depth(Stage.READ, parts.entries), Depth(Stage.FOLD, parts.outcomes))
    policy = parts.settings.poll.policy
    watch = WatchStage(parts.store, parts.clock, parts.meter, stages.watched, hops, policy)
    stages.staged.append(Staged("watch", watch.run))
    if Role.FOLD in roles:
        retention = RetentionStage(parts.store, parts.clock, parts.settings.retention)
        stages.staged.append(Staged("retention", retention.run))


def _nobody() -> None:
    """The publisher runs elsewhere and looks by itself."""
