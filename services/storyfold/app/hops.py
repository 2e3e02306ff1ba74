"""Hops: the way between poll, read and fold: queues where one process does all three, topics where several do."""

import os
import secrets
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from urllib.parse import urlsplit

from storyfold.config.roles import Role
from storyfold.config.settings import Settings
from storyfold.edges import hop_messages
from storyfold.edges.kafka_connection import KafkaConnection
from storyfold.edges.kafka_hop import HopPlan, KafkaHop
from storyfold.edges.local_hop import LocalHop
from storyfold.events.shards import shard_of
from storyfold.model.entries import LedgerEntry
from storyfold.model.metrics import Metric, Stage
from storyfold.model.outcomes import ReadOutcome
from storyfold.ports import Hop, Meter

LINE = frozenset({Role.POLL, Role.READ, Role.FOLD})
# Entries on the way to reading, and outcomes on the way to folding, before the stage before them waits.
ENTRIES_CAPACITY = 2000
OUTCOMES_CAPACITY = 500
# In whose name a process leases that does all of it: the lock sees to it that there is only one.
LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Apart:
    """The same hops, where they are topics."""

    entries: KafkaHop[LedgerEntry]
    outcomes: KafkaHop[ReadOutcome]


@dataclass(frozen=True, slots=True)
class Hops:
    """Both hops, and in whose name this process leases what goes on them.

    Attributes:
        entries: from poll to read.
        outcomes: from read to fold.
        owner: of leases.
        apart: set where other processes stand at their other ends.
    """

    entries: Hop[LedgerEntry]
    outcomes: Hop[ReadOutcome]
    owner: str
    apart: Apart | None = None


def runs_apart(roles: frozenset[Role]) -> bool:
    """Whether a process with these roles does some of poll, read and fold, but not all."""
    return bool(roles & LINE) and not roles >= LINE


def owner_name() -> str:
    """A name that no other process has or had, on whatever machine."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


def local_hops() -> Hops:
    """Queues in this process."""
    return Hops(LocalHop(ENTRIES_CAPACITY), LocalHop(OUTCOMES_CAPACITY), LOCAL)


def kafka_hops(settings: Settings, connection: KafkaConnection, meter: Meter, resources: AsyncExitStack) -> Hops:
    """Topics on the broker; nothing is connected yet."""
    prefix, replication = settings.kafka.topic_prefix, settings.kafka.replication
    shards = settings.fold.shards
    entries = KafkaHop(
        connection,
        HopPlan(
            topic=f"{prefix}storyfold.entries",
            group=f"{prefix}storyfold.read",
            partitions=settings.hop.partitions,
            replication=replication,
            capacity=settings.hop.capacity,
            encode=hop_messages.encode,
            decode=hop_messages.entry_from,
            key_of=host_of,
            partition_of=lambda _: None,
            smaller=hop_messages.smaller_entry,
            dropped=_counted(meter, Stage.READ),
        ),
    )
    outcomes: KafkaHop[ReadOutcome] = KafkaHop(
        connection,
        HopPlan(
            topic=f"{prefix}storyfold.outcomes",
            group=f"{prefix}storyfold.fold",
            partitions=shards,
            replication=replication,
            capacity=OUTCOMES_CAPACITY,
            encode=hop_messages.encode,
            decode=hop_messages.outcome_from,
            key_of=lambda _: None,
            partition_of=lambda outcome: shard_of(outcome, shards),
            smaller=hop_messages.smaller_outcome,
            dropped=_counted(meter, Stage.FOLD),
            keeps_positions=True,
        ),
    )
    resources.push_async_callback(entries.close)
    resources.push_async_callback(outcomes.close)
    return Hops(entries, outcomes, owner_name(), Apart(entries, outcomes))


def host_of(ledger: LedgerEntry) -> str:
    """The host that an entry is read from: all of its entries go to one process, which is polite for all."""
    url = ledger.entry.url or ledger.feed.url if ledger.again is None else ledger.again.url
    return urlsplit(url).netloc.lower()


def _counted(meter: Meter, stage: Stage) -> Callable[[], None]:
    return lambda: meter.count(Metric.HOP_DROPPED, stage)
