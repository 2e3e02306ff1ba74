"""What travels between stages that run apart."""

import contextlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyfold.edges.hop_messages import (
    Unreadable,
    decode,
    encode,
    entry_from,
    outcome_from,
    smaller_entry,
    smaller_outcome,
)
from storyfold.model.articles import Article
from storyfold.model.entries import RejectReason
from storyfold.model.outcomes import ReadArticle, ReadOutcome, ReadPutOff, ReadReject
from storyfold.model.records import Reject
from tests.fakes.events_press import features, quake
from tests.fakes.store_values import NOON, ledger_of, put_off

READ = ReadArticle(ledger_of(), quake(), features(quake()))
REJECT = ReadReject(Reject(ledger_of(), RejectReason.GONE, "it is gone", None, NOON))
OUTCOMES: tuple[ReadOutcome, ...] = (READ, REJECT, ReadPutOff(put_off()))


@pytest.mark.parametrize("item", [ledger_of(), *OUTCOMES])
def test_what_is_packed_is_unpacked(item: ReadOutcome) -> None:
    """Every kind comes back as it was."""
    assert item == decode(encode(item))


def test_each_hop_takes_its_own_kinds() -> None:
    """An entry on the way to folding, or an outcome on the way to reading, is not read."""
    assert ledger_of() == entry_from(encode(ledger_of()))
    assert READ == outcome_from(encode(READ))
    with pytest.raises(Unreadable, match="no entry"):
        entry_from(encode(READ))
    with pytest.raises(Unreadable, match="no outcome"):
        outcome_from(encode(ledger_of()))


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (None, "empty"),
        (b"", "empty"),
        (b"\x02e...", "version 2, and this storyfold reads version 1"),
        (b"\x01x...", "unknown kind b'x'"),
        (b"\x01e\xc1", "damaged"),
        (encode(READ)[:-1], "damaged"),
    ],
)
def test_what_cannot_be_read_says_why(message: bytes | None, said: str) -> None:
    """Another version, another kind, or damage."""
    with pytest.raises(Unreadable, match=said):
        decode(message)


@given(message=st.binary(max_size=200), kind=st.sampled_from([b"\x01e", b"\x01a", b"\x01r", b"\x01p", b""]))
def test_no_bytes_break_reading(message: bytes, kind: bytes) -> None:
    """Whatever stands on the topic, it is read or refused."""
    with contextlib.suppress(Unreadable):
        decode(kind + message)


def test_text_that_is_not_unicode_is_refused() -> None:
    """A lone surrogate, which nothing may carry."""
    article: Article = replace(quake(), headline="\ud800")
    with pytest.raises(Unreadable, match="not Unicode"):
        encode(replace(READ, article=article))


def test_what_is_too_large_is_made_smaller_once() -> None:
    """An entry goes without its text, an article as a reject; anything else is given up."""
    ledger = ledger_of()
    less = smaller_entry(ledger)
    assert less is not None
    assert ("", ledger.entry.url, ledger.revision) == (less.entry.content, less.entry.url, less.revision)
    assert smaller_entry(less) is None
    rejected = smaller_outcome(READ)
    assert isinstance(rejected, ReadReject)
    assert (RejectReason.TOO_LARGE, READ.ledger) == (rejected.reject.reason, rejected.reject.ledger)
    assert smaller_outcome(rejected) is None
