"""How long a response is fresh: Cache-Control, Age, Expires (RFC 9111, 4.2)."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from storyfold.model.fetching import FetchResponse

# Longer than any use, short of every overflow.
_FOREVER = 366 * 86_400
_SECONDS = re.compile(r"\s*(\d+)\s*")
_DIRECTIVE = re.compile(r"([a-z\-]+)(?:\s*=\s*\"?([^\",;\s]*)\"?)?", re.IGNORECASE)


def fresh_for(response: FetchResponse, now: datetime) -> timedelta | None:
    """How long a response may be taken as current.

    Args:
        response: 200 or 304.
        now: the time of sight, where the response has no Date.

    Returns:
        max-age less Age, else Expires less Date (and Age); None where the server says nothing, that it is stale
        already, or that it must not be kept: that is no reason to hurry, nor one to wait.
    """
    directives = _cache_control(response)
    if "no-store" in directives or "no-cache" in directives:
        return None
    age = _seconds(response.header("age")) or 0
    if "max-age" in directives:
        lifetime = _seconds(directives["max-age"])
        return _positive(None if lifetime is None else lifetime - age)
    expires = http_date(response.header("expires"))
    if expires is None:
        return None
    served = http_date(response.header("date")) or now
    return _positive(min(_FOREVER, (expires - served).total_seconds()) - age)


def http_date(text: str | None) -> datetime | None:
    """Read an HTTP date in any of its three forms (RFC 9110, 5.6.7).

    Args:
        text: the header; None where missing.
    """
    if text is None:
        return None
    try:
        moment = parsedate_to_datetime(text.strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _cache_control(response: FetchResponse) -> dict[str, str]:
    """Directives by name; of repeated ones the first counts (RFC 9111, 4.2.1)."""
    found: dict[str, str] = {}
    for name, value in response.headers:
        if name == "cache-control":
            for directive, argument in _DIRECTIVE.findall(value):
                found.setdefault(directive.lower(), argument)
    return found


def _seconds(text: str | None) -> int | None:
    found = _SECONDS.fullmatch(text or "")
    if found is None:
        return None
    # Any number of digits may come; int() of thousands of them is refused by Python itself.
    return min(_FOREVER, int(found[1])) if len(found[1]) <= 12 else _FOREVER


def _positive(seconds: float | None) -> timedelta | None:
    return timedelta(seconds=seconds) if seconds is not None and seconds > 0 else None
