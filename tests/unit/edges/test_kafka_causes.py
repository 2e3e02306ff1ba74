"""Why a cluster cannot be reached, out of what kafka-python logs."""

import logging

import pytest

from storyfold.edges.kafka_causes import before_connecting, cause_of, quiet_kafka_python

TIMEOUT = TimeoutError("Unable to bootstrap")
LOST = "<KafkaConnection node_id=bootstrap-0 broker_version=%s (disconnected)>: Connection lost: %s"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ([], "Unable to bootstrap"),
        (["Connection failed: KafkaConnectionError: 111 ECONNREFUSED"], "Unable to bootstrap"),
        (
            [
                "[Error 58] SaslAuthenticationFailedError: SaslAuthenticationFailedError: bad login",
                "socket disconnected",
            ],
            "bad login; see kafka.security_protocol and what stands with it",
        ),
        (
            ["Handshake failed: [SSL: CERTIFICATE_VERIFY_FAILED] not for 'x'. (_ssl.c:1006)"],
            "[SSL: CERTIFICATE_VERIFY_FAILED] not for 'x'.; see kafka.security_protocol and what stands with it",
        ),
        (
            ["Invalid frame length: 352518912"],
            "what answers does not speak Kafka in the clear; see kafka.security_protocol",
        ),
        (
            [LOST % ("(4, 1)", "KafkaConnectionError: socket disconnected")],
            "a broker answers and then hangs up, as at a login that is wrong; see kafka.username and kafka.password",
        ),
        ([LOST % ("unknown", "KafkaConnectionError: socket disconnected")], "Unable to bootstrap"),
    ],
)
def test_causes(said: list[str], told: str) -> None:
    """The most telling of what was said wins; without any the error speaks for itself."""
    quiet_kafka_python()
    before_connecting()
    for each in said:
        logging.getLogger("kafka.net").error(each)
    assert told == cause_of(TIMEOUT)


def test_what_was_said_before_is_forgotten() -> None:
    """Each attempt is told of by itself."""
    quiet_kafka_python()
    logging.getLogger("kafka.net").error("Invalid frame length: 352518912")
    before_connecting()
    assert cause_of(TIMEOUT) == "Unable to bootstrap"
