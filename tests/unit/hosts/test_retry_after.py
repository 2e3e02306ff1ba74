"""Retry-After, as seconds and as a date."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyfold.hosts.retry_after import LONGEST, retry_after_of

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", NOW + timedelta(seconds=120)),
        (" 5 ", NOW + timedelta(seconds=5)),
        ("Mon, 02 Mar 2026 13:00:00 GMT", NOW + timedelta(hours=1)),
        ("Mon, 02 Mar 2026 13:00:00 -0000", NOW + timedelta(hours=1)),
        ("999999999999", NOW + LONGEST),
        ("Mon, 02 Mar 2037 13:00:00 GMT", NOW + LONGEST),
        ("0", None),
        ("Mon, 02 Mar 2026 11:00:00 GMT", None),
        ("-5", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_names_a_future_moment_or_none(value: str | None, expected: datetime | None) -> None:
    """Seconds and dates are read; the past, the absurd and the unreadable are not believed."""
    assert expected == retry_after_of(value, NOW)


@given(st.text())
def test_never_raises_and_never_leaves_its_bounds(value: str) -> None:
    """Whatever a server sends, the answer is None or lies ahead, within a week."""
    moment = retry_after_of(value, NOW)
    assert moment is None or NOW < moment <= NOW + LONGEST
