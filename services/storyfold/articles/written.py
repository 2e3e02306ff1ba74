"""Dates as pages write them: ISO 8601 and what passes for it, and dates in words, in many languages and calendars."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from storyfold.articles.months import CROATIAN, HIJRI_MONTHS, MONTH_NAME, MONTHS
from storyfold.articles.zones import zone_after

_LONGEST = 120
_DIGIT = re.compile(r"\d")
_ISO = re.compile(
    r"(\d{4})-?(\d{2})-?(\d{2})(?!\d)(?:[T\s,]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?:[.,]\d+)?\s*)?", re.ASCII
)
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})\s?(?:[./年/-]|년)\s?(\d{1,2})\s?(?:[./月/-]|월)\s?(\d{1,2})(?!\d)")
_DAY_FIRST = re.compile(r"(?<!\d)(\d{1,2})\s?([./-])\s?(\d{1,2})\s?[./-]\s?(\d{4})(?!\d)")
_SHORT_YEAR = re.compile(r"^(\d{1,2})([./-])(\d{1,2})[./-](\d{2})(?!\d)")
_VIETNAMESE = re.compile(r"(\d{1,2})\s+tháng\s+(\d{1,2}),?\s+(?:năm\s+)?(\d{4})", re.IGNORECASE)
_EPOCH = re.compile(r"^1\d{9}(?:\d{3})?$", re.ASCII)
_DAY_BEFORE = re.compile(
    r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|er|er|º|°|ª)?[\s.,]{0,3}(?:de\s|d['’]|of\s|del\s)?\s?$", re.IGNORECASE
)
_DAY_AFTER = re.compile(r"^[.,]?\s{0,2}(\d{1,2})(?![\d:])")
_YEAR = re.compile(r"(?<!\d)(1[34]\d\d|19\d\d|20\d\d|25\d\d)(?![\d:])")
_CLOCK = re.compile(
    r"(?<!\d)(\d{1,2})(?:[:.h]|\s?[時时點点시]\s?)(\d{2})(?:[:.](\d{2}))?(?!\d)\s*"
    r"([ap]\.?\s?m\b\.?|午前|午後|上午|下午|오전|오후)?",
    re.IGNORECASE,
)
_HALF_BEFORE = re.compile(r"(午前|午後|上午|下午|오전|오후|[ap]\.?m\.?)\s*$", re.IGNORECASE)
_AFTERNOON = frozenset(("p", "午後", "下午", "오후"))
# Years of the Buddhist era run 543 ahead; those of the Solar Hijri calendar some 621 behind.
_BUDDHIST, _HIJRI_YEARS = range(2500, 2600), range(1340, 1480)


@dataclass(frozen=True, slots=True)
class Written:
    """A date as it was written.

    Attributes:
        at: in the zone it was written in; UTC where none was.
        timed: whether a time of day was given; it is midnight where not.
        zoned: whether a zone was given.
    """

    at: datetime
    timed: bool
    zoned: bool


def read_date(value: str, *, month_first: bool = False, language: str = "") -> Written | None:
    """Read a date as pages write it.

    Args:
        value: ISO 8601 and what passes for it, RFC 5322, Unix time, numbers in any order, words in many languages.
        month_first: whether 4/5/2026 is in April.
        language: ISO 639-1 of the page, where known; decides what names of months mean in several languages.

    Returns:
        What it says, or None where it is no date.
    """
    text = " ".join(value[: 2 * _LONGEST].split())[:_LONGEST]
    if not text.isascii():
        text = _DIGIT.sub(lambda digit: str(int(digit[0])), text)
    try:
        if _EPOCH.match(text):
            return Written(datetime.fromtimestamp(int(text[:10]), UTC), timed=True, zoned=True)
        if match := _ISO.match(text):
            return _from_iso(text, match)
        found = _in_numbers(text, month_first=month_first) or _in_words(text, language)
    except (ValueError, OverflowError):
        return None
    return found


def _from_iso(text: str, match: re.Match[str]) -> Written:
    year, month, day = _gregorian(int(match[1]), int(match[2]), int(match[3]))
    try:
        exact = datetime.fromisoformat(text).replace(year=year, month=month, day=day)
    except ValueError:
        exact = datetime(year, month, day, int(match[4] or 0), int(match[5] or 0), int(match[6] or 0))  # noqa: DTZ001 - the zone follows
        zone = zone_after(text[match.end() :], exact) if match[4] else None
        exact = exact.replace(tzinfo=zone)
    zoned = exact.tzinfo is not None
    return Written(exact if zoned else exact.replace(tzinfo=UTC), match[4] is not None, zoned)


def _in_numbers(text: str, *, month_first: bool) -> Written | None:
    if match := _YEAR_FIRST.search(text):
        return _built(text, match, int(match[1]), int(match[2]), int(match[3]))
    if match := _VIETNAMESE.search(text):
        return _built(text, match, int(match[3]), int(match[2]), int(match[1]))
    if match := _DAY_FIRST.search(text) or _SHORT_YEAR.search(text):
        day, month, year = int(match[1]), int(match[3]), int(match[4])
        if month > 12 or (month_first and match[2] == "/" and day <= 12):
            day, month = month, day
        return _built(text, match, year if year >= 100 else year + 2000, month, day)
    return None


def _in_words(text: str, language: str) -> Written | None:
    """A month by its name, a day beside it and a year near it."""
    names = list(MONTH_NAME.finditer(text))
    # "mardi 5 avril": names of days begin like months, so that a day before the name says more than one behind it.
    for match in names:
        if day := _DAY_BEFORE.search(text[: match.start()]):
            return _dated(text, match, int(day[1]), text[: day.start()], language)
    for match in names:
        if day := _DAY_AFTER.match(text[match.end() :]):
            return _dated(text, match, int(day[1]), text[: match.start()], language)
    return None


def _dated(text: str, name: re.Match[str], day: int, before: str, language: str) -> Written | None:
    year = _YEAR.search(text, name.end()) or _YEAR.search(before)
    if year is None:
        return None
    stem = name[1].lower()
    if stem in HIJRI_MONTHS and stem not in MONTHS:
        return _built(text, year, *_gregorian(int(year[1]), HIJRI_MONTHS[stem], day))
    month = CROATIAN.get(stem[:3]) if language in {"hr", "bs"} else None
    return _built(text, year, int(year[1]), month or MONTHS[stem], day)


def _built(text: str, match: re.Match[str], year: int, month: int, day: int) -> Written:
    """A date, with the time of day that stands behind it, or else before it."""
    date = datetime(*_gregorian(year, month, day))  # noqa: DTZ001 - the zone follows
    clock = _CLOCK.search(text, match.end()) or _CLOCK.search(text[: match.start()])
    if clock is None or int(clock[1]) > 23 or int(clock[2]) > 59:
        return Written(date.replace(tzinfo=UTC), timed=False, zoned=False)
    half = clock[4] or next(iter(_HALF_BEFORE.findall(text[: clock.start()])), "")
    at = date.replace(hour=_hour(int(clock[1]), half), minute=int(clock[2]), second=min(59, int(clock[3] or 0)))
    zone = zone_after(text[clock.end() :], at)
    return Written(at.replace(tzinfo=zone or UTC), timed=True, zoned=zone is not None)


def _hour(hour: int, half: str) -> int:
    if not half or hour > 12:
        return hour
    return hour % 12 + (12 if half[0].casefold() in _AFTERNOON or half in _AFTERNOON else 0)


def _gregorian(year: int, month: int, day: int) -> tuple[int, int, int]:
    """A date of the Buddhist or Solar Hijri calendar in the Gregorian one; others as they are."""
    if year in _BUDDHIST:
        return year - 543, month, day
    if year not in _HIJRI_YEARS:
        return year, month, day
    # Birashk's rule of 33 years, exact for 1343 to 1472: 8 leap years in 33; 1 Farvardin 1403 was 20 March 2024.
    passed = sum(366 if _is_leap(each) else 365 for each in range(min(year, 1403), max(year, 1403)))
    new_year = datetime(2024, 3, 20, tzinfo=UTC) + timedelta(days=passed if year >= 1403 else -passed)
    at = new_year + timedelta(days=31 * min(month - 1, 6) + 30 * max(0, month - 7) + day - 1)
    return at.year, at.month, at.day


def _is_leap(year: int) -> bool:
    return year % 33 in {1, 5, 9, 13, 17, 22, 26, 30}
