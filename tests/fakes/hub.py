"""A WebSub hub for tests: takes subscriptions, verifies them when told, and brings bodies, signed or not."""

import asyncio
import functools
import hashlib
import hmac
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import httpx

from tests.fakes.badserver import Exchange

# Loading the bundle takes longer than a call.
_trust = functools.cache(httpx.create_ssl_context)


def client_of_hubs() -> httpx.AsyncClient:
    """What a hub calls with."""
    return httpx.AsyncClient(trust_env=False, verify=_trust())


@dataclass
class Hub:
    """One hub.

    Attributes:
        status: what requests are answered with.
        headers: sent with it.
        lease: granted; None leaves it out.
        verifies: whether it verifies at once.
        asked: forms that were posted, in order.
        confirmed: status and body of what its verifications were answered with.
    """

    status: int = 202
    headers: tuple[tuple[str, str], ...] = ()
    lease: int | None = 864_000
    verifies: bool = True
    asked: list[dict[str, str]] = field(default_factory=list)
    confirmed: list[tuple[int, str]] = field(default_factory=list)

    @property
    def last(self) -> dict[str, str]:
        """The last form."""
        return self.asked[-1]

    async def __call__(self, exchange: Exchange) -> None:
        """Take a request."""
        length = int(exchange.header("content-length") or b"0")
        form = dict(parse_qsl((await exchange.reader.readexactly(length)).decode()))
        self.asked.append(form)
        if self.verifies and self.status < 300:
            # Before it answers: WebSub, 5.3 lets it.
            self.confirmed.append(await self.call(self.intent(form)))
        await exchange.answer(self.status, b"", *self.headers)

    def intent(self, form: dict[str, str], **changes: str) -> dict[str, str]:
        """Parameters of a verification."""
        said = {"hub.mode": form["hub.mode"], "hub.topic": form["hub.topic"], "hub.challenge": "ch<b>allenge"}
        if self.lease is not None:
            said["hub.lease_seconds"] = str(self.lease)
        return said | {f"hub.{name}": value for name, value in changes.items()}

    async def call(self, said: dict[str, str], callback: str | None = None) -> tuple[int, str]:
        """Call the callback of the last form, or another one."""
        async with client_of_hubs() as client:
            answer = await client.get(callback or self.last["hub.callback"], params=said)
        return answer.status_code, answer.text

    async def bring(
        self,
        body: bytes,
        *,
        method: str = "sha256",
        signature: str | None = None,
        callback: str | None = None,
        kind: str = "application/rss+xml",
    ) -> int:
        """Deliver a body; returns the status of the answer."""
        secret = self.last.get("hub.secret", "").encode()
        signed = f"{method}={hmac.new(secret, body, getattr(hashlib, method)).hexdigest()}"
        headers = {"Content-Type": kind, "X-Hub-Signature": signed if signature is None else signature}
        async with client_of_hubs() as client:
            answer = await client.post(callback or self.last["hub.callback"], content=body, headers=headers)
        # What was taken is read behind the answer.
        await asyncio.sleep(0)
        return answer.status_code
