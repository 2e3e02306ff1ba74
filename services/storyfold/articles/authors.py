"""Who wrote it: people's names, out of what pages put into author fields."""

import re

from lxml.etree import XPath
from lxml.html import HtmlElement

from storyfold.articles.dom import Head, text_of
from storyfold.articles.jsonld import LinkedArticle
from storyfold.articles.trimming import folded

_METAS = (
    "author",
    "article:author",
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

_BY = re.compile(
    r"^\s*(?:written by|reported by|posted by|by|von|por|par|di|door|av|af|från|fra|od|przez|autor(?:in)?|"
    r"autore|auteur|"
    r"автор|автори|авторы|текст|text|texte|texto|testo|story by|words by|oleh|penulis|reporter|yazan|"
    r"haber|écrit par)"
    r"\s*[:：]?\s+",
    re.IGNORECASE,
)
_SPLIT = re.compile(
    r"\s*(?:;|\||/|·|•|\n|、|،|\s&\s|\s(?:and|und|y|et|e|en|och|og|ja|i|a|и|та|και|ve|dan|và|و)\s)\s*", re.IGNORECASE
)
_COMMA = re.compile(r"\s*,\s*")
_HANDLE = re.compile(r"\S+@\S+|@\w+|https?://\S+|www\.\S+")
_AFTER = re.compile(
    r"\s*(?:\(|\[|,\s*(?:ap|afp|reuters|dpa|staff|correspondent|reporter|editor)\b|\s[-–—|]\s|\bfor the\b|"
    r"\bfollow\b|\bupdated\b|\d{1,2}[:.]\d\d).*$",
    re.IGNORECASE,
)
# Words that no person is called by: desks, titles, agencies, software.
_NOT_PEOPLE = re.compile(
    r"\b(?:staff|desk|editor(?:s|ial|ial board)?|editorial|newsroom|news|reporters?|redaktion|redaktionen|"
    r"redakcja|redakce|"
    r"redacci[oó]n|redação|redazione|r[ée]daction|redactie|redaktsioon|redakcija|team|admin|administrator|"
    r"webmaster|web ?desk|"
    r"agency|agencies|agencia|agência|agenzia|agence|press|media|online|tv|radio|magazine|times|daily|"
    r"post|contributors?|"
    r"correspondents?|writers?|published|updated|analysis|guest|unknown|anonymous|none|null|user|wire|"
    r"service|services|bureau|reuters|afp|dpa|ansa|efe|apa|tass|"
    r"xinhua|associated|bloomberg|pti|ians|ani|upi|lusa|belga|tanjug|interfax|ria|group|limited|ltd|inc|"
    r"gmbh|com|network|"
    r"редакция|редакція|редакции|агентство|новости|новини)\b",
    re.IGNORECASE,
)
_CONNECTING = frozenset(
    [
        "de",
        "da",
        "do",
        "dos",
        "das",
        "del",
        "della",
        "di",
        "du",
        "von",
        "van",
        "der",
        "den",
        "ter",
        "ten",
        "la",
        "le",
        "el",
        "al",
        "bin",
        "ibn",
        "abu",
        "y",
        "e",
        "af",
        "av",
        "zu",
        "und",
        "mc",
        "st",
    ]
)
_CASED = re.compile(r"[A-Za-zÀ-ɏͰ-ϿЀ-ӿ]")
_LONGEST = 60

# Elements that are said to name an author, in one walk; classes are told apart afterwards.
_NAMING = XPath(".//*[@rel='author' or @itemprop='author' or contains(@class, 'byline') or contains(@class, 'author')]")
_EXACT = re.compile(r"(?:author|byline)[-_]{0,2}name\b", re.IGNORECASE)
_BYLINE = re.compile(r"(?:^|[\s_-])(?:byline|author)s?(?:$|[\s_-])", re.IGNORECASE)
_MOST_BYLINES = 2


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
    return _from_markup(root, houses) if root is not None else ()


def _from_markup(root: HtmlElement, houses: set[str]) -> tuple[str, ...]:
    """Names in the page's own by-line: elements marked as a name first, then whole by-lines."""
    exact: list[str] = []
    loose: list[str] = []
    for element in _NAMING(root):
        if element.tag in {"meta", "link", "script", "body", "html"}:
            continue
        marked = (
            element.get("rel") == "author"
            or element.get("itemprop") == "author"
            or _EXACT.search(element.get("class") or "")
        )
        if not marked and (len(loose) >= _MOST_BYLINES or not _BYLINE.search(element.get("class") or "")):
            continue
        text = text_of(element)
        if 3 < len(text) < 100:
            (exact if marked else loose).append(text)
    return _people(exact[:6], houses) or _people(loose[:1], houses)


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
