"""Loopback addresses: an address for each publisher and one port for all, where the system lets them bind."""

import socket
from dataclasses import dataclass

_BACKLOG = 512
_PER_NET = 250


@dataclass(frozen=True, slots=True)
class Address:
    """Where somebody listens."""

    host: str
    port: int

    @property
    def base(self) -> str:
        """The start of its URLs, without a slash at the end."""
        return f"http://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Listener:
    """An address and the socket that listens there."""

    address: Address
    socket: socket.socket


def listen(count: int, port: int) -> tuple[Listener, ...]:
    """Open a listening socket for each of `count` publishers.

    They get 127.0.1.1, 127.0.1.2 … with one port. Where that cannot be had (macOS knows 127.0.0.1 alone, or
    the port is taken at one of them), they all get ports of their own on 127.0.0.1, from `port` upwards.

    Args:
        count: How many.
        port: The common port; 0 lets the system choose.

    Raises:
        OSError: A port that was asked for is taken there too.
    """
    opened: list[Listener] = []
    common = port
    for index in range(count):
        host = f"127.0.{1 + index // _PER_NET}.{1 + index % _PER_NET}"
        try:
            opened.append(_open(host, common))
        except OSError:
            for listener in opened:
                listener.socket.close()
            return tuple(_open("127.0.0.1", port + n if port else 0) for n in range(count))
        common = opened[-1].address.port
    return tuple(opened)


def listen_once(port: int) -> Listener:
    """Open one listening socket on 127.0.0.1.

    Raises:
        OSError: The port is taken.
    """
    return _open("127.0.0.1", port)


def _open(host: str, port: int) -> Listener:
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((host, port))
        opened.listen(_BACKLOG)
    except OSError:
        opened.close()
        raise
    opened.setblocking(False)  # noqa: FBT003 - the standard library takes no keyword here
    return Listener(Address(host, opened.getsockname()[1]), opened)
