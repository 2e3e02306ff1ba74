"""Floors of extraction."""

from pathlib import Path

from tests.quality.measure_extraction import measure_aeb
from tests.quality.ratchet import assert_holds


def test_bodies_are_as_good_as_they_were() -> None:
    """Precision, recall and F1 on pages with known bodies hold their floors."""
    assert_holds(Path(__file__).with_name("floors_extraction.json"), measure_aeb())
