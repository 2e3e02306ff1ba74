"""Requests and responses as the stages see them."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from storyfold.model.feeds import Validators


class Purpose(StrEnum):
    """What a request is for; decides limits and headers."""

    FEED = "feed"
    PAGE = "page"
    ROBOTS = "robots"
    HUB = "hub"


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """Bounds of one exchange, redirects included.

    Attributes:
        deadline: for the whole exchange: connect, headers and body of every hop.
        body_bytes: the most of a body, decompressed.
        wire_bytes: the most of a body, as received.
        redirects: how many are followed at most.
    """

    deadline: timedelta = timedelta(seconds=30)
    body_bytes: int = 16 * 1024 * 1024
    wire_bytes: int = 8 * 1024 * 1024
    redirects: int = 10


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """One GET, or with a form one POST.

    Attributes:
        url: absolute, http or https.
        purpose: what for.
        validators: sent verbatim; empty for an unconditional request.
        limits: bounds of the exchange.
        form: fields to be posted; only redirects that keep the method (307, 308) are followed then.
    """

    url: str
    purpose: Purpose
    validators: Validators = field(default_factory=Validators)
    limits: FetchLimits = field(default_factory=FetchLimits)
    form: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True, slots=True)
class Redirect:
    """One hop: `status` sent from `source` to `target`."""

    status: int
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class FetchResponse:
    """What came back, whatever the status.

    Attributes:
        url: the one that answered, after redirects.
        status: as sent.
        headers: names in lower case, values verbatim, in order, repeats kept.
        body: decompressed; empty for 304 and from 400 on, where nobody reads it.
        redirects: hops that led here, in order.
        elapsed: from first byte sent to last received.
    """

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    redirects: tuple[Redirect, ...]
    elapsed: timedelta

    def header(self, name: str) -> str | None:
        """First value of a header, or None; `name` in lower case."""
        return next((value for key, value in self.headers if key == name), None)
