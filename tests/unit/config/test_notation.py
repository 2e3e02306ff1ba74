from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyfold.config.notation import duration_of, duration_text, size_of, size_text


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("15m", timedelta(minutes=15)),
        ("48h", timedelta(hours=48)),
        ("1d12h", timedelta(hours=36)),
        ("1w", timedelta(days=7)),
        ("1m30s", timedelta(seconds=90)),
        ("0.5s", timedelta(milliseconds=500)),
        ("250ms", timedelta(milliseconds=250)),
        ("90", timedelta(seconds=90)),
        (90, timedelta(seconds=90)),
        (1.5, timedelta(seconds=1.5)),
        ("0s", timedelta(0)),
        (" 5m ", timedelta(minutes=5)),
    ],
)
def test_durations_are_read(written: str | float, meant: timedelta) -> None:
    """Units, bare seconds and fractions all mean what people mean by them."""
    assert meant == duration_of(written)


@pytest.mark.parametrize("written", ["", "m", "5 minutes", "-5m", -1, "12h1d", "1e99", "9" * 30 + "d", float("nan")])
def test_what_is_no_duration_is_none(written: str | float) -> None:
    """Anything else is refused, negative and endless ones included."""
    assert duration_of(written) is None


@given(st.integers(0, 10**13))
def test_durations_read_back_as_written(milliseconds: int) -> None:
    """Writing and reading a duration gives the same duration, to the millisecond."""
    duration = timedelta(milliseconds=milliseconds)
    assert duration == duration_of(duration_text(duration))


@given(st.integers(0, 10**13))
def test_sizes_read_back_as_written(size: int) -> None:
    """Writing and reading a size gives the same size."""
    assert size == size_of(size_text(size))


@pytest.mark.parametrize("written", ["", "16", "16MiB", "500 KiB", "1GiB", "MiB", "1.5MiB", "16MB"])
def test_sizes_are_read(written: str) -> None:
    """Binary units and bare digits are sizes; decimal units, which nobody agrees on, are not."""
    meant = {"16": 16, "16MiB": 16 * 1024**2, "500 KiB": 500 * 1024, "1GiB": 1024**3}
    assert meant.get(written) == size_of(written)
