"""Guard: what every answer of the console carries, and whom it answers.

A page on the open web can make a browser send requests to loopback under a name of its own (DNS rebinding). Requests
whose Host header is neither an IP address nor a name that the config knows are refused.
"""

import ipaddress

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def host_allowed(header: str, names: frozenset[str]) -> bool:
    """Whether a Host header names this console.

    Args:
        header: verbatim, with or without port.
        names: allowed beside localhost and IP addresses, in lower case.
    """
    if header.startswith("["):
        host, _, _ = header[1:].partition("]")
    else:
        host, _, _ = header.partition(":")
    host = host.rstrip(".").lower()
    if host == "localhost" or host in names:
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def guard(names: frozenset[str]) -> Middleware:
    """Middleware that refuses foreign Host headers and adds the security headers to every answer, errors included."""

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not host_allowed(request.headers.get("Host", ""), names):
            refusal = "This console does not answer to that host name. Add it to console.allowed_hosts in the config.\n"
            return _with_headers(web.Response(status=421, text=refusal))
        try:
            return _with_headers(await handler(request))
        except web.HTTPException as error:
            _with_headers(error)
            raise

    return guarded


def _with_headers(response: web.StreamResponse) -> web.StreamResponse:
    response.headers.update(_HEADERS)
    return response
