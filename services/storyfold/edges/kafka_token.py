"""Access tokens for SASL/OAUTHBEARER: client credentials (RFC 6749 §4.4) taken to a token endpoint.

kafka-python asks for one whenever it connects, in a thread of its own. The endpoint is the operator's, and still what
it answers is read with bounds: in time, in size, and in the characters that a token may have (RFC 6750 §2.1), since it
goes into a line of its own between separators.
"""

import asyncio
import json
import re
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx
from kafka.errors import KafkaError
from kafka.net.sasl.oauth import AbstractTokenProvider

PATIENCE = 5.0
LARGEST_ANSWER = 64 * 1024
# Of its lifetime, after which a token is asked for anew.
USED_UP = 0.8
# Where the answer tells no lifetime, or one that nobody can mean.
SHORTEST, LONGEST = 30.0, 3600.0
_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")


class NoToken(KafkaError):  # type: ignore[misc]  # kafka-python is published without types
    """The token endpoint gave none; the message says why."""


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    """Where tokens come from.

    Attributes:
        url: https, or http on this machine.
        client_id: who asks.
        client_secret: never shown.
        scope: what for; empty for the endpoint's default.
        ca_file: PEM of the authorities to believe; None for the system's.
    """

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = ""
    ca_file: str | None = None


class ClientCredentials(AbstractTokenProvider):  # type: ignore[misc]  # see above
    """Tokens from an endpoint, each used until most of its time is over.

    Args:
        endpoint: whom to ask.
        patience: seconds for one whole exchange.
    """

    def __init__(self, endpoint: TokenEndpoint, patience: float = PATIENCE) -> None:
        super().__init__()
        self._endpoint = endpoint
        self._patience = patience
        self._guard = threading.Lock()
        self._token = ""
        self._good_until = float("-inf")

    def token(self) -> str:
        """A token that is still good.

        Raises:
            NoToken: the endpoint gave none.
        """
        with self._guard:
            if time.monotonic() >= self._good_until:
                asked = time.monotonic()
                # In a thread, as nobody knows whether the caller's has an event loop; in one, as only there a deadline
                # is for the whole exchange.
                with ThreadPoolExecutor(max_workers=1) as thread:
                    answer = thread.submit(lambda: asyncio.run(self._ask())).result()
                self._token, lifetime = read_answer(answer)
                self._good_until = asked + USED_UP * lifetime
            return self._token

    async def _ask(self) -> bytes:
        endpoint = self._endpoint
        form = {"grant_type": "client_credentials"} | ({"scope": endpoint.scope} if endpoint.scope else {})
        try:
            trust = ssl.create_default_context(cafile=endpoint.ca_file)
            async with (
                asyncio.timeout(self._patience),
                httpx.AsyncClient(verify=trust, timeout=self._patience, trust_env=False) as client,
                client.stream(
                    "POST",
                    endpoint.url,
                    data=form,
                    auth=(endpoint.client_id, endpoint.client_secret),
                    headers={"Accept": "application/json", "Accept-Encoding": "identity"},
                ) as response,
            ):
                if response.status_code != httpx.codes.OK:
                    raise NoToken(f"unable to request a token: {endpoint.url} answers {response.status_code}")
                return await self._read(response)
        except (httpx.HTTPError, OSError) as error:  # a deadline that has passed is an OSError
            cause = str(error) or type(error).__name__
            raise NoToken(f"unable to request a token at {endpoint.url}: {cause}") from error

    async def _read(self, response: httpx.Response) -> bytes:
        body = bytearray()
        async for part in response.aiter_raw():
            body += part
            if len(body) > LARGEST_ANSWER:
                raise NoToken(f"unable to request a token: {self._endpoint.url} answers without end")
        return bytes(body)


def read_answer(body: bytes) -> tuple[str, float]:
    """Token and seconds of lifetime out of an endpoint's answer (RFC 6749 §5.1).

    Raises:
        NoToken: it holds none.
    """
    try:
        answer: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NoToken("unable to request a token: the endpoint's answer is not JSON") from error
    token = answer.get("access_token") if isinstance(answer, dict) else None
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise NoToken("unable to request a token: the endpoint's answer has no access_token of the form of RFC 6750")
    lifetime = answer.get("expires_in")
    if not isinstance(lifetime, int | float) or not 0 < lifetime < float("inf"):
        lifetime = SHORTEST
    return token, min(max(float(lifetime), SHORTEST), LONGEST)
