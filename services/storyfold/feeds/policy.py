"""How often feeds are polled: the settings behind every scheduling decision."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class PollPolicy:
    """Settings of the poll stage (polling.md, 4-13).

    Attributes:
        floor: no feed is polled more often, unless its server (by max-age) or owner says so.
        lowest: no server's max-age brings a feed below this.
        ceiling: no healthy feed is polled less often, unless its owner says so.
        first_interval: of a feed whose rhythm is not known yet.
        jitter: share of the interval that is added at random, so that feeds do not fall into step.
        news_window: on the first poll of a feed, entries older than this are known, not news.
        unconditional_every: one in so many polls is sent without validators.
        unconditional_span: or one in this time, where that comes first and the feed is polled more than now and then.
        validators_rest: how long no validators are sent after a server was caught hiding entries behind a 304.
        confirmations: permanent redirects seen before the stored URL changes.
        confirmation_span: and over at least this time.
        gone_span: between the first 410 and the one that retires a feed.
        retired_interval: between polls of a retired feed.
        pushed_factor: by how much the learned interval is longer while a hub brings the feed's news (WebSub).
        revisions: an entry that changes more often than this is left at what it was: it never settles.
    """

    floor: timedelta = timedelta(minutes=15)
    lowest: timedelta = timedelta(minutes=1)
    ceiling: timedelta = timedelta(hours=24)
    first_interval: timedelta = timedelta(minutes=30)
    jitter: float = 0.1
    news_window: timedelta = timedelta(hours=48)
    unconditional_every: int = 100
    unconditional_span: timedelta = timedelta(hours=24)
    validators_rest: timedelta = timedelta(days=3)
    confirmations: int = 3
    confirmation_span: timedelta = timedelta(hours=24)
    gone_span: timedelta = timedelta(days=2)
    retired_interval: timedelta = timedelta(days=30)
    pushed_factor: float = 4.0
    revisions: int = 50
