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
_LONGEST, _WORDS = 100, 9
# A name that an article has in its address: words with strokes between them, or a number that is no page's or day's.
_SLUG = re.compile(r"[^/-]+-[^/-]+-[^/]|[0-9]{5}")
_LOGO = re.compile(
    r"(?:^|[/_.-])(?:logos?|placeholder|favicon|apple-touch-icon|spacer|blank|no-?image|(?:default|fallback)-?(?:image|img|og|share|thumb\w*)?)"
    r"(?:[_.-][\w.-]{0,24})?\.(?:png|jpe?g|svg|gif|webp|ico|avif)$",
    re.IGNORECASE,
)
_DIRECTIVE = re.compile(r"[a-z]+")
_OBJECTIONS = frozenset(("noai", "noimageai", "noml"))


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


def facts_of(
    url: str, head: Head, linked: LinkedArticle, entry: Entry, headers: tuple[tuple[str, str], ...] = ()
) -> Facts:
    """Collect what a page states.

    Args:
        url: the one that answered.
        head: of the page.
        linked: its JSON-LD.
        entry: what the feed says, where the page is silent.
        headers: of the response, names in lower case.
    """
    base = (absolute_url(url, head.base) if head.base else None) or url
    pictures = (linked.image, *head.all("og:image", "og:image:url", "twitter:image", "twitter:image:src", "image"))
    sections = linked.sections or tuple(
        head.all("article:section", "section", "parsely-section", "cxenseparse:section")
    )
    keywords = (
        linked.keywords or _split(head, "news_keywords", "parsely-tags", "keywords") or tuple(head.all("article:tag"))
    )
    return Facts(
        canonical_url=believed_canonical(url, _claimed(url, head, linked)),
        sections=_tidy(sections or entry.categories[:3]),
        keywords=_tidy(keywords or entry.categories),
        image=_picture(base, (*pictures, entry.image)),
        is_accessible_for_free=_free(head, linked),
        ai_opt_out=_opt_out(head, headers),
        is_live_blog=linked.is_live or _LIVE.search(urlsplit(url).path) is not None,
    )


def _claimed(url: str, head: Head, linked: LinkedArticle) -> str | None:
    """What the page calls itself: the canonical link, where it is the only one; never the section it stands in."""
    stated = {href for rel, href, _ in head.links if "canonical" in rel.split() and "alternate" not in rel.split()}
    claims = (*(stated if len(stated) == 1 else ()), head.first("og:url"), linked.url)
    return next((claim for claim in claims if claim and not _is_section(url, absolute_url(url, claim))), None)


def _is_section(url: str, claim: str | None) -> bool:
    """Whether a claim is a folder above the page, and the page has a name of its own in it, not just "amp" or "2"."""
    if claim is None:
        return False
    own, other = urlsplit(url).path, urlsplit(claim).path.rstrip("/") + "/"
    return own.startswith(other) and _SLUG.search(own[len(other) :]) is not None


def _picture(base: str, stated: tuple[str | None, ...]) -> str | None:
    """The first picture that shows something: no logo, no placeholder."""
    absolute = (absolute_url(base, each) for each in stated if each)
    return next((each for each in absolute if each is not None and not _LOGO.search(urlsplit(each).path)), None)


def _split(head: Head, *names: str) -> tuple[str, ...]:
    for name in names:
        words = tuple(
            word for content in head.all(name) for word in content.replace(";", ",").replace("、", ",").split(",")
        )
        if words:
            return words
    return ()


def _tidy(words: tuple[str, ...]) -> tuple[str, ...]:
    """Names and terms without blanks around, hash signs and repeats; whole sentences are none."""
    trimmed = (" ".join(word.split()).removeprefix("#") for word in words)
    return tuple(dict.fromkeys(word for word in trimmed if 0 < len(word) <= _LONGEST and word.count(" ") < _WORDS))[
        :_MOST
    ]


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


def _opt_out(head: Head, headers: tuple[tuple[str, str], ...]) -> bool | None:
    """Whether the page objects to AI use: ``noai`` and kin in robots meta or header, or a TDM reservation."""
    robots = [
        content for name, content in head.metas if name.endswith("robots") or name in {"gptbot", "ccbot", "googlebot"}
    ]
    robots += [value for name, value in headers if name == "x-robots-tag"]
    if not _OBJECTIONS.isdisjoint(_DIRECTIVE.findall(" ".join(robots).lower())):
        return True
    reservations = [
        *head.all("tdm-reservation"),
        *(value.strip() for name, value in headers if name == "tdm-reservation"),
    ]
    if "1" in reservations:
        return True
    return False if "0" in reservations else None
