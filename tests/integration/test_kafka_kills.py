"""A publisher that is killed at any moment neither loses nor repeats a record, nor changes their order."""

import random
import secrets
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from storyfold.edges.store.opening import open_store
from storyfold.model.commit import Commit
from storyfold.model.records import Record, Topic
from tests.fakes.kafka_broker import APACHE, embedded_broker, read_all
from tests.fakes.publishing import killed
from tests.fakes.store_values import NOON

pytestmark = pytest.mark.anyio
ROWS = 2000
KILLS = 20


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=["embedded", APACHE])
def bootstrap(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "apache":
        yield request.getfixturevalue("apache_bootstrap")
        return
    with embedded_broker(tmp_path) as address:
        yield address


def record(number: int) -> Record:
    topic = list(Topic)[number % len(Topic)]
    return Record(
        topic, f"k{number % 7}", (("ce_id", f"r{number}"),), b'{"n":%d,"pad":"%s"}' % (number, b"x" * 900), NOON
    )


async def test_killed_twenty_times(tmp_path: Path, bootstrap: str) -> None:
    """Killed 20 times while it drains 2,000 rows, the publisher puts each of them on Kafka once, in order."""
    url = f"sqlite:///{tmp_path / 'store.db'}"
    prefix = f"t{secrets.token_hex(4)}."
    store = await open_store(url)
    for first in range(0, ROWS, 200):
        await store.apply(Commit(outbox=tuple(record(number) for number in range(first, first + 200))))
    await store.close()
    cut_short = await killed(KILLS, 0.03, random.Random(20), url, bootstrap, prefix)
    messages = read_all(bootstrap, prefix, at_least=ROWS)
    counts = Counter(dict(message.headers)["ce_id"] for message in messages)
    assert {f"r{number}": 1 for number in range(ROWS)} == dict(counts)
    for index, topic in enumerate(Topic):
        expected = [f"r{number}" for number in range(ROWS) if number % len(Topic) == index]
        found = [dict(message.headers)["ce_id"] for message in messages if message.topic == prefix + topic.value]
        assert expected == found
    # Otherwise the kills came too late to show anything.
    assert cut_short >= KILLS / 2
