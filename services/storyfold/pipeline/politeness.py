"""Politeness: one gate for polling and reading, so that together they treat a host as one polite visitor would.

A host is a scheme, a name and a port. Whoever waits for it is let in by order of arrival; one that must keep the host's
interval does not hold up one that need not. Robots.txt is fetched once a host, whoever asks, and by way of a slot: so
ask whether a URL is allowed before taking a slot for it, never while holding one.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice
from math import inf
from typing import Final, assert_never
from urllib.parse import urlsplit

from storyfold.hosts.policy import HostPolicy, RetryAfterScope
from storyfold.hosts.robots import ALLOW_ALL, Robots, parse_robots
from storyfold.hosts.slots import HostSlots, expected_wait, forgettable, freed, held, opens_at, spacing, taken
from storyfold.model.fetching import FetchLimits, FetchRequest, Purpose
from storyfold.pipeline.host_memory import HostMemory
from storyfold.ports import BadUrl, BlockedAddress, Clock, Fetcher, FetchError, Gate, TooManyRedirects
from storyfold.urls.domain import registrable_domain_of

# RFC 9309: five redirects are followed (2.3.1.2); what is larger than a few MiB is no robots.txt.
_ROBOTS_LIMITS: Final = FetchLimits(
    deadline=timedelta(seconds=15), body_bytes=4 * 1024 * 1024, wire_bytes=4 * 1024 * 1024, redirects=5
)
# How long a robots.txt that could not be reached is left alone before it is asked for again.
_ROBOTS_RETRY: Final = timedelta(minutes=10)
# How many idle hosts are looked at for one that can be forgotten without loss, before one is forgotten with.
_EVICTION_SCAN: Final = 16
# Between two exchanges with the store of what hosts asked for: so soon do other processes hear of a Retry-After.
_SHARE_SECONDS: Final = 1.0
# Bytes; parsing 500 KiB takes 0.2 s, and nobody else would run meanwhile.
_PARSED_AT_ONCE: Final = 16 * 1024


@dataclass(frozen=True, slots=True)
class _RobotsKept:
    """A robots.txt as far as it is known: None where it cannot be reached."""

    robots: Robots | None
    until: float


@dataclass(slots=True)
class _Host:
    """What is known of a host, and who waits for it: the queue position of each waiter beside its future."""

    origin: str
    slots: HostSlots
    paced: deque[tuple[int, asyncio.Future[None]]] = field(default_factory=deque)
    unpaced: deque[tuple[int, asyncio.Future[None]]] = field(default_factory=deque)
    robots: _RobotsKept | None = None
    fetching: asyncio.Task[Robots | None] | None = None
    timer: asyncio.Task[None] | None = None
    timer_at: float = inf

    def is_idle(self) -> bool:
        return not (self.slots.active or self.paced or self.unpaced or self.fetching)


class Politeness:
    """The gate, over any fetcher.

    Args:
        fetcher: gets robots.txt files.
        clock: tells when a host may be contacted again.
        policy: how politely.
        product: our product token in robots.txt files.
        hosts: how many are remembered; those with callers are, whatever their number.
        rules: of all robots.txt files together that are remembered; one takes some 300 bytes.
        memory: keeps what outlives this process; None keeps nothing.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        clock: Clock,
        policy: HostPolicy,
        *,
        product: str = "storyfold",
        hosts: int = 5_000,
        rules: int = 400_000,
        memory: HostMemory | None = None,
    ) -> None:
        self._fetcher = fetcher
        self._clock = clock
        self._policy = policy
        self._product = product
        self._hosts_limit = hosts
        self._hosts: OrderedDict[str, _Host] = OrderedDict()
        self._arrivals = 0
        self._rules_limit = rules
        self._rules = 0
        self._memory = memory or HostMemory(clock, policy.robots_ttl, most=hosts)

    def slot(self, url: str, *, paced: bool) -> AbstractAsyncContextManager[None]:
        """Wait for a slot of the URL's host (scheme, host, port); paced ones are also spaced by the host's interval."""
        return self._slot(url, paced=paced)

    def hold_off(self, url: str, until: datetime) -> None:
        """Let nobody near the host before then (Retry-After), or its domain; the URL alone is its feed's own matter."""
        moment = self._clock.steady() + (until - self._clock.now()).total_seconds()
        match self._policy.retry_after_scope:
            case RetryAfterScope.URL:
                return
            case RetryAfterScope.HOST:
                key = _origin(url)
            case RetryAfterScope.DOMAIN:
                key = registrable_domain_of(url)
            case other:
                assert_never(other)
        self._memory.note_hold(key, moment)
        self._host(url)
        self._heard(key, HostSlots(held_until=moment))

    async def allowed(self, url: str) -> bool | None:
        """What robots.txt says of a URL for us; None where robots.txt cannot be reached (treat as no for now)."""
        robots = await self._robots(url)
        return None if robots is None else robots.allows(url)

    def wait_of(self, url: str) -> timedelta:
        """How long a paced caller would wait now, by what can be known; exchanges under way count as over."""
        host = self._hosts.get(_origin(url))
        if host is None:
            known = self._memory.slots(_origin(url))
            return timedelta(seconds=max(0.0, known.held_until - self._clock.steady()))
        ahead = sum(not waiter.done() for _, waiter in host.paced)
        seconds = expected_wait(host.slots, self._policy, self._interval(host), self._clock.steady(), ahead=ahead)
        return timedelta(seconds=seconds)

    async def run(self) -> None:
        """Write down what hosts asked for, and hear what they asked of other processes, until cancelled."""
        while True:
            await self.share()
            await self._clock.sleep(_SHARE_SECONDS)

    async def share(self) -> None:
        """Exchange with the store once; to be called before the first visit, so that nobody who waits is forgotten."""
        await self._memory.save()
        for key, slots in (await self._memory.look()).items():
            self._heard(key, slots)

    async def aclose(self) -> None:
        """Write down what hosts asked for, and end what goes on in the background."""
        await self._memory.save()
        tasks = [task for host in self._hosts.values() for task in (host.timer, host.fetching) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # -- slots --

    @asynccontextmanager
    async def _slot(self, url: str, *, paced: bool) -> AsyncIterator[None]:
        host = self._host(url)
        await self._enter(host, paced=paced)
        try:
            yield
        finally:
            self._leave(host)

    async def _enter(self, host: _Host, *, paced: bool) -> None:
        """Return with a slot taken."""
        self._arrivals += 1
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue = host.paced if paced else host.unpaced
        place = (self._arrivals, waiter)
        queue.append(place)
        self._admit(host)
        if waiter.done():
            return
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                # Let in and cancelled in the same moment: the slot goes to the next.
                self._leave(host)
            else:
                # `_admit` may have passed over it already.
                with suppress(ValueError):
                    queue.remove(place)
                self._admit(host)
            raise

    def _leave(self, host: _Host) -> None:
        host.slots = freed(host.slots)
        self._admit(host)
        self._forget_idle(self._hosts_limit)

    def _admit(self, host: _Host) -> None:
        """Let in whoever may go now, by order of arrival, and see to it that the next is let in when its time comes."""
        interval = self._interval(host)
        while True:
            now = self._clock.steady()
            ready: list[tuple[int, bool]] = []
            next_at = inf
            for queue, paced in ((host.paced, True), (host.unpaced, False)):
                if not queue:
                    continue
                moment = opens_at(host.slots, self._policy, interval, paced=paced)
                if moment <= now:
                    ready.append((queue[0][0], paced))
                else:
                    next_at = min(next_at, moment)
            if not ready:
                self._wake_at(host, next_at)
                return
            _, paced = min(ready)
            _, waiter = (host.paced if paced else host.unpaced).popleft()
            if not waiter.done():
                host.slots = taken(host.slots, now, paced=paced)
                if paced:
                    self._memory.note_paced(host.origin, interval)
                waiter.set_result(None)

    def _wake_at(self, host: _Host, moment: float) -> None:
        """Call `_admit` at a moment, unless something sooner will."""
        if moment == inf or (host.timer is not None and host.timer_at <= moment):
            return
        if host.timer is not None:
            host.timer.cancel()
        host.timer_at = moment
        host.timer = asyncio.get_running_loop().create_task(self._wake(host, moment))

    async def _wake(self, host: _Host, moment: float) -> None:
        await self._clock.sleep(max(0.0, moment - self._clock.steady()))
        host.timer = None
        host.timer_at = inf
        self._admit(host)

    def _interval(self, host: _Host) -> float:
        robots = host.robots.robots if host.robots else None
        return spacing(self._policy, robots.crawl_delay if robots else None)

    # -- robots --

    async def _robots(self, url: str) -> Robots | None:
        """The host's robots.txt, from memory or anew; one fetch serves all who ask meanwhile."""
        host = self._host(url)
        if host.robots is not None and self._clock.steady() < host.robots.until:
            return host.robots.robots
        if host.fetching is None:
            host.fetching = asyncio.get_running_loop().create_task(self._refresh(host))
        # Shielded: a caller that gives up must not take the answer from the others.
        return await asyncio.shield(host.fetching)

    async def _refresh(self, host: _Host) -> Robots | None:
        try:
            if host.robots is None and (kept := await self._memory.robots(host.origin)) is not None:
                self._keep(host, *kept)
                if self._clock.steady() < kept[1]:
                    return kept[0]
            async with self._slot(host.origin, paced=False):
                found = await self._ask(f"{host.origin}/robots.txt")
            lifetime = self._policy.robots_ttl
            if found is not None:
                self._memory.note_robots(host.origin, found, lifetime)
            else:
                # RFC 9309, 2.4: the old one serves while the new one cannot be reached.
                found = host.robots.robots if host.robots else None
                lifetime = min(lifetime, _ROBOTS_RETRY)
            self._keep(host, found, self._clock.steady() + lifetime.total_seconds())
            return found
        finally:
            host.fetching = None

    async def _ask(self, url: str) -> Robots | None:
        """One attempt (RFC 9309, 2.3.1)."""
        try:
            response = await self._fetcher.fetch(FetchRequest(url, Purpose.ROBOTS, limits=_ROBOTS_LIMITS))
        except TooManyRedirects:
            return ALLOW_ALL
        except (BadUrl, BlockedAddress) as error:
            # Where the host itself may not be contacted, the page's own fetch tells that better.
            return ALLOW_ALL if error.url == url else None
        except FetchError:
            return None
        if response.status >= 500:
            return None
        if response.status != 200:
            return ALLOW_ALL
        if len(response.body) <= _PARSED_AT_ONCE:
            return parse_robots(response.body, self._product)
        return await asyncio.to_thread(parse_robots, response.body, self._product)

    # -- memory --

    def _host(self, url: str) -> _Host:
        origin = _origin(url)
        host = self._hosts.get(origin)
        if host is None:
            # Room is made first: the new one is idle as yet, and must not be the one that goes.
            self._forget_idle(self._hosts_limit - 1)
            host = self._hosts[origin] = _Host(origin, self._memory.slots(origin))
        self._hosts.move_to_end(origin)
        return host

    def _heard(self, key: str, slots: HostSlots) -> None:
        """Heed what a host, or all hosts of a registrable domain, asked for."""
        if "://" in key:
            found = [self._hosts[key]] if key in self._hosts else []
        else:
            found = [host for host in self._hosts.values() if registrable_domain_of(host.origin) == key]
        for host in found:
            paced_at = max(host.slots.paced_at, slots.paced_at)
            host.slots = held(replace(host.slots, paced_at=paced_at), slots.held_until)

    def _keep(self, host: _Host, robots: Robots | None, until: float) -> None:
        self._rules += _size(robots) - _size_kept(host)
        host.robots = _RobotsKept(robots, until)

    def _forget_idle(self, limit: int) -> None:
        """Forget idle hosts while there are too many, or too many rules of robots.txt files."""
        while len(self._hosts) > limit or self._rules > self._rules_limit:
            origin = self._most_forgettable()
            if origin is None:
                return
            host = self._hosts.pop(origin)
            self._rules -= _size_kept(host)
            if host.timer is not None:
                host.timer.cancel()

    def _most_forgettable(self) -> str | None:
        """The least recently used idle host, if possible such as need no waiting."""
        now = self._clock.steady()
        idle = (origin for origin, host in self._hosts.items() if host.is_idle())
        first: str | None = None
        for origin in islice(idle, _EVICTION_SCAN):
            host = self._hosts[origin]
            if forgettable(host.slots, now, self._interval(host)):
                return origin
            first = first or origin
        return first


_fits: type[Gate] = Politeness


def _size(robots: Robots | None) -> int:
    return len(robots.rules) if robots else 0


def _size_kept(host: _Host) -> int:
    return _size(host.robots.robots) if host.robots else 0


@lru_cache(maxsize=1024)
def _origin(url: str) -> str:
    """Scheme, host and port, by which hosts are told apart; a default port is left out.

    Asked three times of each visit, hence the memory of the last ones.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    name = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return f"{parts.scheme}://{name}" + ("" if port in (None, default) else f":{port}")
