from datetime import UTC, datetime, timedelta

import pytest

from storyfold.app.feed_check import explain
from storyfold.feeds.parse import parse_feed
from storyfold.model.fetching import FetchResponse, Redirect
from tests.fakes.press_review import source

URL = "https://a.example/rss"
RSS = b"""<rss version="2.0"><channel><title>North Post</title>
<item><guid>1</guid><title>One</title><link>https://a.example/1</link>
<pubDate>Wed, 04 Mar 2026 09:00:00 GMT</pubDate></item>
<item><guid>2</guid><title>Two</title><link>https://a.example/2</link></item>
</channel></rss>"""


def response(status: int, body: bytes = b"", *, moved: bool = False, **headers: str) -> FetchResponse:
    redirects = (Redirect(301, URL, URL + "2"),) if moved else ()
    listed = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return FetchResponse(URL + ("2" if moved else ""), status, listed, body, redirects, timedelta(seconds=0.25))


def test_a_feed_is_explained() -> None:
    """Format, entries, dates, validators and a move for good are all said."""
    came = response(200, RSS, moved=True, etag='"x"')
    parsed = parse_feed(came, datetime(2026, 3, 4, 12, tzinfo=UTC), source("A", URL))
    report = explain(URL, came, parsed)
    assert (None, "North Post", 2) == (report.trouble, report.title, report.entries)
    told = "\n".join(report.facts)
    for fact in (
        "301 to https://a.example/rss2",
        "2 entries, 1 of them dated",
        "newest entry from 2026-03-04 09:00 UTC",
    ):
        assert fact in told
    assert "can be asked whether it changed, by etag" in told
    assert "moved for good: put https://a.example/rss2 into the feeds file" in told


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (200, "not a feed"),
        (403, "set fetch.contact"),
        (404, "look for the feed's new one"),
        (429, "too often"),
        (503, "fault of its own"),
        (418, "answers 418"),
    ],
)
def test_what_is_no_feed_comes_with_advice(status: int, advice: str) -> None:
    """Each kind of failure says what a person can do."""
    report = explain(URL, response(status, b"<html></html>"), None)
    assert report.trouble is not None
    assert advice in report.trouble


def test_an_empty_feed_is_trouble() -> None:
    """A feed without entries may be one that its publisher has abandoned."""
    came = response(200, b'<rss version="2.0"><channel><title>Empty</title></channel></rss>')
    parsed = parse_feed(came, datetime(2026, 3, 4, 12, tzinfo=UTC), source("A", URL))
    report = explain(URL, came, parsed)
    assert report.trouble is not None
    assert "lists no entries" in report.trouble
    assert "no validators" in report.facts
