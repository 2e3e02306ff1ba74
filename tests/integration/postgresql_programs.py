"""Programs that share a PostgreSQL store, run as processes by tests.

python -m tests.integration.postgresql_programs write URL NAME      # commits until killed; "kept KEY" a commit
python -m tests.integration.postgresql_programs lease URL NAME      # leases until nothing is left; "has KEY" a row
python -m tests.integration.postgresql_programs open URL            # prints the store's own name
"""

import asyncio
import sys

from storyfold.edges.store.opening import open_store
from storyfold.edges.store.sql import SqlStore
from storyfold.model.commit import Commit
from storyfold.ports import StoreUnavailable
from tests.fakes.store_values import HOUR, NOON, folded_of, new_entry, record_of, settled

WRITERS = 10


async def patiently(store: SqlStore, commit: Commit) -> None:
    """Do as the stages do: hand the same commit in until it is taken."""
    while True:
        try:
            await store.apply(commit)
        except StoreUnavailable as error:
            print("error", error, file=sys.stderr, flush=True)
            await asyncio.sleep(0.05)
        else:
            return


async def write(store: SqlStore, name: str) -> None:
    async def one(number: int) -> None:
        step = 0
        while True:
            key = f"{name}-{number}-{step}"
            await patiently(store, Commit(taken_up=(new_entry(key),), outbox=(record_of(f"t{key}"),)))
            print("kept", f"t{key}", flush=True)
            done = Commit(settled=(settled(key),), articles=(folded_of(key),), outbox=(record_of(f"d{key}"),))
            await patiently(store, done)
            print("kept", f"d{key}", flush=True)
            step += 1

    await asyncio.gather(*map(one, range(WRITERS)))


async def lease(store: SqlStore, name: str) -> None:
    while True:
        rows = await store.lease_entries(name, NOON, HOUR, 7)
        feeds = await store.lease_feeds(name, NOON, HOUR, 3)
        for key in (*(row.entry.entry_id for row in rows), *(feed.source.feed_id for feed in feeds)):
            print("has", key, flush=True)
        if not rows and not feeds:
            return


async def main() -> None:
    what, url, *name = sys.argv[1:]
    store = await open_store(url)
    match what:
        case "write":
            await write(store, *name)
        case "lease":
            print("ready", flush=True)
            await asyncio.to_thread(sys.stdin.readline)
            await lease(store, *name)
        case _:
            print(await store.store_id())
    await store.close()


if __name__ == "__main__":
    asyncio.run(main())
