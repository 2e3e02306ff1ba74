"""When something happened: the words that say so, and the day that they mean."""

import re
from datetime import UTC, datetime, timedelta

from storyfold.events.calendar import WEEKDAYS
from storyfold.model.events import Occurred, TimeResolution

_WHEN = re.compile(
    rf"\b(?:(?:on|am)\s+)?(?:{'|'.join(WEEKDAYS)})\b|\b(?:today|yesterday|heute|gestern|ayer|hoy|oggi|ieri|hoje|ontem)\b",
    re.IGNORECASE,
)
_BACK = {"yesterday": 1, "gestern": 1, "ayer": 1, "ieri": 1, "ontem": 1}
# "On Friday" behind "next", "this coming" or "until" has not happened.
_AHEAD = re.compile(r"\b(?:next|coming|until|by|from|every|each|last)\s+$", re.IGNORECASE)


def when_said(sentences: list[str]) -> str | None:
    """Find the words that say when the happening of an article's first sentences took place.

    Args:
        sentences: the lead.

    Returns:
        A weekday or "today" or "yesterday" with what stands before it, verbatim; None where nothing tells.
    """
    for sentence in sentences:
        for match in _WHEN.finditer(sentence):
            if not _AHEAD.search(sentence[: match.start()]):
                return match.group()
    return None


def occurred(words: str | None, published: datetime | None) -> Occurred | None:
    """Turn such words into the day that they mean.

    Args:
        words: from `when_said`.
        published: when the article was; a weekday means the last such day up to then.

    Returns:
        A day in UTC, or None where either is missing.
    """
    if words is None or published is None:
        return None
    last = words.lower().split()[-1]
    day = published.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    back = (day.weekday() - WEEKDAYS[last]) % 7 if last in WEEKDAYS else _BACK.get(last, 0)
    # The first days of the calendar have no week before them.
    start = day - timedelta(days=back) if day.toordinal() > 7 else day
    return Occurred(start, start + timedelta(days=1), TimeResolution.DAY, words)
