"""Whether a Kafka cluster answers, asked once as `doctor` and readiness do."""

from kafka import KafkaAdminClient

from storyfold.edges.kafka_causes import before_connecting, cause_of
from storyfold.edges.kafka_clients import connected
from storyfold.edges.kafka_connection import FOREIGN_ERRORS, KafkaConnection, quiet_kafka_python


def brokers_at(connection: KafkaConnection) -> int | str:
    """Ask a cluster for its brokers. Blocks its thread for as long as the connection's patience.

    Args:
        connection: where the cluster is.

    Returns:
        How many brokers it has; where none answers, why.
    """
    quiet_kafka_python()
    before_connecting()
    try:
        admin = connected(KafkaAdminClient, connection)
    except FOREIGN_ERRORS as error:
        return cause_of(error)
    try:
        return len(admin.describe_cluster()["brokers"])
    except FOREIGN_ERRORS as error:
        return cause_of(error)
    finally:
        admin.close()
