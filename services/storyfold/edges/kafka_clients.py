"""Clients of kafka-python, made so that a broker that is not there leaves nothing behind.

Their constructors start a thread and open sockets before they look for the cluster, and let go of neither when it does
not answer: an outage of hours would end in a process without file descriptors.
"""

import contextlib
import logging
from collections.abc import Callable
from typing import Any, TypeVar

from kafka import KafkaProducer
from kafka.net.compat import KafkaNetClient

from storyfold.edges.kafka_connection import FOREIGN_ERRORS, KafkaConnection

T = TypeVar("T")

logger = logging.getLogger(__name__)


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


def let_go(producer: KafkaProducer, patience: float) -> None:
    """End a producer without its records.

    Its own close would first wait for records that a broker which is gone will never take, and where that fails it
    leaves its thread and sockets behind.

    Args:
        producer: not to be used afterwards.
        patience: seconds for its thread to end; it does within one poll.
    """
    producer._sender.force_close()  # noqa: SLF001 # see above
    producer._sender.join(patience)  # noqa: SLF001 # see above
    try:
        producer.close(timeout=0)
    except FOREIGN_ERRORS as error:
        logger.debug("closing a producer: %s", error)
