"""What one poll saw: the closed union that `storyfold.feeds.schedule.decide` takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from storyfold.model.feeds import Identity, KnownEntry, PollOutcome
from storyfold.model.fetching import FetchResponse
from storyfold.model.identity import EntryId
from storyfold.model.page import ParsedFeed


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document that is a feed.

    Attributes:
        response: that it came with.
        conditional: whether validators were sent.
        body_hash: SHA-256 hex of its bytes.
        document: the feed, its entries under the ids of `identity`.
        identity: by what its entries are known from now on.
        known: those of its entries that the ledger has met.
    """

    response: FetchResponse
    conditional: bool
    body_hash: str
    document: ParsedFeed
    identity: Identity
    known: Mapping[EntryId, KnownEntry]


@dataclass(frozen=True, slots=True)
class Pushed:
    """A document that a hub brought; it may list only what is new, and says nothing of what the feed's server would.

    Attributes:
        document: the feed, its entries under the ids by which the feed is known.
        identity: by what its entries are known.
        known: those of its entries that the ledger has met.
    """

    document: ParsedFeed
    identity: Identity
    known: Mapping[EntryId, KnownEntry]


@dataclass(frozen=True, slots=True)
class SameBody:
    """The bytes of last time; they were not parsed again."""

    response: FetchResponse
    conditional: bool


@dataclass(frozen=True, slots=True)
class NotModified:
    """304 to a conditional request."""

    response: FetchResponse


@dataclass(frozen=True, slots=True)
class Failed:
    """Anything else.

    Attributes:
        outcome: which kind of failure.
        message: a sentence for people: what happened, to what, what to do.
        response: where there was one.
    """

    outcome: PollOutcome
    message: str
    response: FetchResponse | None = None


@dataclass(frozen=True, slots=True)
class HeldOff:
    """Nothing was asked: the host wants to be left alone by everybody until then."""

    until: datetime


Document = Parsed | Pushed
Observation = HeldOff | Parsed | Pushed | SameBody | NotModified | Failed
