"""When a host may be contacted next: a decision over plain values.

All moments are seconds of a steady clock, so that a wall clock that jumps neither holds a host off nor hurries it.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from math import inf

from storyfold.hosts.policy import HostPolicy


@dataclass(frozen=True, slots=True)
class HostSlots:
    """What is remembered of one host.

    Attributes:
        active: exchanges under way.
        paced_at: when the last paced one began.
        held_until: nobody goes near before.
    """

    active: int = 0
    paced_at: float = -inf
    held_until: float = -inf


def spacing(policy: HostPolicy, crawl_delay: timedelta | None) -> float:
    """Seconds between the starts of two paced exchanges: the policy's, or the robots.txt's own up to the cap."""
    asked = min(crawl_delay or timedelta(), policy.crawl_delay_cap)
    return max(policy.interval, asked).total_seconds()


def opens_at(slots: HostSlots, policy: HostPolicy, interval: float, *, paced: bool) -> float:
    """When the next exchange may begin: a moment that may lie in the past, or infinity while all slots are taken."""
    if slots.active >= policy.concurrency:
        return inf
    return max(slots.held_until, slots.paced_at + interval) if paced else slots.held_until


def taken(slots: HostSlots, now: float, *, paced: bool) -> HostSlots:
    """After an exchange has begun."""
    return replace(slots, active=slots.active + 1, paced_at=now if paced else slots.paced_at)


def freed(slots: HostSlots) -> HostSlots:
    """After an exchange has ended."""
    return replace(slots, active=slots.active - 1)


def held(slots: HostSlots, until: float) -> HostSlots:
    """After the host has asked for peace; an earlier wish for longer stands."""
    return replace(slots, held_until=max(slots.held_until, until))


def forgettable(slots: HostSlots, now: float, interval: float) -> bool:
    """Whether nothing is lost by forgetting the host: nobody is there, and nobody would have to wait."""
    return slots.active == 0 and slots.held_until <= now and slots.paced_at + interval <= now


def expected_wait(slots: HostSlots, policy: HostPolicy, interval: float, now: float, *, ahead: int) -> float:
    """Seconds until a paced exchange asked for now would begin, by what can be known.

    Args:
        slots: the host's.
        policy: the settings.
        interval: between two paced ones.
        now: on the steady clock.
        ahead: paced ones that wait already. How long exchanges under way will take, nobody knows: they count as none.
    """
    free = replace(slots, active=min(slots.active, policy.concurrency - 1))
    return max(0.0, opens_at(free, policy, interval, paced=True) - now) + ahead * interval
