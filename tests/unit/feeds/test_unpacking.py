"""Feeds that are gzip files."""

import gzip

from storyfold.feeds.unpacking import unpacked


def test_what_is_no_gzip_file_stays() -> None:
    """A document is returned as it is, whatever its size."""
    assert b"<rss/>" == unpacked(b"<rss/>", 1)


def test_a_gzip_file_is_unpacked_within_bounds() -> None:
    """Up to the bound, and not a byte beyond."""
    packed = gzip.compress(b"x" * 100)
    assert b"x" * 100 == unpacked(packed, 100)
    assert unpacked(packed, 99) is None


def test_a_broken_one_is_nothing() -> None:
    """Cut short or not gzip behind its first bytes."""
    assert unpacked(gzip.compress(b"x" * 100)[:-9], 100) is None
    assert unpacked(b"\x1f\x8b nonsense", 100) is None
