"""A storyfold that only holds an embedded broker, to be killed.

python -m tests.fakes.broker_holder FOLDER STORE_ID GONE_SECONDS
"""

import asyncio
import sys
from pathlib import Path

from storyfold.edges.broker import BrokerPolicy, EmbeddedBroker
from storyfold.edges.clock import SystemClock
from tests.fakes.meter import RecordingMeter


async def main(folder: str, store_id: str, gone_seconds: float) -> None:
    """Start or find the broker, say where it is, and stay."""
    policy = BrokerPolicy(gone_seconds=gone_seconds)
    broker = EmbeddedBroker(Path(folder), store_id, policy, SystemClock(), RecordingMeter())
    print(await broker.start(), flush=True)
    await asyncio.sleep(600)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
