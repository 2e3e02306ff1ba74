"""Who wrote it: the people that a page, its data or its feed credit."""

import re
from collections.abc import Iterable
from itertools import islice

from lxml.etree import XPath
from lxml.html import HtmlElement

from storyfold.articles.dom import Head
from storyfold.articles.headline import house_labels
from storyfold.articles.jsonld import LinkedArticle
from storyfold.articles.people import is_person, names_in
from storyfold.articles.trimming import folded

_METAS = (
    "author",
    "article:author",
    "og:article:author",
    "parsely-author",
    "sailthru.author",
    "byl",
    "dc.creator",
    "dcterms.creator",
    "dcsext.author",
    "citation_author",
    "authors",
    "article:author_name",
    "cxenseparse:author",
    "mrf:authors",
    "twitter:data1:author",
)

# Elements that are said to name an author, in one walk; classes are told apart afterwards.
_NAMING = XPath(".//*[@rel='author' or @itemprop='author' or contains(@class, 'byline') or contains(@class, 'author')]")
_EXACT = re.compile(r"(?:author|byline)[-_]{0,2}name\b", re.IGNORECASE)
_BYLINE = re.compile(r"(?:^|[\s_-])(?:byline|author)s?(?:$|[\s_-])", re.IGNORECASE)
_MOST_BYLINES = 2
_MOST_EXACT = 6
# Names further apart than this many levels of the tree belong to different articles.
_SAME_BYLINE = 3
# Parts of a page in which others than the author are named.
_ELSEWHERE = re.compile(
    r"comment|related|sidebar|teaser|recommend|most-?read|popular|promo|footer|statement", re.IGNORECASE
)
_BLOCKS = frozenset(("p", "div", "li", "ul", "br", "time", "section", "h2", "h3", "h4", "h5", "figure", "tr", "td"))


def authors(
    root: HtmlElement | None,
    head: Head | None,
    linked: LinkedArticle,
    feed: tuple[str, ...],
    house: str,
    url: str = "",
) -> tuple[str, ...]:
    """Decide who wrote an article.

    Args:
        root: of the page, whole; None where there is none.
        head: of the page.
        linked: its JSON-LD.
        feed: as the feed's entry names them.
        house: the publisher's name, which is nobody's.
        url: of the page; its host's name is nobody's either.

    Returns:
        People's names in order, each once; none where only desks and agencies are named.
    """
    stated = head.all("og:site_name", "application-name") if head else ()
    names = (house, *linked.organisations, *stated)
    houses = frozenset(folded(name) for name in names if folded(name)) | house_labels(url)
    credited = [
        person
        for credit in linked.authors
        if not credit.organisation
        for person in _people([credit.name], houses, single=credit.person)
    ]
    if credited:
        return tuple(dict.fromkeys(credited))
    sources = [list(head.all(name)) for name in _METAS] if head is not None else []
    for source in (*sources, list(feed)):
        if people := _people(source, houses):
            return people
    return _from_markup(root, houses) if root is not None else ()


def _from_markup(root: HtmlElement, houses: frozenset[str]) -> tuple[str, ...]:
    """Names in the page's own by-line: elements marked as a name first, then whole by-lines."""
    exact: list[HtmlElement] = []
    loose: list[str] = []
    for element in _NAMING(root):
        if element.tag in {"meta", "link", "script", "body", "html", "article"} or _stands_elsewhere(element):
            continue
        name = element.get("class") or ""
        marked = element.get("rel") == "author" or element.get("itemprop") == "author" or _EXACT.search(name)
        if not marked and (len(loose) >= _MOST_BYLINES or not _BYLINE.search(name)):
            continue
        text = _lines_of(element)
        if not 3 < len(text) < 120:
            continue
        if not marked:
            loose.append(text)
        elif len(exact) < _MOST_EXACT and (not exact or _beside(exact[0], element)):
            exact.append(element)
    found = _people([_lines_of(element) for element in exact], houses)
    return found or next((people for text in loose if (people := _people([text], houses))), ())


def _stands_elsewhere(element: HtmlElement) -> bool:
    return any(
        ancestor.tag in {"footer", "aside", "nav"} or _ELSEWHERE.search(ancestor.get("class") or "")
        for ancestor in (element, *element.iterancestors())
        if ancestor.tag not in {"body", "html", "main", "article"}
    )


def _beside(first: HtmlElement, other: HtmlElement) -> bool:
    """Whether two elements share an ancestor few levels up: names of one by-line, not of the next teaser."""
    near = list(islice(first.iterancestors(), _SAME_BYLINE))
    return other.get("class") == first.get("class") and any(
        each in near for each in islice(other.iterancestors(), _SAME_BYLINE)
    )


def _lines_of(element: HtmlElement) -> str:
    """Text with a line for each block in it, so that names side by side do not run together."""
    parts: list[str] = []
    for event, each in _walked(element):
        if each.tag in _BLOCKS:
            parts.append("\n")
        parts.append((each.text if event == "start" else each.tail if each is not element else "") or "")
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _walked(element: HtmlElement) -> Iterable[tuple[str, HtmlElement]]:
    yield "start", element
    for child in element:
        yield from _walked(child)
    yield "end", element


def _people(names: list[str], houses: frozenset[str], *, single: bool = False) -> tuple[str, ...]:
    found = [
        person
        for name in names
        for person in names_in(name)
        if is_person(person, single=single) and not _of_house(folded(person), houses)
    ]
    return tuple(dict.fromkeys(found))


def _of_house(name: str, houses: frozenset[str]) -> bool:
    """Whether a name is the house's own, or begins with it ("Tagblatt Sport")."""
    return any(name == house or (len(house) > 4 and name.startswith(house)) for house in houses)
