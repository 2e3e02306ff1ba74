"""Names to addresses, and no further than the config allows.

The addresses that pass here are the ones that are connected to, and every socket is checked once more as it is made, so
a name that answers differently the second time (DNS rebinding) and an address written in an odd way gain nothing.
"""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from typing import Any, Final

from aiohttp.abc import AbstractResolver, ResolveResult

# A name server that does not answer holds a place for some 10 s; others must find one meanwhile.
_LOOKUPS: Final = 64

Lookup = Callable[[str], Awaitable[Sequence[str]]]
AddressCheck = Callable[[str], bool]


class AddressRefused(OSError):
    """The config does not allow an address."""


class SystemLookup:
    """Asks the operating system, each question in a thread of its own.

    The threads are daemons, and so not those of an executor: a name server that does not answer must not hold up the
    end of the program.
    """

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(_LOOKUPS)

    async def __call__(self, host: str) -> Sequence[str]:
        """Addresses of a name, in the system's order of preference; raises OSError or ValueError."""
        answer: Future[list[str]] = Future()

        def ask() -> None:
            try:
                answer.set_result(_getaddrinfo(host))
            except (OSError, ValueError) as error:
                answer.set_exception(error)

        async with self._places:
            threading.Thread(target=ask, name=f"lookup {host}", daemon=True).start()
            found = await asyncio.wrap_future(answer)
        return tuple(dict.fromkeys(found))


def _getaddrinfo(host: str) -> list[str]:
    return [str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


class CheckedResolver(AbstractResolver):
    """aiohttp's resolver, handing out allowed addresses only.

    Args:
        lookup: finds the addresses of a name.
        allowed: whether an address may be connected to.
    """

    def __init__(self, lookup: Lookup, allowed: AddressCheck) -> None:
        self._lookup = lookup
        self._allowed = allowed

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Allowed addresses of a name.

        Raises:
            AddressRefused: it has addresses, and none is allowed.
            OSError: it has none.
        """
        try:
            addresses = await self._lookup(host)
        except socket.gaierror:
            raise
        except OSError as error:
            raise socket.gaierror(socket.EAI_FAIL, f"{host!r} could not be looked up: {error}") from error
        except ValueError as error:
            raise socket.gaierror(socket.EAI_NONAME, f"{host!r} is no host name: {error}") from error
        if not addresses:
            raise socket.gaierror(socket.EAI_NODATA, f"{host!r} has no address")
        allowed = [address for address in addresses if self._allowed(address)]
        if not allowed:
            raise AddressRefused(f"{host!r} resolves to {', '.join(addresses)}, which the config does not allow")
        families = [(address, socket.AF_INET6 if ":" in address else socket.AF_INET) for address in allowed]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=its_family,
                proto=0,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address, its_family in families
            if family in {socket.AF_UNSPEC, its_family}
        ]

    async def close(self) -> None:
        """Nothing is held."""


def checked_sockets(allowed: AddressCheck) -> Callable[[tuple[Any, ...]], socket.socket]:
    """A maker of sockets that refuses before the first packet to an address that is not allowed.

    Its argument is one answer of getaddrinfo: the place that is really connected to.
    """

    def make(address_info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, place = address_info
        if not allowed(place[0]):
            raise AddressRefused(f"the config does not allow connections to {place[0]}")
        return socket.socket(family=family, type=kind, proto=protocol)

    return make
