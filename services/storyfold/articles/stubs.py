"""What answers with status 200 and is no article: challenges, error pages, consent walls, indexes, videos, paywalls.

Precision first: an article that reports on cookies, paywalls or robots has its own headline, which the feed knows, or a
text of some length; a page that is none has a title that says nothing else, or a few lines that speak to the reader.
"""

import re
from enum import StrEnum
from urllib.parse import urlsplit

from storyfold.articles.blocks import Block, measure, words
from storyfold.articles.dom import Head
from storyfold.articles.jsonld import LinkedArticle
from storyfold.articles.wordings import (
    CHALLENGE,
    CHALLENGE_BODY,
    CHALLENGE_MARKS,
    CONSENT,
    CONSENT_ACT,
    CONSENT_STEMS,
    ERROR,
    WALL,
    lowered,
)
from storyfold.model.page import Page


class Stub(StrEnum):
    """What a page is instead of an article."""

    CHALLENGE = "challenge"  # wants to know whether a person reads it
    ERROR = "error"  # says that there is nothing here
    CONSENT = "consent"  # asks for consent to cookies before it shows anything
    PAYWALL = "paywall"  # says that the article is for those who pay, and nothing more
    INDEX = "index"  # lists articles, or is the front page
    VIDEO = "video"  # shows a film and a line about it


_CONSENT_LEAST, _CONSENT_SHARE, _ACTS_LEAST, _ACTS_ALONE = 6, 0.04, 2, 4
# What says that there is nothing here says it at once; a heading may hold a whole page by mistake.
_TITLE_LENGTH, _MOST_TITLES = 300, 12
# Longer texts are articles, whatever words their titles hold.
_ERROR_LENGTH, _CHALLENGE_LENGTH, _CONSENT_LENGTH, _VIDEO_LENGTH, _WALL_LENGTH = 700, 1200, 6000, 300, 500
_SAID_LENGTH = 600
# A title says it, if no more than this share of its letters is something else (a name of the house stands apart).
_REST = 0.35
_SEGMENTS = re.compile(r"\s[|–—·•»:-]+\s|\n|[|»]")
_LETTERS = re.compile(r"[^\W_]")
_VIDEO_PATH = re.compile(r"/(?:videos?|videolar|vidéos?|mediathek|watch|mediatheque)(?:/|$)", re.IGNORECASE)
_ARTICLE_TYPES = frozenset(("article", "news"))
_LISTS = frozenset(("CollectionPage", "ItemList", "SearchResultsPage"))


def stub_of(page: Page, blocks: tuple[Block, ...], head: Head, linked: LinkedArticle) -> Stub | None:
    """Tell what a page is, where it is no article.

    Args:
        page: as fetched; what its feed calls the article is evidence for a page with the same title or words.
        blocks: the best body found.
        head: of the page.
        linked: its JSON-LD.
    """
    text = "\n".join(block.text for block in blocks)
    titles = tuple(lowered(title[:_TITLE_LENGTH]) for title in (head.title, *head.h1[:_MOST_TITLES]))
    about = lowered(page.entry.title)
    known = _shares(about, " ".join(titles))
    if not (known or linked.headline) and (missing := _missing(page, text, titles, about)) is not None:
        return missing
    topic = about or " ".join(titles[:2])
    if _asks_consent(text, topic):
        return Stub.CONSENT
    if len(text) < _WALL_LENGTH and walled(text) and not _shares(topic, text):
        return Stub.PAYWALL
    kind = (head.first("og:type") or "").lower()
    film = linked.kind == "VideoObject" or kind.startswith("video") or _VIDEO_PATH.search(urlsplit(page.url).path)
    if film and measure(text) < _VIDEO_LENGTH:
        return Stub.VIDEO
    if about and not known and _is_index(page, blocks, kind, linked):
        return Stub.INDEX
    return None


def walled(text: str) -> bool:
    """Whether a text says that what it begins is for those who pay."""
    said = lowered(text)
    return any(phrase in said for phrase in WALL)


def _missing(page: Page, text: str, titles: tuple[str, ...], about: str) -> Stub | None:
    """A challenge or an error in place of the article; what the page says counts where its titles do not say it."""
    size = measure(text)
    # "Access denied: how the archive was lost" may be a headline, where the feed does not say what the headline is.
    parts = tuple(part for title in titles for part in (title, *(_SEGMENTS.split(title) if about else ())))
    if size < _CHALLENGE_LENGTH and (
        _told(CHALLENGE, parts) or any(mark in page.body[:200_000] for mark in CHALLENGE_MARKS)
    ):
        return Stub.CHALLENGE
    if size < _ERROR_LENGTH and _told(ERROR, parts):
        return Stub.ERROR
    # Without a headline from the feed nothing speaks for a short article that quotes such words.
    if about and size < _SAID_LENGTH and not _shares(about, text):
        said = lowered(text)
        if CHALLENGE_BODY.search(said):
            return Stub.CHALLENGE
        if _told(ERROR, (said.partition(".")[0],)):
            return Stub.ERROR
    return None


def _told(pattern: re.Pattern[str], parts: tuple[str, ...]) -> bool:
    """Whether a title, or a part of one, says that and hardly anything else."""
    for segment in parts:
        if pattern.search(segment):
            rest = len(_LETTERS.findall(pattern.sub("", segment)))
            if rest <= _REST * len(_LETTERS.findall(segment)):
                return True
    return False


def _asks_consent(text: str, topic: str) -> bool:
    if len(text) >= _CONSENT_LENGTH or CONSENT.search(topic):
        return False
    said = lowered(text)
    if not any(stem in said for stem in CONSENT_STEMS):
        return False
    acts = len({match[0] for match in CONSENT_ACT.finditer(said)})
    if acts < _ACTS_LEAST or _shares(topic, text):
        return False
    hits = len(CONSENT.findall(said))
    dense = hits >= _CONSENT_LEAST and hits >= _CONSENT_SHARE * len(words(said))
    return dense or (acts >= _ACTS_ALONE and hits >= _ACTS_ALONE and len(said) < _CHALLENGE_LENGTH)


def _shares(about: str, text: str) -> bool:
    """Whether most of a title's longer words stand in the text; of scripts without spaces, most characters."""
    wanted = {word for word in words(about) if len(word) > 3 or not word.isascii()}
    return bool(wanted) and len(wanted & set(words(text))) * 2 >= len(wanted)


def _is_index(page: Page, blocks: tuple[Block, ...], kind: str, linked: LinkedArticle) -> bool:
    """Whether the page is the front page that an article's address leads to, or a list of articles."""
    if _is_front(page.url) and not _is_front(page.entry.url or page.url):
        return True
    if linked.kind not in {"", *_LISTS} or kind in _ARTICLE_TYPES:
        return False
    least = 6 if linked.kind or kind == "website" else 15
    long = sum(measure(block.text) >= 160 for block in blocks)
    return len(blocks) >= least and long * 10 < len(blocks)


def _is_front(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path.strip("/") in {"", "index.html", "index.php"} and not parts.query
