"""What the encoders promise: determinism, CloudEvents attributes, the operator's choice about bodies."""

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyfold.model.articles import PlacedArticle
from storyfold.model.events import Change, ChangeKind, Event
from storyfold.model.records import Record, Reject, Topic
from storyfold.wire.encode import Encoder, dump, event_step
from storyfold.wire.values import BODY_BYTES, EXCERPT_CHARACTERS, BodyTravel, body_value, excerpt_of, moment
from tests.fakes.store_values import NOON, event_of, folded_of
from tests.fakes.wire_values import FEW, MOMENTS, every

ATTRIBUTES = ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_subject", "content-type"]
ENCODER = Encoder()


def records_of(placed: PlacedArticle, event: Event, change: Change, reject: Reject) -> list[Record]:
    encoder = Encoder(source="press/1")
    return [
        encoder.article(placed),
        encoder.event(event, change.kind, change.at),
        encoder.change(change, change.at),
        encoder.reject(reject),
    ]


@FEW
@given(every(PlacedArticle), every(Event), every(Change), every(Reject))
def test_envelope(placed: PlacedArticle, event: Event, change: Change, reject: Reject) -> None:
    """Every record carries all CloudEvents attributes, its key as subject, and JSON in UTF-8."""
    for record in records_of(placed, event, change, reject):
        headers = dict(record.headers)
        assert [name for name, _ in record.headers] == ATTRIBUTES
        assert headers["ce_specversion"] == "1.0"
        assert headers["ce_source"] == "press/1"
        assert headers["content-type"] == "application/json"
        assert headers["ce_subject"] == record.key
        assert datetime.fromisoformat(headers["ce_time"]).utcoffset() == timedelta(0)
        assert isinstance(json.loads(record.value), dict)


@FEW
@given(every(PlacedArticle), every(Event), every(Change), every(Reject))
def test_same_decision_same_bytes(placed: PlacedArticle, event: Event, change: Change, reject: Reject) -> None:
    """Encoding twice gives the same record, to the byte."""
    assert records_of(placed, event, change, reject) == records_of(placed, event, change, reject)


def test_ids_name_the_version() -> None:
    """`ce_id` is the id with the version that the record tells of, and the key is the id alone."""
    article = ENCODER.article(folded_of("a1", version=3).placed)
    event = ENCODER.event(event_of("v1", version=7), ChangeKind.REPORT_ADDED, NOON)
    assert [("a1:3", "a1"), ("v1:7", "v1")] == [(dict(each.headers)["ce_id"], each.key) for each in (article, event)]


def test_topics_and_moments() -> None:
    """Records go to their topics and carry the moments that latency is measured from."""
    placed = folded_of().placed
    article = ENCODER.article(placed)
    revised = ENCODER.article(placed, NOON)
    event = ENCODER.event(event_of(), None, NOON, NOON - timedelta(hours=1))
    assert (Topic.ARTICLES, placed.article.first_seen_at) == (article.topic, article.origin_at)
    assert article.published_at == NOON - timedelta(hours=1)
    assert revised.origin_at == NOON
    assert (Topic.EVENTS, NOON, NOON - timedelta(hours=1)) == (event.topic, event.origin_at, event.published_at)


def test_an_undated_article_has_no_publication_to_measure_from() -> None:
    """Where nothing says when an article was published, the record's moment is unknown too."""
    placed = folded_of().placed
    undated = replace(placed, article=replace(placed.article, published_at=None))
    assert ENCODER.article(undated).published_at is None


def test_event_types() -> None:
    """Steps that only add to an event are updates; every other step is named; current state is restated."""
    steps = {kind: event_step(kind) for kind in ChangeKind}
    assert Counter(steps.values())["updated"] == 3
    assert {"opened", "merged", "closed", "retracted"} < set(steps.values())
    assert event_step(None) == "restated"


@given(MOMENTS)
def test_moments_are_rfc_3339(at: datetime) -> None:
    """A moment is written in UTC with a Z and comes back as the same moment."""
    text = moment(at)
    assert text.endswith("Z")
    assert at == datetime.fromisoformat(text)


def test_moment_of_a_whole_second() -> None:
    """No fraction is written where there is none."""
    assert moment(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) == "2026-01-02T03:04:05Z"


def test_broken_text_travels() -> None:
    """Half a surrogate pair becomes a question mark instead of an error."""
    assert dump({"a": "x\ud800y"}) == b'{"a":"x?y"}'


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_are_finite(number: float) -> None:
    """What JSON cannot carry is refused, not written as something no parser takes."""
    with pytest.raises(ValueError, match="JSON"):
        dump({"a": number})


@given(st.text(max_size=2000))
def test_bodies_travel_as_chosen(body: str) -> None:
    """A body travels whole, as its beginning, or not at all."""
    assert body_value(body, BodyTravel.FULL) == body
    assert body_value(body, BodyTravel.NONE) is None
    excerpt = body_value(body, BodyTravel.EXCERPT)
    assert excerpt is not None
    assert len(excerpt) <= EXCERPT_CHARACTERS + 1
    assert body.startswith(excerpt.removesuffix("…"))


def test_a_huge_body_is_cut() -> None:
    """A body beyond what Kafka takes by default is cut behind a word, with an ellipsis."""
    cut = body_value("wörter " * 100_000, BodyTravel.FULL)
    assert cut is not None
    assert len(cut.encode()) <= BODY_BYTES + 3
    assert cut.endswith("wörter…")


def test_excerpt_of_one_long_word() -> None:
    """Text without a space is cut where it must be."""
    assert excerpt_of("abcdef") == "abcdef…"


def test_encoder_applies_the_choice() -> None:
    """The encoder's setting decides whether the body is in the value."""
    value = json.loads(Encoder(body=BodyTravel.NONE).article(folded_of().placed).value)
    assert value["body"] is None
