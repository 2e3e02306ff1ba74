"""Consumers that share no line of code with storyfold see every record once, in order, and as the schemas say."""

import asyncio
import json
import random
import secrets
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition
from jsonschema import Draft202012Validator

from storyfold.edges.store.opening import open_store
from storyfold.model.commit import Commit
from storyfold.model.entries import RejectReason
from storyfold.model.records import Record, Reject, Topic
from storyfold.wire.encode import Encoder
from tests.conftest import missing
from tests.fakes.publishing import killed
from tests.fakes.store_values import MINUTE, NOON, change_of, event_of, folded_of, ledger_of

pytestmark = [pytest.mark.anyio, pytest.mark.kafka]
SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
NAMES = {Topic.ARTICLES: "article", Topic.EVENTS: "event", Topic.CHANGES: "event-change", Topic.REJECTS: "reject"}
ROUNDS, KILLS = 250, 6
# Topic, ce_id, value.
Seen = tuple[str, str, bytes]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def records(number: int) -> tuple[Record, ...]:
    """What one article can lead to: one record on each topic."""
    encoder, name = Encoder(), f"n{number}"
    reject = Reject(ledger_of(name), RejectReason.NOT_FOUND, "there is no text on the page", None, NOON)
    return (
        encoder.article(folded_of(name).placed),
        encoder.event(event_of(f"v{number % 9}", version=number + 1), None, NOON),
        encoder.change(change_of(f"v{number % 9}", number + 1, NOON + MINUTE), NOON),
        encoder.reject(reject),
    )


def by_librdkafka(bootstrap: str, topics: list[str]) -> list[Seen]:
    """All that a `read_committed` consumer of confluent-kafka reads up to the ends that it is told of."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": secrets.token_hex(4),
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
        }
    )
    consumer.assign([TopicPartition(topic, 0, 0) for topic in topics])
    seen: list[Seen] = []
    ended: set[str | None] = set()
    while len(ended) < len(topics):
        message = consumer.poll(20)
        assert message is not None, "nothing came for 20 s"
        error = message.error()
        if error is not None:
            assert error.name() == "_PARTITION_EOF", str(error)
            ended.add(message.topic())
            continue
        headers = dict(message.headers() or ())
        seen.append((str(message.topic()), headers["ce_id"].decode(), message.value() or b""))
    consumer.close()
    return seen


def by_kcat(bootstrap: str, topic: str) -> list[Seen]:
    """The same by kcat."""
    options = ["-X", "isolation.level=read_committed", "-o", "beginning", "-e", "-q", "-J"]
    command = ["kcat", "-C", "-b", bootstrap, "-t", topic, *options]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    messages: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    seen = []
    for each in messages:
        names_and_values: list[str] = each["headers"]
        headers = dict(zip(names_and_values[::2], names_and_values[1::2], strict=True))
        seen.append((topic, headers["ce_id"], each["payload"].encode()))
    return seen


async def test_strangers_see_each_record_once(tmp_path: Path, apache_bootstrap: str) -> None:
    """After kills of the publisher, librdkafka and kcat agree: each record once, in order, valid by its schema."""
    if shutil.which("kcat") is None:
        missing("kcat is not there: apt-get install kcat")
    url, prefix = f"sqlite:///{tmp_path / 'store.db'}", f"t{secrets.token_hex(4)}."
    store = await open_store(url)
    told = [each for number in range(ROUNDS) for each in records(number)]
    await store.apply(Commit(outbox=tuple(told)))
    await store.close()
    cut_short = await killed(KILLS, 0.2, random.Random(6), url, apache_bootstrap, prefix)
    topics = [prefix + topic.value for topic in Topic]
    seen = await asyncio.to_thread(by_librdkafka, apache_bootstrap, topics)
    assert {f"{prefix}{topic.value}": ROUNDS for topic in Topic} == dict(Counter(topic for topic, _, _ in seen))
    for topic in Topic:
        expected = [
            (prefix + topic.value, dict(each.headers)["ce_id"], each.value) for each in told if each.topic is topic
        ]
        assert expected == [each for each in seen if each[0] == prefix + topic.value]
        assert expected == await asyncio.to_thread(by_kcat, apache_bootstrap, prefix + topic.value)
        schema = json.loads((SCHEMAS / f"{NAMES[topic]}.v1.schema.json").read_text())
        validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
        for _, name, value in expected:
            assert [] == [error.message for error in validator.iter_errors(json.loads(value))], name
    # Otherwise the kills came too late to show anything.
    assert cut_short >= KILLS / 2
