"""What every hop must do: in memory, inside one process, and over Kafka, embedded and Apache."""

import asyncio
import contextlib
import secrets
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field

import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition

from storyfold.edges.hop_messages import Unreadable
from storyfold.edges.kafka_hop import HopPlan, KafkaHop
from storyfold.edges.local_hop import LocalHop
from storyfold.ports import Hop
from tests.fakes.hop import MemoryHop
from tests.fakes.kafka_broker import APACHE, connect, embedded_broker

pytestmark = pytest.mark.anyio

CAPACITY = 60
PARTITIONS = 4


@dataclass
class Way:
    """A hop of one's own.

    Attributes:
        kind: memory, local, embedded or apache.
        bootstrap: of the broker; empty where there is none.
        topic: likewise.
        dropped: how many messages nobody could read.
        ends: all that were made.
    """

    kind: str
    bootstrap: str = ""
    topic: str = field(default_factory=lambda: f"hop-{secrets.token_hex(4)}")
    dropped: Counter[str] = field(default_factory=Counter)
    ends: list[KafkaHop[str]] = field(default_factory=list)
    one: Hop[str] | None = None

    def end(self) -> Hop[str]:
        """One more end, as another process would have it; the only one there is where there is no broker."""
        if self.bootstrap:
            return self.kafka()
        if self.one is None:
            self.one = MemoryHop(CAPACITY) if self.kind == "memory" else LocalHop(CAPACITY)
        return self.one

    def kafka(self, *, keeps_positions: bool = False, partitions: int = PARTITIONS) -> KafkaHop[str]:
        """One more end over Kafka; an item is its key, a colon, and the rest."""

        def count() -> None:
            self.dropped["dropped"] += 1

        hop: KafkaHop[str] = KafkaHop(
            connect(self.bootstrap),
            HopPlan(
                topic=self.topic,
                group=self.topic,
                partitions=partitions,
                replication=1,
                capacity=CAPACITY,
                encode=lambda item: item.encode(),
                decode=read,
                key_of=lambda item: item.partition(":")[0],
                partition_of=lambda item: int(item.partition(":")[0]) if keeps_positions else None,
                smaller=lambda _: None,
                dropped=count,
                keeps_positions=keeps_positions,
            ),
        )
        self.ends.append(hop)
        return hop


def read(message: bytes | None) -> str:
    if not message or message.startswith(b"?"):
        raise Unreadable("it is damaged")
    return message.decode()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def embedded_bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with embedded_broker(tmp_path_factory.mktemp("broker")) as address:
        yield address


@pytest.fixture(params=["memory", "local", "embedded", APACHE])
async def way(request: pytest.FixtureRequest) -> AsyncIterator[Way]:
    async with made(request) as one:
        yield one


@pytest.fixture(params=["embedded", APACHE])
async def kafka(request: pytest.FixtureRequest) -> AsyncIterator[Way]:
    async with made(request) as one:
        yield one


@contextlib.asynccontextmanager
async def made(request: pytest.FixtureRequest) -> AsyncIterator[Way]:
    kind: str = request.param
    way = Way(kind, request.getfixturevalue(f"{kind}_bootstrap") if kind in {"embedded", "apache"} else "")
    yield way
    for end in way.ends:
        await end.close()


async def until(what: str, holds: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"waited in vain for {what}"
        await asyncio.sleep(0.05)


async def soon(ask: Awaitable[tuple[str, ...]], seconds: float = 30) -> tuple[str, ...]:
    async with asyncio.timeout(seconds):
        return await ask


async def keep_receiving(hop: Hop[str], into: list[str]) -> None:
    while True:
        items = await hop.receive(10)
        into.extend(items)
        hop.done(items)


@contextlib.asynccontextmanager
async def background(*work: Awaitable[None]) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_nothing_is_lost_and_each_key_is_in_order(way: Way) -> None:
    """Whatever two senders send, two receivers get between them, each key in the order in which it was sent."""
    sent = [f"{number % 7}:{number}" for number in range(150)]
    first: list[str] = []
    second: list[str] = []
    async with background(keep_receiving(way.end(), first), keep_receiving(way.end(), second)):
        await way.end().send(sent[:75])
        await way.end().send(sent[75:])
        await until("all to arrive", lambda: set(sent) <= {*first, *second})
    for received in (first, second):
        by_key: defaultdict[str, list[int]] = defaultdict(list)
        for item in received:
            key, _, number = item.partition(":")
            by_key[key].append(int(number))
        assert all(numbers == sorted(numbers) for numbers in by_key.values())


async def test_a_full_hop_has_no_room(way: Way) -> None:
    """Room is what is left of the capacity, and there is room again when receivers are done."""
    sender, receiver = way.end(), way.end()
    measuring = [sender.measure()] if isinstance(sender, KafkaHop) else []
    async with background(*measuring):
        await until("room", lambda: sender.room() == CAPACITY)
        await sender.send([f"k:{number}" for number in range(CAPACITY)])
        await until("no room", lambda: sender.room() == 0)
        assert CAPACITY == sender.depth()
        received: list[str] = []
        async with background(keep_receiving(receiver, received)):
            await until("room again", lambda: sender.room() == CAPACITY)
        assert CAPACITY == len(received)


async def test_receiving_takes_at_most_so_many(way: Way) -> None:
    """The rest waits for the next call; nothing comes of an empty hop."""
    sender, receiver = way.end(), way.end()
    await sender.send([f"k:{number}" for number in range(5)])
    got: list[str] = []
    while len(got) < 5:
        items = await soon(receiver.receive(2))
        assert 1 <= len(items) <= 2
        got.extend(items)
        receiver.done(items)
    assert [f"k:{number}" for number in range(5)] == got
    with pytest.raises(TimeoutError):
        await soon(receiver.receive(1), 0.3)


async def test_what_a_receiver_was_not_done_with_comes_again(kafka: Way) -> None:
    """In one process it is lost with it, and the ledger sends it again; over Kafka the group's next has it."""
    sender = kafka.kafka()
    await sender.send([f"k:{number}" for number in range(10)])
    dying = kafka.kafka()
    got: list[str] = []
    while len(got) < 10:
        got.extend(await soon(dying.receive(10)))
    dying.done(got[:4])
    dying.done(got[6:7])  # out of order: what lies before it is not done
    await dying.close()
    heir = kafka.kafka()
    again: list[str] = []
    async with background(keep_receiving(heir, again)):
        await until("the rest", lambda: len(again) >= 6)
        await asyncio.sleep(0.3)
    assert got[4:] == again


async def test_a_receiver_that_joins_takes_its_share(kafka: Way) -> None:
    """Partitions are divided among all who receive, and nothing is lost while they move."""
    sender = kafka.kafka()
    one, other = kafka.kafka(), kafka.kafka()
    first: list[str] = []
    second: list[str] = []
    sent: list[str] = []
    async with background(keep_receiving(one, first)):
        sent += [f"{number}:a" for number in range(40)]
        await sender.send(sent)
        await until("the first to have all", lambda: len(first) >= 40)
        async with background(keep_receiving(other, second)):
            for turn in range(200):
                more = [f"{number}:{turn}" for number in range(20)]
                sent += more
                await sender.send(more)
                if second:
                    break
                await asyncio.sleep(0.1)
            await until("all to arrive", lambda: set(sent) <= {*first, *second})
    assert second


async def test_what_nobody_can_read_is_passed_over(kafka: Way) -> None:
    """It is counted, and what comes behind it is received."""
    sender, receiver = kafka.kafka(), kafka.kafka()
    await sender.ready()
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap)
    try:
        producer.send(kafka.topic, key=b"k", value=b"? of another version").get(20)
        producer.send(kafka.topic, key=b"k", value=None).get(20)
    finally:
        producer.close()
    await sender.send(["k:1"])
    assert ("k:1",) == await soon(receiver.receive(5))
    assert 2 == kafka.dropped["dropped"]


async def given_all(hop: KafkaHop[str], count: int = 2) -> dict[int, int]:
    end = time.monotonic() + 30
    while len(shards := await hop.given(1)) < count:
        assert time.monotonic() < end, f"only {shards} were given"
    return dict(shards)


async def test_a_shard_is_read_from_a_position(kafka: Way) -> None:
    """From the beginning where there is none yet; then from the one that its receiver kept, not the group's."""
    sender = kafka.kafka(keeps_positions=True, partitions=2)
    await sender.send([f"{shard}:{number}" for number in range(6) for shard in (0, 1)])
    first = kafka.kafka(keeps_positions=True, partitions=2)
    await given_all(first)
    shard = first.open(1, None)
    got: list[str] = []
    while len(got) < 4:
        got.extend(await soon(shard.receive(4 - len(got))))
    position = shard.position()
    assert ([f"1:{number}" for number in range(4)], 4) == (got, position)
    shard.done(got)
    await first.close()
    second = kafka.kafka(keeps_positions=True, partitions=2)
    await given_all(second)
    other = second.open(1, 2)
    assert "1:2" == (await soon(other.receive(1)))[0]
    again = second.open(1, position)
    assert "1:4" == (await soon(again.receive(1)))[0]
    assert "0:0" == (await soon(second.open(0, None).receive(1)))[0]


async def test_a_shard_moves_to_who_joins_and_back(kafka: Way) -> None:
    """Both have one then; the one who stays is given the other's anew, under another number."""
    await kafka.kafka(keeps_positions=True, partitions=2).ready()
    one = kafka.kafka(keeps_positions=True, partitions=2)
    before = await given_all(one)
    other = kafka.kafka(keeps_positions=True, partitions=2)
    async with background(_watch(one), _watch(other)):
        await until("one each", lambda: len(one.held()) == 1 and len(other.held()) == 1)
        (kept,) = one.held()
        assert before[kept] == one.held()[kept]
        await other.close()
        await until("both again", lambda: len(one.held()) == 2)
    assert before[1 - kept] != one.held()[1 - kept]


async def _watch(hop: KafkaHop[str]) -> None:
    while True:
        await hop.given(0.2)


NO_WIDENING = pytest.mark.xfail(strict=True, reason="Tansu 0.6 cannot add partitions to a topic (CreatePartitions)")


@pytest.mark.parametrize("kafka", [pytest.param("embedded", marks=NO_WIDENING), APACHE], indirect=True)
async def test_a_topic_with_too_few_partitions_is_widened(kafka: Way) -> None:
    """So that more shards can be had; those that are there stay."""
    await kafka.kafka(keeps_positions=True, partitions=1).ready()
    wide = kafka.kafka(keeps_positions=True, partitions=3)
    async with asyncio.timeout(10):
        await wide.ready()
    assert {0, 1, 2} == set(await given_all(wide, 3))


def age(way: Way, partitions: int) -> None:
    """Have the broker delete what is on the hop, as it does with what is older than the retention."""
    admin = KafkaAdminClient(bootstrap_servers=way.bootstrap)
    admin.delete_records({TopicPartition(way.topic, number): -1 for number in range(partitions)})
    admin.close()


@pytest.mark.parametrize("kafka", [APACHE], indirect=True)
async def test_what_the_broker_deleted_by_age_is_passed_over(kafka: Way) -> None:
    """An outage longer than the retention: receivers go on with what is there, from positions that are no more."""
    sender = kafka.kafka(keeps_positions=True, partitions=2)
    await sender.send([f"{shard}:old" for shard in (0, 1)])
    age(kafka, 2)
    await sender.send([f"{shard}:new" for shard in (0, 1)])
    shards = kafka.kafka(keeps_positions=True, partitions=2)
    await given_all(shards)
    assert ("0:new",) == await soon(shards.open(0, 0).receive(9))
    assert ("1:new",) == await soon(shards.open(1, None).receive(9))
    await shards.close()
    group = kafka.kafka(partitions=2)
    got = [*await soon(group.receive(1)), *await soon(group.receive(1))]
    assert {"0:new", "1:new"} == set(got)
