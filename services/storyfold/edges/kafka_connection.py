"""How to reach a Kafka cluster, as kafka-python wants to be told."""

import logging
from dataclasses import dataclass
from typing import Any

from kafka import errors

# What kafka-python lets out where a broker is not there, does not answer or says no.
FOREIGN_ERRORS = (errors.KafkaError, OSError)


@dataclass(frozen=True, slots=True)
class KafkaConnection:
    """Where the cluster is and how to speak to it.

    Attributes:
        bootstrap_servers: ``host:port`` of one or more brokers.
        security_protocol: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.
        sasl_mechanism: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512; None without SASL.
        username: for SASL.
        password: for SASL; never shown.
        ca_file: PEM of the authorities to believe; None for the system's.
        certificate_file: PEM of our own certificate, for mutual TLS.
        key_file: PEM of its key.
        patience: seconds that one request, or reaching the cluster, may take.
    """

    bootstrap_servers: tuple[str, ...]
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str | None = None
    username: str | None = None
    password: str | None = None
    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    patience: float = 5.0

    def __repr__(self) -> str:
        """Without the password."""
        return f"KafkaConnection({','.join(self.bootstrap_servers)}, {self.security_protocol})"

    def settings(self) -> dict[str, Any]:
        """Keyword arguments that every kafka-python client takes."""
        milliseconds = int(self.patience * 1000)
        return {
            "bootstrap_servers": list(self.bootstrap_servers),
            "security_protocol": self.security_protocol,
            "sasl_mechanism": self.sasl_mechanism,
            "sasl_plain_username": self.username,
            "sasl_plain_password": self.password,
            "ssl_cafile": self.ca_file,
            "ssl_certfile": self.certificate_file,
            "ssl_keyfile": self.key_file,
            "request_timeout_ms": milliseconds,
            "bootstrap_timeout_ms": milliseconds,
            "reconnect_backoff_ms": 50,
            # The library's own half a minute would keep a publisher waiting long after its broker is back.
            "reconnect_backoff_max_ms": 1000,
        }


def quiet_kafka_python() -> None:
    """Keep kafka-python's own log to what is fatal: it tells every retry as an error, and storyfold says it once."""
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
