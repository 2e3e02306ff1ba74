"""When an article was published and changed: every place that says it, in the order that proves right."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

from htmldate import find_date
from lxml.html import HtmlElement

from storyfold.articles.dom import Head
from storyfold.articles.jsonld import LinkedArticle
from storyfold.model.articles import Dated, DateSource

# News on the web is not older; what is was read wrongly.
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
# Clocks of publishers go wrong by this much; a date further ahead is clamped to the time of sight.
_TOLERANCE = timedelta(minutes=10)
# A page's date this far from the feed's is another date (of the event, of a template), if the URL sides with the feed.
_APART = timedelta(hours=36)

_PUBLISHED = (
    "article:published_time", "og:published_time", "og:article:published_time", "datepublished", "article:published",
    "parsely-pub-date", "sailthru.date", "published_time", "publish-date", "publish_date", "publishdate",
    "publication_date", "publicationdate", "pubdate", "published", "cxenseparse:recs:publishtime",
    "cxenseparse:publishtime", "dc.date.issued", "dcterms.issued", "dcterms.created", "dc.date.created", "dcterms.date",
    "dc.date", "date.issued", "article.published", "article.created", "article:create", "originalpublicationdate",
    "rnews:datepublished", "iso-8601-publish-date", "bt:pubdate", "displaydate", "article_date_original", "created",
    "datecreated", "date_published", "ptime", "date", "timestamp",
)  # fmt: skip
_MODIFIED = (
    "article:modified_time", "og:updated_time", "og:modified_time", "og:article:modified_time", "datemodified",
    "article:modified", "dc.date.modified", "dcterms.modified", "modified_time", "lastmod", "last-modified",
    "updated_time",
    "revision_date", "date_modified", "article.updated", "mtime",
)  # fmt: skip

_ISO = re.compile(
    r"(\d{4})-?(\d{2})-?(\d{2})(?:[T\s,]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?:[.,]\d+)?\s*(Z|[A-Z]{1,5}\b|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?"
)
_DAY_FIRST = re.compile(r"^(\d{1,2})[./-](\d{1,2})[./-](\d{4})(?:\D{1,5}(\d{1,2})[:.h](\d{2}))?")
_YEAR_FIRST = re.compile(r"^(\d{4})[./年](\d{1,2})[./月](\d{1,2})日?(?:\D{0,5}(\d{1,2})[:.時时](\d{2}))?")
_EPOCH = re.compile(r"^1\d{9}(?:\d{3})?$")
_URL_DATE = re.compile(
    r"/(20\d\d)[/-]?(0[1-9]|1[0-2]|[a-z]{3})[/-]?(0[1-9]|[12]\d|3[01])(?=[/_.-]|\d{0,6}\b)", re.IGNORECASE
)
_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}


@dataclass(frozen=True, slots=True)
class Moments:
    """What was found: either may be unknown."""

    published: Dated | None
    modified: Dated | None


@dataclass(frozen=True, slots=True)
class _Found:
    at: datetime
    source: DateSource
    timed: bool


def moments(
    root: HtmlElement | None,
    head: Head | None,
    linked: LinkedArticle,
    url: str,
    feed: tuple[datetime | None, datetime | None],
    *,
    seen_at: datetime,
) -> Moments:
    """Decide when an article was published and last changed.

    The page's own structured dates come first: they carry the publisher's zone, where feeds are often re-dated. The
    feed is next, then the date in the URL, the marked ``time`` elements, and the text itself.

    Args:
        root: of the page, whole; None where there is none.
        head: of the page.
        linked: its JSON-LD.
        url: of the page.
        feed: published and updated, as the feed's entry has them.
        seen_at: dates behind it are clamped to it.
    """
    structured = _stated((linked.published,), DateSource.JSON_LD)
    meta = _stated(tuple(head.all(*_PUBLISHED)), DateSource.META) if head else ()
    from_feed = (_Found(feed[0], DateSource.FEED, timed=True),) if feed[0] else ()
    in_url = tuple(_in_url(url))
    shown = (
        _stated(tuple(time for time, marked in sorted(head.times, key=lambda time: not time[1])), DateSource.TEXT)
        if head
        else ()
    )
    candidates = [*structured, *meta, *from_feed, *shown[:1], *in_url]
    if not candidates and root is not None:
        candidates = list(_searched(root, url, seen_at))
    published = _chosen(candidates, from_feed, in_url)
    changed = [*_stated((linked.modified,), DateSource.JSON_LD)]
    changed += _stated(tuple(head.all(*_MODIFIED)), DateSource.META) if head else ()
    changed += (_Found(feed[1], DateSource.FEED, timed=True),) if feed[1] else ()
    modified = changed[0] if changed else None
    if modified and published and modified.at <= published.at:
        modified = None
    return Moments(_clamped(published, seen_at), _clamped(modified, seen_at))


def read_date(value: str) -> tuple[datetime, bool] | None:
    """Read a date as pages write it.

    Args:
        value: ISO 8601 and what passes for it, RFC 5322, Unix time, day.month.year, year/month/day.

    Returns:
        The moment with the zone it was written in (UTC where none was) and whether a time of day was given, or None.
    """
    text = value.strip()[:64]
    if _EPOCH.match(text):
        return datetime.fromtimestamp(int(text[:10]), UTC), True
    try:
        if match := _ISO.match(text):
            return _from_iso(text, match)
        if match := _YEAR_FIRST.match(text):
            year, month, day, hour, minute = match.groups()
            return datetime(
                int(year), int(month), int(day), int(hour or 0), int(minute or 0), tzinfo=UTC
            ), hour is not None
        if match := _DAY_FIRST.match(text):
            day, month, year, hour, minute = match.groups()
            if int(month) > 12:
                day, month = month, day
            return datetime(
                int(year), int(month), int(day), int(hour or 0), int(minute or 0), tzinfo=UTC
            ), hour is not None
        if re.search(r"\d{4}", text) and re.search(r"[A-Za-z]{3}", text):
            return _from_words(text)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    return None


def _from_iso(text: str, match: re.Match[str]) -> tuple[datetime, bool] | None:
    try:
        exact = datetime.fromisoformat(text)
    except ValueError:
        year, month, day, hour, minute, second, zone = match.groups()
        exact = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0))  # noqa: DTZ001 - the zone follows
        if zone and zone[0] in "+-":
            digits = zone[1:].replace(":", "").ljust(4, "0")
            shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
            exact = exact.replace(tzinfo=timezone(shift if zone[0] == "+" else -shift))
    return (exact if exact.tzinfo else exact.replace(tzinfo=UTC)), match[4] is not None


def _from_words(text: str) -> tuple[datetime, bool] | None:
    try:
        exact = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        match = re.search(r"([A-Za-z]{3})[a-z]*\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})", text)
        if match and match[1].lower() in _MONTHS:
            return datetime(int(match[3]), _MONTHS[match[1].lower()], int(match[2]), tzinfo=UTC), False
        match = re.search(r"(\d{1,2})\.?\s+([A-Za-z]{3})[a-z]*\.?,?\s+(\d{4})", text)
        if match and match[2].lower() in _MONTHS:
            return datetime(int(match[3]), _MONTHS[match[2].lower()], int(match[1]), tzinfo=UTC), False
        return None
    return (exact if exact.tzinfo else exact.replace(tzinfo=UTC)), ":" in text


def _stated(values: tuple[str | None, ...], source: DateSource) -> tuple[_Found, ...]:
    found = (read_date(value) for value in values if value)
    return tuple(_Found(item[0], source, timed=item[1]) for item in found if item and item[0] >= _EARLIEST)


def _in_url(url: str) -> Iterator[_Found]:
    for year, month, day in _URL_DATE.findall(url):
        number = _MONTHS.get(month.lower()) if month.isalpha() else int(month)
        if number:
            try:
                yield _Found(datetime(int(year), number, int(day), tzinfo=UTC), DateSource.URL, timed=False)
            except ValueError:
                continue


def _searched(root: HtmlElement, url: str, seen_at: datetime) -> Iterator[_Found]:
    """What htmldate finds in the text, where nothing else says it."""
    latest = date.fromordinal((seen_at + timedelta(days=1)).toordinal()).isoformat()
    try:
        found = find_date(root, extensive_search=True, original_date=True, url=url, max_date=latest)
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError, IndexError, KeyError):
        return
    read = read_date(found) if found else None
    if read:
        yield _Found(read[0], DateSource.TEXT, timed=False)


def _chosen(candidates: list[_Found], feed: tuple[_Found, ...], in_url: tuple[_Found, ...]) -> _Found | None:
    """The first, unless feed and URL agree against it, or a later one tells the time of the same day."""
    if not candidates:
        return None
    first = candidates[0]
    if feed and in_url and abs(first.at - feed[0].at) > _APART and abs(in_url[0].at - feed[0].at) <= _APART:
        return feed[0]
    if not first.timed:
        timed = (other for other in candidates[1:] if other.timed and other.at.date() == first.at.date())
        return next(timed, first)
    return first


def _clamped(found: _Found | None, seen_at: datetime) -> Dated | None:
    if found is None:
        return None
    if found.at > seen_at + _TOLERANCE:
        return Dated(seen_at, found.source, clamped=True)
    return Dated(found.at, found.source)
