"""Facts beside the text: which address, picture, keywords and reservations are believed."""

from dataclasses import replace

import pytest

from storyfold.articles.dom import head_of, parse
from storyfold.articles.extract import extract_page
from storyfold.articles.jsonld import LinkedArticle
from storyfold.articles.metadata import Facts, facts_of
from storyfold.model.page import PageArticle
from tests.unit.articles.pages import article_html, entry, page

URL = "https://news.example.org/region/river-floods-old-town"


def facts(head: str, url: str = URL, headers: tuple[tuple[str, str], ...] = ()) -> Facts:
    root = parse(f"<html><head>{head}</head><body><p>x</p></body></html>")
    assert root is not None
    return facts_of(url, head_of(root), LinkedArticle(), entry(), headers)


@pytest.mark.parametrize(
    ("head", "url", "expected"),
    [
        ("<link rel='canonical' href='/region/river'>", URL, "https://news.example.org/region/river"),
        ("<link rel='canonical' href='/region/river-floods-old-town'>", f"{URL}/amp", URL),
        ("<link rel='canonical' href='/region/river-floods-old-town'>", f"{URL}/2", URL),
        (f"<link rel='canonical' href='{URL}'>", "https://amp.news.example.org/river", URL),
        ("<link rel='canonical' href='/region/'>", URL, URL),
        ("<link rel='canonical' href='/'>", URL, URL),
        ("<link rel='canonical' href='/region/a'><link rel='canonical' href='/region/b'>", URL, URL),
        ("<link rel='canonical alternate' hreflang='fr' href='/fr/fleuve'>", URL, URL),
        ("<link rel='alternate' hreflang='fr' href='/fr/fleuve'>", URL, URL),
        ("<link rel='canonical' href='mailto:desk@example.org'>", URL, URL),
    ],
)
def test_a_canonical_address_is_believed_on_evidence(head: str, url: str, expected: str) -> None:
    """AMP and further pages lead to their article; fronts, sections, contradictions and translations do not."""
    assert expected == facts(head, url).canonical_url


@pytest.mark.parametrize(
    ("pictures", "expected"),
    [
        (("/river.jpg",), "https://news.example.org/river.jpg"),
        (("/assets/logo.png", "/river.jpg"), "https://news.example.org/river.jpg"),
        (("/img/default-image-1200x630.jpg",), "https://news.example.org/feed.jpg"),
        (("data:image/gif;base64,R0", "/img/placeholder.svg"), "https://news.example.org/feed.jpg"),
        (
            ("/photos/logo-designer-at-work-in-her-studio-on-monday.jpg",),
            "https://news.example.org/photos/logo-designer-at-work-in-her-studio-on-monday.jpg",
        ),
    ],
)
def test_logos_and_placeholders_are_no_pictures(pictures: tuple[str, ...], expected: str) -> None:
    """The next picture stands in, at last the feed's."""
    assert expected == facts("".join(f"<meta property='og:image' content='{each}'>" for each in pictures)).image


def test_sentences_are_no_keywords() -> None:
    """A description put into the keywords is left out."""
    told = "The river rose above its banks on Monday night and flooded the town"
    assert ("flood", "dam") == facts(f"<meta name='keywords' content='#flood, {told}, dam'>").keywords


@pytest.mark.parametrize(
    ("head", "headers", "expected"),
    [
        ("", (("x-robots-tag", "noai, noimageai"),), True),
        ("", (("x-robots-tag", "GPTBot: noai"),), True),
        ("", (("x-robots-tag", "max-image-preview:large"),), None),
        ("", (("tdm-reservation", " 1"),), True),
        ("", (("tdm-reservation", "0"),), False),
        ("<meta name='tdm-reservation' content='0'>", (("tdm-reservation", "1"),), True),
        ("<meta name='robots' content='noimageai'>", (), True),
        ("<meta name='description' content='noai'>", (), None),
    ],
)
def test_objections_to_ai_are_read_from_page_and_response(
    head: str, headers: tuple[tuple[str, str], ...], expected: bool | None
) -> None:
    """An objection anywhere is one; silence is None."""
    assert expected is facts(head, headers=headers).ai_opt_out
    found = extract_page(replace(page(article_html(head)), headers=headers))
    assert isinstance(found, PageArticle)
    assert expected is found.ai_opt_out
