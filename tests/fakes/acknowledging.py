"""A store that is filled, commit by commit, saying each that is acknowledged: ``python -m ... URL COMMITS``.

A commit takes up an entry, settles it, places its article and adds two records, as folding does.
"""

import asyncio
import os
import random
import sqlite3
import sys

from storyfold.edges.store.opening import open_store
from storyfold.model.commit import Commit
from storyfold.model.records import Record, Topic
from tests.fakes.store_values import NOON, folded_of, new_entry, settled

VALUE_BYTES = 1500
# Commits between two times that the log is written back into the database; SQLite itself waits for 4 MB.
WRITTEN_BACK = 7


def commit_of(number: int) -> Commit:
    """The commit with a number, from 1."""
    value = random.Random(number).randbytes(VALUE_BYTES)
    name = f"n{number}"
    outbox = tuple(Record(Topic.EVENTS, name, (("ce_id", f"{name}:{part}"),), value, NOON) for part in "ab")
    return Commit(taken_up=(new_entry(name),), settled=(settled(name),), articles=(folded_of(name),), outbox=outbox)


def write_back(path: str) -> None:
    """What SQLite does by itself when its log has grown."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    connection.close()


async def main(url: str, commits: int) -> None:
    """Fill it, writing the log back on the way."""
    store = await open_store(url)
    for number in range(1, commits + 1):
        await store.apply(commit_of(number))
        os.write(1, b"ACK %d\n" % number)
        if number % WRITTEN_BACK == 0:
            write_back(url.removeprefix("sqlite:///"))
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
