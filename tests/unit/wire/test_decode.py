"""Decoding undoes encoding, and passes over what it does not know."""

import json

import pytest
from hypothesis import given

from storyfold.model.articles import PlacedArticle
from storyfold.model.events import Change, Event
from storyfold.wire.decode import Undecodable, decode_article, decode_change, decode_event
from storyfold.wire.encode import Encoder, dump
from storyfold.wire.values import BodyTravel
from tests.fakes.store_values import NOON, event_of, folded_of
from tests.fakes.wire_values import FEW, every

ENCODER = Encoder()


@FEW
@given(every(PlacedArticle))
def test_articles_come_back(placed: PlacedArticle) -> None:
    """An article with its placement survives the wire."""
    assert placed == decode_article(ENCODER.article(placed).value)


@FEW
@given(every(Event))
def test_events_come_back(event: Event) -> None:
    """An event survives the wire."""
    assert event == decode_event(ENCODER.event(event, None, NOON).value)


@FEW
@given(every(Change))
def test_changes_come_back(change: Change) -> None:
    """A change survives the wire, its differing fields as JSON text."""
    assert change == decode_change(ENCODER.change(change, NOON).value)


def test_a_body_that_stayed_home_is_empty() -> None:
    """An article whose body did not travel decodes with an empty one."""
    record = Encoder(body=BodyTravel.NONE).article(folded_of().placed)
    assert decode_article(record.value).article.body == ""


def test_unknown_fields_are_passed_over() -> None:
    """A field from the future does not stop an older reader."""
    value = json.loads(ENCODER.event(event_of(), None, NOON).value)
    assert event_of() == decode_event(dump({**value, "mood": "sombre"}))


@pytest.mark.parametrize("value", [b"", b"[]", b"null", b"{}", b"\xff", b'{"article_id": 1, "placement": 2}'])
def test_what_is_not_a_record_is_said_so(value: bytes) -> None:
    """Bytes that are no such record raise the one error that says so."""
    for decode in (decode_article, decode_event, decode_change):
        with pytest.raises(Undecodable, match="not a value of news"):
            decode(value)
