"""Dates as feeds give them: to UTC, zones by the feed's own habit, the future clamped (polling.md, 23)."""

import calendar
import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

# Publishers' clocks are not ours: this much ahead is "now" and no cause for suspicion.
SKEW = timedelta(minutes=10)

# Dates before the Web had news are a program's idea of "none" (0001-01-01, 1970-01-01).
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)

_CLOCK = re.compile(r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?P<zone>.*)$", re.DOTALL)
_OFFSET = re.compile(r"(?:GMT|UTC)?\s*(?P<sign>[+\-])(?P<hours>\d{2}):?(?P<minutes>\d{2})\b")


def from_struct(parsed: object) -> datetime | None:
    """Read what feedparser made of a date.

    Args:
        parsed: a `time.struct_time` in UTC, as feedparser gives it; anything else is no date.

    Returns:
        The moment; None where there is none, or none that can be meant.
    """
    if not isinstance(parsed, tuple):
        return None
    try:
        return plausible(datetime.fromtimestamp(calendar.timegm(parsed), UTC))
    except (ValueError, OverflowError, OSError, TypeError):
        return None


def from_iso(text: str) -> datetime | None:
    """Read an RFC 3339 or W3C date (JSON Feed 1.1, sitemaps); without a zone it is taken as UTC.

    Args:
        text: as the document gives it.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return plausible(moment)


def from_text(text: str) -> datetime | None:
    """Read a date in whichever of the common forms it is: RFC 3339, W3C, or RFC 5322; without a zone taken as UTC.

    Args:
        text: as the document gives it.
    """
    moment = from_iso(text)
    if moment is not None:
        return moment
    try:
        return from_iso(parsedate_to_datetime(text.strip()).isoformat())
    except (ValueError, OverflowError):
        return None


def plausible(moment: datetime) -> datetime | None:
    """Drop a date that no news can have.

    Args:
        moment: aware.
    """
    return moment if moment >= _EARLIEST else None


def clamped(moment: datetime | None, seen_at: datetime) -> tuple[datetime | None, bool]:
    """Bring a date from the future back to the time of sight.

    Args:
        moment: aware, or None.
        seen_at: the time of sight.

    Returns:
        The date, and whether it lay further ahead than clocks differ.
    """
    if moment is None or moment <= seen_at:
        return moment, False
    return seen_at, moment - seen_at > SKEW


def stated_offset(text: str) -> timedelta | None:
    """Read the offset from UTC that a date states.

    Args:
        text: the date as the feed gives it.

    Returns:
        The offset; None where the date has a time of day but no zone, or no time of day at all.
    """
    found = _CLOCK.search(text)
    if found is None:
        return None
    zone = found["zone"].strip()
    offset = _OFFSET.match(zone)
    if offset is not None:
        size = timedelta(hours=int(offset["hours"]), minutes=int(offset["minutes"]))
        return -size if offset["sign"] == "-" else size
    return timedelta(0) if zone else None


def usual_offset(texts: Iterable[str]) -> timedelta:
    """Learn the zone that a feed usually states, for those of its dates that state none.

    Args:
        texts: the feed's dates as it gives them.

    Returns:
        The most common stated offset; zero where none is stated.
    """
    offsets = Counter(offset for text in texts if (offset := stated_offset(text)) is not None)
    return offsets.most_common(1)[0][0] if offsets else timedelta(0)


def lacks_zone(text: str) -> bool:
    """Whether a date has a time of day but does not say in which zone.

    Args:
        text: the date as the feed gives it.
    """
    found = _CLOCK.search(text)
    return found is not None and not found["zone"].strip()
