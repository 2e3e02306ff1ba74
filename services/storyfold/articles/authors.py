"""Who wrote it: people's names, out of what pages put into author fields."""

import re

from lxml.html import HtmlElement

from storyfold.articles.dom import Head, text_of
from storyfold.articles.jsonld import LinkedArticle
from storyfold.articles.trimming import folded

_METAS = ("author", "article:author", "parsely-author", "sailthru.author", "byl", "dc.creator", "dcterms.creator", "dcsext.author",
          "citation_author", "authors", "article:author_name", "cxenseparse:author", "mrf:authors", "twitter:data1:author")  # fmt: skip

_BY = re.compile(
    r"^\s*(?:written by|reported by|posted by|by|von|por|par|di|door|av|af|från|fra|od|przez|autor(?:in)?|autore|auteur|"
    r"автор|автори|авторы|текст|text|texte|texto|testo|story by|words by|oleh|penulis|reporter|yazan|haber|écrit par)"
    r"\s*[:：]?\s+",
    re.IGNORECASE,
)
_SPLIT = re.compile(
    r"\s*(?:;|\||/|·|•|\n|、|،|\s&\s|\s(?:and|und|y|et|e|en|och|og|ja|i|a|и|та|και|ve|dan|và|و)\s)\s*", re.IGNORECASE
)
_COMMA = re.compile(r"\s*,\s*")
_HANDLE = re.compile(r"\S+@\S+|@\w+|https?://\S+|www\.\S+")
_AFTER = re.compile(
    r"\s*(?:\(|\[|,\s*(?:ap|afp|reuters|dpa|staff|correspondent|reporter|editor)\b|\s[-–—|]\s|\bfor the\b|\bfollow\b|\bupdated\b|\d{1,2}[:.]\d\d).*$",
    re.IGNORECASE,
)
# Words that no person is called by: desks, titles, agencies, software.
_NOT_PEOPLE = re.compile(
    r"\b(?:staff|desk|editor(?:s|ial|ial board)?|editorial|newsroom|news|reporters?|redaktion|redaktionen|redakcja|redakce|"
    r"redacci[oó]n|redação|redazione|r[ée]daction|redactie|redaktsioon|redakcija|team|admin|administrator|webmaster|web ?desk|"
    r"agency|agencies|agencia|agência|agenzia|agence|press|media|online|tv|radio|magazine|times|daily|post|contributors?|"
    r"correspondents?|guest|unknown|anonymous|none|null|user|wire|service|services|bureau|reuters|afp|dpa|ansa|efe|apa|tass|"
    r"xinhua|associated|bloomberg|pti|ians|ani|upi|lusa|belga|tanjug|interfax|ria|group|limited|ltd|inc|gmbh|com|network|"
    r"редакция|редакція|редакции|агентство|новости|новини)\b",
    re.IGNORECASE,
)
_CONNECTING = frozenset(
    "de da do dos das del della di du von van der den ter ten la le el al bin ibn abu y e af av zu und mc st".split()
)
_CASED = re.compile(r"[A-Za-zÀ-ɏͰ-ϿЀ-ӿ]")
_LONGEST = 60

_MARKED = ".//*[@rel='author' or @itemprop='author' or contains(@class, 'author-name') or contains(@class, 'author__name') or contains(@class, 'byline__name') or contains(@class, 'byline-name')]"
_BYLINES = ".//*[self::div or self::p or self::span or self::address or self::li][contains(@class, 'byline') or contains(@class, 'author')]"


def authors(
    root: HtmlElement | None, head: Head | None, linked: LinkedArticle, feed: tuple[str, ...], house: str
) -> tuple[str, ...]:
    """Decide who wrote an article.

    Args:
        root: of the page, whole; None where there is none.
        head: of the page.
        linked: its JSON-LD.
        feed: as the feed's entry names them.
        house: the publisher's name, which is nobody's.

    Returns:
        People's names in order, each once; none where only desks and agencies are named.
    """
    houses = {
        folded(name)
        for name in (house, *linked.organisations, *(head.all("og:site_name", "application-name") if head else ()))
        if name
    }
    sources = [[credit.name for credit in linked.authors if not credit.organisation]]
    if head is not None:
        sources += [list(head.all(name)) for name in _METAS]
    sources.append(list(feed))
    for names in sources:
        if people := _people(names, houses):
            return people
    return _from_markup(root, houses) if root is not None and not linked.authors else ()


def _from_markup(root: HtmlElement, houses: set[str]) -> tuple[str, ...]:
    for path, limit in ((_MARKED, 6), (_BYLINES, 2)):
        names = [
            text
            for element in root.xpath(path)[:limit]
            if 3 < len(text := element.get("content") or text_of(element)) < 100
        ]
        if people := _people(names, houses):
            return people
    return ()


def _people(names: list[str], houses: set[str]) -> tuple[str, ...]:
    found = [person for name in names for person in _split(name) if is_person(person) and folded(person) not in houses]
    return tuple(dict.fromkeys(found))


def _split(field: str) -> list[str]:
    """The names in a field: "By A B, C D and E F" holds three."""
    text = _HANDLE.sub(" ", " ".join(field.split()))
    text = _BY.sub("", text)
    parts: list[str] = []
    for part in _SPLIT.split(text):
        pieces = [piece for piece in _COMMA.split(part) if piece]
        # "Surname, Name" is one person; "Name Surname, Name Surname" are two.
        parts += (
            [f"{pieces[1]} {pieces[0]}"] if len(pieces) == 2 and all(" " not in piece for piece in pieces) else pieces
        )
    return [_AFTER.sub("", _BY.sub("", part)).strip(" .,:-–—*'\"") for part in parts]


def is_person(name: str) -> bool:
    """Whether a text can be a person's name: some words, capitals where the script has them, none of a desk's."""
    words = name.split()
    if (
        not words
        or len(name) > _LONGEST
        or len(words) > 6
        or any(character.isdigit() or character in "{}<>=#" for character in name)
    ):
        return False
    if _NOT_PEOPLE.search(name):
        return False
    if not _CASED.search(name):
        return len(name) >= 2
    if len(words) == 1:
        return False
    return all(
        word[0].isupper() or word.lower().strip("'’.") in _CONNECTING or not word[0].isalpha() or word[1:2] in "'’"
        for word in words
    )
