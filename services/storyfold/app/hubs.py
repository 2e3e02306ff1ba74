"""Hubs: what a process that polls needs to be called by them."""

import secrets
from contextlib import AsyncExitStack

from storyfold.app.assembly import LEASE, Line, Parts
from storyfold.edges.callback_server import CallbackBounds, callbacks_served
from storyfold.pipeline.callbacks import CallbackParts, Callbacks
from storyfold.pipeline.poll import PollStage
from storyfold.pipeline.subscribing import SubscribeParts, SubscribeStage


def subscribe_stage(parts: Parts, line: Line) -> SubscribeStage:
    """What asks hubs."""
    websub = parts.settings.websub
    ports = SubscribeParts(
        store=parts.store,
        fetcher=line.fetcher,
        gate=line.gate,
        clock=parts.clock,
        meter=parts.meter,
        name=secrets.token_urlsafe,
    )
    return SubscribeStage(ports, websub.policy, websub.public_url)


def make_callbacks(parts: Parts, line: Line, poll: PollStage) -> Callbacks:
    """What hubs call."""
    ports = CallbackParts(store=parts.store, parser=line.parser, poll=poll, clock=parts.clock, meter=parts.meter)
    return Callbacks(ports, parts.settings.websub.policy, owner=parts.hops.owner, lease=LEASE)


async def listen_for_hubs(parts: Parts, callbacks: Callbacks, resources: AsyncExitStack) -> str:
    """Open the listener; returns its address.

    Raises:
        CannotListenForHubs: the port is taken, or the address is not ours.
    """
    websub = parts.settings.websub
    bounds = CallbackBounds(websub.body_bytes, websub.body_deadline)
    return await resources.enter_async_context(callbacks_served(callbacks, websub.host, websub.port, bounds))
