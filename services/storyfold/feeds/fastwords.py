"""What the fast reader knows of feedparser's vocabulary and of its rules for texts, links and dates.

Names are taken from the installed feedparser itself, so that one which learns an element is asked about it.
"""

import html.entities
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from feedparser.api import StrictFeedParser

XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
ATOM: Final = "http://www.w3.org/2005/atom"
RSS_10: Final = "http://purl.org/rss/1.0/"
RSS_090: Final = "http://my.netscape.com/rdf/simple/0.9/"

# Namespaces that feedparser knows, in lower case, with the prefix under which it files their elements; and all prefixes
# that mean something to it, whatever they are bound to.
NAMESPACES: Final[Mapping[str, str]] = {
    uri.lower(): prefix.lower() for uri, prefix in StrictFeedParser.namespaces.items() if uri
}
PREFIXES: Final = frozenset(NAMESPACES.values()) - {""}
# Names of elements for which feedparser has a rule.
RULED: Final = frozenset(
    name.removeprefix("_start_").removeprefix("_end_")
    for name in dir(StrictFeedParser)
    if name.startswith(("_start_", "_end_"))
)

# Of these, what only fills fields that nobody reads.
INERT: Final = frozenset(
    {"cloud", "copyright", "created", "dc_contributor", "dc_publisher", "dc_rights", "dcterms_created", "email"}
    | {"expirationdate", "feedburner_browserfriendly", "generator", "georss_box", "georss_line", "georss_point"}
    | {"georss_polygon", "height", "homepage", "info", "itunes_block", "itunes_email", "itunes_explicit"}
    | {"itunes_name", "itunes_subtitle", "media_credit", "media_license", "media_player", "media_rating"}
    | {"media_restriction", "name", "rights", "subtitle", "tagline", "uri", "url", "webmaster", "width"}
)
# What an element without a rule would overwrite, were it called so: feedparser files it under its name.
TAKEN: Final = frozenset(
    {"authors", "author_detail", "category", "content", "date", "date_parsed", "description_detail", "enclosures"}
    | {"entries", "guid", "guidislink", "issued_parsed", "items", "license", "links", "media_title"}
    | {"modified_parsed", "published_parsed", "summary_detail", "title_detail", "updated_parsed"}
    | {"div", "math", "svg", "xhtml_div"}
)

# HTML elements that make a text count as HTML.
MARKUP = frozenset(
    {"a", "abbr", "acronym", "address", "area", "article", "aside", "audio", "b", "big", "blockquote", "br", "button"}
    | {"canvas", "caption", "center", "cite", "code", "col", "colgroup", "command", "datagrid", "datalist", "dd", "del"}
    | {"details", "dfn", "dialog", "dir", "div", "dl", "dt", "em", "event-source", "fieldset", "figcaption", "figure"}
    | {"font", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img", "input", "ins", "kbd"}
    | {"keygen", "label", "legend", "li", "m", "map", "menu", "meter", "multicol", "nav", "nextid", "noscript", "ol"}
    | {"optgroup", "option", "output", "p", "pre", "progress", "q", "s", "samp", "section", "select", "small", "sound"}
    | {"source", "spacer", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td", "textarea", "tfoot", "th"}
    | {"thead", "time", "tr", "tt", "u", "ul", "var", "video"}
)
_CLOSING = re.compile(r"</\w+>")
_OPENING = re.compile(r"</?(\w+)")
_REFERENCE = re.compile(r"&#?\w+;")
_ENTITY = re.compile(r"&(\w+);")
_NAMED = frozenset(html.entities.entitydefs)
_AMPERSAND = re.compile(r"&(\w+);", re.ASCII)
_SLASHES = re.compile(r"^([A-Za-z][A-Za-z0-9+-.]*://)(/*)")

# Windows-1252 bytes that were taken for ISO 8859-1: what C1 controls are meant to be.
_C1 = re.compile("[\x80-\x9f]")
_MEANT = {
    code: bytes([code]).decode("cp1252") for code in range(0x80, 0xA0) if code not in {0x81, 0x8D, 0x8F, 0x90, 0x9D}
}

_RFC822 = re.compile(
    r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?[ \t]+)?(\d{1,2})[ \t]+"
    r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*,?[ \t]+"
    r"(\d{4})[ \t]+(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?[ \t]+(?:([+-])(\d\d):?(\d\d)|([a-z]{1,3}))",
)
_W3C = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:t(\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(?:z|([+-])(\d\d):(\d\d)|([+-])(\d\d)00)?)?"
)
_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], start=1
    )
}
_ZONES = {"ut": 0, "gmt": 0, "utc": 0, "z": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6} | {
    "pst": -8,
    "pdt": -7,
}


def mended(text: str) -> str:
    """Undo two common faults: UTF-8 that was taken for ISO 8859-1, and Windows-1252 that was.

    Args:
        text: of an element.
    """
    if text.isascii():
        return text
    with suppress(UnicodeError):
        text = text.encode("latin-1").decode()
    return text.translate(_MEANT) if _C1.search(text) else text


def looks_like_html(text: str) -> bool:
    """Whether a text that should be plain is HTML all the same.

    Args:
        text: of an element whose type nobody stated.
    """
    if not _CLOSING.search(text) and not _REFERENCE.search(text):
        return False
    if any(name.lower() not in MARKUP for name in _OPENING.findall(text)):
        return False
    return all(name in _NAMED for name in _ENTITY.findall(text))


def plain_ampersands(text: str) -> str:
    """Turn ``&name;`` within a link into ``&name``: no reference, but a parameter whose ampersand was escaped wrongly.

    Args:
        text: a link.
    """
    return _AMPERSAND.sub(r"&\g<1>", text) if ";" in text else text


def tidy_link(text: str) -> str:
    """Drop slashes too many behind the scheme.

    Args:
        text: a link, or none.
    """
    return _SLASHES.sub(r"\1", text) if ":///" in text else text


def moment_of(text: str) -> datetime | None:
    """Read a date in one of the two usual forms.

    Args:
        text: of an element.

    Returns:
        The moment in UTC; None where the form is another, or there is no such moment.
    """
    lowered = text.lower()
    try:
        found = _RFC822.fullmatch(lowered)
        if found is not None:
            day, month, year, hour, minute, second, sign, hours, minutes, zone = found.groups()
            if zone is not None and zone not in _ZONES:
                return None
            offset = timedelta(hours=_ZONES[zone]) if zone else timedelta(hours=int(hours), minutes=int(minutes))
            local = datetime(int(year), _MONTHS[month], int(day), int(hour), int(minute), int(second or 0))  # noqa: DTZ001
            return (local + offset if sign == "-" else local - offset).replace(tzinfo=UTC)
        found = _W3C.fullmatch(lowered)
        if found is None:
            return None
        numbers = [int(group) for group in found.groups(default="0")[:6]]
        sign, hours, minutes = found[7] or found[10], found[8] or found[11], found[9]
        offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        local = datetime(*numbers)  # type: ignore[arg-type]  # noqa: DTZ001
        return (local + offset if sign == "-" else local - offset).replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
