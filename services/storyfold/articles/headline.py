"""The headline: what a page calls its article in several places, put to the vote."""

import re

from storyfold.articles.dom import Head
from storyfold.articles.jsonld import LinkedArticle, plain
from storyfold.articles.trimming import folded

# What sites set between a headline and their own name.
_SEPARATOR = re.compile(r"\s+[|–—•·»:~-]\s+|\s*[|｜_]\s*|\s+::\s+|\s*»\s*")
_CUT_OFF = re.compile(r"\s*(?:…|\.\.\.)$")
_LONGEST = 400


def headline(head: Head | None, linked: LinkedArticle, feed_title: str, house: str) -> str:
    """Decide on a headline.

    Candidates that agree (but for a site's name behind them) vote together; among equals the order is: JSON-LD,
    Open Graph, first-level heading, document title, feed.

    Args:
        head: of the page; None where there is none.
        linked: its JSON-LD.
        feed_title: of the feed's entry; may be empty.
        house: the publisher's name, cut from the ends of titles.

    Returns:
        Plain text; empty where nothing says it.
    """
    names = [
        house,
        *linked.organisations,
        *(head.all("og:site_name", "application-name", "al:ios:app_name") if head else ()),
    ]
    shown = {folded(text) for text in head.h1} if head else set()
    houses = {folded(name) for name in names if name} - shown
    found = [linked.headline]
    if head is not None:
        found += [
            head.first("og:title") or "",
            *_single(head.h1),
            head.first("twitter:title", "title", "dc.title") or "",
            head.title,
        ]
    found.append(feed_title)
    candidates = [text for raw in found if 0 < len(text := " ".join(plain(raw).split())) <= _LONGEST]
    cleaned = [_without_site(text, houses, candidates) for text in candidates]
    cleaned = [text for text in cleaned if text and folded(text) not in houses]
    if not cleaned:
        return ""
    keys = [folded(text) for text in cleaned]
    best = max(range(len(cleaned)), key=lambda index: (_votes(keys[index], keys), -index))
    return _whole(cleaned[best], cleaned)


def _single(headings: tuple[str, ...]) -> tuple[str, ...]:
    """The first-level heading; several say nothing (site names, teasers), unless they are one."""
    distinct = tuple(dict.fromkeys(headings))
    return distinct if len(distinct) == 1 else distinct[:2]


def _votes(key: str, keys: list[str]) -> int:
    return sum(other == key for other in keys)


def _without_site(text: str, houses: set[str], others: list[str]) -> str:
    """A title less the site's name behind (or before) it; parts that another candidate has too are kept."""
    parts = list(_SEPARATOR.finditer(text))
    whole = {folded(other) for other in others if other != text}
    for match in reversed(parts):
        front, back = text[: match.start()], text[match.end() :]
        if folded(back) in houses or folded(front) in whole:
            return _without_site(front, houses, others) if folded(front) not in whole else front
    for match in parts:
        front, back = text[: match.start()], text[match.end() :]
        if folded(front) in houses or folded(back) in whole:
            return back
    return text


def _whole(text: str, others: list[str]) -> str:
    """The longer form of a headline that was cut off with an ellipsis."""
    if not _CUT_OFF.search(text):
        return text
    start = folded(_CUT_OFF.sub("", text))
    return next((other for other in others if folded(other).startswith(start) and not _CUT_OFF.search(other)), text)
