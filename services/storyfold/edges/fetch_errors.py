"""Errors of httpx, aiohttp and the operating system, translated once into the kinds of `ports.FetchError`."""

import socket
import ssl
from collections.abc import Iterator
from typing import Final

import aiohttp
import httpx
from aiohttp import client_exceptions, http_exceptions

from storyfold.edges.resolver import AddressRefused
from storyfold.ports import (
    BadResponse,
    BadUrl,
    BlockedAddress,
    ConnectFailed,
    DeadlineExceeded,
    DnsFailed,
    FetchError,
    TlsFailed,
    TooManyRedirects,
)

# What may come out of the transports. Anything else is a defect and stops the stage.
FOREIGN: Final = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.StreamError,
    aiohttp.ClientError,
    http_exceptions.HttpProcessingError,
    OSError,
)

# Every class of both libraries is named, so that a test can tell when one learns a new one.
KINDS: Final[dict[type[BaseException], type[FetchError]]] = {
    client_exceptions.ClientError: ConnectFailed,
    client_exceptions.ClientResponseError: BadResponse,
    client_exceptions.ContentTypeError: BadResponse,
    client_exceptions.WSServerHandshakeError: BadResponse,
    client_exceptions.ClientHttpProxyError: ConnectFailed,
    client_exceptions.TooManyRedirects: TooManyRedirects,
    client_exceptions.ClientConnectionError: ConnectFailed,
    client_exceptions.ClientConnectionResetError: ConnectFailed,
    client_exceptions.ClientOSError: ConnectFailed,
    client_exceptions.ClientConnectorError: ConnectFailed,
    client_exceptions.ClientConnectorDNSError: DnsFailed,
    client_exceptions.ClientProxyConnectionError: ConnectFailed,
    client_exceptions.UnixClientConnectorError: ConnectFailed,
    client_exceptions.ServerConnectionError: ConnectFailed,
    client_exceptions.ServerDisconnectedError: ConnectFailed,
    client_exceptions.ServerTimeoutError: DeadlineExceeded,
    client_exceptions.ConnectionTimeoutError: DeadlineExceeded,
    client_exceptions.SocketTimeoutError: DeadlineExceeded,
    client_exceptions.ServerFingerprintMismatch: TlsFailed,
    client_exceptions.ClientPayloadError: BadResponse,
    client_exceptions.UploadAbortedError: ConnectFailed,
    client_exceptions.InvalidURL: BadUrl,
    client_exceptions.InvalidUrlClientError: BadUrl,
    client_exceptions.RedirectClientError: BadUrl,
    client_exceptions.NonHttpUrlClientError: BadUrl,
    client_exceptions.InvalidUrlRedirectClientError: BadUrl,
    client_exceptions.NonHttpUrlRedirectClientError: BadUrl,
    client_exceptions.ClientSSLError: TlsFailed,
    client_exceptions.ClientConnectorSSLError: TlsFailed,
    client_exceptions.ClientConnectorCertificateError: TlsFailed,
    http_exceptions.HttpProcessingError: BadResponse,
    http_exceptions.BadHttpMessage: BadResponse,
    http_exceptions.HttpBadRequest: BadResponse,
    http_exceptions.PayloadEncodingError: BadResponse,
    http_exceptions.ContentEncodingError: BadResponse,
    http_exceptions.TransferEncodingError: BadResponse,
    http_exceptions.ContentLengthError: BadResponse,
    http_exceptions.DecompressSizeError: BadResponse,
    http_exceptions.LineTooLong: BadResponse,
    http_exceptions.InvalidHeader: BadResponse,
    http_exceptions.BadStatusLine: BadResponse,
    http_exceptions.BadHttpMethod: BadResponse,
    http_exceptions.InvalidURLError: BadResponse,
    httpx.HTTPError: ConnectFailed,
    httpx.RequestError: ConnectFailed,
    httpx.TransportError: ConnectFailed,
    httpx.TimeoutException: DeadlineExceeded,
    httpx.ConnectTimeout: DeadlineExceeded,
    httpx.ReadTimeout: DeadlineExceeded,
    httpx.WriteTimeout: DeadlineExceeded,
    httpx.PoolTimeout: DeadlineExceeded,
    httpx.NetworkError: ConnectFailed,
    httpx.ReadError: ConnectFailed,
    httpx.WriteError: ConnectFailed,
    httpx.ConnectError: ConnectFailed,
    httpx.CloseError: ConnectFailed,
    httpx.ProxyError: ConnectFailed,
    httpx.UnsupportedProtocol: BadUrl,
    httpx.ProtocolError: BadResponse,
    httpx.LocalProtocolError: BadResponse,
    httpx.RemoteProtocolError: BadResponse,
    httpx.DecodingError: BadResponse,
    httpx.TooManyRedirects: TooManyRedirects,
    httpx.HTTPStatusError: BadResponse,
    httpx.InvalidURL: BadUrl,
    httpx.StreamError: BadResponse,
    httpx.StreamConsumed: BadResponse,
    httpx.StreamClosed: BadResponse,
    httpx.ResponseNotRead: BadResponse,
    httpx.RequestNotRead: BadResponse,
}

# Found anywhere among the causes, these say more than the classes wrapped around them.
_TELLING: Final[tuple[tuple[type[BaseException], type[FetchError]], ...]] = (
    (AddressRefused, BlockedAddress),
    (ssl.SSLError, TlsFailed),
    (socket.gaierror, DnsFailed),
    (ConnectionError, ConnectFailed),
)


def translate(url: str, error: BaseException) -> FetchError:
    """The port's error for a foreign one.

    The httpx transport over aiohttp reports a lost connection as a time-out of connecting, so aiohttp's own word,
    which it keeps as the cause, goes first.

    Args:
        url: of the hop that failed.
        error: one of `FOREIGN`.
    """
    links = tuple(_causes(error))
    told: BaseException = next((link for link in links if isinstance(link, aiohttp.ClientError)), error)
    kind = _kind(told)
    for telling, its_kind in _TELLING:
        # aiohttp's own connection errors count by the table: some of them are built-in ones as well.
        found = next((link for link in links if isinstance(link, telling) and type(link) not in KINDS), None)
        if found is not None:
            told, kind = found, its_kind
            break
    text = str(told) or type(told).__name__
    return kind(url, f"{_WORDS[kind]}: {text[:300]}")


def _kind(error: BaseException) -> type[FetchError]:
    return next((KINDS[base] for base in type(error).__mro__ if base in KINDS), ConnectFailed)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it, outermost first."""
    link: BaseException | None = error
    seen: set[int] = set()
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or link.__context__


_WORDS: Final[dict[type[FetchError], str]] = {
    BadUrl: "this is no URL that may be fetched",
    BlockedAddress: "the address is not allowed",
    DnsFailed: "the name does not resolve",
    ConnectFailed: "there is no connection, or it broke",
    TlsFailed: "there is no trusted encrypted connection",
    DeadlineExceeded: "the exchange took too long",
    TooManyRedirects: "there are too many redirects",
    BadResponse: "the response is broken",
}
