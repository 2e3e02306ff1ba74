"""The headline: what a page calls its article in several places, put to the vote."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from storyfold.articles.blocks import words
from storyfold.articles.dom import Head
from storyfold.articles.jsonld import LinkedArticle, plain
from storyfold.articles.trimming import folded

# What sites set between a headline and their own name.
_SEPARATOR = re.compile(
    r"\s+[|–—•·»:~-]\s+|(?<=[^\x00-\x7f])[-–—－]{1,2}(?=[^\x00-\x7f\s]{2,12}$)|\s*[|｜_]\s*|\s+::\s+|\s*»\s*"
)
# In scripts without spaces houses call themselves a net, a paper, news.
_HOUSE_UNSPACED = re.compile(
    r"^[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]{1,8}(?:网|網|日报|日報|晚报|新聞|新闻|ニュース|뉴스|新聞社|新聞網|在线|电视台|通信社|频道)$"
)
# What is left in front of a headline that its section was taken from.
_LEADING = re.compile(r"^(?:[:|/–—•·-]\s+)+")
_CUT_OFF = re.compile(r"\s*(?:…|\.\.\.)$")
_LONGEST = 400
# What readers see weighs more than any one statement made for machines, and no more than two that agree: where two do
# not, the first-level heading is the headline; search engines and networks are told something else.
_SHOWN, _STATED, _ECHO = 1.5, 1.0, 0.5
_TITLES = ("og:title", "twitter:title", "title", "dc.title", "dcterms.title", "parsely-title")
# Headings looked at: sites put their name, sections and teasers into further ones.
_MOST_HEADINGS = 12
# Shorter headings (folded) do not draw the votes of longer statements that end with them.
_LEAST_HEADING = 15
# A heading that ends with a shorter statement has a kicker before it, where the statement is at least this much of it.
_KICKER_REST = 0.5
# Headings that name a part of a site.
_SECTIONS = frozenset((
    "news", "home", "blog", "article", "articles", "detail", "details", "nachrichten", "aktuelles", "presse",
    "noticias", "notícias", "notizie", "actualités", "nieuws", "nyheter", "wiadomości", "новости", "новини", "haberler",
    "haber", "berita", "tin tức", "أخبار", "ニュース", "新闻", "新聞", "뉴스",
))  # fmt: skip
# Share of a title that a part must be to be its headline: headlines stand in front.
_LEAST_FRONT, _LEAST_BACK = 0.25, 0.4
# Labels of host names that are not the house's name.
_COMMON_LABELS = frozenset(("www", "m", "amp", "news", "en", "mobile", "co", "com", "org", "net", "gov", "ac", "edu"))
_LEAST_LABEL = 3


@dataclass(frozen=True, slots=True)
class _Heard:
    """A candidate: the text, how much it weighs, and whether the page shows it as its heading."""

    text: str
    weight: float
    shown: bool = False


def headline(head: Head | None, linked: LinkedArticle, feed_title: str, house: str, url: str = "") -> str:
    """Decide on a headline.

    Candidates that agree (but for a site's name behind them, or a kicker before them) vote together. The heading that
    the page shows counts for one and a half statements, if it is about the same as any of the others; the document's
    title, which is what search engines are told, counts for half of one.

    Args:
        head: of the page; None where there is none.
        linked: its JSON-LD.
        feed_title: of the feed's entry; may be empty.
        house: the publisher's name, cut from the ends of titles, as are the names the page gives its site.
        url: of the page; its host's name is cut likewise.

    Returns:
        Plain text; empty where nothing says it.
    """
    houses = _houses(head, linked, house)
    labels = house_labels(url)
    heard = _heard(head, linked, feed_title)
    texts = [each.text for each in heard]
    cleaned = [
        _Heard(text, each.weight, each.shown)
        for each in heard
        if (text := _without_site(each.text, houses, labels, texts)) and not _is_house(text, houses, labels)
    ]
    voters = _plausible(cleaned) or cleaned
    if not voters:
        return ""
    keys = _without_kickers(voters)
    best = max(keys, key=lambda key: sum(each.weight for each, own in zip(voters, keys, strict=True) if own == key))
    chosen = _form([each for each in voters if folded(each.text) == best])
    return _whole(chosen, [each.text for each in cleaned])


def house_labels(url: str) -> frozenset[str]:
    """The labels of a URL's host that may be a house's name: ``spiegel`` of ``www.spiegel.de``."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return frozenset()
    labels = host.split(".")[:-1]
    found = {folded(label) for label in labels if label not in _COMMON_LABELS and len(folded(label)) >= _LEAST_LABEL}
    return frozenset(found | {folded(host.removeprefix("www."))} - {""})


def _houses(head: Head | None, linked: LinkedArticle, house: str) -> frozenset[str]:
    stated = head.all("og:site_name", "application-name", "al:ios:app_name", "twitter:app:name:iphone") if head else ()
    names = {folded(name) for name in (house, *linked.organisations, *stated)}
    # Some pages give the article's headline for the site's name.
    claimed = {folded(linked.headline), folded(head.first("og:title") or "")} if head else set()
    shown = {folded(text) for text in head.h1} if head else set()
    return frozenset(names - (claimed & shown) - {""})


def _is_house(text: str, houses: frozenset[str], labels: frozenset[str]) -> bool:
    if _HOUSE_UNSPACED.match(text.strip()):
        return True
    key = folded(text)
    return key in houses or key in labels or key.removeprefix("the") in labels


def _heard(head: Head | None, linked: LinkedArticle, feed_title: str) -> list[_Heard]:
    found: list[_Heard] = []
    if head is not None:
        found += [_Heard(text, _SHOWN, shown=True) for text in tuple(dict.fromkeys(head.h1))[:_MOST_HEADINGS]]
    found.append(_Heard(linked.headline, _STATED))
    if head is not None:
        found += [
            _Heard(head.first(*_TITLES) or "", _STATED),
            _Heard(head.title, _ECHO),
        ]
    found.append(_Heard(feed_title, _STATED))
    tidied = (_Heard(_LEADING.sub("", " ".join(plain(each.text).split())), each.weight, each.shown) for each in found)
    return [each for each in tidied if 0 < len(each.text) <= _LONGEST]


def _plausible(heard: list[_Heard]) -> list[_Heard]:
    """All but headings that are something else: of several the first that another candidate bears out."""
    stated = [each for each in heard if not each.shown]
    if not stated:
        return [each for each in heard if each.shown][:1]
    keys = {folded(each.text) for each in stated}
    headings = [each for each in heard if each.shown]
    same = [each for each in headings if folded(each.text) in keys]
    kin = [each for each in headings if any(_about_the_same(each.text, other.text) for other in stated)]
    return [*(same or kin)[:1], *stated]


def _about_the_same(text: str, other: str) -> bool:
    """Whether two texts share a long word, or as much as scripts without spaces allow; "News" is no headline."""
    mine, others = _telling(text), _telling(other)
    shared = len(mine & others)
    if text.casefold() in _SECTIONS:
        return False
    return shared >= 1 and shared * 4 >= min(len(mine), len(others))


def _telling(text: str) -> set[str]:
    return {word for word in words(text) if len(word) > 3 or not word.isascii()}


def _without_kickers(voters: list[_Heard]) -> list[str]:
    """Each candidate's key: that of a shorter statement, where only a kicker stands before it in a heading."""
    keys = [folded(each.text) for each in voters]
    heading = next((key for each, key in zip(voters, keys, strict=True) if each.shown), "")
    # "Sport: Headline" votes for the heading "Headline".
    keys = [heading if _has_kicker(key, heading) and len(heading) >= _LEAST_HEADING else key for key in keys]
    stated = [key for each, key in zip(voters, keys, strict=True) if not each.shown and each.weight >= _STATED]
    return [
        next((other for other in stated if _has_kicker(key, other)), key) if each.shown else key
        for each, key in zip(voters, keys, strict=True)
    ]


def _has_kicker(key: str, other: str) -> bool:
    return key != other and key.endswith(other) and len(other) >= _KICKER_REST * len(key)


def _form(same: list[_Heard]) -> str:
    """The spelling that weighs most among candidates of different case and punctuation; capitals alone weigh least."""
    weights: dict[str, float] = {}
    for each in same:
        weights[each.text] = weights.get(each.text, 0.0) + (each.weight if not each.text.isupper() else 0.0)
    return max(weights, key=lambda text: weights[text])


def _without_site(text: str, houses: frozenset[str], labels: frozenset[str], others: list[str]) -> str:
    """A title less the site's name behind (or before) it; parts that another candidate has too are kept."""
    parts = list(_SEPARATOR.finditer(text))
    whole = {folded(other) for other in others if other != text}
    if not parts or (folded(text) in whole and not _is_house(text[parts[-1].end() :], houses, labels)):
        return text
    for match in reversed(parts):
        front, back = text[: match.start()], text[match.end() :]
        if folded(front) in whole and _is_most(front, text, _LEAST_FRONT):
            return front
        if _is_house(back, houses, labels):
            return _without_site(front, houses, labels, others)
    for match in parts:
        front, back = text[: match.start()], text[match.end() :]
        if _is_house(front, houses, labels) or (folded(back) in whole and _is_most(back, text, _LEAST_BACK)):
            return back
    return text


def _is_most(part: str, text: str, least: float) -> bool:
    """Whether a part is long enough to be the headline of a title rather than the name of a section in it."""
    return bool(folded(part)) and len(part) >= least * len(text)


def _whole(text: str, others: list[str]) -> str:
    """The longer form of a headline that was cut off with an ellipsis."""
    if not _CUT_OFF.search(text):
        return text
    start = folded(_CUT_OFF.sub("", text))
    return next((other for other in others if folded(other).startswith(start) and not _CUT_OFF.search(other)), text)
