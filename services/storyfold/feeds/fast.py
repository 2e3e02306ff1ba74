"""RSS 0.9x to 2.0, RDF and Atom 1.0 at a tenth of feedparser's cost, where the outcome is beyond doubt.

feedparser stays the parser of record. This reader builds the part of its tree that `syndication` reads, by its rules
(`fastrules`), for a closed set of elements and attributes. At the first sight of anything else (markup inside a text, a
namespace bound in an odd way, xml:base, a DOCTYPE, a date in an unusual form, XML that is not well-formed) it steps
aside, and feedparser reads the document (docs/adr/0006-fast-feed-reader.md). That both agree is held over generated,
captured and mutated documents by `tests/unit/feeds/test_fast.py`, `tests/quality/test_fast_feeds.py` and
`benchmarks.fuzz_feeds`.

The XML parser is expat, as under feedparser, so the two never differ over what is well-formed.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from xml.etree import ElementTree as ET

from storyfold.feeds.fastrules import Fields, Rules, Unsure, attributes_of, lang_of, text_of
from storyfold.feeds.fastwords import ATOM, INERT, NAMESPACES, PREFIXES, RDF, RSS_090, RSS_10, RULED, TAKEN, mended

_Element = ET.Element
_Rule = Callable[[Rules, _Element, int, str | None], None]

_DECLARATION: Final = re.compile(r"^<\?xml[^>]*?>")
_BASE: Final = re.compile(r"base\s*=")
_XMLNS: Final = re.compile(r"xmlns(?::([\w.\-]+))?\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_RSS_VERSIONS: Final = {"0.91": "rss091u", "0.92": "rss092", "0.93": "rss093", "0.94": "rss094"}
# Elements without a rule that are kept under their own names, because `syndication` asks for them.
_KEPT: Final = frozenset({"feedburner_origlink", "ttl", "sy_updateperiod", "sy_updatefrequency"})
# Elements that are as if they were not there: their parts speak of what they stand in.
_MEDIA: Final = frozenset({"media_group", "media_content"})
# Nobody nests deeper, and the walk is recursive.
_DEEPEST: Final = 30

_ANYWHERE: Final[Mapping[str, _Rule]] = {
    "title": Rules.title,
    "dc_title": Rules.title,
    "link": Rules.link,
    "image": Rules.image,
    "contributor": Rules.person,
    "guid": Rules.guid,
    "id": Rules.guid,
    "language": Rules.language,
    "dc_language": Rules.language,
}
_IN_FEED: Final[Mapping[str, _Rule]] = {
    **_ANYWHERE,
    "description": Rules.channel_description,
    "dc_description": Rules.channel_description,
    "itunes_summary": Rules.summary,
    "textinput": Rules.image,
    **dict.fromkeys(("author", "managingeditor", "dc_creator", "itunes_author", "itunes_owner"), Rules.person),
    **dict.fromkeys(("pubdate", "lastbuilddate", "published", "updated", "modified", "dc_date"), Rules.ignored),
    **dict.fromkeys(("category", "dc_subject", "keywords", "itunes_keywords", "media_keywords"), Rules.ignored),
    "itunes_category": Rules.subjects,
    **dict.fromkeys(("itunes_image", "media_thumbnail", "media_category", "creativecommons_license"), Rules.ignored),
}
_IN_ENTRY: Final[Mapping[str, _Rule]] = {
    **_ANYWHERE,
    "media_title": Rules.media_title,
    **dict.fromkeys(("description", "dc_description", "media_description"), Rules.description),
    **dict.fromkeys(("summary", "itunes_summary"), Rules.summary),
    "content": Rules.content,
    "content_encoded": Rules.encoded,
    "enclosure": Rules.enclosure,
    "media_thumbnail": Rules.thumbnail,
    "itunes_image": Rules.itunes_image,
    **dict.fromkeys(("author", "dc_author", "dc_creator", "itunes_author"), Rules.author),
    **dict.fromkeys(("category", "keywords", "dc_subject"), Rules.category),
    "media_category": Rules.media_category,
    "media_keywords": Rules.media_keywords,
    "itunes_keywords": Rules.itunes_keywords,
    **dict.fromkeys(("pubdate", "published", "issued", "dcterms_issued"), Rules.published),
    **dict.fromkeys(("updated", "modified", "dc_date", "dcterms_modified"), Rules.updated),
    "source": Rules.source,
}


def fast_tree(document: str) -> Mapping[str, Any] | None:
    """Read a document as feedparser would.

    Args:
        document: the text.

    Returns:
        ``version``, ``feed`` and ``entries`` with those of feedparser's fields that `syndication` reads; dates are
        datetimes. None where feedparser must be asked.
    """
    if "<!DOCTYPE" in document or "<!ENTITY" in document or _BASE.search(document.lower()):
        return None
    parser = ET.XMLParser(encoding="utf-8")  # noqa: S314 - see the import
    try:
        parser.feed(_DECLARATION.sub("", document, count=1).encode("utf-8", "replace"))
        return _Reader(document).read(parser.close())
    except (ET.ParseError, Unsure):
        return None


class _Reader:
    """Walks one document, element by element."""

    def __init__(self, document: str) -> None:
        self._prefixes = _namespaces(document)
        self._formats = {uri.lower() for uri in self._prefixes} & {RSS_10, RSS_090, ATOM}
        self._keys: dict[str, str] = {}
        self._rules = Rules(self._key, atom=False)
        self._feed: Fields = self._rules.fields
        self._entries: list[Fields] = []

    def read(self, root: _Element) -> Mapping[str, Any]:
        """Read it from its root; raises `Unsure`."""
        lang = lang_of(root, None)
        match self._key(root.tag):
            case "rss" if not self._formats - {ATOM}:
                version = self._read_rss(root, lang)
            case "feed" if self._formats == {ATOM} and root.tag.lower() == f"{{{ATOM}}}feed":
                self._rules.atom = True
                self._read_feed(root, 2, lang, "entry")
                version = "atom10"
            case "rdf_rdf":
                return self._tree(self._read_rdf(root, lang))
            case _:
                raise Unsure
        if lang:
            self._feed.setdefault("language", lang)
        return self._tree(version)

    def _tree(self, version: str) -> Mapping[str, Any]:
        return {"version": version, "feed": self._feed, "entries": self._entries}

    def _read_rss(self, root: _Element, lang: str | None) -> str:
        if [self._key(child.tag) for child in root] != ["channel"]:
            raise Unsure
        self._read_feed(root[0], 3, lang_of(root[0], lang), "item")
        version = attributes_of(root).get("version", "")
        return _RSS_VERSIONS.get(version) or ("rss20" if version.startswith("2.") else "rss")

    def _read_rdf(self, root: _Element, lang: str | None) -> str:
        if self._formats not in ({RSS_10}, {RSS_090}):
            raise Unsure
        (form,) = self._formats
        if form == RSS_090 and self._prefixes.get(RSS_090) != "":
            raise Unsure
        channels = 0
        for child in root:
            match self._key(child.tag):
                case "channel":
                    channels += 1
                    self._read_feed(child, 3, lang_of(child, lang), "")
                case "item":
                    self._read_entry(child, 3, lang_of(child, lang))
                case "image" | "textinput":
                    self._rules.image(child, 2, lang)
                case _:
                    raise Unsure
        if channels != 1:
            raise Unsure
        return "rss10" if form == RSS_10 else "rss090"

    def _read_feed(self, feed: _Element, depth: int, lang: str | None, entry: str) -> None:
        """What a feed says of itself, and its entries where they stand inside it."""
        if not {"lastmod", "href"}.isdisjoint(attributes_of(feed)):
            raise Unsure
        for element in feed:
            key = self._key(element.tag)
            if key == entry:
                self._read_entry(element, depth + 1, lang_of(element, lang))
            else:
                self._read_part(key, element, depth, lang)

    def _read_entry(self, item: _Element, depth: int, lang: str | None) -> None:
        if item.attrib and not {"lastmod", "href"}.isdisjoint(attributes_of(item)):
            raise Unsure
        self._entries.append(self._rules.begin_entry(item.get(f"{{{RDF}}}about"), depth))
        for element in item:
            self._read_part(self._key(element.tag), element, depth, lang)
        self._rules.end_entry(self._feed)

    def _read_part(self, key: str, element: _Element, depth: int, lang: str | None) -> None:
        rules = self._rules
        rule = (_IN_ENTRY if rules.in_entry else _IN_FEED).get(key)
        if rule is not None:
            rule(rules, element, depth, lang)
        elif key in INERT:
            text_of(element)
        elif key in _KEPT:
            self._keep(key, element, depth)
        elif key == "items" and not rules.in_entry:
            self._read_contents(element)
        elif key in TAKEN or (key in RULED and not (key in _MEDIA and rules.in_entry)):
            raise Unsure
        else:
            if key == "media_content":
                rules.media_content(element)
            self._read_inside(element, depth + 1, lang)

    def _read_inside(self, element: _Element, depth: int, lang: str | None) -> None:
        """The parts of an element that has no rule of its own speak of what it stands in."""
        if len(element) == 0:
            return
        inner = lang_of(element, lang)
        if depth > _DEEPEST:
            raise Unsure
        for part in element:
            self._read_part(self._key(part.tag), part, depth, inner)

    def _keep(self, key: str, element: _Element, depth: int) -> None:
        text = mended(text_of(element))
        if element.attrib:
            # feedparser keeps the attributes in place of the text, and they say nothing.
            self._rules.fields[key] = {}
        else:
            self._rules.store(key, text, depth)

    def _read_contents(self, element: _Element) -> None:
        """The table of contents of an RDF channel, which nobody reads."""
        if not {self._key(part.tag) for part in element.iter()} <= {"items", "rdf_seq", "rdf_li"}:
            raise Unsure

    def _key(self, tag: str) -> str:
        """The name under which feedparser looks for an element's rule."""
        known = self._keys.get(tag)
        if known is not None:
            return known
        uri, _, local = tag[1:].rpartition("}") if tag[0] == "{" else ("", "", tag)
        prefix = NAMESPACES.get(uri.lower()) if uri else ""
        if prefix is None:
            prefix = self._prefixes.get(uri)
            if prefix is None or len(uri.split()) != 1:
                raise Unsure
        key = self._keys[tag] = f"{prefix}_{local}".lower() if prefix else local.lower()
        return key


def _namespaces(document: str) -> dict[str, str]:
    """The namespaces of a document, each with the first prefix that was bound to it; raises `Unsure`."""
    first: dict[str, str] = {}
    meanings: dict[str, str] = {}
    for prefix, double, single in _XMLNS.findall(document):
        uri, named = double or single, prefix.lower()
        meaning = NAMESPACES.get(uri.lower(), uri)
        if "backend.userland.com/rss" in uri.lower():
            raise Unsure
        if named and (meanings.setdefault(named, meaning) != meaning or (named in PREFIXES and meaning != named)):
            raise Unsure
        first[uri] = first.get(uri) or prefix
    return first
