"""Candidates for an article's body: what each way of extraction makes of the page."""

import logging
import re
import warnings
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from lxml import etree
from lxml.html import HtmlElement
from trafilatura import bare_extraction
from trafilatura.settings import Extractor

from storyfold.articles.blocks import Block, BlockKind, blocks_of, bounded, is_prose, measure
from storyfold.articles.dom import text_of
from storyfold.articles.pruning import TEASER

_CONTAINERS = frozenset(("div", "section", "article", "main", "td", "body"))
_ASIDE = re.compile(
    r"comment|kommentar|leserbrief|footer|related|sidebar|promo|newsletter|recommend|cookie|consent|disqus",
    re.IGNORECASE,
)
_STITCH_LEVELS = 4
# More sisters than this are comments or a list of teasers.
_STITCH_MEMBERS = 60

# Neither of trafilatura's names for a focus: its rules then are the balanced ones, but a short text is not at once
# tried again for more (a second pass, a fifth of the time). The judge asks for more where it is due.
_FOCUS = "rules-only"

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)


class Way(StrEnum):
    """How a candidate was found."""

    FAST = "fast"  # trafilatura's own rules
    FULL = "full"  # trafilatura with its fallbacks
    DENSEST = "densest"  # the block with most prose in it
    DATA = "data"  # what the page holds for its own program
    JSON_LD = "json-ld"
    FEED = "feed"


def by_trafilatura(
    root: HtmlElement, url: str, way: Way, extract: Callable[..., Any] = bare_extraction
) -> tuple[Block, ...]:
    """Extract with trafilatura.

    Args:
        root: of the page; left as it is.
        url: of the page.
        way: `Way.FAST` for its rules alone, else with its fallbacks.
        extract: trafilatura's own.

    Returns:
        Blocks in order; none where it finds none or stumbles over the page.
    """
    options = Extractor(fast=way is Way.FAST, comments=False, output_format="python")
    if way is Way.FAST:
        options.focus = _FOCUS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            document = extract(root, url=url, options=options)
    except (
        ValueError,
        TypeError,
        AttributeError,
        IndexError,
        KeyError,
        AssertionError,
        RecursionError,
        etree.LxmlError,
    ):
        return ()
    return blocks_of(document.body) if document is not None else ()


def stitch(root: HtmlElement) -> None:
    """Put together, in place, a body that the page cuts into several containers of the same kind.

    Pages break their text around advertisements and embeds into sister containers that carry the same class; rules that
    choose one container lose the rest. Containers with prose that share tag, class and a near ancestor, with no
    first-level heading of their own, become one.
    """
    groups: dict[tuple[str, str], dict[HtmlElement, bool]] = {}
    for paragraph in root.iter("p"):
        parent = paragraph.getparent()
        if parent is None or parent.tag not in _CONTAINERS or not parent.get("class"):
            continue
        group = groups.setdefault((parent.tag, parent.get("class")), {})
        group[parent] = group.get(parent, False) or is_prose(text_of(paragraph))
    for (_, name), group in groups.items():
        if 2 <= sum(group.values()) <= _STITCH_MEMBERS and not _ASIDE.search(name):
            _stitch_group(list(group))


def _stitch_group(members: list[HtmlElement]) -> None:
    first = members[0]
    near = dict.fromkeys(_climb(first))
    outer = set(first.iterancestors())
    for member in members[1:]:
        path = _climb(member)
        meeting = next((ancestor for ancestor in path if ancestor in near), None)
        if meeting is None or member in outer or first in member.iterancestors():
            continue
        own = path[: path.index(meeting)]
        top = own[-1] if own else member
        if top.tag == "article" or top.find(".//h1") is not None or _teases(top, member):
            continue
        for child in list(member):
            first.append(child)


def _teases(top: HtmlElement, member: HtmlElement) -> bool:
    """Whether a container's own corner of the page holds the headline of another article beside it."""
    return any(
        each.get(TEASER) is not None and each is not member and member not in each.iterancestors()
        for each in (top, *top.iterdescendants())
    )


def _climb(element: HtmlElement) -> list[HtmlElement]:
    path: list[HtmlElement] = []
    for ancestor in element.iterancestors():
        path.append(ancestor)
        if len(path) == _STITCH_LEVELS or ancestor.tag == "body":
            break
    return path


def densest(root: HtmlElement) -> tuple[Block, ...]:
    """The paragraphs of the block that holds most of the page's prose: a last resort.

    Args:
        root: pruned; left as it is.
    """
    weights: dict[HtmlElement, float] = {}
    paragraphs: list[tuple[HtmlElement, str]] = []
    for element in root.iter("p", "div", "td", "section", "article", "li", "blockquote", "font", "span"):
        own = (element.text or "") + "".join(child.tail or "" for child in element)
        if not is_prose(own.strip()) or _set_aside(element):
            continue
        paragraphs.append((element, text_of(element)))
        weight = float(len(own))
        for ancestor in (element, *element.iterancestors()):
            weights[ancestor] = weights.get(ancestor, 0.0) + weight
            weight *= 0.8
            if weight < 1:
                break
    if not weights:
        return ()
    best = max(weights, key=lambda element: weights[element])
    inside = [text for element, text in paragraphs if element is best or best in element.iterancestors()]
    return bounded(tuple(Block(BlockKind.PARAGRAPH, text) for text in dict.fromkeys(inside)))


def _set_aside(element: HtmlElement) -> bool:
    for ancestor in (element, *element.iterancestors()):
        if ancestor.tag in {"footer", "aside", "form", "nav"}:
            return True
        name = f"{ancestor.get('class') or ''} {ancestor.get('id') or ''}"
        if ancestor.tag != "body" and _ASIDE.search(name):
            return True
    return False


def prose_of(root: HtmlElement) -> int:
    """Characters of prose in the page's own paragraphs: what an extraction should come near to."""
    return sum(
        measure(text)
        for paragraph in root.iter("p")
        if is_prose(text := text_of(paragraph)) and not _set_aside(paragraph)
    )
