"""What processes that share a store must agree on: who owns a fold shard, whose turn it is, and who is alive."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from storyfold.edges.store import entries, feeds, rereads
from storyfold.edges.store.tables import EPOCH, MICROSECOND, shards
from storyfold.model.shards import ShardClaim, ShardStep, Turn
from storyfold.ports import ShardTaken

# Kinds of rows in `shards`, before the name of what they stand for.
FOLD, OWNER, TURN = "fold ", "owner ", "turn "
# The position of a shard of which nothing was decided yet.
NOWHERE = -1


def claim_shard(connection: Connection, shard: int) -> ShardClaim:
    """See `Store.claim_shard`; a commit of the former owner that is under way ends first."""
    name = f"{FOLD}{shard}"
    claim = update(shards).where(shards.c.name == name).values(epoch=shards.c.epoch + 1)
    row = connection.execute(claim.returning(shards.c.epoch, shards.c.position)).first()
    if row is None:
        connection.execute(insert(shards).values(name=name, position=NOWHERE, epoch=1, document=""))
        return ShardClaim(shard, 1, None)
    return ShardClaim(shard, row.epoch, None if row.position == NOWHERE else row.position)


def step(connection: Connection, taken: ShardStep) -> None:
    """Move a shard's position, and hold the shard until the transaction ends.

    Raises:
        ShardTaken: it has another owner.
    """
    ours = shards.c.name == f"{FOLD}{taken.shard}", shards.c.epoch == taken.epoch
    position = shards.c.position if taken.position is None else taken.position
    if connection.execute(update(shards).where(*ours).values(position=position)).rowcount == 0:
        raise ShardTaken(f"fold shard {taken.shard} has another owner since epoch {taken.epoch}")


def beat(connection: Connection, owner: str) -> dict[str, int]:
    """See `Store.beat`."""
    name = f"{OWNER}{owner}"
    done = connection.execute(update(shards).where(shards.c.name == name).values(epoch=shards.c.epoch + 1))
    if done.rowcount == 0:
        connection.execute(insert(shards).values(name=name, position=0, epoch=1, document=""))
    query = select(shards.c.name, shards.c.epoch).where(shards.c.name.startswith(OWNER, autoescape=True))
    return {row.name.removeprefix(OWNER): row.epoch for row in connection.execute(query)}


def bury(connection: Connection, owner: str) -> None:
    """See `Store.bury`."""
    feeds.release(connection, owner)
    entries.release(connection, owner)
    rereads.release(connection, owner)
    connection.execute(delete(shards).where(shards.c.name == f"{OWNER}{owner}"))
    ours = shards.c.name.startswith(TURN, autoescape=True), shards.c.document == owner
    connection.execute(update(shards).where(*ours).values(position=0))


def take_turn(connection: Connection, what: str, owner: str, now: datetime, lease: timedelta, *, force: bool) -> Turn:
    """See `Store.take_turn`; the position is the end of the lease, the epoch the term, the document the owner."""
    here = shards.c.name == f"{TURN}{what}"
    until = (now + lease - EPOCH) // MICROSECOND
    row = connection.execute(select(shards).where(here).with_for_update()).first()
    if row is None:
        connection.execute(insert(shards).values(name=f"{TURN}{what}", position=until, epoch=1, document=owner))
        return Turn(owner, 1)
    free = force or row.position <= (now - EPOCH) // MICROSECOND
    if row.document != owner and not free:
        return Turn(row.document, row.epoch)
    term = row.epoch + (row.document != owner)
    connection.execute(update(shards).where(here).values(position=until, epoch=term, document=owner))
    return Turn(owner, term)


def end_turn(connection: Connection, what: str, owner: str) -> None:
    """See `Store.end_turn`."""
    ours = shards.c.name == f"{TURN}{what}", shards.c.document == owner
    connection.execute(update(shards).where(*ours).values(position=0))
