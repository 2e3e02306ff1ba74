"""Clients of kafka-python, made so that a broker that is not there leaves nothing behind.

Their constructors start a thread and open sockets before they look for the cluster, and let go of neither when it does
not answer: an outage of hours would end in a process without file descriptors.
"""

import contextlib
from collections.abc import Callable
from typing import Any, TypeVar

from kafka.net.compat import KafkaNetClient

from storyfold.edges.kafka_connection import KafkaConnection

T = TypeVar("T")


def connected(kind: Callable[..., T], connection: KafkaConnection, **settings: Any) -> T:
    """Make a client that has reached the cluster.

    Args:
        kind: KafkaAdminClient, KafkaProducer or KafkaConsumer.
        connection: to where.
        settings: of that kind of client.

    Raises:
        KafkaError: the cluster does not answer, or does not let us.
    """
    made: list[Any] = []

    def remembered(**configs: Any) -> Any:
        made.append(KafkaNetClient(**configs))
        return made[-1]

    try:
        return kind(kafka_client=remembered, **connection.settings(), **settings)
    except BaseException:
        for client in made:
            with contextlib.suppress(Exception):  # what is half made may fail to close in any way
                client.close()
            client._net.stop()  # noqa: SLF001 # the thread; the clients' own close does the same
        raise
