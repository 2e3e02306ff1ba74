"""The rarer ways through extraction's decisions."""

import time

import pytest
from lxml.html import HtmlElement, fragment_fromstring

from storyfold.articles.blocks import Block, BlockKind, blocks_of, bounded
from storyfold.articles.candidates import Way, by_trafilatura, densest, prose_of, stitch
from storyfold.articles.dom import head_of, parse
from storyfold.articles.encoding import decode
from storyfold.articles.extract import extract_page
from storyfold.articles.headline import headline
from storyfold.articles.jsonld import Credit, LinkedArticle, linked_article
from storyfold.articles.language import language_of
from storyfold.articles.metadata import facts_of
from storyfold.articles.policy import ReadPolicy
from storyfold.articles.pruning import drop, prune
from storyfold.articles.stubs import Stub, stub_of
from storyfold.articles.written import read_date
from storyfold.model.articles import BodySource, Quality
from storyfold.model.page import PageArticle
from tests.unit.articles.pages import SENTENCES, entry, page


def tree(body: str, head: str = "") -> HtmlElement:
    root = parse(f"<html><head>{head}</head><body>{body}</body></html>")
    assert root is not None
    return root


def test_lists_tables_and_tails_are_blocks() -> None:
    """Items, rows, headings and loose text are blocks of their kind, cut at line breaks."""
    body = fragment_fromstring(
        "<body><head>Title</head><list><item>one</item><item>two</item></list><table><row><cell>a</cell><cell>b</cell></row></table>"
        "<p>first<lb></lb>second</p>tail</body>".replace("body", "div", 1).replace("</body>", "</div>")
    )
    found = [(block.kind, block.text) for block in blocks_of(body)]
    assert (BlockKind.ITEM, "two") in found
    assert (BlockKind.ROW, "a b") in found
    assert found[-1] == (BlockKind.PARAGRAPH, "tail")
    assert (BlockKind.PARAGRAPH, "first") in found


def test_no_room_is_left_behind_a_full_body() -> None:
    """Blocks behind the limit are gone."""
    block = Block(BlockKind.PARAGRAPH, "a" * 300_000)
    assert bounded((block, block)) == (block,)


def test_what_stands_behind_a_dropped_element_stays() -> None:
    """Dropping keeps tails, whether something stands before or not."""
    root = tree("<p><b>x</b> one <i>y</i> two</p>")
    for element in [*root.iter("i"), *root.iter("b")]:
        drop(element)
    assert "".join(root.itertext()).split() == ["one", "two"]
    drop(root)
    assert root.getparent() is None


def test_a_paragraph_of_prose_inside_a_link_is_kept() -> None:
    """Only headlines are taken for links to elsewhere."""
    root = prune(
        tree(f"<p><a href='/x'>{SENTENCES[0]} {SENTENCES[1]} {SENTENCES[2]}</a></p><p><a href='/y'>A headline</a></p>")
    )
    assert "".join(root.itertext()).count("headline") == 0
    assert SENTENCES[1] in "".join(root.itertext())


def test_articles_are_not_stitched_to_each_other() -> None:
    """Containers with a first-level heading of their own are other articles."""
    one = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)
    root = tree(f"<div><div class='b'>{one}</div></div><div><h1>Next</h1><div class='b'>{one}</div></div>")
    stitch(root)
    assert [len(element) for element in root.iter("div") if element.get("class") == "b"] == [4, 4]


def test_comment_lists_are_not_stitched() -> None:
    """Containers named for comments stay apart."""
    root = tree("".join(f"<div class='comment-body'><p>{sentence}</p></div>" for sentence in SENTENCES))
    stitch(root)
    assert [len(element) for element in root.iter("div")] == [1, 1, 1, 1]


def test_nested_containers_are_left_as_they_are() -> None:
    """A container inside another of its kind is no sister."""
    root = tree(f"<div class='b'><p>{SENTENCES[0]}</p><div class='b'><p>{SENTENCES[1]}</p></div></div>")
    stitch(root)
    assert len(list(root.iter("div"))) == 2


def test_the_densest_block_is_a_last_resort() -> None:
    """Prose outside of footers and comments is found; where there is none, nothing is."""
    body = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)
    root = tree(
        f"<div id='a'>{body}</div><footer><p>{SENTENCES[0]} footer</p></footer>"
        f"<div class='comments'><p>{SENTENCES[1]} c</p></div>"
    )
    assert tuple(block.text for block in densest(root)) == SENTENCES
    assert prose_of(root) == sum(map(len, SENTENCES))
    assert densest(tree("<p>x</p>")) == ()


def test_an_empty_tree_gives_no_blocks() -> None:
    """Trafilatura finding nothing is no error."""
    assert by_trafilatura(tree(""), "https://e.org/", Way.FULL) == ()


@pytest.mark.parametrize(
    ("head", "text", "feed_title", "expected"),
    [
        ("<meta property='og:type' content='video.other'>", "A short line about the film.", "", Stub.VIDEO),
        ("", "\n".join(f"Headline number {n}" for n in range(20)), "The river", Stub.INDEX),
        ("<title>Page not found</title>", "Nothing here.", "Why a page not found is art", None),
        ("<title>River</title>", "\n".join(SENTENCES), "River", None),
    ],
)
def test_stubs_are_told(head: str, text: str, feed_title: str, expected: Stub | None) -> None:
    """Films and indexes are told apart; a title that the article itself has is no evidence."""
    blocks = tuple(Block(BlockKind.PARAGRAPH, line) for line in text.split("\n"))
    found = stub_of(page(b"", of=entry(title=feed_title)), blocks, head_of(tree("", head)), LinkedArticle())
    assert expected is found


def test_a_film_without_a_feed_text_keeps_its_line() -> None:
    """The caption is a summary."""
    html = "<html><head><meta property='og:type' content='video'><title>F</title></head>"
    html += "<body><h1>Film</h1><article><p>{}</p></article></body></html>"
    found = extract_page(page(html.format(SENTENCES[0])))
    assert isinstance(found, PageArticle)
    assert (found.body_source, found.quality) == (BodySource.PAGE, Quality.SUMMARY_ONLY)


@pytest.mark.parametrize(("tier", "free"), [("free", True), ("locked", False), ("metered", False), ("other", None)])
def test_access_is_read_from_the_content_tier(tier: str, free: bool | None) -> None:
    """The content tier says what JSON-LD leaves open; a reservation of 1 objects to mining."""
    head = f"<meta property='article:content_tier' content='{tier}'><meta name='tdm-reservation' content='1'>"
    facts = facts_of(
        "https://e.org/a", head_of(tree("", head + "<meta name='keywords' content='a; b,c'>")), LinkedArticle(), entry()
    )
    assert (facts.is_accessible_for_free, facts.ai_opt_out, facts.keywords) == (free, True, ("a", "b", "c"))


def test_json_ld_in_its_odder_forms() -> None:
    """Nested lists, split names, lists of keywords, truth as text and pictures as lists are read."""
    script = """[{"@type": "Report", "headline": ["H"], "creator": [["A B"], {"givenName": "C", "familyName": "D"}, 7],
      "keywords": ["x", {"name": "y"}], "isAccessibleForFree": "false", "image": [{"contentUrl": "/i"}],
      "articleBody": 3,
      "mainEntityOfPage": {"@id": "https://e.org/a"}, "publisher": {"@type": "Organization", "name": "House"}},
      {"@type": "Report", "headline": "H", "dateModified": "2026-01-01"}, {"articleBody": "text"},
      {"a": {"b": [[[[]]]]}}]"""
    found = linked_article((script,), ())
    assert found.authors == (Credit("A B", organisation=False), Credit("C D", organisation=False))
    assert (found.keywords, found.is_free, found.image, found.url) == (("x", "y"), False, "/i", "https://e.org/a")
    assert (found.modified, found.organisations) == ("2026-01-01", ("House",))
    assert linked_article(('{"@type":"NewsArticle","isAccessibleForFree":"maybe","author":"  "}',), ()).is_free is None
    assert linked_article((" " * 2_000_001,), ()) == LinkedArticle()


def test_a_site_name_in_front_is_cut() -> None:
    """The house's name goes from the front of a title too."""
    assert (
        headline(head_of(tree("", "<title>Example News | River floods</title>")), LinkedArticle(), "", "Example News")
        == "River floods"
    )


def test_the_policy_has_a_deadline() -> None:
    """A page has some seconds, not minutes."""
    assert ReadPolicy().extract_deadline.total_seconds() == 10


def test_encodings_are_detected_where_nothing_states_them() -> None:
    """Statistics decide last; what fits nothing is still read."""
    text = "Вода в реке поднялась выше берегов и затопила нижнюю часть старого города, сообщил мэр. " * 8
    assert decode(text.encode("cp1251"), None) == text
    assert decode(b"<html lang=ru>" + text.encode("cp1251"), None).endswith(text)
    assert len(decode(bytes(range(128, 256)) * 300, None)) > 0
    assert "plain" in decode(b"\xff plain words " * 40, "text/html; charset=utf-8")


def test_a_doubled_run_that_stands_for_nothing_is_kept() -> None:
    """Only what decodes is undone, by bytes that windows-1252 leaves open too."""
    doubled = "école où élève à".encode().decode("latin-1")
    assert decode(f"{doubled} Ð\x90Ð\x90 Ä\x8d ó€€".encode(), None).startswith("école où élève à")


def test_languages_without_a_code_of_two_letters_are_unknown() -> None:
    """A statement serves where the model is unsure."""
    assert language_of("zzz qqq xxx kkk www vvv zzz qqq xxx", "sw") == "sw"


def test_a_page_of_wrong_markup_is_no_tree() -> None:
    """Nothing but blanks, and nothing but text, are told apart from a page."""
    assert parse("   ") is None
    assert parse("\x00\x01") is None


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("2026-04-30T06:15:00 -0500", "2026-04-30T06:15:00-05:00"),
        ("2026-04-30 6:15 +02", "2026-04-30T06:15:00+02:00"),
        ("2026-04-30T06:15:00 EST", "2026-04-30T06:15:00-05:00"),
        ("Apr. 30th, 2026", "2026-04-30T00:00:00+00:00"),
    ],
)
def test_zones_are_kept_in_odd_spellings(written: str, iso: str) -> None:
    """Offsets are read with and without colon, and the zones that newsrooms name."""
    found = read_date(written)
    assert found is not None
    assert found.at.isoformat() == iso


@pytest.mark.parametrize(
    "body",
    [
        f"<h1>{'The river rose and ' * 20_000}</h1><p>{SENTENCES[0]}</p>",
        f"<title>{'403 ' * 100_000}</title><p>{SENTENCES[0]}</p>",
        "<div>" * 100 + f"<p>{SENTENCES[0]}<td><span class='author'>" * 2_000,
        "<p>x<b class='date'>" * 15_000,
        f"<span class='byline'>{'By A B and ' * 10_000}</span>" * 3,
        f"<script>{'publishedAt' * 50_000}</script><p>{SENTENCES[0]}</p>",
    ],
)
def test_pages_that_hurt_are_read_in_time(body: str) -> None:
    """Pages found by fuzzing, or made like them, take no more than seconds of CPU."""
    started = time.process_time()
    extract_page(page(body))
    assert time.process_time() - started < 4
