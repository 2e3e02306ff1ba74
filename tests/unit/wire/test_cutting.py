"""Records made to fit: the body is cut as little as need be, and nothing else is touched."""

import json

from hypothesis import given
from hypothesis import strategies as st

from storyfold.model.records import Record, Topic
from storyfold.wire.cutting import CUT_HEADER, cut_to
from storyfold.wire.encode import dump
from tests.fakes.store_values import NOON

HEADERS = (("ce_id", "a:1"),)


def article(body: str | None) -> Record:
    value = dump({"article_id": "a", "body": body, "url": "https://example.org/a"})
    return Record(Topic.ARTICLES, "a", HEADERS, value, NOON)


def test_what_fits_is_left_alone() -> None:
    """A record within the limit is the same record."""
    record = article("word")
    assert record is cut_to(record, len(record.value))


def test_a_body_is_cut_behind_a_word() -> None:
    """The body ends behind a word, with an ellipsis, just below the limit; the header says that it was cut."""
    cut = cut_to(article("word " * 1000), 600)
    assert cut is not None
    assert cut.headers == (*HEADERS, CUT_HEADER)
    assert json.loads(cut.value)["body"].endswith("word\u2026")
    assert 580 < len(cut.value) <= 600


def test_cut_again() -> None:
    """A record that was cut and is cut again says so once."""
    once = cut_to(article("word " * 1000), 600)
    assert once is not None
    twice = cut_to(once, 300)
    assert twice is not None
    assert twice.headers == (*HEADERS, CUT_HEADER)


def test_nothing_to_cut() -> None:
    """Other records, and articles that are too large without any body, cannot be made to fit."""
    assert cut_to(Record(Topic.EVENTS, "v", HEADERS, b"x" * 100, NOON), 50) is None
    assert cut_to(article("word " * 100), 20) is None
    assert cut_to(article(None), 20) is None


def test_room_for_no_word() -> None:
    """Where not even an ellipsis fits, the body is empty."""
    empty = article("")
    cut = cut_to(article("word " * 100), len(empty.value) + 1)
    assert cut is not None
    assert json.loads(cut.value)["body"] == ""


@given(st.text(max_size=300), st.integers(0, 500))
def test_any_body(body: str, limit: int) -> None:
    """Whatever the body, what comes back fits, is an article still, and differs in its body alone."""
    record = article(body)
    cut = cut_to(record, limit)
    if cut is None:
        assert limit < len(article("").value)
        return
    assert len(cut.value) <= limit
    before, after = json.loads(record.value), json.loads(cut.value)
    assert {**before, "body": None} == {**after, "body": None}
