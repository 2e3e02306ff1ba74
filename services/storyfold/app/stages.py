"""Stages: what a process with certain roles runs, in the order in which it stops."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from storyfold.app.assembly import LEASE, Line, Parts
from storyfold.app.hops import owner_name
from storyfold.app.hubs import make_callbacks, subscribe_stage
from storyfold.app.supervision import Staged
from storyfold.config.roles import Role
from storyfold.edges.broker import EmbeddedBroker
from storyfold.edges.feeds_file import DiskFeedsFile
from storyfold.edges.kafka_publisher import KafkaPublisher
from storyfold.model.metrics import Stage
from storyfold.pipeline.callbacks import Callbacks
from storyfold.pipeline.fold import FoldParts, FoldStage
from storyfold.pipeline.poll import PollParts, PollStage
from storyfold.pipeline.presence import PresenceStage
from storyfold.pipeline.publish import PublishParts, PublishPolicy, PublishStage
from storyfold.pipeline.read import ReadStage
from storyfold.pipeline.reading import ReadParts
from storyfold.pipeline.redrive import RedriveStage
from storyfold.pipeline.registry import RegistryStage
from storyfold.pipeline.retention import RetentionStage
from storyfold.pipeline.shards import ShardsStage
from storyfold.pipeline.standby import StandbyStage
from storyfold.pipeline.subscribing import SubscribeStage
from storyfold.pipeline.watch import Depth, Watched, WatchStage

# Seconds that each stage may take to finish what it has in hand; together below the 15 s that a stop may take.
DELIVERY_PATIENCE = 1.0
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
        callbacks: where hubs call; None where this process subscribes to none.
    """

    staged: list[Staged] = field(default_factory=list)
    watched: dict[Stage, Watched] = field(default_factory=dict)
    registry: RegistryStage | None = None
    publish: PublishStage | StandbyStage | None = None
    callbacks: Callbacks | None = None

    def ages(self, steady: float) -> Mapping[Stage, float]:
        """Seconds since each stage that has something in hand last went round its loop."""
        return {stage: steady - each.last_round for stage, each in self.watched.items() if each.in_hand()}

    def nudge(self) -> None:
        """Tell the publisher that the outbox has grown; one elsewhere looks by itself."""
        if self.publish is not None:
            self.publish.nudge()


def standby_stage(parts: Parts, publisher: Callable[[], KafkaPublisher], *, force: bool) -> StandbyStage:
    """The publisher of this process's store, where others may publish from it too.

    Args:
        parts: what stages share.
        publisher: makes one; each publishes for one turn.
        force: take the turn at the start.
    """

    def make() -> PublishStage:
        return publish_stage(parts, publisher())

    owner = owner_name() if parts.hops.apart is None else parts.hops.owner
    return StandbyStage(make, parts.store, parts.clock, owner, force=force)


def publish_stage(parts: Parts, publisher: KafkaPublisher) -> PublishStage:
    """The publisher of this process's store."""
    policy = PublishPolicy(restated=parts.settings.retention.bodies)
    return PublishStage(
        PublishParts(parts.store, publisher, parts.encoder, parts.clock, parts.meter, parts.rng), policy
    )


def add_poll(stages: Stages, parts: Parts, line: Line) -> None:
    """Add registry, polling and redrive."""
    settings, hops = parts.settings, parts.hops
    hubs = subscribe_stage(parts, line) if settings.websub.public_url else None
    poll = PollStage(
        PollParts(
            store=parts.store,
            fetcher=line.fetcher,
            parser=line.parser,
            gate=line.gate,
            entries=hops.entries,
            reject_record=parts.encoder.reject,
            nudge=stages.nudge,
            clock=parts.clock,
            meter=parts.meter,
            rng=parts.rng,
            hubs=hubs,
        ),
        policy=settings.poll.policy,
        limits=settings.fetch.limits,
        owner=hops.owner,
        concurrency=settings.poll.concurrency,
        lease=LEASE,
        hold=LEASE,
    )
    feeds_file = DiskFeedsFile(settings.feeds.file, settings.publishers.file)
    stages.registry = RegistryStage(feeds_file, parts.store, parts.clock, poll.wake)
    redrive = RedriveStage(parts.store, hops.entries, parts.clock, hops.owner, LEASE)

    async def finish_polling() -> None:
        poll.stop_taking()
        while poll.in_hand():
            await parts.clock.sleep(0.02)

    stages.staged += [
        Staged("registry", stages.registry.run),
        Staged("poll", poll.run, finish_polling, POLL_PATIENCE),
        Staged("redrive", redrive.run),
    ]
    if hubs is not None:
        add_hubs(stages, parts, line, poll, hubs)
    if hops.apart is not None:
        stages.staged.append(Staged("hop", hops.apart.entries.measure))
    stages.watched[Stage.POLL] = poll


def add_read(stages: Stages, parts: Parts, line: Line) -> None:
    """Add reading."""
    settings, hops = parts.settings, parts.hops
    read = ReadStage(
        ReadParts(
            entries=hops.entries,
            outcomes=hops.outcomes,
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
        asks_first=hops.apart is not None,
    )

    async def finish_reading() -> None:
        read.stop_taking()
        while read.in_hand():
            await parts.clock.sleep(0.02)

    stages.staged.append(Staged("read", read.run, finish_reading, READ_PATIENCE))
    stages.watched[Stage.READ] = read


def add_fold(stages: Stages, parts: Parts) -> None:
    """Add folding: all of it, or the shards that are given to this process."""
    hops, fold = parts.hops, parts.settings.fold
    fold_parts = FoldParts(
        outcomes=hops.outcomes,
        store=parts.store,
        clock=parts.clock,
        meter=parts.meter,
        encoder=parts.encoder,
        nudge=stages.nudge,
    )
    if hops.apart is None:
        whole = FoldStage(fold_parts, fold.policy)
        stages.staged.append(Staged("fold", whole.run, whole.caught_up, FOLD_PATIENCE))
        stages.watched[Stage.FOLD] = whole
        return
    shards = ShardsStage(fold_parts, hops.apart.outcomes, fold.policy, fold.shards)
    stages.staged.append(Staged("fold", shards.run, shards.finished, FOLD_PATIENCE))
    stages.watched[Stage.FOLD] = shards


def add_presence(stages: Stages, parts: Parts) -> None:
    """Add what says that this process lives, where others depend on it."""
    if parts.hops.apart is not None:
        presence = PresenceStage(parts.store, parts.clock, parts.hops.owner)
        stages.staged.append(Staged("presence", presence.run))


def add_hubs(stages: Stages, parts: Parts, line: Line, poll: PollStage, hubs: SubscribeStage) -> None:
    """Add subscribing, and what takes deliveries; the listener is opened by whoever runs the stages."""
    callbacks = make_callbacks(parts, line, poll)
    stages.callbacks = callbacks

    async def finish_deliveries() -> None:
        while callbacks.in_hand():
            await parts.clock.sleep(0.02)

    deliveries = Staged("deliveries", callbacks.run, finish_deliveries, DELIVERY_PATIENCE)
    stages.staged[0:0] = [Staged("subscribing", hubs.run), deliveries]


def add_publish(stages: Stages, broker: EmbeddedBroker | None) -> None:
    """Add the publisher, and the watch over an embedded broker."""
    publish = stages.publish
    if publish is None:
        return
    stages.staged.append(Staged("publish", publish.run, publish.drained, PUBLISH_PATIENCE))
    if broker is not None and isinstance(publish, PublishStage):
        broker.on_replaced(publish.reopen)
        stages.staged.append(Staged("broker", broker.watch))


def add_watch(stages: Stages, parts: Parts, roles: frozenset[Role]) -> None:
    """Add the watch, and with folding the retention."""
    hops: tuple[Depth, ...] = ()
    if roles & {Role.POLL, Role.READ}:
        hops += (Depth(Stage.READ, parts.hops.entries),)
    if Role.FOLD in roles:
        hops += (Depth(Stage.FOLD, parts.hops.outcomes),)
    policy = parts.settings.poll.policy
    whole = bool(roles & {Role.POLL, Role.CONSOLE})
    watch = WatchStage(parts.store, parts.clock, parts.meter, stages.watched, hops, policy, whole=whole)
    stages.staged.append(Staged("watch", watch.run))
    if Role.FOLD in roles:
        owner = None if parts.hops.apart is None else parts.hops.owner
        retention = RetentionStage(parts.store, parts.clock, parts.settings.retention, owner)
        stages.staged.append(Staged("retention", retention.run))
