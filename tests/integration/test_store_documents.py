"""Stored values come back as they went in, and outlive a change of their class."""

from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyfold.edges.store.documents import (
    EVENT,
    PLACED,
    POLL_STATE,
    Codec,
    decode_features,
    decode_listed,
    encode_features,
    encode_listed,
)
from storyfold.model.articles import PlacedArticle
from storyfold.model.events import Event
from storyfold.model.features import Features
from storyfold.model.feeds import PollState
from storyfold.model.identity import EntryId
from storyfold.ports import StoreBroken, StoreError
from tests.fakes.store_values import FEATURES

# Databases keep moments to the microsecond in UTC; text is Unicode; no number is infinite.
MOMENTS = st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 hypothesis wants naive bounds
TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
INTEGERS = st.integers(min_value=-(2**53), max_value=2**53)
SPANS = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=400))
st.register_type_strategy(datetime, MOMENTS)
st.register_type_strategy(str, TEXT)
st.register_type_strategy(float, NUMBERS)
st.register_type_strategy(int, INTEGERS)
st.register_type_strategy(timedelta, SPANS)


@given(st.from_type(Features))
def test_features_survive(features: Features) -> None:
    """Unpacking undoes packing, whatever fields features have."""
    assert features == decode_features(encode_features(features))


@given(st.from_type(PlacedArticle))
def test_articles_survive(placed: PlacedArticle) -> None:
    """Decoding undoes encoding for articles."""
    assert placed == PLACED.decode(PLACED.encode(placed))


@given(st.from_type(Event))
def test_events_survive(event: Event) -> None:
    """Decoding undoes encoding for events."""
    assert event == EVENT.decode(EVENT.encode(event))


@given(st.from_type(PollState))
def test_poll_states_survive(state: PollState) -> None:
    """Decoding undoes encoding for what polling remembers."""
    assert state == POLL_STATE.decode(POLL_STATE.encode(state))


@given(st.lists(TEXT.map(EntryId)))
def test_listed_entries_survive(entries: list[EntryId]) -> None:
    """As a set."""
    assert frozenset(entries) == decode_listed(encode_listed(tuple(entries)))


@dataclass(frozen=True, slots=True)
class Before:
    kept: int
    dropped: str


@dataclass(frozen=True, slots=True)
class After:
    kept: int
    added: tuple[str, ...] = ("default",)


def test_a_class_may_gain_and_lose_fields() -> None:
    """What is not there takes its default, what is no longer known is passed over."""
    document = Codec(Before).encode(Before(1, "x"))
    assert After(1) == Codec(After).decode(document)


def test_a_blob_may_hold_fields_that_features_no_longer_have() -> None:
    """It is read all the same."""
    values = {field.name: getattr(FEATURES, field.name) for field in fields(FEATURES)}
    assert FEATURES == decode_features(msgspec.msgpack.encode(values | {"once": 1}))


def test_what_cannot_be_read_is_said() -> None:
    """A document or blob of another kind is a broken store, with a word on what to do."""
    with pytest.raises(StoreBroken, match=r"holds a Event that this version cannot read .* restore a backup"):
        EVENT.decode('{"event_id": 5}')
    with pytest.raises(StoreBroken, match="holds a Features that this version cannot read"):
        decode_features(b"\xc1")


def test_half_a_character_is_refused_by_name() -> None:
    """The message shows where it stands."""
    with pytest.raises(StoreError, match=r"Before holds text that is not Unicode near 'abc.ud800'"):
        Codec(Before).encode(Before(1, "abc\ud800"))
