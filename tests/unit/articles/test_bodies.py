"""Bodies as sites mark them up: what is told apart, what is kept together, what is doubted."""

from storyfold.articles.blocks import Block, BlockKind, blocks_from_text
from storyfold.articles.candidates import Way, stitch
from storyfold.articles.dom import parse, text_of
from storyfold.articles.extract import extract_page
from storyfold.articles.judge import Candidate, choose
from storyfold.articles.pruning import prune
from storyfold.articles.trimming import trimmed
from storyfold.model.page import PageArticle
from tests.unit.articles.pages import SENTENCES, page

TEXT = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)


def article(markup: str) -> PageArticle:
    found = extract_page(page(markup))
    assert isinstance(found, PageArticle)
    return found


def candidate(way: Way, text: str) -> Candidate:
    return Candidate(way, blocks_from_text(text))


def test_a_box_that_swallowed_the_article_stays() -> None:
    """An aside that is never closed holds headline and text: it is no aside."""
    markup = f"<html><body><aside><a href='/'>Ticker</a><h1>River floods old town</h1><article>{TEXT}</article></body>"
    assert "\n\n".join(SENTENCES) == article(markup).body


def test_a_box_with_a_heading_of_its_own_goes() -> None:
    """A box beside the text is dropped, whatever level its heading has."""
    aside = (
        "<aside><h1>Our newsletter</h1><p>Every morning the news of the region by mail, at no cost to you.</p></aside>"
    )
    root = parse(f"<html><body><article><h1>River floods old town</h1>{TEXT}</article>{aside}</body></html>")
    assert root is not None
    assert "newsletter" not in text_of(prune(root))


def test_teasers_of_one_class_are_not_sewn_together() -> None:
    """Containers beside the headline of another article are teasers, not parts of this one."""
    teasers = "".join(
        f"<div class='row'><div class='top'><h3><a href='/{index}'>Another report, number {index}</a></h3></div>"
        f"<div class='field'><p>{sentence}</p></div></div>"
        for index, sentence in enumerate(SENTENCES)
    )
    root = parse(f"<html><body><div class='view'>{teasers}</div></body></html>")
    assert root is not None
    stitch(prune(root))
    assert [1, 1, 1, 1] == [len(part) for part in root.iter("div") if part.get("class") == "field"]


def test_a_text_off_the_topic_is_doubted() -> None:
    """Where the first find has nothing of headline and summary, a longer one that has them is the article."""
    first = candidate(Way.FAST, "Order older issues of this magazine here, in print and for every device you own. " * 6)
    full = candidate(Way.FULL, "\n".join(SENTENCES * 5))
    topic = "River floods old town; bridge stays closed"
    assert full == choose(first, (), lambda: 0, lambda: (full,), topic)
    assert first == choose(first, (), lambda: 0, lambda: (full,), "")


def test_a_small_part_of_the_prose_gives_way_to_the_whole() -> None:
    """A fragment that shares no line with the whole still gives way, where the page is full of prose."""
    first = candidate(Way.FAST, "The river and the town, said the mayor of the town by the river. " * 5)
    full = candidate(Way.FULL, "\n".join(SENTENCES * 5))
    assert full == choose(first, (), lambda: 40_000, lambda: (full,), "river town mayor")


def test_the_summary_above_the_text_stays() -> None:
    """A page's data gives the body without the summary that the page shows above it: both are the article."""
    lead = "Heavy rain sent the river through the lower streets of the town, and the dam only just held."
    shown = (
        Block(BlockKind.HEADING, lead),
        Block(BlockKind.PARAGRAPH, "Photo: A. Photographer of the town"),
        *(Block(BlockKind.PARAGRAPH, sentence) for sentence in SENTENCES),
    )
    assert [lead, *SENTENCES] == [block.text for block in trimmed(shown, (), "\n".join(SENTENCES), lead)]
