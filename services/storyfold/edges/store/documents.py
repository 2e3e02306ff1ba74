"""Frozen values to JSON documents and back; features to a compact blob and back (docs/adr/0003-store.md: msgspec).

Generic over dataclasses: a field that a stored value does not have takes its default, one that the class no longer has
is passed over. So a field may be added (with a default) or dropped without a migration.
"""

from typing import Generic, TypeVar

import msgspec

from storyfold.model.articles import PlacedArticle
from storyfold.model.events import Change, Event
from storyfold.model.features import Features
from storyfold.model.feeds import FeedSource, PollState
from storyfold.model.identity import EntryId
from storyfold.ports import StoreBroken, StoreError

T = TypeVar("T")


class Codec(Generic[T]):
    """JSON text of one kind of value."""

    def __init__(self, kind: type[T]) -> None:
        self._kind = kind
        self._encoder = msgspec.json.Encoder()
        self._decoder = msgspec.json.Decoder(kind)

    def encode(self, value: T) -> str:
        """Encode a value.

        Raises:
            StoreError: it holds text that is not Unicode (a lone surrogate), which no database keeps.
        """
        try:
            return self._encoder.encode(value).decode()
        except UnicodeEncodeError as error:
            raise not_unicode(self._kind, error) from error

    def decode(self, document: str) -> T:
        """Decode a value.

        Raises:
            StoreBroken: the document is not one of these.
        """
        try:
            return self._decoder.decode(document)
        except msgspec.DecodeError as error:
            raise unreadable(self._kind, error) from error


SOURCE: Codec[FeedSource] = Codec(FeedSource)
POLL_STATE: Codec[PollState] = Codec(PollState)
PLACED: Codec[PlacedArticle] = Codec(PlacedArticle)
EVENT: Codec[Event] = Codec(Event)
CHANGE: Codec[Change] = Codec(Change)
HEADERS: Codec[tuple[tuple[str, str], ...]] = Codec(tuple[tuple[str, str], ...])

_pack = msgspec.msgpack.Encoder()
_features = msgspec.msgpack.Decoder(Features)
_listed = msgspec.msgpack.Decoder(frozenset[str])


def encode_features(features: Features) -> bytes:
    """Pack features into a blob (MessagePack: 9 µs and 2.4 kB for 80 terms, 20 names and a sketch of 512 bytes).

    Raises:
        StoreError: they hold text that is not Unicode.
    """
    try:
        return _pack.encode(features)
    except UnicodeEncodeError as error:
        raise not_unicode(Features, error) from error


def decode_features(blob: bytes) -> Features:
    """Unpack features (14 µs).

    Raises:
        StoreBroken: the blob does not hold features.
    """
    try:
        return _features.decode(blob)
    except msgspec.DecodeError as error:
        raise unreadable(Features, error) from error


def encode_listed(entries: tuple[EntryId, ...]) -> bytes:
    """Pack the ids of the entries that a feed lists."""
    return _pack.encode(entries)


def decode_listed(blob: bytes) -> frozenset[EntryId]:
    """Unpack the ids of the entries that a feed lists."""
    return frozenset(map(EntryId, _listed.decode(blob)))


def not_unicode(kind: object, error: UnicodeEncodeError) -> StoreError:
    """Say that a value cannot be kept."""
    found = error.object[max(0, error.start - 20) : error.end + 20]
    return StoreError(f"{_name(kind)} holds text that is not Unicode near {found!a}; whoever read it must clean it")


def unreadable(kind: object, error: Exception) -> StoreBroken:
    """Say that a stored value cannot be read."""
    return StoreBroken(
        f"the store holds a {_name(kind)} that this version cannot read ({error}); "
        "run the version that wrote it, or restore a backup"
    )


def _name(kind: object) -> str:
    return getattr(kind, "__name__", str(kind))
