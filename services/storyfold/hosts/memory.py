"""What is kept of hosts from one run to the next, and told to other processes: plain values on the wall clock."""

from dataclasses import dataclass, replace
from datetime import datetime

from storyfold.hosts.robots import Robots


@dataclass(frozen=True, slots=True)
class HostKept:
    """What a host, or all hosts of a registrable domain, asked for.

    Attributes:
        host: scheme, name and port as in ``https://news.example``; or a registrable domain, which has no scheme.
        until: nothing of it matters any more from then on.
        held_until: nobody goes near before; None where it did not ask for that.
        paced_at: when the last paced exchange began; None where its interval is too short to outlast a restart.
    """

    host: str
    until: datetime
    held_until: datetime | None = None
    paced_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RobotsKept:
    """A robots.txt that was read.

    Attributes:
        origin: scheme, name and port.
        robots: what it says to us.
        until: it is believed until then; later it still serves while it cannot be had anew (RFC 9309, 2.4).
    """

    origin: str
    robots: Robots
    until: datetime


def merged(first: HostKept, second: HostKept) -> HostKept:
    """Take of two memories of one host the later wish each.

    Args:
        first: one of them.
        second: the other; the order does not matter.
    """
    return replace(
        first,
        until=max(first.until, second.until),
        held_until=_later(first.held_until, second.held_until),
        paced_at=_later(first.paced_at, second.paced_at),
    )


def _later(first: datetime | None, second: datetime | None) -> datetime | None:
    if first is None or second is None:
        return first or second
    return max(first, second)
