"""Cutting out of the tree what cannot be an article's text, before extraction looks at it.

Two kinds go: what is never shown as running text (scripts, forms, navigation), so that every later walk is cheaper;
and blocks that are nothing but a link ("Related: …", lists of headlines), which stand in the article's container and
so survive extractors that judge containers.
"""

import re

from lxml.html import HtmlElement

from storyfold.articles.blocks import is_prose
from storyfold.articles.dom import text_of

# What trafilatura discards as well, taken out before it makes its copies.
_NEVER_TEXT = (
    "script",
    "style",
    "noscript",
    "svg",
    "iframe",
    "template",
    "button",
    "nav",
    "select",
    "input",
    "textarea",
    "canvas",
    "audio",
    "video",
    "object",
    "embed",
    "dialog",
    "aside",
    "picture",
    "head",
    "footer",
    "time",
    "label",
    "option",
    "menu",
    "noindex",
    "fieldset",
    "map",
)
# Of these, what may hold an article by mistake of its markup.
_BOXES = frozenset(("aside", "nav", "footer", "menu", "dialog", "label", "fieldset", "noindex", "button", "object"))
_BLOCKS = frozenset(("p", "li", "h2", "h3", "h4", "h5", "h6", "div", "td", "dd", "blockquote", "section", "article"))
_CUT = frozenset(("p", "li", "h2", "h3", "h4", "h5", "h6", "div"))
_HEADINGS = frozenset(("h2", "h3", "h4", "h5", "h6"))
# Set on what held a heading that was nothing but a link: the teaser of another article.
TEASER = "storyfold-teaser"
# A block in which links make up this share of the text points elsewhere.
_LINK_SHARE = 0.85
# A whole paragraph of prose may be wrapped in a link; a headline is shorter than this many characters.
_HEADLINE_LENGTH = 220
_LEAD_IN = re.compile(r"^[^.!?。！？]{1,32}[::|–—-]\s*$")


def drop(element: HtmlElement) -> None:
    """Take an element out of its tree; the text behind it stays."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail and element.tail.strip():
        previous = element.getprevious()
        if previous is not None:
            previous.tail = (previous.tail or "") + element.tail
        else:
            parent.text = (parent.text or "") + element.tail
    parent.remove(element)


def prune(root: HtmlElement) -> HtmlElement:
    """Cut a tree down, in place.

    Args:
        root: of the page.

    Returns:
        The same root.
    """
    for element in list(root.iter(*_NEVER_TEXT)):
        if not (element.tag in _BOXES and _holds_article(element, root)):
            drop(element)
    _drop_link_blocks(root)
    return root


def _holds_article(box: HtmlElement, root: HtmlElement) -> bool:
    """Whether a box that is not closed where it should be has swallowed headline and text."""
    if box.find(".//h1") is None:
        return False
    inside = sum(is_prose(text_of(paragraph)) for paragraph in box.iter("p"))
    return inside > 1 and inside * 2 > sum(is_prose(text_of(paragraph)) for paragraph in root.iter("p"))


def _block_of(link: HtmlElement) -> HtmlElement | None:
    for ancestor in link.iterancestors():
        if ancestor.tag in _BLOCKS:
            return ancestor
    return None


def _drop_link_blocks(root: HtmlElement) -> None:
    linked: dict[HtmlElement, int] = {}
    for link in root.iter("a"):
        block = _block_of(link)
        if block is not None and block.tag in _CUT:
            linked[block] = linked.get(block, 0) + len(text_of(link))
    for block, length in linked.items():
        if length and _points_elsewhere(block, length):
            parent = block.getparent()
            if block.tag in _HEADINGS and parent is not None:
                parent.set(TEASER, "")
            drop(block)


def _points_elsewhere(block: HtmlElement, linked: int) -> bool:
    """Whether a block is a link, or links, with at most a lead-in such as "Read more:"."""
    if linked > _HEADLINE_LENGTH * max(1, len(block)):
        return False
    text = text_of(block)
    if linked >= _LINK_SHARE * len(text):
        return True
    rest = text[: len(text) - linked]
    return linked > 15 and bool(_LEAD_IN.match(rest + " "))
