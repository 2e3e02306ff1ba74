"""The publish stage as a process of its own, to be killed: ``python -m tests.fakes.publishing STORE BOOTSTRAP PREFIX``.

Says "going" after its first transaction, and "done" when the outbox is drained.
"""

import asyncio
import random
import sys

from storyfold.edges.clock import SystemClock
from storyfold.edges.kafka_publisher import KafkaPublication, KafkaPublisher
from storyfold.edges.kafka_topics import publisher_group, transactional_id
from storyfold.edges.store.opening import open_store
from storyfold.model.metrics import Metric, PublishOutcome
from storyfold.pipeline.publish import PublishParts, PublishPolicy, PublishStage
from storyfold.wire.encode import Encoder
from tests.fakes.kafka_broker import connect, run_python
from tests.fakes.meter import RecordingMeter


async def main(store_url: str, bootstrap: str, prefix: str, batch_rows: int = 5) -> None:
    """Drain the outbox of a store, then end."""
    store = await open_store(store_url)
    publication = KafkaPublication(
        transactional_id(prefix), publisher_group(prefix, await store.store_id()), prefix, 1, 1
    )
    publisher = KafkaPublisher(connect(bootstrap), publication)
    meter = RecordingMeter()
    parts = PublishParts(store, publisher, Encoder(), SystemClock(), meter, random.Random(1))
    stage = PublishStage(parts, PublishPolicy(batch_rows=batch_rows, poll_seconds=0.02))
    running = asyncio.create_task(stage.run())
    committed = (Metric.TRANSACTIONS, PublishOutcome.COMMITTED)
    drained = asyncio.create_task(stage.drained())
    while not (meter.counted(*committed) or drained.done() or running.done()):  # a meter wakes nobody
        await asyncio.sleep(0.001)
    print("going", flush=True)
    await asyncio.wait({drained, running}, return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        running.result()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await store.close()
    print("done", flush=True)


async def killed(times: int, within: float, chance: random.Random, *where: str) -> int:
    """Kill so many publishers at random moments after their first transaction, then let one drain the rest.

    Args:
        times: how many are killed.
        within: seconds after the first transaction.
        chance: draws the moments.
        where: store URL, bootstrap, prefix.

    Returns:
        How many had more to do when they were killed.
    """
    cut_short = 0
    for _ in range(times):
        process = run_python("tests.fakes.publishing", *where)
        assert process.stdout is not None
        assert process.stdout.readline() == "going\n"
        await asyncio.sleep(chance.uniform(0, within))
        process.kill()
        cut_short += process.stdout.read() == ""
        process.stdout.close()
        process.wait(10)
    last = run_python("tests.fakes.publishing", *where)
    assert last.communicate(timeout=120)[0] == "going\ndone\n"
    return cut_short


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3]))
