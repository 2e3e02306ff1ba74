"""Dates as publishers write them, right or wrong."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from newsroom.model import Article, Habit, Publisher

_EVERY_FUTURE, _EVERY_ABSURD = 3, 5


def claimed(publisher: Publisher, article: Article, true: datetime) -> datetime | None:
    """Return the moment that the feed claims: the true one, a wrong one, or none at all."""
    number = int(article.id[1:])
    if publisher.has(Habit.MISSING_DATES):
        return None
    if publisher.has(Habit.FUTURE_DATES) and number % _EVERY_FUTURE == 0:
        return true + timedelta(hours=1 + number % 36)
    if publisher.has(Habit.ABSURD_DATES) and number % _EVERY_ABSURD == 0:
        return datetime(2099 if number % 2 else 1970, 1, 1, tzinfo=UTC)
    return true


def rfc822(publisher: Publisher, moment: datetime) -> str:
    """Write the moment as RSS 2.0 asks (RFC 822); in local time without a zone where that is the habit."""
    if publisher.has(Habit.NO_ZONE_DATES):
        return f"{moment + publisher.zone:%a, %d %b %Y %H:%M:%S}"
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def iso(publisher: Publisher, moment: datetime) -> str:
    """Write the moment as RFC 3339; in local time without a zone where that is the habit."""
    if publisher.has(Habit.NO_ZONE_DATES):
        return f"{moment + publisher.zone:%Y-%m-%dT%H:%M:%S}"
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
