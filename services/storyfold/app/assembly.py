"""Assembly: settings into ports, ports into stages. The one place that knows which adapter stands behind which port."""

import random
from collections.abc import Callable, Container, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from importlib import metadata
from ipaddress import ip_network
from pathlib import Path

from storyfold.app.hops import LINE, Hops, kafka_hops, local_hops, runs_apart
from storyfold.app.kafka import kafka_connection
from storyfold.app.opening import open_patiently, patiently
from storyfold.config.roles import Role
from storyfold.config.settings import Settings
from storyfold.edges.broker import BrokerPolicy, EmbeddedBroker
from storyfold.edges.clock import SystemClock
from storyfold.edges.extraction import PoolExtractor
from storyfold.edges.http import HttpFetcher
from storyfold.edges.kafka_connection import KafkaConnection
from storyfold.edges.kafka_publisher import KafkaPublication, KafkaPublisher
from storyfold.edges.kafka_topics import publisher_group, transactional_id
from storyfold.edges.parsing import PoolFeedParser
from storyfold.edges.store.sql import SqlStore
from storyfold.edges.telemetry import PrometheusMeter
from storyfold.pipeline.host_memory import HostMemory
from storyfold.pipeline.politeness import Politeness
from storyfold.wire.encode import Encoder
from storyfold.wire.values import BodyTravel

# How long what was leased is left alone, should nobody notice that its owner is dead.
LEASE = timedelta(minutes=10)
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
    hops: Hops


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


async def assemble_parts(settings: Settings, roles: frozenset[Role], resources: AsyncExitStack) -> Parts:
    """Open the store and make what all stages share.

    Raises:
        StoreError: the store cannot be opened.
    """
    clock = SystemClock()
    store = await open_patiently(settings.store_url, clock)
    resources.push_async_callback(store.close)
    meter = PrometheusMeter()
    hops = local_hops()
    if runs_apart(roles):
        hops = kafka_hops(settings, connection(settings, settings.kafka.bootstrap_servers), meter, resources)
    return Parts(
        settings=settings,
        clock=clock,
        meter=meter,
        store=store,
        encoder=Encoder(BodyTravel(settings.read.body.value)),
        rng=random.Random(),
        hops=hops,
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


async def assemble_publisher(parts: Parts, bootstrap: Sequence[str]) -> Callable[[], KafkaPublisher]:
    """What makes publishers of this store to these brokers; nothing is connected yet."""
    kafka = parts.settings.kafka
    publication = KafkaPublication(
        transactional_id=transactional_id(kafka.topic_prefix),
        group=publisher_group(
            kafka.topic_prefix, await patiently(parts.settings.store_url, parts.clock, parts.store.store_id)
        ),
        prefix=kafka.topic_prefix,
        partitions=kafka.partitions,
        replication=kafka.replication,
    )
    return lambda: KafkaPublisher(connection(parts.settings, bootstrap), publication)


def connection(settings: Settings, bootstrap: Sequence[str]) -> KafkaConnection:
    """How to reach the brokers."""
    return kafka_connection(settings.kafka, bootstrap)


def runs_line(roles: frozenset[Role]) -> bool:
    """Whether a process with these roles polls, reads and folds, all by itself."""
    return roles >= LINE
