"""Assembly: settings into ports, ports into stages. The one place that knows which adapter stands behind which port."""

import random
from collections.abc import Container, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from importlib import metadata
from ipaddress import ip_network
from pathlib import Path

from storyfold.config.roles import Role
from storyfold.config.settings import Settings
from storyfold.edges.broker import BrokerPolicy, EmbeddedBroker
from storyfold.edges.clock import SystemClock
from storyfold.edges.extraction import PoolExtractor
from storyfold.edges.http import HttpFetcher
from storyfold.edges.kafka_connection import KafkaConnection
from storyfold.edges.kafka_publisher import KafkaPublication, KafkaPublisher
from storyfold.edges.kafka_topics import publisher_group, transactional_id
from storyfold.edges.local_hop import LocalHop
from storyfold.edges.parsing import PoolFeedParser
from storyfold.edges.store.opening import open_store
from storyfold.edges.store.sql import SqlStore
from storyfold.edges.telemetry import PrometheusMeter
from storyfold.model.entries import LedgerEntry
from storyfold.model.outcomes import ReadOutcome
from storyfold.pipeline.host_memory import HostMemory
from storyfold.pipeline.politeness import Politeness
from storyfold.wire.encode import Encoder
from storyfold.wire.values import BodyTravel

# In whose name this process leases; the instance lock sees to it that there is only one.
OWNER = "local"
# How long what was leased is left alone, should the lock not do what it is for.
LEASE = timedelta(minutes=10)
# Entries on the way to reading, and outcomes on the way to folding, before the stage before them waits.
ENTRIES_CAPACITY = 2000
OUTCOMES_CAPACITY = 500
ANY_PORT = range(1, 65536)


@dataclass(frozen=True, slots=True)
class Parts:
    """The adapters that stages share."""

    settings: Settings
    clock: SystemClock
    meter: PrometheusMeter
    store: SqlStore
    encoder: Encoder
    rng: random.Random
    entries: LocalHop[LedgerEntry]
    outcomes: LocalHop[ReadOutcome]


@dataclass(frozen=True, slots=True)
class Line:
    """What polling and reading need besides."""

    fetcher: HttpFetcher
    gate: Politeness
    parser: PoolFeedParser
    extractor: PoolExtractor


def version() -> str:
    """Of the installed package; ``dev`` in a bare checkout."""
    try:
        return metadata.version("storyfold")
    except metadata.PackageNotFoundError:
        return "dev"


def user_agent(settings: Settings) -> str:
    """Name, version and contact, as publishers read them in their logs."""
    contact = f"+{settings.fetch.contact}" if settings.fetch.contact else "no contact configured"
    return f"storyfold/{version()} ({contact})"


def allowed_ports(settings: Settings) -> Container[int]:
    """Ports that may be fetched from; an empty list means any."""
    return frozenset(settings.fetch.allowed_ports) or ANY_PORT


async def assemble_parts(settings: Settings, resources: AsyncExitStack) -> Parts:
    """Open the store and make what all stages share.

    Raises:
        StoreError: the store cannot be opened.
    """
    store = await open_store(settings.store_url)
    resources.push_async_callback(store.close)
    return Parts(
        settings=settings,
        clock=SystemClock(),
        meter=PrometheusMeter(),
        store=store,
        encoder=Encoder(BodyTravel(settings.read.body.value)),
        rng=random.Random(),
        entries=LocalHop(ENTRIES_CAPACITY),
        outcomes=LocalHop(OUTCOMES_CAPACITY),
    )


def assemble_line(parts: Parts, resources: AsyncExitStack) -> Line:
    """Make what polling and reading need: the client, politeness, and worker processes."""
    fetch = parts.settings.fetch
    fetcher = HttpFetcher(
        user_agent=user_agent(parts.settings),
        allowed_networks=[ip_network(each) for each in fetch.allowed_networks],
        allowed_ports=allowed_ports(parts.settings),
        meter=parts.meter,
        clock=parts.clock,
    )
    resources.push_async_callback(fetcher.aclose)
    politeness = parts.settings.politeness
    memory = HostMemory(parts.clock, politeness.robots_ttl, parts.store)
    gate = Politeness(fetcher, parts.clock, politeness, memory=memory)
    resources.push_async_callback(gate.aclose)
    parser, extractor = PoolFeedParser(), PoolExtractor(parts.settings.read.policy)
    resources.push_async_callback(parser.close)
    resources.push_async_callback(extractor.close)
    return Line(fetcher, gate, parser, extractor)


def broker_folder(settings: Settings) -> Path:
    """Where the embedded broker notes its address."""
    return settings.data_dir / "broker"


async def assemble_broker(parts: Parts, resources: AsyncExitStack) -> EmbeddedBroker:
    """Start the embedded broker, or find the one again that a killed process left.

    Raises:
        BrokerFailed: it cannot serve.
    """
    settings = parts.settings
    policy = BrokerPolicy(port=settings.embedded.port or None)
    folder = broker_folder(settings)
    broker = EmbeddedBroker(folder, await parts.store.store_id(), policy, parts.clock, parts.meter)
    await broker.start()
    resources.push_async_callback(broker.stop)
    return broker


async def assemble_publisher(parts: Parts, bootstrap: Sequence[str]) -> KafkaPublisher:
    """Make the publisher of this store to these brokers; nothing is connected yet."""
    kafka = parts.settings.kafka
    publication = KafkaPublication(
        transactional_id=transactional_id(kafka.topic_prefix),
        group=publisher_group(kafka.topic_prefix, await parts.store.store_id()),
        prefix=kafka.topic_prefix,
        partitions=kafka.partitions,
        replication=kafka.replication,
    )
    return KafkaPublisher(connection(parts.settings, bootstrap), publication)


def connection(settings: Settings, bootstrap: Sequence[str]) -> KafkaConnection:
    """How to reach the brokers."""
    kafka = settings.kafka
    if not kafka.username:
        return KafkaConnection(tuple(bootstrap))
    return KafkaConnection(
        tuple(bootstrap),
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="PLAIN",
        username=kafka.username,
        password=str(kafka.password),
    )


def runs_line(roles: frozenset[Role]) -> bool:
    """Whether a process with these roles polls, reads and folds."""
    return bool(roles & {Role.POLL, Role.READ, Role.FOLD})
