import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyfold.feeds.dates import from_struct, from_text, stated_offset

NINE = datetime(2026, 1, 7, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-07T09:00:00Z", NINE),
        ("2026-01-07T10:00:00+01:00", NINE),
        ("2026-01-07T09:00", NINE),
        ("Wed, 07 Jan 2026 09:00:00 GMT", NINE),
        ("Wed, 07 Jan 2026 09:00:00", NINE),
        ("Fri, 31 Dec 9999 23:59:59 -0900", None),
        ("9999-12-31T23:59:59-09:00", None),
        ("0001-01-01T00:00:00+09:00", None),
        ("", None),
    ],
)
def test_dates_are_read_in_every_common_form(text: str, expected: datetime | None) -> None:
    """RFC 3339 and RFC 5322, with and without a zone; what cannot be meant is no date."""
    assert expected == from_text(text)


@given(st.text())
def test_reading_a_date_never_raises(text: str) -> None:
    """Any text is a date or none."""
    assert from_text(text) is None or from_text(text) == from_text(text)
    assert stated_offset(text) is None or stated_offset(text) == stated_offset(text)


def test_what_feedparser_calls_a_date_is_checked() -> None:
    """A tuple that is no moment, or something else entirely, is no date."""
    assert from_struct(time.struct_time((99999999999, 1, 1, 0, 0, 0, 0, 1, 0))) is None
    assert from_struct("2026") is None
    assert NINE == from_struct(NINE.timetuple())
