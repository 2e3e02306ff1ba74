"""`storyfold replay --from topic`: articles and merges read back from an embedded broker, and folded again."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from kafka import KafkaProducer

from storyfold.cli.main import main
from storyfold.edges.broker import BrokerPolicy, EmbeddedBroker
from storyfold.edges.clock import SystemClock
from storyfold.edges.kafka_connection import KafkaConnection
from storyfold.edges.telemetry import PrometheusMeter
from storyfold.events.policy import FoldPolicy
from storyfold.events.window import Window
from storyfold.model.events import Event, EventStatus
from storyfold.model.identity import EventId
from storyfold.model.records import Record
from storyfold.wire.encode import Encoder
from storyfold.wire.values import BodyTravel
from tests.fakes.events_press import START, place
from tests.fakes.folded_store import press

ELSEWHERE = EventId("01900000-0000-7000-8000-000000000000")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("broker")
    broker = EmbeddedBroker(folder, "store", BrokerPolicy(), SystemClock(), PrometheusMeter())
    yield asyncio.run(broker.start())
    asyncio.run(broker.stop())


def publish(address: str, prefix: str, records: list[Record]) -> None:
    """As the publisher does: in one transaction, with the keys by which it spreads them."""
    producer = KafkaProducer(**KafkaConnection((address,)).settings(), transactional_id=f"press {prefix}")
    producer.init_transactions()
    producer.begin_transaction()
    for record in records:
        producer.send(f"{prefix}{record.topic.value}", key=record.key.encode(), value=record.value).get(10)
    producer.commit_transaction()
    producer.close()


def merged_elsewhere(event: Event, into: EventId) -> Event:
    return replace(event, event_id=ELSEWHERE, status=EventStatus.MERGED, merged_into=into)


def told(travel: BodyTravel) -> list[Record]:
    """A press of four articles; the second report was placed in an event that has been merged since."""
    window, encoder, records = Window(FoldPolicy()), Encoder(travel), list[Record]()
    for number, each in enumerate(press()):
        folding = place(window, each, number * 60)
        placed, event = folding.folded.placed, folding.events[-1]
        if number == 1:
            placed = replace(placed, placement=replace(placed.placement, event_id=ELSEWHERE))
            records.append(encoder.event(merged_elsewhere(event, event.event_id), None, START))
        records += [encoder.article(placed), encoder.event(event, None, START)]
    return [*records, records[0]]  # current state is published again now and then


def replay(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    assert status == main(["replay", "--since", "1h", "--shadow", "--from", "topic", *arguments])
    said = capsys.readouterr()
    return said.out if status == 0 else said.err


def test_articles_of_the_topic_are_folded_again(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Merges are followed, a repeat counts once, and the same folding finds no difference; no store is needed."""
    monkeypatch.chdir(tmp_path)
    config = f'kafka = {{ bootstrap_servers = ["{address}"], topic_prefix = "whole." }}\n'
    (tmp_path / "storyfold.toml").write_text(config)
    publish(address, "whole.", told(BodyTravel.FULL))
    value = json.loads(replay(capsys, "--json"))
    assert (4, 2, 2, 2, 0) == (value["articles"], value["then"], value["now"], value["same"], value["split"])
    assert [] == value["kinds"]


def test_bodies_that_did_not_travel_are_named(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the settings, and by the records where the settings have changed since."""
    monkeypatch.chdir(tmp_path)
    config = f'kafka = {{ bootstrap_servers = ["{address}"], topic_prefix = "bare." }}\n'
    (tmp_path / "storyfold.toml").write_text(config)
    publish(address, "bare.", told(BodyTravel.NONE))
    assert "none of the 4 articles on bare.news.articles has its body" in replay(capsys, status=1)
    (tmp_path / "storyfold.toml").write_text(f'{config}read = {{ body = "excerpt" }}\n')
    assert 'bodies do not travel whole (read.body = "excerpt")' in replay(capsys, status=1)
