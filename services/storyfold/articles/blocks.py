"""Running text as blocks: paragraphs, headings, list items, rows of tables."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from lxml.etree import iterwalk
from lxml.html import HtmlElement

from storyfold.articles.dom import clean

_BREAKING = frozenset(("lb", "p", "item", "head", "quote", "row"))
# Characters of a body that are kept: the longest of articles are a tenth of it.
LONGEST = 300_000

# A paragraph of prose has at least this many characters; fewer in scripts that say more with each.
PROSE = 80
PROSE_DENSE = 30

_DENSE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af]")
_WORD = re.compile(r"\w+")
# Scripts written without spaces: each character counts as a word, or a paragraph would be a single one.
_UNSPACED = re.compile(r"[぀-ヿ㐀-鿿฀-๿຀-໿က-႟ក-៿]")


class BlockKind(StrEnum):
    """What a block is in the page's markup."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    ITEM = "item"
    ROW = "row"


@dataclass(frozen=True, slots=True)
class Block:
    """One block of text, white space run together."""

    kind: BlockKind
    text: str


def blocks_of(body: HtmlElement) -> tuple[Block, ...]:
    """Read trafilatura's result tree (a body of p, head, quote, list, table, lb) as blocks in order."""
    found: list[Block] = []
    for element in body:
        match element.tag:
            case "list":
                for item in element.iter("item"):
                    found += _lines(BlockKind.ITEM, item)
            case "table":
                for row in element.iter("row"):
                    found.append(Block(BlockKind.ROW, " ".join(" ".join(row.itertext()).split())))
            case "head":
                found += _lines(BlockKind.HEADING, element)
            case _:
                found += _lines(BlockKind.PARAGRAPH, element)
        if element.tail and element.tail.strip():
            found.append(Block(BlockKind.PARAGRAPH, " ".join(element.tail.split())))
    return bounded(tuple(block for block in found if block.text))


def bounded(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """The first blocks, up to `LONGEST` characters in all; a single longer one is cut."""
    kept: list[Block] = []
    room = LONGEST
    for block in blocks:
        if room <= 0:
            break
        kept.append(block if len(block.text) <= room else Block(block.kind, block.text[:room]))
        room -= len(block.text)
    return tuple(kept)


def blocks_from_text(text: str) -> tuple[Block, ...]:
    """Read plain text as blocks, one a line."""
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return bounded(tuple(Block(BlockKind.PARAGRAPH, line) for line in lines if line))


def joined(blocks: Iterable[Block]) -> str:
    """The blocks as a body: separated by one empty line."""
    return clean("\n\n".join(block.text for block in blocks))


def is_prose(text: str) -> bool:
    """Whether a text is long enough to be a paragraph of prose rather than a label."""
    return len(text) >= PROSE or (
        len(text) >= PROSE_DENSE and sum(ord(character) > 0x2E80 for character in text) > len(text) / 2
    )


def measure(text: str) -> int:
    """The length of a text in characters of an alphabet: one of Han, Kana or Hangul says as much as two and a half."""
    return len(text) if text.isascii() else len(text) + 3 * len(_DENSE.findall(text)) // 2


def words(text: str) -> list[str]:
    """Words in lower case; in scripts without spaces, characters."""
    return [word for run in _WORD.findall(text.casefold()) for word in (run if _UNSPACED.search(run) else (run,))]


def grams(text: str, size: int = 4) -> Counter[tuple[str, ...]]:
    """The multiset of word sequences of a length; a shorter text is one sequence."""
    found = words(text)
    if not found:
        return Counter()
    return Counter(tuple(found[start : start + size]) for start in range(max(1, len(found) - size + 1)))


def covered(part: Counter[tuple[str, ...]], whole: Counter[tuple[str, ...]]) -> float:
    """Share of one text's sequences that another has too; 0 for an empty one."""
    total = part.total()
    return (part & whole).total() / total if total else 0.0


def _lines(kind: BlockKind, element: HtmlElement) -> list[Block]:
    """An element's text, cut at its line breaks and inner blocks."""
    parts: list[str] = []
    for event, node in iterwalk(element, events=("start", "end")):
        if event == "start":
            parts += ("\x00", node.text or "") if node.tag in _BREAKING and node is not element else (node.text or "",)
        elif node is not element:
            parts += ("\x00", node.tail or "") if node.tag in _BREAKING else (node.tail or "",)
    lines = (" ".join(line.split()) for line in "".join(parts).split("\x00"))
    return [Block(kind, line) for line in lines if line]
