"""Serving: the console on a socket, with a word that helps where the port is not to be had."""

import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

# What is in hand gets this long to end when the program stops.
GRACE_SECONDS = 1.0


class CannotListen(Exception):
    """The address cannot be listened on; the message says why and what to do."""


@asynccontextmanager
async def serving(app: web.Application, host: str, port: int) -> AsyncIterator[str]:
    """Serve an application for as long as the block lasts.

    Args:
        app: see `storyfold.console.pages.console_app`.
        host: address to listen on.
        port: 0 for any free one.

    Yields:
        Its URL.

    Raises:
        CannotListen: the port is taken, or the address is not ours.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=GRACE_SECONDS)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            raise CannotListen(_explain(error, host, port)) from error
        bound = runner.addresses[0][1]
        shown = f"[{host}]" if ":" in host else host
        yield f"http://{shown}:{bound}/"
    finally:
        await runner.cleanup()


def _explain(error: OSError, host: str, port: int) -> str:
    what = f"the console cannot listen on {host}:{port}"
    match error.errno:
        case errno.EADDRINUSE:
            return f"{what}: the port is in use; stop what uses it, or set console.port (0 for any free one)"
        case errno.EACCES:
            return f"{what}: ports below 1024 need rights that this user lacks; set console.port to a higher one"
        case errno.EADDRNOTAVAIL:
            return f"{what}: no interface of this machine has that address; set console.host to one that it has"
        case _:
            return f"{what}: {error.strerror or error}; set console.host and console.port"
