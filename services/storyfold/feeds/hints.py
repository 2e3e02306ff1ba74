"""What a feed and its server say about polling: ttl, skipHours, skipDays, the syndication module, hub and self."""

import re
from collections.abc import Sequence

from storyfold.model.fetching import FetchResponse
from storyfold.urls.canonical import absolute_url

_PERIODS = {"hourly": 3600, "daily": 86_400, "weekly": 7 * 86_400, "monthly": 30 * 86_400, "yearly": 365 * 86_400}
# RSS 2.0 speaks English here whatever the feed's language is.
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LINK = re.compile(r"<([^<>]*)>([^<>]*)")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]+))", re.IGNORECASE)
_WORDS = re.compile(r">\s*(\w{1,9})\s*<")
# Nothing asks for more digits; int() of longer texts is slow.
_NUMBER = re.compile(r"\s*\+?(\d{1,9})\s*")


def ttl_seconds(ttl: str, period: str, frequency: str) -> int | None:
    """Combine RSS ttl (minutes) with sy:updatePeriod and sy:updateFrequency.

    Args:
        ttl: of the channel, or empty.
        period: ``hourly`` ... ``yearly``, or empty.
        frequency: updates in a period, or empty for one.

    Returns:
        Seconds between polls that the feed asks for, the longer where it says both; None where it says nothing.
    """
    minutes = _number(ttl)
    span = _PERIODS.get(period.strip().lower())
    asked = [
        *([minutes * 60] if minutes else []),
        *([span // max(1, _number(frequency) or 1)] if span is not None else []),
    ]
    return max(asked, default=None)


def skip_hours(text: str) -> tuple[int, ...]:
    """Read skipHours of an RSS document: hours of the day in UTC; 24 is midnight in RSS 0.91.

    Args:
        text: the document.
    """
    hours = {hour % 24 for word in _block(text, "skipHours") if (hour := _number(word)) is not None and hour <= 24}
    return tuple(sorted(hours))


def skip_days(text: str) -> tuple[int, ...]:
    """Read skipDays of an RSS document: days of the week, Monday is 0.

    Args:
        text: the document.
    """
    return tuple(sorted({_DAYS.index(day) for word in _block(text, "skipDays") if (day := word.lower()) in _DAYS}))


def header_links(response: FetchResponse, rel: str) -> tuple[str, ...]:
    """Targets of Link headers (RFC 8288) with a relation, absolute.

    Args:
        response: whose headers.
        rel: the relation, lower case.
    """
    targets: list[str] = []
    for name, value in response.headers:
        if name == "link":
            for target, parameters in _LINK.findall(value):
                found = _REL.search(parameters)
                relations = (found[1] or found[2]).lower().split() if found else []
                absolute = absolute_url(response.url, target)
                if rel in relations and absolute is not None:
                    targets.append(absolute)
    return tuple(targets)


def first_link(response: FetchResponse, rel: str, in_document: Sequence[str]) -> str | None:
    """Find a link by header first, then by document (WebSub, 4).

    Args:
        response: whose headers.
        rel: the relation, lower case.
        in_document: targets that the document gives for it, as it gives them.
    """
    absolute = (absolute_url(response.url, target) for target in in_document)
    return next(iter([*header_links(response, rel), *filter(None, absolute)]), None)


def _number(text: str) -> int | None:
    found = _NUMBER.fullmatch(text)
    return int(found[1]) if found else None


def _block(text: str, name: str) -> list[str]:
    start = text.find(f"<{name}")
    end = text.find(f"</{name}", start)
    return _WORDS.findall(text[start : end + 1]) if 0 <= start < end else []
