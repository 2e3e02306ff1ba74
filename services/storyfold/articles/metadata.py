"""Facts that a page states beside its text: sections, keywords, picture, access, AI use, canonical URL."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from storyfold.articles.dom import Head
from storyfold.articles.jsonld import LinkedArticle
from storyfold.model.entries import Entry
from storyfold.urls.canonical import absolute_url, believed_canonical

# How the addresses of running accounts are told, in the languages of the press; "live" alone only as a whole part.
_LIVE = re.compile(
    r"(?:^|[/_-])(?:live-?blog|live-?ticker|live-?updates?|news-?blog|newsticker|minuto-a-minuto|minute-by-minute|"
    r"en-direct|live-?bericht|relacja-na-zywo|canli-blog|onlajn)(?:$|[/_.-])|/(?:live|direct|diretta|ao-vivo|en-vivo)/",
    re.IGNORECASE,
)
_MOST = 30
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Facts:
    """See `storyfold.model.articles.Article` for the fields."""

    canonical_url: str
    sections: tuple[str, ...]
    keywords: tuple[str, ...]
    image: str | None
    is_accessible_for_free: bool | None
    ai_opt_out: bool | None
    is_live_blog: bool


def facts_of(url: str, head: Head, linked: LinkedArticle, entry: Entry) -> Facts:
    """Collect what a page states.

    Args:
        url: the one that answered.
        head: of the page.
        linked: its JSON-LD.
        entry: what the feed says, where the page is silent.
    """
    base = (absolute_url(url, head.base) if head.base else None) or url
    picture = linked.image or head.first("og:image", "og:image:url", "twitter:image", "twitter:image:src", "image")
    sections = linked.sections or tuple(
        head.all("article:section", "section", "parsely-section", "cxenseparse:section")
    )
    keywords = (
        linked.keywords or _split(head, "news_keywords", "parsely-tags", "keywords") or tuple(head.all("article:tag"))
    )
    return Facts(
        canonical_url=believed_canonical(url, _claimed(head, linked)),
        sections=_tidy(sections or entry.categories[:3]),
        keywords=_tidy(keywords or entry.categories),
        image=(absolute_url(base, picture) if picture else None) or entry.image,
        is_accessible_for_free=_free(head, linked),
        ai_opt_out=_opt_out(head),
        is_live_blog=linked.is_live or _LIVE.search(urlsplit(url).path) is not None,
    )


def _claimed(head: Head, linked: LinkedArticle) -> str | None:
    """What the page calls itself: the canonical link first."""
    link = next((href for rel, href, _ in head.links if "canonical" in rel.split()), None)
    return link or head.first("og:url") or linked.url


def _split(head: Head, *names: str) -> tuple[str, ...]:
    for name in names:
        words = tuple(
            word for content in head.all(name) for word in content.replace(";", ",").replace("、", ",").split(",")
        )
        if words:
            return words
    return ()


def _tidy(words: tuple[str, ...]) -> tuple[str, ...]:
    trimmed = (" ".join(word.split()) for word in words)
    return tuple(dict.fromkeys(word for word in trimmed if 0 < len(word) <= _LONGEST))[:_MOST]


def _free(head: Head, linked: LinkedArticle) -> bool | None:
    if linked.is_free is not None:
        return linked.is_free
    match (head.first("article:content_tier", "content_tier") or "").lower():
        case "free":
            return True
        case "locked" | "metered":
            return False
        case _:
            return None


def _opt_out(head: Head) -> bool | None:
    """Whether the page objects to AI use: ``noai`` in a robots meta, or the TDM Reservation Protocol's meta."""
    robots = " ".join(
        content.lower()
        for name, content in head.metas
        if name.endswith("robots") or name in {"gptbot", "ccbot", "googlebot"}
    )
    words = set(robots.replace(",", " ").split())
    if words & {"noai", "noimageai", "noml"}:
        return True
    match head.first("tdm-reservation"):
        case "1":
            return True
        case "0":
            return False
        case _:
            return None
