"""Where the feeds of a site may be."""

from datetime import timedelta

from storyfold.feeds.discovery import WELL_KNOWN, FoundBy, candidates
from storyfold.hosts.robots import Robots
from storyfold.model.fetching import FetchResponse

SITE = "https://n.example/section/"


def found(body: str, *headers: tuple[str, str], sitemaps: tuple[str, ...] = ()) -> list[tuple[str, FoundBy]]:
    page = FetchResponse(SITE, 200, headers, body.encode(), (), timedelta(0))
    paths = {SITE.removesuffix("/section/") + path for path in WELL_KNOWN}
    return [(each.url, each.by) for each in candidates(page, Robots(sitemaps=sitemaps)) if each.url not in paths]


def test_link_elements_in_all_their_spellings() -> None:
    """Quotes, order, case and entities vary; other relations, other types and links without a target do not count."""
    body = """<LINK type='application/rss+xml; charset=utf-8' title="a > b" HREF='/a?x=1&amp;y=2' rel="home Alternate">
        <link rel=alternate type=application/atom+xml href=b>
        <link rel="alternate" hreflang="de" href="/de">
        <link rel="stylesheet alternate" type="application/rss+xml" href="/c">
        <link rel="next" type="application/rss+xml" href="/d"><link rel="alternate" type="application/rss+xml">"""
    expected = [("https://n.example/a?x=1&y=2", FoundBy.LINK), (f"{SITE}b", FoundBy.LINK)]
    assert expected == found(body)


def test_a_base_element_counts() -> None:
    """Relative targets are meant from there."""
    body = '<base href="/deep/"><link rel=alternate type="application/feed+json" href="f.json">'
    assert [("https://n.example/deep/f.json", FoundBy.LINK)] == found(body)


def test_headers_and_robots() -> None:
    """Both are looked at, each URL is named once, by its best evidence; what is no URL is passed over."""
    header = ("link", "</h>; rel=alternate")
    assert [("https://n.example/h", FoundBy.HEADER), ("https://n.example/s.xml", FoundBy.ROBOTS)] == found(
        "", header, sitemaps=("/s.xml", "/h", "mailto:x")
    )


def test_there_is_an_end_to_it() -> None:
    """A page with a feed for every tag does not lead to hundreds of requests."""
    body = "".join(f'<link rel=alternate type="application/rss+xml" href="/{n}">' for n in range(100))
    assert 30 == len(found(body))
