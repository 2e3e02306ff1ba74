import io
import warnings
from datetime import UTC, datetime, timedelta

import feedparser

from storyfold.feeds.parse import parse_feed
from storyfold.model.feeds import FeedSource, Publisher
from storyfold.model.fetching import FetchResponse
from storyfold.model.identity import PublisherId, feed_id_of
from tests.quality.ratchet import corpus_path

URL = "https://news.example/feed"
SOURCE = FeedSource(feed_id_of(URL), URL, Publisher(PublisherId("news.example"), "News", "news.example"), "News")


def test_every_entry_that_feedparser_finds_is_found() -> None:
    """In all captured feeds, each item that feedparser tells apart becomes exactly one entry."""
    listed = found = 0
    for path in sorted(corpus_path("data/feeds").iterdir()):
        body = path.read_bytes()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            items = feedparser.parse(io.BytesIO(body)).entries
            response = FetchResponse(URL, 200, (("content-type", "application/xml"),), body, (), timedelta(0))
            document = parse_feed(response, datetime(2017, 1, 7, 16, tzinfo=UTC), SOURCE)
        assert document is not None, path.name
        distinct = {
            (item.get("id"), item.get("link"), item.get("title") or item.get("summary"), item.get("published"))
            for item in items
        }
        assert len(distinct) == len(document.entries), path.name
        assert len(distinct) == len({entry.entry_id for entry in document.entries}), path.name
        listed += len(items)
        found += len(document.entries)
    # Two items are listed twice, word for word.
    assert (1135, 1133) == (listed, found)
