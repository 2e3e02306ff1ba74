"""The feeds file: which feeds are polled, in OPML or TOML, read into sources with a complaint for all that is wrong.

A line that cannot be used costs that line, never the file. A feed that is listed twice is polled once, with the tags of
both places.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from storyfold.feeds.families import Families, shipped_families
from storyfold.feeds.opml import read_opml
from storyfold.feeds.outline import Outline, tidy
from storyfold.feeds.tomlfile import read_toml
from storyfold.model.feeds import BodyPolicy, FeedSource, Publisher
from storyfold.model.identity import PublisherId, feed_id_of
from storyfold.urls.canonical import canonical_url
from storyfold.urls.domain import host_of, registrable_domain_of
from storyfold.urls.safety import check_url

# Ports are the fetcher's business, which has the user's allow-list.
_ANY_PORT = range(1, 65_536)
_INTERVAL = re.compile(r"(\d{1,6})\s*(s|m|min|h|d)?", re.IGNORECASE)
_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
_COUNTRY = re.compile(r"[A-Za-z]{2}")
_YES, _NO = frozenset({"true", "yes", "1", "obey"}), frozenset({"false", "no", "0", "ignore", ""})


@dataclass(frozen=True, slots=True)
class FeedList:
    """What a feeds file says.

    Attributes:
        sources: feeds that can be polled, in the order of the file, each once.
        complaints: what is wrong: line, what, and what to do.
    """

    sources: tuple[FeedSource, ...]
    complaints: tuple[str, ...]


def read_feeds(text: str, suffix: str, families: Families | None = None) -> FeedList:
    """Read a feeds file.

    Args:
        text: of the file.
        suffix: of its name (``.opml``, ``.xml`` or ``.toml``); others are told apart by their first character.
        families: houses by domain; the shipped table where None.
    """
    houses = shipped_families() if families is None else families
    kind = suffix.lower().lstrip(".")
    as_opml = kind in {"opml", "xml"} or (kind != "toml" and text.lstrip("\ufeff \t\r\n").startswith("<"))
    outlines, complaints = read_opml(text) if as_opml else read_toml(text)
    sources: dict[str, FeedSource] = {}
    for outline in outlines:
        source, wrong = _source(outline, houses)
        complaints += wrong
        if source is None:
            continue
        key = canonical_url(source.url)
        first = sources.get(key)
        if first is None:
            sources[key] = source
        else:
            sources[key] = replace(first, tags=_unique((*first.tags, *source.tags)))
            complaints += (f"line {outline.line}: {source.url} is listed twice; it is polled once: remove one of them",)
    return FeedList(tuple(sources.values()), complaints)


def _source(outline: Outline, families: Families) -> tuple[FeedSource | None, tuple[str, ...]]:
    url = _http(outline.url)
    fault = check_url(url, _ANY_PORT)
    if fault is not None:
        return None, (f"line {outline.line}: {fault} ({url[:200]}); this feed is left out: mend its URL",)
    wrong: list[str] = []

    def complain(what: str, value: str, hint: str) -> None:
        wrong.append(f"line {outline.line}: {what} is {value[:80]!r}; it is ignored: {hint}")

    interval = _interval(outline.interval)
    if outline.interval and interval is None:
        complain("interval", outline.interval, "write a number and s, m, h or d, such as 15m")
    language = outline.language.replace("_", "-")
    if language and not _LANGUAGE.fullmatch(language):
        complain("language", outline.language, "write a BCP 47 tag such as en or pt-BR")
        language = ""
    robots = outline.robots.lower()
    if robots not in _YES | _NO:
        complain("robots", outline.robots, "write obey or ignore")
    body = outline.body.lower() or BodyPolicy.PAGE.value
    if body not in set(BodyPolicy):
        complain("body", outline.body, "write page or feed")
        body = BodyPolicy.PAGE.value
    if outline.country and not _COUNTRY.fullmatch(outline.country):
        complain("country", outline.country, "write two letters of ISO 3166-1 such as GB")
    source = FeedSource(
        feed_id=feed_id_of(url),
        url=url,
        publisher=_publisher(outline, url, families),
        title=outline.title or outline.publisher or registrable_domain_of(url),
        tags=_tags(outline.tags),
        language=language or None,
        interval=interval,
        obey_robots=robots in _YES,
        body=BodyPolicy(body),
    )
    return source, tuple(wrong)


def _publisher(outline: Outline, url: str, families: Families) -> Publisher:
    """The house: what the feeds file says of it, else its family's; an id that is just the domain says nothing."""
    domain = outline.domain.lower() or registrable_domain_of(url)
    family = families.of(outline.domain.lower() or host_of(url))
    own = outline.publisher_id if outline.publisher_id != domain else ""
    country = outline.country.upper() if _COUNTRY.fullmatch(outline.country) else None
    if family is None or (own and own != family.publisher_id):
        return Publisher(PublisherId(own or domain), outline.publisher or domain, domain, country)
    return Publisher(family.publisher_id, outline.publisher or family.name, domain, country or family.country)


def _http(url: str) -> str:
    """Browsers once wrote ``feed://host/x`` and ``feed:https://host/x`` for feeds."""
    if url[:7].lower() == "feed://":
        return "http://" + url[7:]
    return url[5:] if url[:5].lower() == "feed:" else url


def _interval(text: str) -> timedelta | None:
    found = _INTERVAL.fullmatch(text)
    if found is None:
        return None
    seconds = int(found[1]) * _UNITS[(found[2] or "s").lower()]
    return timedelta(seconds=seconds) if seconds > 0 else None


def _tags(written: Iterable[str]) -> tuple[str, ...]:
    return _unique(tidy(tag).strip("/").strip() for text in written for tag in text.split(","))


def _unique(tags: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tag for tag in tags if tag))
