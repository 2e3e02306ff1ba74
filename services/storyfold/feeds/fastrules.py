"""What feedparser makes of the elements that the fast reader knows, and how it names and keeps them.

Which of two titles counts, when a second description is content, what a guid means for the link: the rules are
feedparser's (6.0, `mixin.py` and `namespaces/`), retold for elements that hold nothing but text. Where one would have
to know more, it raises `Unsure`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from xml.etree.ElementTree import Element

from storyfold.feeds.fastwords import (
    NAMESPACES,
    XML_LANG,
    looks_like_html,
    mended,
    moment_of,
    plain_ampersands,
    tidy_link,
)

Fields = dict[str, Any]

_EMAIL: Final = re.compile(r"[a-zA-Z0-9_\-.+]+@(?:[a-zA-Z0-9\-]+\.)+(?:[a-zA-Z]{2,4}|[0-9]{1,3})\]?")
_PLAIN: Final = "text/plain"
_HTML: Final = "text/html"
_TYPES: Final = {"text": _PLAIN, "plain": _PLAIN, _PLAIN: _PLAIN, "html": _HTML, _HTML: _HTML}
_MARKED_UP: Final = frozenset({"html", _HTML, "xhtml", "application/xhtml+xml"})
_MEDIA_SCHEME: Final = "http://search.yahoo.com/mrss/category_schema"
_ITUNES_SCHEME: Final = "http://www.itunes.com/"
# Parts of owners, contributors and the authors of a feed; parts of pictures and input fields.
_PERSON: Final = frozenset({"name", "email", "uri", "itunes_name", "itunes_email"})
_FURNITURE: Final = frozenset({"title", "link", "description", "url", "width", "height", "name"})


class Unsure(Exception):
    """Something is in the document of which feedparser alone can tell what it means."""


@dataclass(slots=True)
class Rules:
    """Fills the fields of a feed and its entries, one element at a time.

    Attributes:
        key_of: the name of an element's rule, by its tag.
        atom: whether the document is an Atom feed.
        fields: of what the next element speaks of: the feed, or an entry.
        in_entry: which of the two.
    """

    key_of: Callable[[str], str]
    atom: bool
    fields: Fields = field(default_factory=dict)
    in_entry: bool = False
    _depth: int = 0
    _depths: dict[str, int] = field(default_factory=dict)
    _title_depth: int = -1
    _has_content: bool = False

    def begin_entry(self, about: str | None, depth: int) -> Fields:
        """Begin an entry.

        Args:
            about: its name in RDF; None or empty where it has none.
            depth: of its parts.
        """
        self.fields, self.in_entry = {"id": about} if about else {}, True
        self._depth, self._depths, self._title_depth = depth, {}, -1
        return self.fields

    def end_entry(self, feed: Fields) -> None:
        """Go back to the feed."""
        self.fields, self.in_entry, self._has_content = feed, False, False

    def store(self, name: str, value: str, depth: int, detail: Fields | None = None) -> None:
        """Keep a value, unless one that stood less deep is there."""
        if not self.in_entry:
            self.fields[name] = value
        elif depth <= self._depths.get(name, depth):
            self._depths[name] = depth
            self.fields[name] = value
        if detail is not None:
            self.fields[f"{name}_detail"] = detail

    # -- texts --------------------------------------------------------------------------------------------------------

    def title(self, element: Element, depth: int, lang: str | None) -> None:
        """The first title counts, unless a later one stands less deep."""
        value, kind, lang = self._content_of(element, _PLAIN, lang)
        if not -1 < self._title_depth <= depth:
            self.store("title", value, depth, {"type": kind, "language": lang})
        if value:
            self._title_depth = depth

    def media_title(self, element: Element, depth: int, lang: str | None) -> None:
        """Fills in for a title, and gives way to one."""
        before = self._title_depth
        self.title(element, depth, lang)
        self._title_depth = before

    def description(self, element: Element, depth: int, lang: str | None) -> None:
        """A summary in HTML."""
        self._summarised(element, depth, lang, _HTML)

    def summary(self, element: Element, depth: int, lang: str | None) -> None:
        """A summary in plain text, unless it says otherwise."""
        self._summarised(element, depth, lang, _PLAIN)

    def _summarised(self, element: Element, depth: int, lang: str | None, kind: str) -> None:
        """The first summary is the summary, a second one content, a third replaces the first."""
        if "summary" in self.fields and not self._has_content:
            self.content(element, depth, lang)
            return
        value, kind, lang = self._content_of(element, kind, lang)
        self.store("summary", value, depth, {"type": kind, "language": lang})

    def content(self, element: Element, depth: int, lang: str | None) -> None:
        """Content in plain text, unless it says otherwise."""
        self._contained(element, depth, lang, _PLAIN)

    def encoded(self, element: Element, depth: int, lang: str | None) -> None:
        """Content in HTML."""
        self._contained(element, depth, lang, _HTML)

    def _contained(self, element: Element, _depth: int, lang: str | None, kind: str) -> None:
        self._has_content = True
        if not self.in_entry:
            text_of(element)
            return
        value, kind, lang = self._content_of(element, kind, lang)
        self.fields.setdefault("content", []).append({"type": kind, "language": lang, "value": value})
        self.fields.setdefault("summary", value)

    def _content_of(self, element: Element, kind: str, lang: str | None) -> tuple[str, str, str | None]:
        """A text with its type and language."""
        if element.attrib:
            attributes = attributes_of(element)
            kind = _TYPES.get(attributes.get("type", kind), "")
            if not kind or "mode" in attributes:
                raise Unsure
            lang = lang_of(element, lang)
        text = text_of(element)
        if kind == _PLAIN and not self.atom and looks_like_html(text):
            kind = _HTML
        return mended(text), kind, lang

    def channel_description(self, element: Element, _depth: int, _lang: str | None) -> None:
        """A subtitle, which nobody reads; or content, for which nobody asks."""
        text_of(element)
        self._has_content = self._has_content or "summary" in self.fields

    def language(self, element: Element, depth: int, _lang: str | None) -> None:
        """Of the feed; that of an entry nobody reads."""
        self.store("language", mended(text_of(element)), depth)

    # -- links and ids ------------------------------------------------------------------------------------------------

    def link(self, element: Element, _depth: int, _lang: str | None) -> None:
        """By attribute as in Atom, or by text as in RSS."""
        attributes = attributes_of(element)
        rel = attributes.setdefault("rel", "alternate")
        kind = attributes.setdefault("type", "application/atom+xml" if rel == "self" else _HTML)
        text = text_of(element)
        self.fields.setdefault("links", []).append(attributes)
        _name_target(attributes)
        if "href" in attributes:
            attributes["href"] = tidy_link(attributes["href"])
            if rel == "alternate" and kind in _MARKED_UP:
                self.fields["link"] = attributes["href"]
            return
        link = mended(tidy_link(text))
        link = plain_ampersands(link.replace("&amp;", "&") if self.in_entry else link)
        self.fields["link"] = link
        if link or not self.in_entry:
            attributes["href"] = link

    def guid(self, element: Element, depth: int, _lang: str | None) -> None:
        """An id, and a link where there is no other and it does not deny being one."""
        permanent = attributes_of(element).get("ispermalink", "true") == "true"
        text = text_of(element)
        value = mended(tidy_link(text) if permanent else text)
        self.store("id", value, depth)
        if permanent:
            self.fields.setdefault("link", value)

    def enclosure(self, element: Element, _depth: int, _lang: str | None) -> None:
        """A link of a kind of its own."""
        text_of(element)
        attributes = attributes_of(element)
        _name_target(attributes)
        self.fields.setdefault("links", []).append(attributes | {"rel": "enclosure"})

    # -- pictures -----------------------------------------------------------------------------------------------------

    def media_content(self, element: Element) -> None:
        """A picture, film or sound; its parts speak of the entry."""
        self.fields.setdefault("media_content", []).append(attributes_of(element))

    def thumbnail(self, element: Element, _depth: int, _lang: str | None) -> None:
        """By attribute or by text."""
        attributes = attributes_of(element)
        text = mended(tidy_link(text_of(element)))
        if text.strip():
            attributes.setdefault("url", text)
        self.fields.setdefault("media_thumbnail", []).append(attributes)

    def itunes_image(self, element: Element, _depth: int, _lang: str | None) -> None:
        """The picture of an episode."""
        text_of(element)
        attributes = attributes_of(element)
        href = attributes.get("href") or attributes.get("url")
        if href:
            self.fields["image"] = {"href": href}

    def image(self, element: Element, _depth: int, _lang: str | None) -> None:
        """Of the feed, which nobody reads; of an entry, which feedparser drops. Titles count anew behind it."""
        if self.in_entry and len(element):
            raise Unsure
        self.only(element, _FURNITURE)
        self._title_depth = -1

    # -- people and subjects ------------------------------------------------------------------------------------------

    def author(self, element: Element, depth: int, _lang: str | None) -> None:
        """By text, maybe with an address in it, or by parts as in Atom."""
        if depth != self._depth:
            raise Unsure
        attributes_of(element)
        author: Fields = {}
        self.fields.setdefault("authors", []).append(author)
        if len(element):
            # feedparser would write this one's name into that of an earlier author by text as well.
            if "author_detail" in self.fields:
                raise Unsure
            name = self._name_in(element)
            self.store("author", name, depth)
        else:
            text = mended(text_of(element))
            self.store("author", text, depth)
            name = _without_address(text)
            if text:
                self.fields.setdefault("author_detail", author)
        if name:
            author["name"] = name

    def _name_in(self, element: Element) -> str:
        """The name in an Atom author, which comes first and is a plain one."""
        keys = [self.key_of(part.tag) for part in element]
        if (element.text or "").strip() or keys[0] != "name" or not {"email", "uri"}.issuperset(keys[1:]):
            raise Unsure
        if any((part.tail or "").strip() for part in element):
            raise Unsure
        self.only(element, _PERSON)
        name = text_of(element[0])
        if not name or "<" in name or "&" in name:
            raise Unsure
        return name

    def person(self, element: Element, _depth: int, _lang: str | None) -> None:
        """Somebody about whom nobody asks: owner, contributor, author of the whole feed."""
        self.only(element, _PERSON)

    def category(self, element: Element, _depth: int, _lang: str | None) -> None:
        """A subject, by attributes, text or both."""
        attributes = attributes_of(element)
        self._tagged(element, attributes, attributes.get("scheme", attributes.get("domain")))

    def media_category(self, element: Element, _depth: int, _lang: str | None) -> None:
        """A subject, by the scheme of Media RSS unless it names another."""
        attributes = attributes_of(element)
        self._tagged(element, attributes, attributes.get("scheme", _MEDIA_SCHEME))

    def _tagged(self, element: Element, attributes: dict[str, str], scheme: str | None) -> None:
        self._tag(attributes.get("term"), scheme, attributes.get("label"))
        text = mended(text_of(element))
        tags = self.fields["tags"]
        if text and tags and not tags[-1]["term"]:
            tags[-1]["term"] = text
        elif text:
            self._tag(text, None, None)

    def media_keywords(self, element: Element, _depth: int, _lang: str | None) -> None:
        """Subjects, between commas."""
        self._keywords(element, None)

    def itunes_keywords(self, element: Element, _depth: int, _lang: str | None) -> None:
        """Subjects, between commas."""
        self._keywords(element, _ITUNES_SCHEME)

    def _keywords(self, element: Element, scheme: str | None) -> None:
        if element.attrib:
            raise Unsure
        for term in mended(text_of(element)).split(","):
            if term.strip():
                self._tag(term.strip(), scheme, None)

    def _tag(self, term: str | None, scheme: str | None, label: str | None) -> None:
        tags = self.fields.setdefault("tags", [])
        tag = {"term": term, "scheme": scheme, "label": label}
        if (term or scheme or label) and tag not in tags:
            tags.append(tag)

    # -- dates and the rest -------------------------------------------------------------------------------------------

    def published(self, element: Element, depth: int, _lang: str | None) -> None:
        """When the entry appeared."""
        self._dated("published", element, depth)

    def updated(self, element: Element, depth: int, _lang: str | None) -> None:
        """When the entry last changed."""
        self._dated("updated", element, depth)

    def _dated(self, name: str, element: Element, depth: int) -> None:
        text = mended(text_of(element))
        moment = moment_of(text)
        if text and moment is None:
            raise Unsure
        self.store(name, text, depth)
        self.fields[f"{name}_parsed"] = moment

    def source(self, element: Element, _depth: int, _lang: str | None) -> None:
        """Where an entry was taken from, which nobody reads. Titles count anew behind it."""
        text_of(element)
        self._title_depth = -1

    def ignored(self, element: Element, _depth: int, _lang: str | None) -> None:
        """What nobody reads where it stands."""
        text_of(element)

    def subjects(self, element: Element, _depth: int, _lang: str | None) -> None:
        """Subjects within subjects, of a feed."""
        self.only(element, frozenset({"itunes_category"}))

    def only(self, element: Element, names: frozenset[str]) -> None:
        """See that the parts of an element hold nothing but text and are among these."""
        for part in element:
            if len(part) or self.key_of(part.tag) not in names:
                raise Unsure


def attributes_of(element: Element) -> dict[str, str]:
    """Attributes as feedparser names them: in lower case, without their namespace where it knows none.

    Args:
        element: any.

    Returns:
        A dictionary of the caller's own. Attributes under a prefix that feedparser knows are left out: none has a say.
    """
    found: dict[str, str] = {}
    for name, value in element.attrib.items():
        uri, _, local = name[1:].rpartition("}") if name[0] == "{" else ("", "", name)
        if uri and NAMESPACES.get(uri.lower()):
            continue
        lowered = local.lower()
        if lowered in found:
            raise Unsure
        found[lowered] = value.lower() if lowered in {"rel", "type"} else value
    return found


def lang_of(element: Element, inherited: str | None) -> str | None:
    """The language that holds inside an element.

    Args:
        element: any.
        inherited: what holds around it.
    """
    if not element.attrib:
        return inherited
    stated = element.get(XML_LANG, attributes_of(element).get("lang"))
    return inherited if stated is None else (stated.replace("_", "-") or None)


def text_of(element: Element) -> str:
    """The text of an element that holds nothing else, without white space around it."""
    if len(element):
        raise Unsure
    return (element.text or "").strip()


def _name_target(attributes: dict[str, str]) -> None:
    """Whatever the attribute of a link's target is called, it is ``href``."""
    href = attributes.get("url", attributes.get("uri", attributes.get("href")))
    if href:
        attributes["href"] = href


def _without_address(author: str) -> str:
    """The name in ``a@example.org (Name)`` and the like; the text itself where there is no address in it."""
    if "@" not in author:
        return author
    if "[" in author or "?" in author:
        raise Unsure
    found = _EMAIL.search(author)
    if found is None:
        return author
    rest = author.replace(found[0], "")
    for empty in ("()", "<>", "&lt;&gt;"):
        rest = rest.replace(empty, "")
    return rest.strip().removeprefix("(").removesuffix(")").strip()
