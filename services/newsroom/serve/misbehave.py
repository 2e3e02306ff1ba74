"""Does what a fault says with an answer that would have been right."""

import asyncio
import socket
import struct
from dataclasses import dataclass
from typing import assert_never

from aiohttp import web

from newsroom.faults import Fault, FaultKind

# Query parameters by which redirects of a fault remember how far they are.
HOPS, LOOP = "_hops", "_loop"
_DEFAULT_HOPS, _DEFAULT_HUGE = 3, 64 * 1024 * 1024
_MEBIBYTE = b"<p>endless words</p>" * 52_429


@dataclass(frozen=True, slots=True)
class Answer:
    """A right answer, before anything happens to it."""

    body: bytes
    content_type: str


async def misbehave(  # noqa: PLR0912 - one branch a member of a closed enum, none of them nested
    request: web.Request, fault: Fault, answer: Answer
) -> web.StreamResponse:
    """Answer wrongly, as the fault says."""
    match fault.kind:
        case FaultKind.STATUS:
            headers = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
            return web.Response(status=fault.status, headers=headers, text="<h1>Sorry</h1>", content_type="text/html")
        case FaultKind.HANG:
            await asyncio.Event().wait()
            return web.Response()
        case FaultKind.THINK:
            await asyncio.sleep(fault.seconds)
            return _plain(answer, answer.body)
        case FaultKind.DRIP:
            return await _drip(request, fault, answer)
        case FaultKind.REDIRECT:
            return _redirect(request, fault.status if fault.status in {301, 302, 303, 307, 308} else 302, HOPS, 0)
        case FaultKind.REDIRECT_CHAIN:
            return _redirect(request, 301, HOPS, (fault.size or _DEFAULT_HOPS) - 1)
        case FaultKind.REDIRECT_LOOP:
            return _redirect(request, 302, LOOP, 1)
        case FaultKind.TRUNCATED:
            return await _raw(request, answer, declared=len(answer.body), sent=answer.body[: len(answer.body) // 2])
        case FaultKind.WRONG_LENGTH:
            return await _raw(request, answer, declared=len(answer.body) * 2 // 3, sent=answer.body)
        case FaultKind.BAD_BYTES:
            return _plain(answer, _spoilt(answer.body))
        case FaultKind.GZIP_GARBAGE:
            return _plain(answer, b"\x1f\x8b\x08\x00" + answer.body[:2000], encoding="gzip")
        case FaultKind.RESET:
            return _reset(request)
        case FaultKind.HUGE:
            return await _huge(request, fault, answer)
        case FaultKind.STALE_304:
            if "If-None-Match" in request.headers or "If-Modified-Since" in request.headers:
                return web.Response(status=304)
            return _plain(answer, answer.body)
        case FaultKind.NOT_A_FEED:
            return web.Response(text="<html><body><h1>Welcome</h1></body></html>", content_type="text/html")
        case _:
            assert_never(fault.kind)


def next_hop(request: web.Request) -> web.StreamResponse | None:
    """Go on with a chain or loop of redirects that an earlier answer began; None where there is none."""
    if LOOP in request.query:
        return _redirect(request, 302, LOOP, 2 if request.query[LOOP] == "1" else 1)
    hops = request.query.get(HOPS, "0")
    return _redirect(request, 301, HOPS, int(hops) - 1) if hops.isdigit() and int(hops) > 0 else None


def arrived(request: web.Request) -> bool:
    """Tell whether the request comes at the end of a chain of redirects, where no further one may begin."""
    return HOPS in request.query


def _redirect(request: web.Request, status: int, parameter: str, value: int) -> web.StreamResponse:
    target = request.rel_url.update_query({parameter: str(value)})
    return web.Response(status=status, headers={"Location": str(target)})


def _plain(answer: Answer, body: bytes, encoding: str | None = None) -> web.StreamResponse:
    headers = {"Content-Type": answer.content_type}
    if encoding is not None:
        headers["Content-Encoding"] = encoding
    return web.Response(body=body, headers=headers)


def _spoilt(body: bytes) -> bytes:
    middle = len(body) // 2
    return body[:middle] + b"\xff\xfe\x00\x80\xc3\x28\x0b" + body[middle:]


async def _drip(request: web.Request, fault: Fault, answer: Answer) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": answer.content_type})
    response.content_length = len(answer.body)
    await response.prepare(request)
    for offset in range(len(answer.body)):
        await response.write(answer.body[offset : offset + 1])
        await asyncio.sleep(fault.seconds)
    return response


async def _huge(request: web.Request, fault: Fault, answer: Answer) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": answer.content_type})
    await response.prepare(request)
    await response.write(answer.body)
    for _ in range((fault.size or _DEFAULT_HUGE) // len(_MEBIBYTE) + 1):
        await response.write(_MEBIBYTE)
    return response


async def _raw(request: web.Request, answer: Answer, *, declared: int, sent: bytes) -> web.StreamResponse:
    """Write to the socket past the server, which would not let a wrong length through, and close it."""
    transport = request.transport
    if transport is not None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {answer.content_type}\r\nContent-Length: {declared}\r\n\r\n"
        transport.write(head.encode() + sent)
        transport.close()
        await asyncio.sleep(0)
    return web.Response()


def _reset(request: web.Request) -> web.StreamResponse:
    transport = request.transport
    if transport is not None:
        sock = transport.get_extra_info("socket")
        # Linger on with zero seconds makes the kernel send RST instead of FIN.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()
