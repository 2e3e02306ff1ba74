"""When an article was published and changed: every place that says it, in the order that proves right."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

from htmldate import find_date
from lxml.etree import XPath
from lxml.html import HtmlElement

from storyfold.articles.dom import Head, text_of
from storyfold.articles.homes import home_zone
from storyfold.articles.jsonld import LinkedArticle
from storyfold.articles.language import iso_639
from storyfold.articles.written import Written, read_date
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

# Offsets lie between -12 and +14 hours.
_FARTHEST = timedelta(hours=14)
_MINUTE = timedelta(minutes=1)

# Keys under which the data of a page's program holds the publication.
_DATA = re.compile(
    r'"(?:datePublished|date_published|publishedAt|published_at|publishDate|publish_date|publicationDate|publishedDate|'
    r"published_date|firstPublished|firstPublishedAt|first_published_at|publishedTime|published_time|publishedOn|"
    r'originalPublishDate|pubDate|datePublication)\\?"\s*:\s*\\?"?([^"\\,}]{8,40})'
)
_DATA_LIMIT = 500_000
_DATE_ELEMENTS = XPath(
    ".//*[contains(@class, 'date') or contains(@class, 'publish') or contains(@class, 'time') or "
    "contains(@class, 'posted') or contains(@class, 'byline') or contains(@class, 'meta') or contains(@id, 'date')]"
)
_MOST_ELEMENTS, _MOST_SHOWN, _LABEL = 200, 12, 120
# Times shown to readers that are looked at for the day: teasers follow the first.
_MOST_DAYS = 3
_CHANGED_WORDS = (
    r"updat|modif|last|aktualis|aktualiz|zuletzt|mis à jour|mise à jour|actualizad|atualizad|aggiornat|uppdater|"
    r"opdater|oppdater|päivit|bijgewerkt|laatst|обновл|оновл|актуализ|güncel|frissít|ενημέρ|diperbarui|cập nhật|تحديث|"
    r"به‌روز|अपडेट|更新|수정"
)
_CHANGED = re.compile(_CHANGED_WORDS, re.IGNORECASE)
_CHANGED_LATER = re.compile(rf"(?<=\d)\D{{0,20}}\b(?:{_CHANGED_WORDS}).*$", re.IGNORECASE)
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
    zoned: bool = False
    zulu: bool = False  # in UTC, and said so by a Z: "+00:00" is what content systems without a zone write


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads dates as this page writes them; see `read_date`."""

    month_first: bool
    language: str
    tags: tuple[str, ...] = ()

    def read(self, value: str) -> Written | None:
        return read_date(value, month_first=self.month_first, language=self.language)

    def stated(self, values: Iterable[str | None], source: DateSource) -> tuple[_Found, ...]:
        found = ((value, self.read(value)) for value in values if value)
        return tuple(
            _Found(item.at, source, timed=item.timed, zoned=item.zoned, zulu=value.rstrip().endswith("Z"))
            for value, item in found
            if item and item.at >= _EARLIEST
        )


def moments(
    root: HtmlElement | None,
    head: Head | None,
    linked: LinkedArticle,
    url: str,
    feed: tuple[datetime | None, datetime | None],
    *,
    seen_at: datetime,
    country: str | None = None,
    search: Callable[..., str | None] = find_date,
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
        country: of the publisher, where known.
        search: htmldate's own, over the whole text.
    """
    reader = _reader(head, linked)
    structured = reader.stated((linked.published,), DateSource.JSON_LD)
    meta = reader.stated(head.all(*_PUBLISHED), DateSource.META) if head else ()
    from_feed = (_Found(feed[0], DateSource.FEED, timed=True),) if feed[0] else ()
    in_url = tuple(_in_url(url))
    shown = reader.stated((time for time, _ in _by_rank(head)), DateSource.TEXT) if head else ()
    candidates = [*structured, *meta, *from_feed, *shown[:1], *in_url]
    if not candidates and root is not None:
        candidates = [*_in_data(root, reader)[:1], *_in_byline(root, reader)[:1]]
        candidates = candidates or list(_searched(root, url, seen_at, search))
    published = _chosen(candidates, from_feed, in_url)
    changed = [*reader.stated((linked.modified,), DateSource.JSON_LD)]
    changed += reader.stated(head.all(*_MODIFIED), DateSource.META) if head else ()
    changed += (_Found(feed[1], DateSource.FEED, timed=True),) if feed[1] else ()
    modified = changed[0] if changed else None
    if modified and published and modified.at <= published.at:
        modified = None
    zone = _zone_of_page(published, [*structured, *meta, *shown], changed)
    if zone is None and published is not None and published.timed and published.zoned and not published.at.utcoffset():
        seen = [*in_url[:1], *reader.stated(head.shown_times[:_MOST_DAYS] if head else (), DateSource.TEXT)]
        zone = _zone_of_day(published, [each.at.date() for each in seen], home_zone(url, country, reader.tags))
    return Moments(_clamped(published, seen_at, zone), _clamped(modified, seen_at, zone))


def _reader(head: Head | None, linked: LinkedArticle) -> _Reader:
    stated = [linked.language, head.language, head.first("og:locale", "content-language")] if head else []
    tags = [tag.replace("_", "-").lower() for tag in stated if tag]
    return _Reader(
        any(tag == "en-us" for tag in tags), next((code for tag in tags if (code := iso_639(tag))), ""), tuple(tags)
    )


def _by_rank(head: Head) -> list[tuple[str, bool]]:
    """Times marked as the publication's first, else in the order of the page."""
    return sorted(head.times, key=lambda time: not time[1])


def _in_data(root: HtmlElement, reader: _Reader) -> tuple[_Found, ...]:
    """Dates in the data that a page carries for its own program (``__NEXT_DATA__`` and kin)."""
    found: list[str] = []
    for script in root.iter("script"):
        text = script.text or ""
        if "ublish" in text:
            found += _DATA.findall(text[:_DATA_LIMIT])
    return reader.stated(found[:_MOST_SHOWN], DateSource.TEXT)


def _in_byline(root: HtmlElement, reader: _Reader) -> tuple[_Found, ...]:
    """Dates in short elements whose class says that they hold one; those that say they changed it come last."""
    texts = [
        (text, f"{element.get('class') or ''} {element.get('id') or ''} {text}")
        for element in _DATE_ELEMENTS(root)[:_MOST_ELEMENTS]
        if element.tag not in {"body", "html", "script", "style"} and 5 < len(text := text_of(element)) <= _LABEL
    ]
    texts.sort(key=lambda pair: bool(_CHANGED.search(pair[1])))
    return reader.stated((_CHANGED_LATER.sub("", text) for text, _ in texts[:_MOST_SHOWN]), DateSource.TEXT)


def _in_url(url: str) -> Iterator[_Found]:
    for year, month, day in _URL_DATE.findall(url):
        number = _MONTHS.get(month.lower()) if month.isalpha() else int(month)
        if number:
            try:
                yield _Found(datetime(int(year), number, int(day), tzinfo=UTC), DateSource.URL, timed=False)
            except ValueError:
                continue


def _searched(root: HtmlElement, url: str, seen_at: datetime, search: Callable[..., str | None]) -> Iterator[_Found]:
    """What htmldate finds in the text, where nothing else says it."""
    latest = date.fromordinal((seen_at + timedelta(days=1)).toordinal()).isoformat()
    try:
        found = search(root, extensive_search=True, original_date=True, url=url, max_date=latest)
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError, IndexError, KeyError):
        return
    read = read_date(found) if found else None
    if read:
        yield _Found(read.at, DateSource.TEXT, timed=False)


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


def _zone_of_page(published: _Found | None, others: list[_Found], changed: list[_Found]) -> tzinfo | None:
    """The publisher's own zone, where it states its moments in UTC and the page betrays the zone elsewhere.

    Another statement of the same moment with an offset tells it; so does one without a zone that is off by a whole
    number of half hours, to the second; at last any other moment of the page that has an offset.
    """
    if published is None or not (published.timed and published.zoned) or published.at.utcoffset():
        return None
    same = [each for each in others if each.zoned and each.at.utcoffset() and abs(each.at - published.at) < _MINUTE]
    if same:
        return same[0].at.tzinfo
    for each in others:
        apart = each.at.replace(tzinfo=UTC) - published.at
        whole = timedelta(minutes=round(apart.total_seconds() / 1800) * 30)
        # Where one of the two gives no seconds, the other may have some.
        slack = _MINUTE if 0 in {each.at.second, published.at.second} else timedelta(seconds=1)
        if each.timed and not each.zoned and whole and abs(apart) <= _FARTHEST and abs(apart - whole) < slack:
            return timezone(whole)
    return next((each.at.tzinfo for each in [*others, *changed] if each.zoned and each.at.utcoffset()), None)


def _zone_of_day(published: _Found, days: list[date], home: tzinfo | None) -> tzinfo | None:
    """A zone that puts a moment in UTC on the publisher's own day.

    The day that the address or the page shows its readers decides. Without one the publisher's home does, unless
    "+00:00" may be a local time without its zone. Where the home is unknown or disagrees, the nearest full hour that
    leads to the day serves: the moment stays the same.
    """
    at = published.at
    near = [day for day in days if abs((day - at.date()).days) <= 1]
    if not near:
        return home if published.zulu else None
    if near[0] == at.date():
        return None
    if home is not None and at.astimezone(home).date() == near[0]:
        return home
    hours = -(at.hour + 1) if near[0] < at.date() else 24 - at.hour
    return timezone(timedelta(hours=hours)) if abs(timedelta(hours=hours)) <= _FARTHEST else None


def _clamped(found: _Found | None, seen_at: datetime, zone: tzinfo | None) -> Dated | None:
    if found is None:
        return None
    if found.at > seen_at + _TOLERANCE:
        return Dated(seen_at, found.source, clamped=True)
    local = zone is not None and found.timed and found.zoned and not found.at.utcoffset()
    return Dated(found.at.astimezone(zone) if local else found.at, found.source)
