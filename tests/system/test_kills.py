"""Twenty times SIGKILL at random moments: every article once, no gap between the versions of any event."""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.rig import Press, Seen, TopicReader, stopping, wait_until
from tests.brokers.apache import KafkaMissing, apache_kafka
from tests.fakes.kafka_broker import APACHE
from tests.system.conditions import missing
from tests.system.program import Program

KILLS = 20
# What newsroom tells meanwhile: some 500 articles, a few a second, so that there is work in hand at every kill.
PRESS = ("--seed", "5", "--publishers", "10", "--happenings", "60", "--habits", "none", "--feed-entries", "300")
RATE = "6"


@pytest.fixture(params=["embedded", APACHE])
def bootstrap(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """No broker, for the embedded one, which a killed program finds again; and Apache Kafka."""
    if request.param == "embedded":
        yield None
        return
    try:
        with apache_kafka() as kafka:  # of its own: its topics have no prefix
            yield kafka.bootstrap[0]
    except KafkaMissing as error:
        missing(str(error))


@pytest.mark.timeout(600)
def test_twenty_kills_lose_and_repeat_nothing(bootstrap: str | None, tmp_path: Path) -> None:
    """For a `read_committed` consumer, every article that newsroom served is there once, and versions have no gaps."""
    chance = random.Random(20)
    press = Press.start(tmp_path, *PRESS, "--rate", RATE, "--opml", str(tmp_path / "feeds.opml"))
    program = Program(tmp_path, tmp_path / "feeds.opml", bootstrap)
    with stopping(program.process, press.process):
        program.start()
        reader = TopicReader(program.bootstrap)
        reader.start()
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.0, 4.0))
            program.process.kill()
            program.start(ready=chance.random() < 0.5)
        wait_until("readiness after the last kill", program.is_ready, 60)
        wait_until("newsroom to have told everything", lambda: press.truth()["complete"], 240, every=1)
        listed = _listed(press)
        wait_until("all of it to be listed", lambda: len(_listed(press)) == press.truth()["totals"]["planned"], 60)
        listed = _listed(press)
        wait_until("everything to be taken up", lambda: _taken_up(program) >= len(listed), 60)
        wait_until("everything to be settled", program.settled, 120, every=1)
        wait_until("everything to be read back", lambda: len(_articles(reader)) >= len(listed), 30)
        time.sleep(1)  # what is repeated would come now
        assert program.process.stop() == 0, program.process.tail()
        reader.stop()

    first_versions = Counter(
        record.value["article_id"] for record in reader.of("news.articles") if record.value["version"] == 1
    )
    urls = {record.value["url"] for record in _articles(reader)}
    assert set() == {url for url in listed if url not in urls}, "lost"
    assert {} == {article: count for article, count in first_versions.items() if count > 1}, "repeated"
    assert len(listed) == len(first_versions)
    assert {} == _repeated(reader.seen)
    assert {} == _broken_sequences(reader.of("news.events"))


def _listed(press: Press) -> set[str]:
    return {article["url"] for article in press.truth()["articles"] if article["first_listed_at"] is not None}


def _taken_up(program: Program) -> int:
    return int(program.rows("SELECT count(*) FROM entries")[0][0])


def _articles(reader: TopicReader) -> list[Seen]:
    return [record for record in reader.of("news.articles") if record.value["version"] == 1]


def _repeated(records: list[Seen]) -> dict[tuple[str, str], int]:
    """Records that a consumer saw more than once, by topic and `ce_id`."""
    counts = Counter((record.topic, record.headers["ce_id"]) for record in records)
    return {name: count for name, count in counts.items() if count > 1}


def _broken_sequences(records: list[Seen]) -> dict[str, list[int]]:
    """Events whose versions are not 1, 2, 3 … in the order in which they came."""
    versions: defaultdict[str, list[int]] = defaultdict(list)
    for record in records:
        versions[record.value["event_id"]].append(record.value["version"])
    return {event: found for event, found in versions.items() if found != list(range(1, len(found) + 1))}
