import inspect
import socket
import ssl
from itertools import pairwise

import aiohttp
import httpx
import pytest
from aiohttp import client_exceptions, http_exceptions

from storyfold.edges.fetch_errors import FOREIGN, KINDS, translate
from storyfold.edges.resolver import AddressRefused
from storyfold.ports import BlockedAddress, ConnectFailed, DeadlineExceeded, DnsFailed, FetchError, TlsFailed

URL = "http://news.example/feed"


def exceptions_of(module: object) -> set[type[BaseException]]:
    return {
        member
        for name, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, Exception) and not name.startswith("_") and member.__module__.split(".")[0] != "builtins"
    }


# Of other uses of the libraries; they can not come out of a GET.
ELSEWHERE = {
    httpx.CookieConflict,
    client_exceptions.WSMessageTypeError,
    aiohttp.WebSocketError,
    aiohttp.BadContentDispositionHeader,
    aiohttp.BadContentDispositionParam,
    aiohttp.EofStream,  # iterating over a body turns it into the end of the iteration
    ssl.SSLError,
    ssl.CertificateError,
}


@pytest.mark.parametrize("module", [httpx, aiohttp, client_exceptions, http_exceptions])
def test_every_foreign_error_is_known(module: object) -> None:
    """When a library learns a new error, this fails, and someone decides what it means here."""
    assert exceptions_of(module) - set(KINDS) - ELSEWHERE == set()


def test_every_known_error_can_be_caught() -> None:
    """No class of the table slips past the list of what is caught."""
    assert {error for error in KINDS if not issubclass(error, FOREIGN)} == set()


def chained(*errors: BaseException) -> BaseException:
    for outer, inner in pairwise(errors):
        outer.__cause__ = inner
    return errors[0]


@pytest.mark.parametrize(
    ("expected", "error"),
    [
        pytest.param(
            ConnectFailed,
            chained(httpx.ConnectTimeout("x"), aiohttp.ServerDisconnectedError()),
            id="aiohttp's word counts more than httpx's",
        ),
        pytest.param(
            BlockedAddress,
            chained(httpx.ConnectError("x"), aiohttp.ClientOSError(), AddressRefused("no")),
            id="our own refusal counts most",
        ),
        pytest.param(TlsFailed, chained(httpx.ConnectError("x"), ssl.SSLError("bad")), id="tls under httpx"),
        pytest.param(DnsFailed, chained(httpx.ConnectError("x"), socket.gaierror(-2, "no")), id="dns under httpx"),
        pytest.param(
            ConnectFailed, chained(aiohttp.ClientPayloadError(), ConnectionResetError()), id="reset in a body"
        ),
        pytest.param(DeadlineExceeded, httpx.ReadTimeout("x"), id="by the table"),
        pytest.param(ConnectFailed, OSError(113, "no route"), id="whatever the system says otherwise"),
    ],
)
def test_the_most_telling_cause_decides(expected: type[FetchError], error: BaseException) -> None:
    """The kind comes from the cause that says most, and the message from the same place."""
    translated = translate(URL, error)

    assert expected is type(translated)
    assert URL in str(translated)


def test_a_cause_that_leads_back_to_itself_ends() -> None:
    """A circle of causes is walked once."""
    first, second = OSError("a"), OSError("b")
    first.__cause__, second.__cause__ = second, first

    assert type(translate(URL, first)) is ConnectFailed
