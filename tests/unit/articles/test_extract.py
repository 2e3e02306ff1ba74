"""Whole pages in, articles out."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyfold.articles.extract import extract_page
from storyfold.model.articles import BodySource, DateSource, Quality
from storyfold.model.page import NoArticle, NoArticleReason, PageArticle
from tests.unit.articles.pages import SEEN_AT, SENTENCES, article_html, entry, page

BODY = "\n\n".join(SENTENCES)
JSON_LD = {
    "@context": "https://schema.org",
    "@type": "NewsArticle",
    "headline": "River floods old town",
    "datePublished": "2026-04-30T06:15:00+02:00",
    "dateModified": "2026-04-30T09:00:00+02:00",
    "author": [{"@type": "Person", "name": "Ana Sousa"}, {"@type": "Organization", "name": "Example News"}],
    "articleSection": "Region",
    "keywords": "flood, dam",
    "image": {"url": "/river.jpg"},
    "isAccessibleForFree": "True",
}


def script(node: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(node)}</script>'


def read(html: bytes | str, **kwargs: object) -> PageArticle:
    found = extract_page(page(html, **kwargs))  # type: ignore[arg-type] - the keywords of `page`
    assert isinstance(found, PageArticle)
    return found


def test_a_plain_page_gives_its_article() -> None:
    """Body, headline and language come from the page; navigation and footer do not."""
    found = read(article_html())
    assert (found.body, found.headline, found.language) == (BODY, "River floods old town", "en")
    assert (found.body_source, found.quality) == (BodySource.PAGE, Quality.FULL)


def test_json_ld_gives_the_facts() -> None:
    """What the page states in JSON-LD is taken over, people without organisations."""
    found = read(article_html(head=script(JSON_LD)))
    assert found.authors == ("Ana Sousa",)
    assert found.published_at is not None
    assert found.published_at.source is DateSource.JSON_LD
    assert found.published_at.at.isoformat() == "2026-04-30T06:15:00+02:00"
    assert found.modified_at is not None
    assert found.modified_at.at.isoformat() == "2026-04-30T09:00:00+02:00"
    assert (found.sections, found.keywords) == (("Region",), ("flood", "dam"))
    assert found.image == "https://news.example.org/river.jpg"
    assert found.is_accessible_for_free is True


def test_the_feed_fills_what_the_page_leaves_open() -> None:
    """Authors, date, sections and picture of the entry stand in where the page is silent."""
    published = datetime(2026, 4, 30, 5, 0, tzinfo=UTC)
    found = read(article_html(), of=entry(authors=("Ana Sousa",), published_at=published))
    assert (found.authors, found.sections) == (("Ana Sousa",), ("Region", "Weather"))
    assert found.published_at is not None
    assert (published, DateSource.FEED) == (found.published_at.at, found.published_at.source)
    assert found.image == "https://news.example.org/feed.jpg"


def test_json_ld_body_stands_in_for_a_page_that_shows_less() -> None:
    """Where the page shows the beginning alone, the JSON-LD that contains it is the body."""
    whole = " ".join((*SENTENCES, *(f"{sentence} Again." for sentence in SENTENCES)))
    found = read(article_html(head=script({**JSON_LD, "articleBody": whole}), paragraphs=SENTENCES[:2]))
    assert (BodySource.JSON_LD, whole) == (found.body_source, found.body)


def test_a_full_feed_stands_in_for_a_page_that_shows_less() -> None:
    """The feed's content is the body where the page has a part of it."""
    content = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES * 4)
    found = read(article_html(paragraphs=SENTENCES[:2]), of=entry(content=content))
    assert (found.body_source, found.quality) == (BodySource.FEED, Quality.FULL)


def test_a_body_cut_into_sister_containers_is_put_together() -> None:
    """Paragraphs behind an advertisement belong to the article as well."""
    halves = "".join(
        f"<div class='chunk'><div class='body__inner'>{''.join(f'<p>{s} {n}</p>' for s in SENTENCES)}</div></div>"
        "<div>ad</div>"
        for n in ("one", "two", "three")
    )
    html = f"<html><head><title>T</title></head><body><article><h1>T</h1><div>{halves}</div></article></body></html>"
    found = read(html)
    assert all(f"{SENTENCES[0]} {n}" in found.body for n in ("one", "two", "three"))


def test_related_links_and_calls_are_left_out() -> None:
    """Blocks that are a link, and calls to subscribe, are not the text."""
    paragraphs = (
        SENTENCES[0],
        "Read more: <a href='/x'>Dam was inspected only last year, records show</a>",
        SENTENCES[1],
        "<a href='/y'>OTHER TOWNS BRACE FOR THE WATER</a>",
        *SENTENCES[2:],
        "Sign up for our newsletter and never miss a story.",
        "Follow us on Facebook and Twitter",
        "© 2026 Example News. All rights reserved.",
    )
    assert read(article_html(paragraphs=paragraphs)).body == BODY


def test_an_empty_page_leaves_the_feed_alone() -> None:
    """Without a page the feed's text serves, full by its length or marked as a summary."""
    short = read(b"", of=entry(title="River floods", summary=SENTENCES[0]))
    assert (SENTENCES[0], BodySource.FEED, Quality.SUMMARY_ONLY) == (short.body, short.body_source, short.quality)
    whole = read(b"", of=entry(title="River floods", content="".join(f"<p>{s}</p>" for s in SENTENCES * 4)))
    assert Quality.FULL is whole.quality
    assert whole.body.startswith(f"{SENTENCES[0]}\n\n{SENTENCES[1]}")


def test_an_entry_without_a_link_is_known_by_its_guid() -> None:
    """An article that has no page of its own is named by publisher and guid."""
    assert read(b"", of=entry(url=None, summary=SENTENCES[0])).canonical_url == "p:guid-1"


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        (b"", "text/html", NoArticleReason.NO_TEXT),
        (b"%PDF-1.7 something", "text/html", NoArticleReason.NOT_HTML),
        (b"hello", "application/pdf", NoArticleReason.NOT_HTML),
        (b"\x00\x01\x02\x03" * 500, None, NoArticleReason.NOT_HTML),
        (b"   ", "text/html", NoArticleReason.NO_TEXT),
        (b"<html><body><script>go()</script></body></html>", "text/html", NoArticleReason.NO_TEXT),
    ],
)
def test_nothing_to_read_says_why(body: bytes, content_type: str | None, reason: NoArticleReason) -> None:
    """A page without an article, whose feed has no text either, is told apart by kind."""
    found = extract_page(page(body, content_type=content_type))
    assert isinstance(found, NoArticle)
    assert found.reason is reason
    assert "news.example.org" in found.message


@pytest.mark.parametrize(
    ("title", "text"),
    [
        (
            "Just a moment...",
            "Checking if the site connection is secure. This may take a few seconds to complete for you.",
        ),
        (
            "404 Page not found",
            "The page that you asked for is not here any more. Perhaps it was moved to another place.",
        ),
        (
            "Before you continue",
            "We and our partners use cookies. " * 12 + "Your consent and privacy, with vendors and partners.",
        ),
    ],
)
def test_what_is_no_article_gives_way_to_the_feed(title: str, text: str) -> None:
    """Challenges, error pages and consent walls are not published; the feed's summary is."""
    html = f"<html><head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>"
    found = read(html, of=entry(title="River floods old town", summary=SENTENCES[0]))
    assert (SENTENCES[0], BodySource.FEED, Quality.SUMMARY_ONLY) == (found.body, found.body_source, found.quality)
    assert isinstance(extract_page(page(html, of=entry(title="River floods old town"))), NoArticle)


def test_a_paywalled_teaser_is_partial() -> None:
    """A short body of a page that costs money is a part of the article."""
    found = read(article_html(head=script({**JSON_LD, "isAccessibleForFree": False})))
    assert (found.quality, found.is_accessible_for_free) == (Quality.PARTIAL, False)


def test_a_date_in_the_future_is_clamped() -> None:
    """A page from tomorrow was published by the time of sight at the latest."""
    found = read(article_html(head=script({**JSON_LD, "datePublished": "2031-01-01T00:00:00Z"})))
    assert found.published_at is not None
    assert (found.published_at.at, found.published_at.clamped) == (SEEN_AT, True)


def test_a_canonical_link_of_another_site_is_not_believed() -> None:
    """What a page calls itself holds on its own domain only."""
    head = "<link rel='canonical' href='{}'>"
    own = read(article_html(head=head.format("https://www.example.org/river")))
    assert own.canonical_url == "https://www.example.org/river"
    foreign = read(article_html(head=head.format("https://elsewhere.example.net/river")))
    assert foreign.canonical_url == "https://news.example.org/2026/04/30/river-floods-old-town"


def test_an_objection_to_ai_use_is_a_fact() -> None:
    """A noai and a TDM reservation are told; silence is None."""
    assert read(article_html(head="<meta name='robots' content='index, noai'>")).ai_opt_out is True
    assert read(article_html(head="<meta name='tdm-reservation' content='0'>")).ai_opt_out is False
    assert read(article_html()).ai_opt_out is None


def test_wire_copy_is_told_by_its_dateline() -> None:
    """The agency in the dateline is named."""
    first = f"KABUL, July 8 (Reuters) - {SENTENCES[0]}"
    assert read(article_html(paragraphs=(first, *SENTENCES[1:]))).wire == "Reuters"


BAD = {
    "nested": "<html><body>" + "<div>" * 10_000 + "text",
    "siblings": "<html><body>" + "<p>x" * 50_000,
    "surrogates": b"<html><body><p>\xed\xa0\x80\xed\xbf\xbf hello &#xD800; &#xFFFE; &#1;",
    "entities": "<html><body><p>" + "&amp;" * 20_000,
    "frames": "<html><frameset>" + "<frame src=x>" * 1000,
    "iframes": "<html><body>" + "<iframe>" * 3000,
    "json-ld": '<html><head><script type="application/ld+json">' + "[" * 20_000 + "</script></head><body><p>x",
    "json-ld surrogate": '<script type="application/ld+json">{"@type":"NewsArticle","headline":"a\\ud800",'
    '"articleBody":"' + "b\\udfff " * 200 + '"}</script><p>x',
    "rtl": "<html><body><p>" + "\u202eالعربية " * 300,
    "cjk": "<html><body><p>" + "中文新闻报道内容" * 200,
    "lists": "<html><body>" + "<ul><li>" * 3000,
    "tables": "<html><body>" + "<table><tr><td>" * 1000 + "text",
    "angles": "<" * 20_000,
}


@pytest.mark.parametrize("name", BAD)
def test_bad_pages_are_borne(name: str) -> None:
    """No page raises, and what comes out can be encoded."""
    html = BAD[name]
    found = extract_page(page(html))
    if isinstance(found, PageArticle):
        f"{found.headline}{found.body}{found.authors}{found.keywords}".encode()
    assert isinstance(found, PageArticle | NoArticle)


FRAGMENTS = st.sampled_from([
    "<html>", "<body>", "<p>", "</p>", "<div class='article-body'>", "</div>", "<h1>", "<a href='", "'>", "<script>",
    "</script>", "<table><tr><td>", "<meta name='date' content='", "<time datetime='", '"author":[', "]}",
    '"headline":', '<script type="application/ld+json">', '{"@type":"NewsArticle",', "2026-13-45",
    "&#x110000;", "\x00", "é", "\ufffd",
    SENTENCES[0], "<![CDATA[", "<!--", "-->", "\ud800",
])  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(FRAGMENTS | st.text(max_size=20), max_size=60))
def test_no_markup_raises(parts: list[str]) -> None:
    """Any heap of fragments is read without raising."""
    found = extract_page(page("".join(parts).encode("utf-8", "surrogatepass")))
    assert isinstance(found, PageArticle | NoArticle)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=500), st.none() | st.text(max_size=40))
def test_no_bytes_raise(body: bytes, content_type: str | None) -> None:
    """Any bytes under any content type are read without raising."""
    assert isinstance(extract_page(page(body, content_type=content_type)), PageArticle | NoArticle)


@pytest.mark.parametrize(
    ("kind", "url", "live"),
    [
        ("LiveBlogPosting", "https://news.example.org/river", True),
        ("NewsArticle", "https://news.example.org/world/live/2026/apr/30/river", True),
        ("NewsArticle", "https://news.example.org/river-floods-liveblog-123.html", True),
        ("NewsArticle", "https://news.example.org/live-music-in-the-old-town", False),
        ("NewsArticle", "https://news.example.org/where-to-live", False),
    ],
)
def test_live_blogs_are_flagged(kind: str, url: str, live: bool) -> None:
    """By the type that the page states or by its address."""
    script = f'<script type="application/ld+json">{{"@type":"{kind}","headline":"River floods old town"}}</script>'
    found = extract_page(page(article_html(script), of=entry(url=url)))
    assert isinstance(found, PageArticle)
    assert live is found.is_live_blog


@pytest.mark.parametrize(("owner", "expected"), [("nb-NO", "no"), (None, "da"), ("en", "da")])
def test_the_language_that_the_owner_states_is_believed_first(owner: str | None, expected: str) -> None:
    """Before what the page states, where the text may be in either; what it clearly is not, nobody can state."""
    danish = (
        "Regeringen vil i morgen fremlægge en ny plan for byen, og borgmesteren siger at den er for dyr for alle.",
        "Mange mennesker kom til mødet i går aftes, men kun få af dem fik lov til at tale om den nye bro over åen.",
    )
    found = page(article_html(paragraphs=danish).replace("lang='en'", "lang='da'"))
    article = extract_page(replace(found, source=replace(found.source, language=owner)))
    assert isinstance(article, PageArticle)
    assert expected == article.language
