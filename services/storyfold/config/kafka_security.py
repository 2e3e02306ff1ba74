"""Which settings of Kafka's security go together."""

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from storyfold.config.settings import KafkaSettings, SaslMechanism


def kafka_contradictions(kafka: KafkaSettings) -> Iterator[str]:
    """Sentences about what does not go together in ``[kafka]``."""
    protocol = kafka.security_protocol
    if not kafka.bootstrap_servers and (protocol.tls or protocol.sasl):
        yield f"kafka.security_protocol is {protocol} but the embedded broker speaks PLAINTEXT: set bootstrap_servers"
    yield from _login(kafka)
    yield from _token(kafka)
    given = [name for name in ("ca_file", "certificate_file", "key_file") if getattr(kafka, name) is not None]
    if given and not protocol.tls:
        yield f"kafka.{given[0]} is set but kafka.security_protocol is {protocol}: set SSL or SASL_SSL"
    if (kafka.certificate_file is None) != (kafka.key_file is None):
        yield "kafka.certificate_file and kafka.key_file belong together: set both or none"


def _login(kafka: KafkaSettings) -> Iterator[str]:
    protocol, mechanism = kafka.security_protocol, kafka.sasl_mechanism
    if not protocol.sasl:
        if kafka.username:
            yield f"kafka.username is set but kafka.security_protocol is {protocol}: set SASL_SSL"
    elif mechanism is SaslMechanism.OAUTHBEARER:
        if kafka.username:
            yield "kafka.username is set but OAUTHBEARER knows none: set kafka.token_client_id, or another mechanism"
    elif not kafka.username:
        yield f"kafka.sasl_mechanism {mechanism} needs a login: set kafka.username and STORYFOLD_KAFKA__PASSWORD"
    elif not kafka.password:
        yield "kafka.username is set but kafka.password is not: set STORYFOLD_KAFKA__PASSWORD"


def _token(kafka: KafkaSettings) -> Iterator[str]:
    wanted = kafka.security_protocol.sasl and kafka.sasl_mechanism is SaslMechanism.OAUTHBEARER
    if not wanted:
        if kafka.token_url:
            yield "kafka.token_url is set but not asked: set kafka.sasl_mechanism to OAUTHBEARER, and SASL_SSL"
        return
    if not (kafka.token_url and kafka.token_client_id and kafka.token_client_secret):
        yield (
            "kafka.sasl_mechanism OAUTHBEARER needs kafka.token_url, kafka.token_client_id and "
            "STORYFOLD_KAFKA__TOKEN_CLIENT_SECRET"
        )
    if kafka.token_url and not _confidential(kafka.token_url):
        yield "kafka.token_url would send the client's secret in the clear: give an https address"


def _confidential(url: str) -> bool:
    """Whether what is sent there is for nobody else: by https, or to this machine."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return bool(parts.hostname)
    try:
        here = parts.hostname == "localhost" or ip_address(parts.hostname or "").is_loopback
    except ValueError:
        here = False
    return parts.scheme == "http" and here
