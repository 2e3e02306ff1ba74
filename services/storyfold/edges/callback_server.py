"""The callback server: where hubs reach storyfold (WebSub): a listener of its own, and nothing else is exposed with it.

Whoever asks for what does not exist gets the same 404, whatever it asks for and however. Bodies are bounded in bytes
and time, and read a few at a time. Connections are not counted here: that is for what stands in front and ends TLS.
"""

import asyncio
import errno
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from aiohttp import web

from storyfold.model.websub import Admission, WebSubOutcome
from storyfold.ports import Callback

# What is in hand gets this long to end when the program stops.
_GRACE_SECONDS: Final = 1.0
# A hub that is told to come back later.
_LATER: Final = {"Retry-After": "60"}


class CannotListenForHubs(Exception):
    """The address cannot be listened on; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class CallbackBounds:
    """Bounds of one call.

    Attributes:
        body_bytes: the most of a body.
        deadline: for a body to arrive.
    """

    body_bytes: int = 4 * 1024 * 1024
    deadline: timedelta = timedelta(seconds=15)


@asynccontextmanager
async def callbacks_served(callback: Callback, host: str, port: int, bounds: CallbackBounds) -> AsyncIterator[str]:
    """Listen for hubs for as long as the block lasts.

    Args:
        callback: what is called.
        host: address to listen on.
        port: 0 for any free one.
        bounds: of a call.

    Yields:
        Its URL, without a slash at the end.

    Raises:
        CannotListenForHubs: the port is taken, or the address is not ours.
    """
    runner = web.AppRunner(
        _application(callback, bounds),
        access_log=None,
        shutdown_timeout=_GRACE_SECONDS,
        keepalive_timeout=15.0,
        handler_cancellation=True,
    )
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise CannotListenForHubs(_explain(error, host, port)) from error
        shown = f"[{host}]" if ":" in host else host
        yield f"http://{shown}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def _application(callback: Callback, bounds: CallbackBounds) -> web.Application:
    async def answer(request: web.Request) -> web.Response:
        # A proxy may put a path before it; the token is the last part.
        token = _clean(request.path.rpartition("/")[2])
        match request.method:
            case "GET":
                said = {_clean(name): _clean(value) for name, value in request.query.items()}
                return await _confirm(callback, token, said)
            case "POST":
                return await _deliver(callback, token, request, bounds)
            case _:
                return _nothing()

    application = web.Application(client_max_size=bounds.body_bytes)
    application.router.add_route("*", "/{path:.*}", answer)
    application.on_response_prepare.append(_say_little)
    return application


async def _say_little(_request: web.Request, response: web.StreamResponse) -> None:
    """Name no software, and let nobody take an echoed challenge for a page."""
    response.headers["Server"] = "callback"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'"


async def _confirm(callback: Callback, token: str, said: Mapping[str, str]) -> web.Response:
    answer = await callback.confirm(token, said)
    return _nothing() if answer is None else web.Response(text=answer, content_type="text/plain")


async def _deliver(callback: Callback, token: str, request: web.Request, bounds: CallbackBounds) -> web.Response:
    match await callback.admit(token):
        case Admission.UNKNOWN:
            return _nothing()
        case Admission.TOO_OFTEN:
            return web.Response(status=429, headers=_LATER)
        case Admission.BUSY:
            return web.Response(status=503, headers=_LATER)
        case Admission.ADMITTED:
            return await _receive(callback, token, request, bounds)


async def _receive(callback: Callback, token: str, request: web.Request, bounds: CallbackBounds) -> web.Response:
    outcome: WebSubOutcome | None = WebSubOutcome.TOO_SLOW
    try:
        async with asyncio.timeout(bounds.deadline.total_seconds()):
            body = await request.read()
        outcome = None
    except web.HTTPRequestEntityTooLarge:
        outcome = WebSubOutcome.TOO_LARGE
        return web.Response(status=413, headers={"Connection": "close"})
    except TimeoutError:
        return web.Response(status=408, headers={"Connection": "close"})
    finally:
        # Also where the hub hung up.
        if outcome is not None:
            callback.refused(outcome)
    headers = [(_clean(name).lower(), _clean(value)) for name, value in request.headers.items()]
    await callback.receive(token, headers, body)
    return web.Response(status=202)


def _clean(text: str) -> str:
    """Bytes that are no UTF-8 arrive as lone surrogates, which nothing behind this can write down."""
    return text.encode("utf-8", "replace").decode()


def _nothing() -> web.Response:
    return web.Response(status=404)


def _explain(error: OSError, host: str, port: int) -> str:
    what = f"hubs cannot be listened to on {host}:{port}"
    match error.errno:
        case errno.EADDRINUSE:
            return f"{what}: the port is in use; stop what uses it, or set websub.port"
        case errno.EACCES:
            return f"{what}: ports below 1024 need rights that this user lacks; set websub.port to a higher one"
        case errno.EADDRNOTAVAIL:
            return f"{what}: no interface of this machine has that address; set websub.host to one that it has"
        case _:
            return f"{what}: {error.strerror or error}; set websub.host and websub.port"
