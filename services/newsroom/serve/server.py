"""Starts the publishers and the control endpoint, releases by the clock, and stops at once when told."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from aiohttp import web

from newsroom.faults import Fault, Mischief
from newsroom.model import Plan
from newsroom.serve.addresses import Listener
from newsroom.serve.clock import ReleaseClock, real_now
from newsroom.serve.control import Control
from newsroom.serve.hub import Hub
from newsroom.serve.press import Press
from newsroom.serve.sites import House, Sites

_TICK_S = 0.1


@dataclass(frozen=True, slots=True)
class Setup:
    """What to serve and how.

    Attributes:
        began: When the plan's clock starts, seconds since the epoch.
        scale: Seconds of the plan in a real second.
        entries: Entries in a feed.
        max_age: Sent with feeds as Cache-Control, or None.
        listeners: One open socket a publisher, in their order.
        control: The socket of the control endpoint.
        hub: Whether there is a hub that brings feeds as they change.
    """

    plan: Plan
    began: float
    scale: float
    entries: int
    max_age: int | None
    faults: tuple[Fault, ...]
    listeners: tuple[Listener, ...]
    control: Listener
    hub: bool = False


async def serve(setup: Setup, on_ready: Callable[[Sites, str], None]) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        setup: What and where.
        on_ready: Called once everything listens, with the sites and the address of the control endpoint.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await run(setup, on_ready, stop)


async def run(setup: Setup, on_ready: Callable[[Sites, str], None], stop: asyncio.Event) -> None:
    """Serve until `stop` is set; open connections are cut."""
    clock = ReleaseClock(setup.plan.start, setup.began, setup.scale)
    press = Press(setup.plan, clock, setup.entries, setup.began)
    pairs = zip(setup.plan.publishers, setup.listeners, strict=True)
    houses = tuple(House(publisher, listener.address) for publisher, listener in pairs)
    sites = Sites(press, Mischief(setup.faults, setup.plan.seed), houses, setup.max_age)
    hub = Hub(sites, setup.control.address.base) if setup.hub else None
    runners = (_runner(sites.application()), _runner(Control(sites, hub).application()))
    for runner in runners:
        await runner.setup()
    for listener in setup.listeners:
        await web.SockSite(runners[0], listener.socket).start()
    await web.SockSite(runners[1], setup.control.socket).start()
    on_ready(sites, setup.control.address.base)
    while not stop.is_set():
        press.advance(real_now())
        if hub is not None:
            hub.look(real_now())
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _TICK_S)
    if hub is not None:
        await hub.close()
    for runner in runners:
        await runner.cleanup()


def _runner(application: web.Application) -> web.AppRunner:
    # No grace for requests in hand: a hang that was asked for would hold up the end.
    return web.AppRunner(application, access_log=None, shutdown_timeout=0.0, handler_cancellation=True)
