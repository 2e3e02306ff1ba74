"""One parse of a page: the tree that extraction, metadata and links share, and what stands in its head."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree
from lxml.html import HtmlElement

# C0 controls other than tab, newline and return: not XML, and lxml refuses them later.
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\r")
_NON_CHARACTERS = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")

_UNSHOWN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u200b\u2060\ufeff\ufffe\uffff\ud800-\udfff]")

# Bytes of markup that are read; a page has its article in the first megabytes or not at all.
MARKUP_LIMIT = 4 * 1024 * 1024
# Elements above which a page is not walked: ten times a large article page; trafilatura takes seconds beyond it, its
# time growing with their square.
ELEMENT_LIMIT = 20_000

_BOXES = frozenset(("header", "article", "section"))
# Within a heading: what is no part of it, and what stands apart in it.
_BESIDE = frozenset(("time", "rt", "rp", "svg", "button", "script", "style", "template", "noscript"))
_APART = frozenset(("div", "p", "br", "small"))
_OVERLINE = re.compile(
    r"kicker|overline|over-?title|top-?line|eyebrow|dachzeile|spitzmarke|rubri(?:c|k|que)|supratit|antetit|sobretit|"
    r"pre-?title|prefix|supertitle|sr-only|visually-?hidden|screen-?reader|badge|(?:^|[\s_-])(?:label|date|tag)(?:$|[\s_-])",
    re.IGNORECASE,
)
_HEAD_TAGS = ("meta", "link", "script", "title", "h1", "time", "base")


@dataclass(frozen=True, slots=True)
class Head:
    """What a page says of itself, in document order.

    Attributes:
        metas: (name or property or itemprop or http-equiv in lower case, content).
        links: (rel in lower case, href, element's hreflang or type or "").
        scripts: contents of JSON-LD scripts.
        title: of the document; may be empty.
        h1: first-level headings with text.
        times: (machine-readable or shown time, whether marked as the publication's by itemprop or pubdate), those
            nearest to the headline first, without those marked as of a change.
        shown_times: what ``time`` elements show to readers, where they state their moment to machines as well.
        language: of the root element, where stated.
        base: href of ``base``, where stated.
    """

    metas: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str, str], ...]
    scripts: tuple[str, ...]
    title: str
    h1: tuple[str, ...]
    times: tuple[tuple[str, bool], ...]
    shown_times: tuple[str, ...]
    language: str | None
    base: str | None

    def all(self, *names: str) -> Iterator[str]:
        """Contents of the metas with one of these names, in the order of the names, then of the page."""
        for name in names:
            yield from (content for key, content in self.metas if key == name)

    def first(self, *names: str) -> str | None:
        """The first content of `all`, or None."""
        return next(self.all(*names), None)


def _parser() -> etree.HTMLParser:
    """A parser whose elements are all plain `HtmlElement`: lxml.html's own look-up calls Python for each of them."""
    parser = etree.HTMLParser(
        encoding="utf-8",
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
        default_doctype=False,
        huge_tree=False,
    )
    parser.set_element_class_lookup(etree.ElementDefaultClassLookup(element=HtmlElement))
    return parser


def parse(text: str, read: Callable[..., Any] = etree.fromstring) -> HtmlElement | None:
    """Parse a page.

    Args:
        text: decoded.
        read: lxml's own.

    Returns:
        The root, or None where there is nothing that resembles HTML.
    """
    markup = text[:MARKUP_LIMIT].encode("utf-8", "replace").translate(None, _CONTROLS)
    for sequence in _NON_CHARACTERS:
        markup = markup.replace(sequence, b"")
    if not markup.strip():
        return None
    try:
        root = read(markup, _parser())
    except (etree.LxmlError, ValueError):
        return None
    return root if isinstance(root, HtmlElement) and len(root) else None


def clean(text: str) -> str:
    """A text without what cannot be shown or encoded: controls, lone surrogates, soft hyphens, byte order marks.

    Joiners and direction marks stay: Persian, Indic and right-to-left texts need them.
    """
    return _UNSHOWN.sub("", text)


def size_of(root: HtmlElement) -> int:
    """How many elements a tree has."""
    return int(root.xpath("count(//*)"))


def text_of(element: HtmlElement) -> str:
    """All text below an element, white space run together."""
    return " ".join("".join(element.itertext()).split())


def _heading(element: HtmlElement) -> str:
    """A heading's text without what stands in it beside the headline: its section, a date, readings of characters."""
    if not len(element):
        return text_of(element)
    parts = list(_spoken(element))
    return " ".join("".join(parts).split()) or text_of(element)


def _spoken(element: HtmlElement) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        apart = child.tag in _APART or child.get("class") is not None
        if not (child.tag in _BESIDE or _OVERLINE.search(child.get("class") or "")):
            yield " " if apart else ""
            yield from _spoken(child)
        yield " " if apart else ""
        yield child.tail or ""


def _time(element: HtmlElement) -> tuple[str, bool] | None:
    """A ``time`` element's value and whether it is marked as the publication's; None for that of a change."""
    shown = element.get("datetime") or element.get("content") or text_of(element)
    role = f"{element.get('itemprop') or ''} {element.get('class') or ''}".lower()
    if ("modified" in role or "update" in role) and "publish" not in role:
        return None
    return shown.strip(), "datepublished" in role or "pubdate" in element.attrib


def _nearest(
    times: list[tuple[HtmlElement, tuple[str, bool] | None]], heading: tuple[HtmlElement, int] | None
) -> tuple[tuple[str, bool], ...]:
    """Times in the headline's own container above it, then those below it, then those elsewhere above it."""
    if heading is None:
        return tuple(time for _, time in times if time is not None)
    element, above = heading
    box = next((ancestor for ancestor in element.iterancestors() if ancestor.tag in _BOXES), None)
    near = [time for place, time in times[:above] if box in place.iterancestors()] if box is not None else []
    far = [time for place, time in times[:above] if box is None or box not in place.iterancestors()]
    return tuple(time for time in (*near, *(time for _, time in times[above:]), *far) if time is not None)


def head_of(root: HtmlElement) -> Head:
    """Collect what a page says of itself, in one walk."""
    metas: list[tuple[str, str]] = []
    links: list[tuple[str, str, str]] = []
    scripts: list[str] = []
    headings: list[str] = []
    times: list[tuple[HtmlElement, tuple[str, bool] | None]] = []
    heading: tuple[HtmlElement, int] | None = None
    shown: list[str] = []
    title, base = "", None
    for element in root.iter(*_HEAD_TAGS):
        match element.tag:
            case "meta":
                content = element.get("content")
                name = (
                    element.get("property")
                    or element.get("name")
                    or element.get("itemprop")
                    or element.get("http-equiv")
                )
                if content and name:
                    metas.append((name.strip().lower(), content.strip()))
            case "link":
                rel, href = element.get("rel"), element.get("href")
                if rel and href:
                    links.append(
                        (rel.strip().lower(), href.strip(), element.get("hreflang") or element.get("type") or "")
                    )
            case "script":
                if "ld+json" in (element.get("type") or "") and element.text:
                    scripts.append(element.text)
            case "title":
                title = title or text_of(element)
            case "h1":
                headings.append(_heading(element))
                heading = (element, len(times)) if heading is None else heading
            case "time":
                times.append((element, _time(element)))
                if element.get("datetime"):
                    shown.append(text_of(element))
            case _:
                base = base or element.get("href")
    return Head(
        metas=tuple(metas),
        links=tuple(links),
        scripts=tuple(scripts),
        title=title,
        h1=tuple(heading for heading in headings if heading),
        times=_nearest(times, heading),
        shown_times=tuple(shown),
        language=root.get("lang") or root.get("xml:lang"),
        base=base,
    )
