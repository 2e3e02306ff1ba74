"""How often feeds are polled: the settings behind every scheduling decision."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class PollPolicy:
    """Settings of the poll stage (polling.md, 4-13).

    Attributes:
        floor: no feed is polled more often, unless its server or owner says so.
        ceiling: no healthy feed is polled less often.
        first_interval: of a feed whose rhythm is not known yet.
        jitter: share of the interval that is added at random, so that feeds do not fall into step.
        news_window: on the first poll of a feed, entries older than this are known, not news.
        unconditional_every: one in so many polls is sent without validators.
        confirmations: permanent redirects seen before the stored URL changes.
        confirmation_span: and over at least this time.
    """

    floor: timedelta = timedelta(minutes=15)
    ceiling: timedelta = timedelta(hours=24)
    first_interval: timedelta = timedelta(minutes=30)
    jitter: float = 0.1
    news_window: timedelta = timedelta(hours=48)
    unconditional_every: int = 100
    confirmations: int = 3
    confirmation_span: timedelta = timedelta(hours=24)
