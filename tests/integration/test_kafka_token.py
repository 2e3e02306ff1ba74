"""Token endpoints that are slow, endless, wrong or not there: told within the time, and never for ever."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from storyfold.edges.kafka_token import ClientCredentials, NoToken, TokenEndpoint

GOOD = b'HTTP/1.1 200 OK\r\nContent-Length: 42\r\n\r\n{"access_token":"abc","expires_in":100000}'


@contextmanager
def serving(answer: Callable[[socket.socket], None]) -> Iterator[tuple[str, list[bytes]]]:
    """An endpoint that answers each connection in some way; yields its address and what it was sent."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection, suppress(OSError):
                    said = b""
                    while not said.endswith(b"client_credentials"):
                        said += connection.recv(65536)
                    asked.append(said)
                    answer(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/token", asked
        server.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def drip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(100):
        connection.sendall(b"X-%d: y\r\n" % number)
        time.sleep(0.1)


def flood(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(1000):
        connection.sendall(b"x" * 4096)


def send(answer: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(answer)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (drip, "TimeoutError"),
        (flood, "without end"),
        (send(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"), "401"),
        (send(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"), "302"),
        (send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"), "no access_token"),
        (send(b"\x00\x01\x02"), "token"),
    ],
    ids=["drips", "floods", "refuses", "redirects", "empty", "not HTTP"],
)
def test_hostile_endpoints(answer: Callable[[socket.socket], None], told: str) -> None:
    """Each ends with a sentence in time, and the secret is not in it."""
    with serving(answer) as (url, _):
        begun = time.monotonic()
        with pytest.raises(NoToken, match=told) as raised:
            ClientCredentials(TokenEndpoint(url, "storyfold", "shh"), patience=1.0).token()
        assert time.monotonic() - begun < 4
    assert "shh" not in str(raised.value)


def test_a_good_one_is_asked_once() -> None:
    """A token is used until most of its time is over."""
    with serving(send(GOOD)) as (url, asked):
        tokens = ClientCredentials(TokenEndpoint(url, "storyfold", "shh"))
        assert tokens.token() == "abc"
        assert tokens.token() == "abc"
    assert len(asked) == 1


def test_one_that_is_not_there() -> None:
    """No endpoint is told by its address."""
    with pytest.raises(NoToken, match=r"127\.0\.0\.1:1"):
        ClientCredentials(TokenEndpoint("http://127.0.0.1:1/", "storyfold", "shh"), patience=1.0).token()
