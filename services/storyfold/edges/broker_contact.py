"""Whether a Kafka cluster answers, asked once as `doctor` and readiness do."""

from kafka import KafkaAdminClient

from storyfold.edges.kafka_connection import FOREIGN_ERRORS, KafkaConnection, quiet_kafka_python


def brokers_at(connection: KafkaConnection) -> int | None:
    """Ask a cluster for its brokers. Blocks its thread for as long as the connection's patience.

    Args:
        connection: where the cluster is.

    Returns:
        How many brokers it has; None where none answers.
    """
    quiet_kafka_python()
    try:
        admin = KafkaAdminClient(**connection.settings())
    except FOREIGN_ERRORS:
        return None
    try:
        return len(admin.describe_cluster()["brokers"])
    except FOREIGN_ERRORS:
        return None
    finally:
        admin.close()
