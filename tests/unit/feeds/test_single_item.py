"""Feeds of one item, whose guid may change although the item does not."""

from dataclasses import replace

import pytest

from storyfold.feeds.identity import guids_changed, link_marks
from storyfold.model.entries import Entry
from tests.fakes.poll_values import HOUR, NOW, an_entry

ITEM = an_entry()


@pytest.mark.parametrize(
    ("now", "changed"),
    [
        (ITEM, False),
        (replace(ITEM, guid="another"), True),
        (replace(ITEM, guid="another", content_hash="other words"), False),
        (replace(ITEM, guid="another", published_at=NOW + HOUR), False),
        (replace(ITEM, guid="another", url="https://news.example/2"), False),
    ],
)
def test_one_link_proves_only_with_the_same_words_and_date(now: Entry, changed: bool) -> None:
    """A ticker brings new words under its one link; a guid made anew at each fetch does not."""
    assert changed is guids_changed(link_marks([ITEM]), [now])


def test_marks_of_an_older_store_prove_less() -> None:
    """They hold no words, so one link alone is no proof."""
    old = [mark[:12] for mark in link_marks([ITEM])]
    assert guids_changed(old, [replace(ITEM, guid="another")]) is False
