"""What pages get wrong in places where nothing is lost by it: each is read as if it were not there."""

from typing import NoReturn

import pytest

from storyfold.articles.blocks import Block, BlockKind
from storyfold.articles.candidates import Way, by_trafilatura, stitch
from storyfold.articles.dates import Moments, moments
from storyfold.articles.dom import head_of, parse
from storyfold.articles.encoding import decode
from storyfold.articles.jsonld import LinkedArticle, linked_article
from storyfold.articles.language import language_of, model_in
from storyfold.articles.trimming import trimmed
from tests.unit.articles.pages import SEEN_AT, SENTENCES


def stumbles(*_: object, **__: object) -> NoReturn:
    raise ValueError("a page that a library cannot read")


def test_libraries_that_stumble_find_nothing() -> None:
    """Where lxml, trafilatura or htmldate raise on a page, they have found nothing."""
    assert parse("<p>Text.</p>", read=stumbles) is None
    root = parse("<p>Text.</p>")
    assert root is not None
    assert by_trafilatura(root, "https://e.org/a", Way.FAST, extract=stumbles) == ()
    none = moments(root, None, LinkedArticle(), "", (None, None), seen_at=SEEN_AT, search=stumbles)
    assert Moments(None, None) == none


def test_an_address_with_a_word_for_a_month_has_no_date() -> None:
    """Three letters that are no month are none, nor is the thirty-first of a shorter one."""
    for url in ("https://e.org/2026/sky/05/a", "https://e.org/2026/02/31/a"):
        assert moments(None, None, LinkedArticle(), url, (None, None), seen_at=SEEN_AT).published is None


@pytest.mark.parametrize("markup", ["", " ", "<!-- nothing -->", "\x00\x01"])
def test_nothing_is_no_page(markup: str) -> None:
    """What holds no element is no tree."""
    assert parse(markup) is None


def test_a_head_is_read_without_its_broken_parts() -> None:
    """Metas without a name, links without an address, empty scripts and headings: passed over."""
    root = parse(
        "<html><head><base href='/a/'><base href='/b/'><meta content='x'><meta name='y'><link rel='amphtml'>"
        "<link href='/x'><script type='application/ld+json'></script><script>1</script></head>"
        "<body><h1></h1><h1>Second</h1><p>Text.</p></body></html>"
    )
    assert root is not None
    head = head_of(root)
    assert ((), (), (), ("Second",), "/a/") == (head.metas, head.links, head.scripts, head.h1, head.base)


def test_a_codec_that_is_none_for_pages_is_not_believed() -> None:
    """Python knows codecs that pages are never in: declared, they are passed over."""
    assert decode(b"caf\xe9 " * 20, "text/html; charset=idna").startswith("caf\u00e9 ")


def test_linked_data_are_read_to_a_depth() -> None:
    """Nesting beyond reason is not followed; a value may be an object with a name."""
    deep = '{"a":' * 14 + '{"@type": "NewsArticle", "headline": "H"}' + "}" * 14
    assert LinkedArticle() == linked_article((deep,), ())
    node = '{"@type": "NewsArticle", "headline": "H", "author": [[[[["A B"]]]]], "articleSection": {"name": "Region"}}'
    found = linked_article((node,), ())
    assert ((), ("Region",)) == (found.authors, found.sections)


def test_a_model_that_is_missing_is_named() -> None:
    """The message says which package is missing and what to do; a text without letters has no language."""
    with pytest.raises(ModuleNotFoundError, match=r"no_such_package is not installed.*install storyfold anew"):
        model_in("no_such_package")
    assert language_of("123 … 456 " * 10) is None
    assert language_of(" ".join(SENTENCES), "de") == "en"


def test_texts_are_trimmed_at_their_ends() -> None:
    """A heading with nothing below it goes; a headline of signs alone is nowhere found."""
    text = [Block(BlockKind.PARAGRAPH, sentence) for sentence in SENTENCES]
    heading = Block(BlockKind.HEADING, "What comes next")
    assert tuple(text) == trimmed((*text, heading), ("?!",), "")
    run = Block(BlockKind.PARAGRAPH, "Headline of the day Text of the day, which is long enough to be one.")
    assert [run.text.removeprefix("Headline of the day ")] == [
        block.text for block in trimmed((run,), ("Headline of the day",), "")
    ]


def test_words_set_apart_are_no_reason_to_trim() -> None:
    """Where no block alone can be found in the page's data, none is dropped."""
    blocks = tuple(Block(BlockKind.PARAGRAPH, word) for word in SENTENCES[0].split())
    assert blocks == trimmed(blocks, (), SENTENCES[0])


def test_parts_without_a_body_around_them_are_sewn_together() -> None:
    """A tree that ends below the body is climbed to its end."""
    root = parse("".join(f"<div class='part'><p>{sentence}</p></div>" for sentence in SENTENCES))
    assert root is not None
    fragment = root[0]
    root.remove(fragment)
    fragment.tag = "main"
    stitch(fragment)
    assert [4, 0, 0, 0] == [len(part) for part in fragment.iter("div")]


def test_an_unclear_text_is_in_the_language_that_is_stated() -> None:
    """Words of many languages leave the decision to the page; without its word, to the likeliest."""
    words = "la la la na na hey hey jude ole ole ole " * 3
    assert ["sw", "fi"] == [language_of(words, "sw"), language_of(words)]
