"""From settings to a connection to Kafka."""

from collections.abc import Sequence
from pathlib import Path

from storyfold.config.settings import KafkaSettings, SaslMechanism
from storyfold.edges.kafka_connection import KafkaConnection
from storyfold.edges.kafka_token import ClientCredentials, TokenEndpoint


def kafka_connection(kafka: KafkaSettings, bootstrap: Sequence[str]) -> KafkaConnection:
    """How to reach the brokers, as the settings say."""
    protocol, mechanism = kafka.security_protocol, kafka.sasl_mechanism
    oauth = protocol.sasl and mechanism is SaslMechanism.OAUTHBEARER
    login = protocol.sasl and not oauth
    return KafkaConnection(
        tuple(bootstrap),
        security_protocol=protocol.value,
        sasl_mechanism=mechanism.value if protocol.sasl else None,
        username=kafka.username if login else None,
        password=str(kafka.password) if login else None,
        tokens=_tokens(kafka) if oauth else None,
        ca_file=_text(kafka.ca_file),
        certificate_file=_text(kafka.certificate_file),
        key_file=_text(kafka.key_file),
    )


def _tokens(kafka: KafkaSettings) -> ClientCredentials:
    return ClientCredentials(
        TokenEndpoint(
            kafka.token_url,
            kafka.token_client_id,
            str(kafka.token_client_secret),
            kafka.token_scope,
            _text(kafka.token_ca_file),
        )
    )


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
