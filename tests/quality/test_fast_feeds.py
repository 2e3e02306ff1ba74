import warnings
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from newsroom.model import FeedFormat, Habit, HabitLevel
from newsroom.plan import Size, compose
from newsroom.render.feeds import Listing, write_feed
from storyfold.feeds.fast import fast_tree
from storyfold.feeds.parse import document_of
from storyfold.feeds.syndication import feedparser_tree, read_syndication
from storyfold.model.fetching import FetchResponse
from tests.fakes.poll_values import SOURCE
from tests.quality.ratchet import corpus_path

SEEN_AT = datetime(2017, 1, 7, 16, tzinfo=UTC)
# Of 49 captured feeds: the others have xhtml in texts, xml:base, or a DOCTYPE.
READ_FAST = 46


def response_of(body: bytes) -> FetchResponse:
    headers = (("content-type", "application/xml"),)
    return FetchResponse("https://news.example/feed", 200, headers, body, (), timedelta(0))


def assert_alike(body: bytes, name: str) -> bool:
    """Compare both readers field by field; tells whether the fast one took the document."""
    response = response_of(body)
    text = document_of(response)
    assert text is not None
    tree = fast_tree(text)
    if tree is None:
        return False
    fast: Mapping[str, Any] = tree
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        by_feedparser = read_syndication(text, response, SEEN_AT, SOURCE, 5000, reader=feedparser_tree)
    assert by_feedparser == read_syndication(text, response, SEEN_AT, SOURCE, 5000, reader=lambda _: fast), name
    return True


def test_captured_feeds_are_read_alike_and_most_of_them_fast() -> None:
    """Every captured feed that the fast reader takes is the same, field by field, as feedparser has it."""
    paths: list[Path] = sorted(corpus_path("data/feeds").iterdir())
    fast = sum(assert_alike(path.read_bytes(), path.name) for path in paths)
    assert fast >= READ_FAST


def test_the_newsrooms_feeds_are_read_alike() -> None:
    """In each format, with each bad habit of a publisher, both readers agree; honest feeds are all read fast."""
    start, span = datetime(2017, 1, 4, tzinfo=UTC), timedelta(hours=72)
    plan = compose(3, Size(36, 60, HabitLevel.NONE), start, span)
    for form in (FeedFormat.RSS20, FeedFormat.RSS10, FeedFormat.ATOM):
        publisher = next(each for each in plan.publishers if each.format is form)
        articles = tuple(each for each in plan.articles if each.publisher == publisher.id)[-10:]
        for habits in ((), *((habit,) for habit in Habit)):
            made = Listing(replace(publisher, habits=habits), "http://127.0.1.1:8000", articles[::-1], start + span, 1)
            fast = assert_alike(write_feed(made), f"{form} {habits}")
            assert fast or habits
