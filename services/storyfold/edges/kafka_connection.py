"""How to reach a Kafka cluster, as kafka-python wants to be told."""

import ssl
from dataclasses import dataclass, field
from typing import Any

from kafka import errors

from storyfold.edges.kafka_causes import quiet_kafka_python
from storyfold.edges.kafka_token import ClientCredentials

__all__ = ["FOREIGN_ERRORS", "KafkaConnection", "quiet_kafka_python"]

# What kafka-python lets out where a broker is not there, does not answer or says no.
FOREIGN_ERRORS = (errors.KafkaError, OSError)


@dataclass(frozen=True, slots=True)
class KafkaConnection:
    """Where the cluster is and how to speak to it.

    Attributes:
        bootstrap_servers: ``host:port`` of one or more brokers.
        security_protocol: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.
        sasl_mechanism: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER; None without SASL.
        username: for PLAIN and SCRAM.
        password: for PLAIN and SCRAM; never shown.
        tokens: for OAUTHBEARER.
        ca_file: PEM of the authorities to believe; None for the system's.
        certificate_file: PEM of our own certificate, for mutual TLS.
        key_file: PEM of its key.
        patience: seconds that one request, or reaching the cluster, may take.
    """

    bootstrap_servers: tuple[str, ...]
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tokens: ClientCredentials | None = None
    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    patience: float = 5.0

    def settings(self) -> dict[str, Any]:
        """Keyword arguments that every kafka-python client takes.

        Raises:
            KafkaConfigurationError: a file for TLS is not there or not what it should be.
        """
        milliseconds = int(self.patience * 1000)
        return {
            "bootstrap_servers": list(self.bootstrap_servers),
            "security_protocol": self.security_protocol,
            "sasl_mechanism": self.sasl_mechanism,
            "sasl_plain_username": self.username,
            "sasl_plain_password": self.password,
            "sasl_oauth_token_provider": self.tokens,
            "ssl_context": self._trust() if self.security_protocol.endswith("SSL") else None,
            "request_timeout_ms": milliseconds,
            "bootstrap_timeout_ms": milliseconds,
            "reconnect_backoff_ms": 50,
            # The library's own half a minute would keep a publisher waiting long after its broker is back.
            "reconnect_backoff_max_ms": 1000,
        }

    def _trust(self) -> ssl.SSLContext:
        """TLS 1.2 or newer; certificates and the names in them are checked."""
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
        except OSError as error:
            raise errors.KafkaConfigurationError(f"kafka.ca_file {self.ca_file} cannot be used: {error}") from error
        if self.certificate_file is not None:
            try:
                context.load_cert_chain(self.certificate_file, self.key_file)
            except OSError as error:
                raise errors.KafkaConfigurationError(
                    f"kafka.certificate_file {self.certificate_file} with kafka.key_file {self.key_file} cannot be "
                    f"used: {error}"
                ) from error
        return context
