"""What travels between stages that run apart: values as MessagePack, behind two bytes that say version and kind.

Internal: whoever writes and whoever reads are storyfold, if not always of the same release. Fields may be added (with a
default) or dropped within a version, as in the store; another version is not read. What cannot be read is dropped by
the reader, and the ledger sends it again.
"""

from dataclasses import replace
from typing import Any

import msgspec

from storyfold.model.entries import LedgerEntry, RejectReason
from storyfold.model.outcomes import Looked, ReadArticle, ReadOutcome, ReadPutOff, ReadReject
from storyfold.model.records import Reject
from storyfold.model.rereads import LookOutcome

VERSION = 1
HEAD = 2

_KINDS: dict[bytes, type[Any]] = {
    b"e": LedgerEntry,
    b"a": ReadArticle,
    b"r": ReadReject,
    b"p": ReadPutOff,
    b"l": Looked,
}
_HEADS = {kind: bytes([VERSION]) + sign for sign, kind in _KINDS.items()}
_DECODERS = {sign: msgspec.msgpack.Decoder(kind) for sign, kind in _KINDS.items()}
_pack = msgspec.msgpack.Encoder()


class Unreadable(Exception):
    """A message is not one that this version reads; the text says why."""


def encode(item: LedgerEntry | ReadOutcome) -> bytes:
    """Pack an item.

    Raises:
        Unreadable: it holds text that is not Unicode (a lone surrogate).
    """
    try:
        return _HEADS[type(item)] + _pack.encode(item)
    except UnicodeEncodeError as error:
        raise Unreadable(f"it holds text that is not Unicode: {error.reason}") from error


def decode(message: bytes | None) -> LedgerEntry | ReadOutcome:
    """Unpack an item.

    Raises:
        Unreadable: it is of another version or kind, or damaged.
    """
    if message is None or len(message) < HEAD:
        raise Unreadable("it is empty")
    if message[0] != VERSION:
        raise Unreadable(f"it is of version {message[0]}, and this storyfold reads version {VERSION}")
    decoder = _DECODERS.get(message[1:HEAD])
    if decoder is None:
        raise Unreadable(f"it is of an unknown kind {message[1:HEAD]!r}")
    try:
        return decoder.decode(message[HEAD:])  # type: ignore[no-any-return] # one of the kinds above
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise Unreadable(f"it is damaged: {error}") from error


def entry_from(message: bytes | None) -> LedgerEntry:
    """Unpack an entry.

    Raises:
        Unreadable: it is none.
    """
    item = decode(message)
    if not isinstance(item, LedgerEntry):
        raise Unreadable("it is no entry")
    return item


def outcome_from(message: bytes | None) -> ReadOutcome:
    """Unpack an outcome of reading.

    Raises:
        Unreadable: it is none.
    """
    item = decode(message)
    if isinstance(item, LedgerEntry):
        raise Unreadable("it is no outcome")
    return item


def smaller_entry(ledger: LedgerEntry) -> LedgerEntry | None:
    """An entry without the text that its feed carries, for one that is too large; its page is read all the same."""
    entry = ledger.entry
    if not entry.content and not entry.summary:
        return None
    return replace(ledger, entry=replace(entry, content="", summary=""))


def smaller_outcome(outcome: ReadOutcome) -> ReadOutcome | None:
    """A reject in the place of an article that is too large to travel; a look at one that grew so proves nothing."""
    if isinstance(outcome, Looked) and outcome.article is not None:
        return replace(outcome, outcome=LookOutcome.NO_ARTICLE, article=None, features=None)
    if not isinstance(outcome, ReadArticle):
        return None
    message = "the article is too large for the hop to folding"
    reject = Reject(outcome.ledger, RejectReason.TOO_LARGE, message, None, outcome.ledger.taken_up_at)
    return ReadReject(reject)
