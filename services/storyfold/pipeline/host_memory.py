"""Host memory: what hosts asked for, kept in the store, so that a restart forgets none of it and other processes hear.

Nothing here keeps a fetch waiting but one read of the store for a robots.txt that may be there, in place of asking the
host for it. Everything else is written and read in the background, in batches. A store that is away costs memory of
hosts, never a stage: what was not written is tried again, up to a bound.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from math import inf
from typing import Final, TypeVar

from storyfold.hosts.memory import HostKept, RobotsKept, merged
from storyfold.hosts.retry_after import LONGEST
from storyfold.hosts.robots import Robots
from storyfold.hosts.slots import HostSlots
from storyfold.ports import Clock, HostStore, StoreUnavailable
from storyfold.urls.domain import registrable_domain_of

T = TypeVar("T")

logger = logging.getLogger(__name__)

# Seconds; a restart takes longer than shorter intervals, and writing down every page request would be dear.
WORTH_KEEPING: Final = 5.0
# Seconds by which a moment may seem to differ when it comes back from the store.
_DRIFT: Final = 0.5
# Hosts, and robots.txt files, that wait to be written; while the store is away for long, the oldest are let go.
_UNSAVED: Final = 10_000
_UNSAVED_ROBOTS: Final = 500
# Hosts that are read at a look; a store with more hold-offs at once is told of the longest.
HOSTS_READ: Final = 10_000


class HostMemory:
    """What is to be kept, and what the store has of others.

    Args:
        clock: between the wall clock of what is kept and the steady clock of what is decided.
        robots_ttl: no robots.txt is believed for longer, whatever the wall clock did since it was read.
        store: where; None keeps nothing.
        most: hold-offs that are remembered here; beyond it the oldest are let go.
    """

    def __init__(
        self, clock: Clock, robots_ttl: timedelta, store: HostStore | None = None, most: int = HOSTS_READ
    ) -> None:
        self._clock = clock
        self._robots_ttl = robots_ttl
        self._store = store
        self._most = most
        self._away = False
        self._known: dict[str, HostSlots] = {}
        self._hosts: dict[str, HostKept] = {}
        self._robots: dict[str, RobotsKept] = {}

    # -- what is known ------------------------------------------------------------------------------------------------

    def slots(self, origin: str) -> HostSlots:
        """What is known of a host that is met anew: its own hold-off and pacing, and its domain's hold-off."""
        if not self._known:
            return HostSlots()
        own = self._known.get(origin, HostSlots())
        domain = self._known.get(registrable_domain_of(origin), HostSlots())
        return HostSlots(paced_at=own.paced_at, held_until=max(own.held_until, domain.held_until))

    async def robots(self, origin: str) -> tuple[Robots, float] | None:
        """The robots.txt that the store has of a host, and until when (steady clock) it is believed."""
        if self._store is None:
            return None
        kept = self._robots.get(origin)
        if kept is None:
            try:
                kept = await self._store.kept_robots(origin)
            except StoreUnavailable:
                return None
        return None if kept is None else (kept.robots, self._steady(kept.until, self._robots_ttl))

    # -- what is to be kept -------------------------------------------------------------------------------------------

    def note_hold(self, host: str, until: float) -> None:
        """A host, or a registrable domain, wants to be left alone."""
        before = self._known.get(host, HostSlots())
        slots = HostSlots(paced_at=before.paced_at, held_until=max(before.held_until, until))
        _put(self._known, host, slots, self._most)
        moment = self._wall(until)
        self._note(HostKept(host, until=moment, held_until=moment))

    def note_paced(self, origin: str, interval: float) -> None:
        """A paced exchange begins now, the next one may an interval later."""
        if interval >= WORTH_KEEPING:
            now = self._clock.now()
            self._note(HostKept(origin, until=now + timedelta(seconds=interval), paced_at=now))

    def note_robots(self, origin: str, robots: Robots, lifetime: timedelta) -> None:
        """A robots.txt has been read."""
        if self._store is not None:
            _put(self._robots, origin, RobotsKept(origin, robots, self._clock.now() + lifetime), _UNSAVED_ROBOTS)

    def _note(self, kept: HostKept) -> None:
        if self._store is not None:
            before = self._hosts.get(kept.host)
            _put(self._hosts, kept.host, kept if before is None else merged(before, kept), _UNSAVED)

    # -- with the store -----------------------------------------------------------------------------------------------

    async def save(self) -> None:
        """Write what waits to be written."""
        hosts, robots = self._hosts, self._robots
        if self._store is None or not (hosts or robots):
            return
        self._hosts, self._robots = {}, {}
        try:
            await self._store.keep_hosts(tuple(hosts.values()), tuple(robots.values()))
        except StoreUnavailable as error:
            self._say_away(error)
            newer = self._robots
            self._robots = {}
            for origin, each in (robots | newer).items():
                _put(self._robots, origin, each, _UNSAVED_ROBOTS)
            for kept in hosts.values():
                self._note(kept)

    async def look(self) -> Mapping[str, HostSlots]:
        """Read what other processes were asked for, and before the last start: what is news here, by host or domain."""
        if self._store is None:
            return {}
        now = self._clock.now()
        try:
            kept = await self._store.kept_hosts(now, HOSTS_READ)
        except StoreUnavailable as error:
            self._say_away(error)
            return {}
        self._away = False
        steady, before = self._clock.steady(), self._known
        # Those of our own that are not written yet stay, those that are over go.
        self._known = {host: slots for host, slots in before.items() if slots.held_until > steady}
        for each in kept:
            _put(self._known, each.host, self._heard(each, before.get(each.host, HostSlots())), self._most)
        heard = {each.host: self._known[each.host] for each in kept if each.host in self._known}
        return {host: slots for host, slots in heard.items() if slots != before.get(host)}

    def _say_away(self, error: StoreUnavailable) -> None:
        """Say once that the store is away, not every second."""
        if not self._away:
            logger.warning("what hosts asked for is neither written down nor heard of others for now: %s", error)
        self._away = True

    def _heard(self, kept: HostKept, own: HostSlots) -> HostSlots:
        """Moments that are known here stand unless the store's are later by more than clocks drift apart."""
        held = -inf if kept.held_until is None else self._steady(kept.held_until, LONGEST)
        paced = -inf if kept.paced_at is None else self._steady(kept.paced_at, timedelta(0))
        return HostSlots(
            paced_at=paced if paced > own.paced_at + _DRIFT else own.paced_at,
            held_until=held if held > own.held_until + _DRIFT else own.held_until,
        )

    def _steady(self, moment: datetime, longest: timedelta) -> float:
        """On the steady clock; a wall clock that was set back must not make it later than can be."""
        ahead = min(moment - self._clock.now(), longest)
        return self._clock.steady() + ahead.total_seconds()

    def _wall(self, moment: float) -> datetime:
        return self._clock.now() + timedelta(seconds=moment - self._clock.steady())


def _put(kept: dict[str, T], key: str, value: T, most: int) -> None:
    kept.pop(key, None)
    kept[key] = value
    if len(kept) > most:
        del kept[next(iter(kept))]
