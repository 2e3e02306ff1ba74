"""What a page says of its article in JSON-LD (schema.org NewsArticle and kin), read tolerantly."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import unescape
from typing import Any

from storyfold.articles.dom import clean

_ARTICLE = re.compile(r"(?:Article|BlogPosting|Report|SocialMediaPosting|Review)$")
_LIVE = "LiveBlogPosting"
_NOT_ARTICLE = frozenset(("ItemList", "BreadcrumbList", "Organization", "NewsMediaOrganization", "WebSite", "Person"))
# Of pages without an article, what they are: a film, or a list.
_NOT_READ = ("VideoObject", "CollectionPage", "SearchResultsPage", "ItemList")
_ORGANISATION = re.compile(r"Organization|Corporation|WebSite|Brand$")
# Blocks larger than this are data for the page's own program.
_SCRIPT_LIMIT = 2_000_000
_NODE_LIMIT = 5_000
_DEPTH_LIMIT = 12

_NOT_ALNUM = re.compile(r"[\W_]+")
_TRAILING_COMMA = re.compile(r",\s*([}\]])")
_WRAPPING = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/|<!\[CDATA\[)|(?:-->|//\s*\]\]>|/\*\s*\]\]>\s*\*/|\]\]>)\s*;?\s*$"
)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*+)[^<>]*+>")
_BREAKING = frozenset(("p", "br", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "tr"))


@dataclass(frozen=True, slots=True)
class Credit:
    """A name in an author field, and whether the page says that it is an organisation's or a person's."""

    name: str
    organisation: bool
    person: bool = False


@dataclass(frozen=True, slots=True)
class LinkedArticle:
    """The article node of a page's JSON-LD; empty where the page has none.

    Attributes:
        kind: its @type; of a page without one, what it is instead where that is a film or a list.
        headline: plain text, may be empty.
        body: plain text with paragraphs where it has any, may be empty.
        description: plain text, may be empty.
        authors: in order.
        published: verbatim.
        modified: verbatim.
        sections: as stated.
        keywords: as stated.
        image: URL as stated.
        language: as stated.
        url: what it says its own URL is.
        is_free: isAccessibleForFree, where stated.
        organisations: names of the publishers it mentions.
        is_live: whether it is a LiveBlogPosting.
    """

    kind: str = ""
    headline: str = ""
    body: str = ""
    description: str = ""
    authors: tuple[Credit, ...] = ()
    published: str | None = None
    modified: str | None = None
    sections: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    image: str | None = None
    language: str | None = None
    url: str | None = None
    is_free: bool | None = None
    organisations: tuple[str, ...] = ()
    is_live: bool = False


def linked_article(scripts: tuple[str, ...], headlines: tuple[str, ...]) -> LinkedArticle:
    """Read the article that a page is about.

    Args:
        scripts: contents of the page's JSON-LD scripts.
        headlines: what the page shows as headlines: of several articles the one with such a headline is meant.

    Returns:
        The article, or an empty one. Never raises.
    """
    nodes = [node for script in scripts for node in _nodes(_load(script))][:_NODE_LIMIT]
    articles = [node for node in nodes if _is_article(node)]
    if not articles:
        types = {kind for node in nodes for kind in _types(node)}
        return LinkedArticle(kind=next((kind for kind in _NOT_READ if kind in types), ""))
    wanted = {_folded(headline) for headline in headlines}
    best = max(articles, key=lambda node: (_folded(_text(node.get("headline"))) in wanted, _richness(node)))
    same = [node for node in articles if node is not best and _same(node, best)]
    ids = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str) and len(node) > 2}
    live = any(_LIVE in _types(node) for node in (best, *same))
    return replace(_read(_merged(best, same), ids, nodes), is_live=live)


def plain(value: str) -> str:
    """Plain text of a value that may hold escaped or real markup: paragraphs kept, tags and entities gone."""
    text = unescape(value)
    if "&" in text and ";" in text:
        text = unescape(text)
    if "<" in text:
        text = _TAG.sub(lambda tag: "\n" if tag[2].lower() in _BREAKING else "", text)
    lines = (" ".join(line.split()) for line in clean(text).replace("\r", "\n").split("\n"))
    return "\n\n".join(line for line in lines if line)


def _load(script: str) -> Any:
    if len(script) > _SCRIPT_LIMIT:
        return None
    for text in (script, _TRAILING_COMMA.sub(r"\1", _WRAPPING.sub("", _WRAPPING.sub("", script))), unescape(script)):
        try:
            return json.loads(text, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _nodes(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """All objects, outer before inner."""
    if depth > _DEPTH_LIMIT:
        return
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            if isinstance(inner, dict | list):
                yield from _nodes(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _nodes(inner, depth + 1)


def _types(node: dict[str, Any]) -> list[str]:
    return [kind.rsplit("/", 1)[-1] for kind in _strings(node.get("@type"))]


def _is_article(node: dict[str, Any]) -> bool:
    types = _types(node)
    if any(_ARTICLE.search(kind) for kind in types):
        return True
    return bool(node.get("articleBody")) and not any(kind in _NOT_ARTICLE for kind in types)


def _richness(node: dict[str, Any]) -> int:
    return sum(
        bool(node.get(key)) for key in ("headline", "datePublished", "author", "articleBody", "image", "dateModified")
    )


def _same(node: dict[str, Any], best: dict[str, Any]) -> bool:
    """Whether two nodes tell of one article: the same headline or the same page."""
    headline = _folded(_text(best.get("headline")))
    return bool(headline) and headline == _folded(_text(node.get("headline")))


def _merged(best: dict[str, Any], others: list[dict[str, Any]]) -> dict[str, Any]:
    merged = dict(best)
    for other in others:
        for key, value in other.items():
            if not merged.get(key):
                merged[key] = value
    return merged


def _read(node: dict[str, Any], ids: dict[str, dict[str, Any]], nodes: list[dict[str, Any]]) -> LinkedArticle:
    page = node.get("mainEntityOfPage")
    url = _first_url(node.get("url")) or _first_url(page)
    creators = [*_credits(node.get("author"), ids), *([] if node.get("author") else _credits(node.get("creator"), ids))]
    publishers = [name for other in nodes for name in _organisation_names(other)]
    return LinkedArticle(
        kind=next(iter(_types(node)), ""),
        headline=_line(node.get("headline")) or _line(node.get("name")),
        body=plain(_text(node.get("articleBody"))),
        description=_line(node.get("description")),
        authors=tuple(dict.fromkeys(creators)),
        published=_stated(node, "datePublished") or _stated(node, "dateCreated") or _stated(node, "uploadDate"),
        modified=_stated(node, "dateModified"),
        sections=tuple(dict.fromkeys(_line(section) for section in _strings(node.get("articleSection")) if section)),
        keywords=_keywords(node.get("keywords")),
        image=_first_url(node.get("image")) or _first_url(node.get("thumbnailUrl")),
        language=next(iter(_strings(node.get("inLanguage"))), None),
        url=url,
        is_free=_free(node),
        organisations=tuple(dict.fromkeys(publishers)),
    )


def _organisation_names(node: dict[str, Any]) -> list[str]:
    return (
        [_line(node.get("name"))]
        if any(_ORGANISATION.search(kind) for kind in _types(node)) and node.get("name")
        else []
    )


def _credits(value: Any, ids: dict[str, dict[str, Any]], depth: int = 0) -> list[Credit]:
    if depth > 3:
        return []
    if isinstance(value, list):
        return [credit for item in value for credit in _credits(item, ids, depth + 1)]
    if isinstance(value, str):
        return [Credit(_line(value), organisation=False)] if value.strip() else []
    if not isinstance(value, dict):
        return []
    name = value.get("name")
    if not name and isinstance(value.get("@id"), str):
        value = ids.get(value["@id"], value)
        name = value.get("name")
    if not name and (value.get("givenName") or value.get("familyName")):
        name = f"{_text(value.get('givenName'))} {_text(value.get('familyName'))}"
    types = _types(value)
    organisation, person = any(_ORGANISATION.search(kind) for kind in types), "Person" in types
    return [Credit(_line(item), organisation, person) for item in _strings(name) if item.strip()]


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [item for item in value if isinstance(item, str)]
    if isinstance(value, dict):
        return [item for item in (value.get("name"), value.get("@value")) if isinstance(item, str)]
    return []


def _text(value: Any) -> str:
    return "\n\n".join(_strings(value))


def _line(value: Any) -> str:
    return " ".join(plain(_text(value)).split())


def _stated(node: dict[str, Any], key: str) -> str | None:
    return next((item.strip() for item in _strings(node.get(key)) if item.strip()), None)


def _keywords(value: Any) -> tuple[str, ...]:
    words = [
        part for item in _strings(value) for part in (re.split(r"[,;]", item) if isinstance(value, str) else [item])
    ]
    if isinstance(value, list):
        words += [name for item in value if isinstance(item, dict) for name in _strings(item.get("name"))]
    return tuple(dict.fromkeys(_line(word) for word in words if word.strip()))


def _first_url(value: Any) -> str | None:
    match value:
        case str():
            return value.strip() or None
        case list():
            return next((url for item in value if (url := _first_url(item))), None)
        case dict():
            return _first_url(value.get("url")) or _first_url(value.get("contentUrl")) or _first_url(value.get("@id"))
        case _:
            return None


def _truth(value: Any) -> bool | None:
    match value:
        case bool():
            return value
        case str() if value.strip().lower() in {
            "true",
            "yes",
            "1",
            "http://schema.org/true",
            "https://schema.org/true",
        }:
            return True
        case str() if value.strip().lower() in {
            "false",
            "no",
            "0",
            "http://schema.org/false",
            "https://schema.org/false",
        }:
            return False
        case _:
            return None


def _free(node: dict[str, Any]) -> bool | None:
    """Whether the article may be read without paying; a part that may not decides where the whole is silent."""
    whole = _truth(node.get("isAccessibleForFree"))
    parts = node.get("hasPart")
    stated = [_truth(part.get("isAccessibleForFree")) for part in _objects(parts)]
    return False if whole is None and False in stated else whole


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, dict)]


def _folded(text: str) -> str:
    return _NOT_ALNUM.sub("", unescape(text).casefold())
