"""OPML 1.0 and 2.0 in and out (opml.org/spec2.opml), as tolerant as the public lists need: half are not well-formed.

Attributes beside the usual ones: publisher, publisherId, domain, country, language, interval, robots, body, category
(tags with commas between them). Outlines around a feed become its tags.
"""

import html
import re
from collections.abc import Iterable, Iterator
from xml.sax.saxutils import quoteattr

from lxml import etree

from storyfold.feeds.outline import Outline, outline_of, tidy
from storyfold.model.feeds import FeedSource

_AMPERSAND = re.compile(r"&(?:#\d{1,7};|#[xX][0-9A-Fa-f]{1,6};|(\w{1,32});)?")
_XML_OWN = frozenset({"amp", "lt", "gt", "quot", "apos"})
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
# libxml2 gives up at 256 levels; no list that people keep is deeper than a few.
_DEEPEST = 100


def read_opml(text: str) -> tuple[tuple[Outline, ...], tuple[str, ...]]:
    """Read an OPML document.

    Args:
        text: of the file.

    Returns:
        Feeds in document order, and complaints about the document as a whole.
    """
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, recover=True, huge_tree=False
    )
    sound = _AMPERSAND.sub(_sound_reference, _DECLARATION.sub("", text.lstrip("\ufeff"), count=1))
    try:
        root = etree.fromstring(sound.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        return (), (f"line 1: the file is not OPML: {error}; nothing of it is read: mend it or export it again",)
    if root is None:
        return (), ("line 1: the file is empty or not OPML; nothing of it is read: mend it or export it again",)
    outlines = tuple(_outlines(root, ()))
    if not outlines:
        return (), ('line 1: the file lists no feed; an OPML feed is an <outline xmlUrl="https://...">',)
    unsound = tuple(
        f"line {error.line}: not well-formed: {error.message}; what could be read is used, check what follows"
        for error in list(parser.error_log.filter_from_errors())[:1]
    )
    return outlines, unsound


def write_opml(sources: Iterable[FeedSource], title: str = "storyfold feeds") -> str:
    """Write sources as OPML 2.0 that `read_feeds` reads back as the same sources.

    Args:
        sources: to be written.
        title: of the document.
    """
    lines = ["".join(f" {name}={quoteattr(value)}" for name, value in _attributes(source)) for source in sources]
    body = "".join(f"    <outline{attributes}/>\n" for attributes in lines)
    head = html.escape(title, quote=False)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n'
        f"  <head><title>{head}</title></head>\n  <body>\n{body}  </body>\n</opml>\n"
    )


def _sound_reference(found: re.Match[str]) -> str:
    """Escape a bare ampersand; put the character for a name that only HTML knows."""
    reference, name = found[0], found[1]
    if reference == "&":
        return "&amp;"
    if name is None or name in _XML_OWN:
        return reference
    character = html.unescape(reference)
    return f"&amp;{name};" if character == reference else html.escape(character)


def _outlines(element: etree._Element, tags: tuple[str, ...]) -> Iterator[Outline]:
    for child in element.iterchildren("*"):
        attributes = {str(name).lower(): tidy(str(value)) for name, value in child.attrib.items()}
        url = attributes.get("xmlurl") or (attributes.get("url", "") if attributes.get("type") == "rss" else "")
        name = attributes.get("text") or attributes.get("title") or ""
        if url:
            yield Outline(
                url=url,
                line=child.sourceline or 1,
                title=attributes.get("title") or name,
                tags=(*tags, attributes.get("category", "")),
                publisher=attributes.get("publisher", ""),
                publisher_id=attributes.get("publisherid", ""),
                domain=attributes.get("domain", ""),
                country=attributes.get("country", ""),
                language=attributes.get("language", ""),
                interval=attributes.get("interval", ""),
                robots=attributes.get("robots", ""),
                body=attributes.get("body", ""),
            )
        if len(tags) < _DEEPEST:
            yield from _outlines(child, tags if url or not name else (*tags, name.replace(",", " ")))


def _attributes(source: FeedSource) -> Iterator[tuple[str, str]]:
    outline = outline_of(source)
    written = (
        ("type", "rss"),
        ("text", outline.title),
        ("title", outline.title),
        ("xmlUrl", outline.url),
        ("category", ",".join(outline.tags)),
        ("publisher", outline.publisher),
        ("publisherId", outline.publisher_id),
        ("domain", outline.domain),
        ("country", outline.country),
        ("language", outline.language),
        ("interval", outline.interval),
        ("robots", outline.robots),
        ("body", outline.body),
    )
    return ((name, tidy(value)) for name, value in written if value)
