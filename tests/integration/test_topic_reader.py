"""Reading topics back, from an embedded broker."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaProducer

from storyfold.edges.broker import BrokerPolicy, EmbeddedBroker
from storyfold.edges.broker_contact import brokers_at
from storyfold.edges.clock import SystemClock
from storyfold.edges.kafka_connection import KafkaConnection
from storyfold.edges.telemetry import PrometheusMeter
from storyfold.edges.topic_reader import CannotSubscribe, SeenRecord, read_topics


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaConnection]:
    folder: Path = tmp_path_factory.mktemp("broker")
    broker = EmbeddedBroker(folder, "store", BrokerPolicy(), SystemClock(), PrometheusMeter())
    address = asyncio.run(broker.start())
    yield KafkaConnection((address,))
    asyncio.run(broker.stop())


def write(connection: KafkaConnection, topic: str, *values: str, commit: bool = True) -> None:
    producer = KafkaProducer(**connection.settings(), transactional_id=f"writer of {topic}")
    producer.init_transactions()
    producer.begin_transaction()
    for value in values:
        producer.send(topic, key=b"key", value=value.encode(), headers=[("ce_id", value.encode())]).get(10)
    if commit:
        producer.commit_transaction()
    else:
        producer.abort_transaction()
    producer.close()


def read(connection: KafkaConnection, topic: str, count: int, *, from_beginning: bool = True) -> list[SeenRecord]:
    """As many records as are asked for, or fewer after ten seconds."""
    seen: list[SeenRecord] = []
    over = threading.Event()
    timer = threading.Timer(10, over.set)
    timer.start()
    for record in read_topics(
        connection,
        (topic,),
        from_beginning=from_beginning,
        going_on=lambda: len(seen) < count and not over.is_set(),
    ):
        seen.append(record)
        if len(seen) == count:
            break
    timer.cancel()
    return seen


def test_what_is_committed_is_read_from_the_beginning(connection: KafkaConnection) -> None:
    """Keys, headers and values come back, in order."""
    write(connection, "first", "a", "b")
    write(connection, "first", "c")
    seen = read(connection, "first", 3)
    assert [b"a", b"b", b"c"] == [record.value for record in seen]
    assert ("key", (("ce_id", "a"),)) == (seen[0].key, seen[0].headers)


@pytest.mark.xfail(
    strict=True, reason="Tansu 0.6 names no aborted transactions in its answers: consumers see their records"
)
def test_what_was_aborted_is_not_read(connection: KafkaConnection) -> None:
    """A record of an aborted transaction never reaches a subscriber."""
    write(connection, "aborted", "never", commit=False)
    write(connection, "aborted", "once")
    assert [b"once"] == [record.value for record in read(connection, "aborted", 1)]


def test_a_topic_that_comes_later_is_read_whole(connection: KafkaConnection) -> None:
    """Who begins at the end still sees everything of a topic that did not exist then."""
    writer = threading.Timer(1, write, (connection, "later", "x", "y"))
    writer.start()
    assert [b"x", b"y"] == [record.value for record in read(connection, "later", 2, from_beginning=False)]
    writer.join()


def test_a_broker_is_counted(connection: KafkaConnection) -> None:
    """The embedded broker is a cluster of one."""
    assert 1 == brokers_at(connection)


def test_nobody_there_is_said() -> None:
    """The message names the address, and what to start or set."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    nowhere = KafkaConnection((f"127.0.0.1:{port}",), patience=0.5)
    with pytest.raises(CannotSubscribe, match=rf"no broker answers at 127\.0\.0\.1:{port}"):
        list(read_topics(nowhere, ("t",), from_beginning=True, going_on=lambda: True))
