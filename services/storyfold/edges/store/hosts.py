"""What hosts asked for, and their robots.txt files."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from storyfold.edges.store.documents import Codec
from storyfold.edges.store.rows import BITE, rows_of
from storyfold.edges.store.tables import hosts, robots
from storyfold.hosts.memory import HostKept, RobotsKept, merged

_HOST: Codec[HostKept] = Codec(HostKept)
_ROBOTS: Codec[RobotsKept] = Codec(RobotsKept)


def keep_hosts(connection: Connection, kept: Sequence[HostKept], files: Sequence[RobotsKept]) -> None:
    """See `HostStore.keep_hosts`."""
    # In one order everywhere, so that two writers never wait for each other.
    _keep_hosts(connection, sorted(kept, key=lambda each: each.host))
    _keep_robots(connection, sorted(files, key=lambda each: each.origin))


def _keep_hosts(connection: Connection, kept: Sequence[HostKept]) -> None:
    query = select(hosts).order_by(hosts.c.host).with_for_update()
    before = {row.host: row for row in rows_of(connection, query, hosts.c.host, [each.host for each in kept])}
    new, changed = [], []
    for each in kept:
        row = before.get(each.host)
        if row is None:
            new.append({"host": each.host, "blocked_until": each.until, "document": _HOST.encode(each)})
            continue
        now = merged(_HOST.decode(row.document), each)
        changed.append({"key": each.host, "until": now.until, "text": _HOST.encode(now)})
    if new:
        connection.execute(insert(hosts), new)
    if changed:
        one = update(hosts).where(hosts.c.host == bindparam("key"))
        connection.execute(one.values(blocked_until=bindparam("until"), document=bindparam("text")), changed)


def _keep_robots(connection: Connection, files: Sequence[RobotsKept]) -> None:
    query = select(robots.c.origin, robots.c.expires_at).order_by(robots.c.origin).with_for_update()
    before = {
        row.origin: row.expires_at
        for row in rows_of(connection, query, robots.c.origin, [each.origin for each in files])
    }
    new = [
        {"origin": each.origin, "expires_at": each.until, "document": _ROBOTS.encode(each)}
        for each in files
        if each.origin not in before
    ]
    changed = [
        {"key": each.origin, "until": each.until, "text": _ROBOTS.encode(each)}
        for each in files
        if each.origin in before and before[each.origin] <= each.until
    ]
    if new:
        connection.execute(insert(robots), new)
    if changed:
        one = update(robots).where(robots.c.origin == bindparam("key"))
        connection.execute(one.values(expires_at=bindparam("until"), document=bindparam("text")), changed)


def kept_hosts(connection: Connection, now: datetime, limit: int) -> tuple[HostKept, ...]:
    """See `HostStore.kept_hosts`."""
    query = select(hosts.c.document).where(hosts.c.blocked_until > now).order_by(hosts.c.blocked_until.desc())
    return tuple(_HOST.decode(text) for text in connection.execute(query.limit(limit)).scalars())


def kept_robots(connection: Connection, origin: str) -> RobotsKept | None:
    """See `HostStore.kept_robots`."""
    text = connection.execute(select(robots.c.document).where(robots.c.origin == origin)).scalar()
    return None if text is None else _ROBOTS.decode(text)


def forget_hosts(connection: Connection, before: datetime) -> int:
    """Forget hosts of which nothing matters since a moment."""
    old = select(hosts.c.host).where(hosts.c.blocked_until < before).order_by(hosts.c.blocked_until)
    names = connection.execute(old.limit(BITE).with_for_update(skip_locked=True)).scalars().all()
    connection.execute(delete(hosts).where(hosts.c.host.in_(names)))
    return len(names)


def forget_robots(connection: Connection, before: datetime) -> int:
    """Forget robots.txt files that are not believed since a moment."""
    old = select(robots.c.origin).where(robots.c.expires_at < before).order_by(robots.c.expires_at)
    names = connection.execute(old.limit(BITE).with_for_update(skip_locked=True)).scalars().all()
    connection.execute(delete(robots).where(robots.c.origin.in_(names)))
    return len(names)
