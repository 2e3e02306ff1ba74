"""The publisher's own day, where a page states its moment in UTC alone."""

from datetime import datetime

import pytest

from storyfold.articles.dates import moments
from storyfold.articles.dom import head_of, parse
from storyfold.articles.homes import home_zone
from storyfold.articles.jsonld import LinkedArticle
from tests.unit.articles.pages import SEEN_AT


@pytest.mark.parametrize(
    ("url", "country", "tags", "zone"),
    [
        ("https://www.news.example.jp/1", None, (), "Asia/Tokyo"),
        ("https://news.example.com/1", "IN", ("en-us",), "Asia/Kolkata"),
        ("https://news.example.com/1", None, ("pt-br",), "America/Sao_Paulo"),
        ("https://news.example.com/1", None, ("it",), "Europe/Rome"),
        ("https://example.co/1", None, ("ko",), "Asia/Seoul"),
        ("https://news.example.com/1", None, ("en-us", "en"), None),
        ("https://news.example.com/1", None, ("ar-ar",), None),
        ("https://[broken/1", None, (), None),
        ("", None, (), None),
    ],
)
def test_a_country_has_its_zone(url: str, country: str | None, tags: tuple[str, ...], zone: str | None) -> None:
    """The feeds file, the top-level domain, the locale, the language: the first that tells a country decides."""
    found = home_zone(url, country, tags)
    assert zone == (str(found) if found else None)


@pytest.mark.parametrize(
    ("published", "url", "shown", "expected"),
    [
        # A moment with a Z is told in the zone of the publisher's home, one with an offset of zero is not.
        ("2026-04-28T22:40:00Z", "https://e.it/a", "", "2026-04-29T00:40:00+02:00"),
        ("2026-04-28T22:40:00+00:00", "https://e.it/a", "", "2026-04-28T22:40:00+00:00"),
        ("2026-04-28T22:40:00Z", "https://e.org/a", "", "2026-04-28T22:40:00+00:00"),
        # The day of the address, or that shown to readers, speaks louder.
        ("2026-04-28T22:40:00+00:00", "https://e.it/2026/04/29/a", "", "2026-04-29T00:40:00+02:00"),
        ("2026-04-28T22:40:00Z", "https://e.it/2026/04/28/a", "", "2026-04-28T22:40:00+00:00"),
        ("2026-04-28T22:40:00+00:00", "https://e.it/a", "29 aprile 2026", "2026-04-29T00:40:00+02:00"),
        ("2026-04-28T22:40:00Z", "https://e.it/a", "1 gennaio 2026", "2026-04-29T00:40:00+02:00"),
        # Without a home the nearest hour that leads to the day does, as long as there is such a zone.
        ("2026-04-29T02:25:54Z", "https://e.org/2026/04/28/a", "", "2026-04-28T23:25:54-03:00"),
        ("2026-04-28T20:10:00Z", "https://e.org/2026/04/29/a", "", "2026-04-29T00:10:00+04:00"),
        ("2026-04-28T08:10:00Z", "https://e.org/2026/04/29/a", "", "2026-04-28T08:10:00+00:00"),
    ],
)
def test_a_moment_in_utc_falls_on_the_publishers_day(published: str, url: str, shown: str, expected: str) -> None:
    """The instant stays; the zone is the one that puts it on the day that the publisher's readers see."""
    times = f"<h1>H</h1><time datetime='{published}'>{shown}</time>" if shown else ""
    root = parse(f"<html><body>{times}<p>Text.</p></body></html>")
    assert root is not None
    when = moments(
        root, head_of(root), LinkedArticle(published=published), url, (None, None), seen_at=SEEN_AT
    ).published
    assert when is not None
    assert (datetime.fromisoformat(expected), expected) == (when.at, when.at.isoformat())
