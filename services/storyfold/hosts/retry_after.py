"""The Retry-After header (RFC 9110, 10.2.3)."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

# Some servers ask for years. A wish beyond this is honoured up to this, and renewed when we come back.
LONGEST = timedelta(days=7)


def retry_after_of(value: str | None, now: datetime) -> datetime | None:
    """Read a Retry-After header.

    Args:
        value: seconds or an HTTP date, verbatim; None where the header is missing.
        now: the present, aware.

    Returns:
        The moment it names, at most `LONGEST` ahead; None where it is missing, unreadable or not in the future.
    """
    if value is None:
        return None
    text = value.strip()
    if re.fullmatch(r"[0-9]{1,12}", text):
        moment = now + min(timedelta(seconds=int(text)), LONGEST)
    else:
        try:
            moment = parsedate_to_datetime(text)
            moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, OverflowError):
            return None
        moment = min(moment, now + LONGEST)
    return moment if moment > now else None
