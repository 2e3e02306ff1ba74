"""Settings of Kafka's security: what goes together, and what is refused with which word."""

from pathlib import Path

import pytest

from storyfold.config.kafka_security import kafka_contradictions
from storyfold.config.settings import KafkaSettings, SaslMechanism, Secret, SecurityProtocol

SERVERS = ("kafka:9092",)
LOGIN = {"username": "storyfold", "password": Secret("x")}
TLS_LOGIN = {"bootstrap_servers": SERVERS, "security_protocol": SecurityProtocol.SASL_SSL}
TOKEN = {
    **TLS_LOGIN,
    "sasl_mechanism": SaslMechanism.OAUTHBEARER,
    "token_url": "https://login.example/token",
    "token_client_id": "storyfold",
    "token_client_secret": Secret("x"),
}


def told(**settings: object) -> list[str]:
    return list(kafka_contradictions(KafkaSettings(**settings)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"bootstrap_servers": SERVERS},
        {"bootstrap_servers": SERVERS, "security_protocol": SecurityProtocol.SSL},
        {**TLS_LOGIN, **LOGIN, "ca_file": Path("ca.pem")},
        {**TLS_LOGIN, **LOGIN, "certificate_file": Path("c.pem"), "key_file": Path("k.pem")},
        TOKEN,
        {**TOKEN, "token_url": "http://localhost:8080/token"},
        {**TOKEN, "token_url": "http://127.0.0.1:8080/token"},
    ],
)
def test_what_goes_together(settings: dict[str, object]) -> None:
    """Nothing is said of settings that make sense together."""
    assert told(**settings) == []


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"security_protocol": SecurityProtocol.SSL}, "embedded broker"),
        ({"bootstrap_servers": SERVERS, **LOGIN}, "set SASL_SSL"),
        ({**TLS_LOGIN, "username": "storyfold"}, "kafka.password is not"),
        (TLS_LOGIN, "needs a login"),
        ({"bootstrap_servers": SERVERS, "ca_file": Path("ca.pem")}, "kafka.ca_file is set"),
        ({**TLS_LOGIN, **LOGIN, "certificate_file": Path("c.pem")}, "belong together"),
        ({**TLS_LOGIN, **LOGIN, "key_file": Path("k.pem")}, "belong together"),
        ({**TOKEN, **LOGIN}, "OAUTHBEARER knows none"),
        ({**TOKEN, "token_url": ""}, "needs kafka.token_url"),
        ({**TOKEN, "token_client_secret": Secret("")}, "TOKEN_CLIENT_SECRET"),
        ({**TOKEN, "token_url": "http://login.example/token"}, "in the clear"),
        ({**TOKEN, "token_url": "https:///token"}, "in the clear"),
        ({**TOKEN, "token_url": "file:///token"}, "in the clear"),
        ({**TLS_LOGIN, **LOGIN, "token_url": "https://login.example/token"}, "not asked"),
    ],
)
def test_what_does_not(settings: dict[str, object], word: str) -> None:
    """Each contradiction is one sentence that names a setting."""
    (sentence,) = told(**settings)
    assert word in sentence
    assert "kafka." in sentence


def test_secrets_are_not_shown() -> None:
    """Neither the password nor the client's secret appears where settings are shown."""
    shown = repr(KafkaSettings(password=Secret("hunter2"), token_client_secret=Secret("hunter3")))
    assert "hunter" not in shown
