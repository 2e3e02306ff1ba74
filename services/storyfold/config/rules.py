"""What values must satisfy beyond their type, alone and together."""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from storyfold.config.kafka_security import kafka_contradictions
from storyfold.config.settings import Settings
from storyfold.urls.safety import check_url

Test = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """What one setting's value must satisfy, and how to say so."""

    holds: Test
    expected: str


def _network(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True


def _server(text: str) -> bool:
    host, colon, port = text.rpartition(":")
    return bool(host and colon and port.isdecimal() and 0 < int(port) < 65536)


def _public_url(text: str) -> bool:
    return not text or (check_url(text, range(1, 65536)) is None and not urlsplit(text).query and "#" not in text)


def _topic_part(text: str) -> bool:
    return len(text) <= 100 and all(sign.isascii() and (sign.isalnum() or sign in "._-") for sign in text)


_AT_LEAST_ONE = Rule(lambda value: value >= 1, "at least 1")
_PORT = Rule(lambda value: value < 65536, "a port: 0 to 65535")
_SOME_TIME = Rule(lambda value: value > timedelta(0), "longer than nothing")
# It travels in a header of every request.
_ONE_LINE = Rule(lambda value: value.isascii() and value.isprintable(), "one line of printable ASCII")

RULES: dict[str, Rule] = {
    "poll.concurrency": _AT_LEAST_ONE,
    "poll.floor": _SOME_TIME,
    "poll.ceiling": _SOME_TIME,
    "poll.first_interval": _SOME_TIME,
    "poll.unconditional_every": _AT_LEAST_ONE,
    "poll.confirmations": _AT_LEAST_ONE,
    "poll.retired_interval": _SOME_TIME,
    "poll.jitter": Rule(lambda value: value <= 1, "a share: 0 to 1"),
    "poll.pushed_factor": Rule(lambda value: 1 <= value <= 1000, "a factor: 1 to 1000"),
    "websub.public_url": Rule(_public_url, "a URL that hubs can reach, such as https://news.example.org/hub"),
    "websub.host": Rule(lambda value: bool(value) and value.isprintable(), 'an address, such as "127.0.0.1"'),
    "websub.port": _PORT,
    "websub.lease": Rule(lambda value: value >= timedelta(minutes=5), "at least 5 minutes"),
    "websub.verified_within": _SOME_TIME,
    "websub.first_retry": _SOME_TIME,
    "websub.pings": _AT_LEAST_ONE,
    "websub.body_bytes": _AT_LEAST_ONE,
    "websub.body_deadline": _SOME_TIME,
    "politeness.concurrency": _AT_LEAST_ONE,
    "fetch.contact": _ONE_LINE,
    "fetch.deadline": _SOME_TIME,
    "fetch.body_bytes": _AT_LEAST_ONE,
    "fetch.wire_bytes": _AT_LEAST_ONE,
    "fetch.allowed_networks": Rule(lambda value: all(map(_network, value)), 'networks, such as "10.0.0.0/8"'),
    "fetch.allowed_ports": Rule(lambda value: all(0 < port < 65536 for port in value), "ports: 1 to 65535"),
    "read.attempts": _AT_LEAST_ONE,
    "read.extract_deadline": _SOME_TIME,
    "read.first_reread": _SOME_TIME,
    "read.last_reread": _SOME_TIME,
    "fold.window": _SOME_TIME,
    "fold.longest_quiet": _SOME_TIME,
    "fold.shards": _AT_LEAST_ONE,
    "hop.partitions": _AT_LEAST_ONE,
    "hop.capacity": _AT_LEAST_ONE,
    "kafka.bootstrap_servers": Rule(lambda value: all(map(_server, value)), 'servers, such as "kafka-1:9092"'),
    "kafka.topic_prefix": Rule(_topic_part, "letters, digits, '.', '_' and '-'"),
    "kafka.partitions": _AT_LEAST_ONE,
    "kafka.replication": _AT_LEAST_ONE,
    "embedded.port": _PORT,
    "retention.bodies": _SOME_TIME,
    "retention.articles": _SOME_TIME,
    "retention.entries": _SOME_TIME,
    "retention.events": _SOME_TIME,
    "retention.changes": _SOME_TIME,
    "console.host": Rule(lambda value: bool(value) and value.isprintable(), 'an address, such as "127.0.0.1"'),
    "console.port": _PORT,
}


def contradictions(settings: Settings) -> tuple[str, ...]:
    """Sentences about settings that do not go together; empty where all is well."""
    found = []
    poll = settings.poll.policy
    if poll.floor > poll.ceiling:
        found.append(
            "poll.floor is longer than poll.ceiling: no interval would suit both; lower the floor or raise the ceiling"
        )
    if settings.read.policy.first_retry > settings.read.policy.last_retry:
        found.append("read.first_retry is longer than read.last_retry: lower the first or raise the last")
    if settings.read.policy.first_reread > settings.read.policy.last_reread:
        found.append("read.first_reread is longer than read.last_reread: lower the first or raise the last")
    found.extend(kafka_contradictions(settings.kafka))
    return tuple(found)
