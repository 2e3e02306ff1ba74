"""The state of a running press: what is released, what each feed shows, what was served when."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime

from newsroom.model import Article, ArticleId, Habit, Plan, Publisher, PublisherId
from newsroom.render.chrome import Chrome, chrome
from newsroom.render.feeds import Listing, write_feed
from newsroom.serve.clock import ReleaseClock


@dataclass(frozen=True, slots=True)
class ServedFeed:
    """A feed as it stands now.

    Attributes:
        etag: Strong validator with its quotes; None where the publisher sends no validators.
        modified: When it last changed, seconds since the epoch; None likewise.
        articles: What it lists.
    """

    body: bytes
    etag: str | None
    modified: float | None
    articles: tuple[Article, ...]


@dataclass(frozen=True, slots=True)
class Moments:
    """When an article was first available and when an entry of it was first sent, seconds since the epoch."""

    released: float
    listed: float | None


@dataclass(slots=True)
class _Desk:
    """The running state of one publisher."""

    publisher: Publisher
    released: list[Article] = field(default_factory=list)
    changed: float = 0.0
    fetches: int = 0
    cached: ServedFeed | None = None


@dataclass(frozen=True, slots=True)
class _Step:
    at: datetime
    article: Article
    first: bool


class Press:
    """Everything that a plan has released so far.

    Args:
        plan: What will be released.
        clock: When.
        entries: How many entries a feed shows.
        began: When the press started, seconds since the epoch.
    """

    def __init__(self, plan: Plan, clock: ReleaseClock, entries: int, began: float) -> None:
        self.plan = plan
        self.clock = clock
        self.began = began
        self._entries = entries
        self._desks = {p.id: _Desk(p, changed=began) for p in plan.publishers}
        steps = [_Step(v.at, a, v is a.versions[0]) for a in plan.articles for v in a.versions]
        self._steps = tuple(sorted(steps, key=lambda step: step.at))
        self._next = 0
        self._released: dict[ArticleId, float] = {}
        self._listed: dict[ArticleId, float] = {}
        self._paths: dict[tuple[PublisherId, str], Article] = {}
        self._chromes: dict[PublisherId, Chrome] = {}

    def advance(self, real: float) -> None:
        """Release everything whose time has come."""
        now = self.clock.plan_time(real)
        while self._next < len(self._steps) and self._steps[self._next].at <= now:
            step = self._steps[self._next]
            self._next += 1
            desk = self._desks[step.article.publisher]
            moment = min(real, self.clock.real_time(step.at))
            desk.changed = max(desk.changed, moment)
            desk.cached = None
            if step.first:
                desk.released.append(step.article)
                self._released[step.article.id] = moment
                self._paths[step.article.publisher, step.article.path] = step.article

    @property
    def complete(self) -> bool:
        """Whether everything in the plan has been released."""
        return self._next == len(self._steps)

    @property
    def released_count(self) -> int:
        """How many articles have been released."""
        return len(self._released)

    @property
    def listed_count(self) -> int:
        """How many articles have been sent in a feed at least once."""
        return len(self._listed)

    def moments(self, article: Article) -> Moments | None:
        """Return when the article became available; None if it has not."""
        released = self._released.get(article.id)
        return None if released is None else Moments(released, self._listed.get(article.id))

    def newest(self, publisher: PublisherId, count: int) -> tuple[Article, ...]:
        """Return the publisher's newest released articles, newest first."""
        return tuple(reversed(self._desks[publisher].released[-count:]))

    def find(self, publisher: PublisherId, path: str) -> Article | None:
        """Return the released article at that path of the publisher."""
        return self._paths.get((publisher, path))

    def chrome(self, publisher: Publisher) -> Chrome:
        """Return what surrounds the publisher's articles."""
        made = self._chromes.get(publisher.id)
        if made is None:
            made = self._chromes[publisher.id] = chrome(publisher, self.plan.seed)
        return made

    def feed(self, publisher: PublisherId, base: str, real: float) -> ServedFeed:
        """Return the publisher's feed as it stands at `real`."""
        self.advance(real)
        desk = self._desks[publisher]
        desk.fetches += 1
        if desk.cached is None or desk.publisher.has(Habit.CHANGING_GUID):
            articles = self.newest(publisher, self._entries)
            listing = Listing(desk.publisher, base, articles, self.clock.plan_time(real), desk.fetches)
            body = write_feed(listing)
            plain = desk.publisher.has(Habit.NO_VALIDATORS)
            etag = None if plain else f'"{hashlib.blake2b(body, digest_size=10).hexdigest()}"'
            desk.cached = ServedFeed(body, etag, None if plain else desk.changed, articles)
        return desk.cached

    def changed_at(self, publisher: PublisherId) -> float:
        """Return when the publisher's feed last changed, seconds since the epoch."""
        return self._desks[publisher].changed

    def note_listed(self, articles: tuple[Article, ...], real: float) -> None:
        """Record that entries of these articles have been sent."""
        for article in articles:
            self._listed.setdefault(article.id, real)


def not_modified(feed: ServedFeed, if_none_match: str | None, if_modified_since: float | None) -> bool:
    """Decide a conditional request (RFC 9110, 13.2.2): the entity tag goes before the date.

    Args:
        feed: What stands now.
        if_none_match: The header as sent.
        if_modified_since: The header as seconds since the epoch; None where absent or unreadable.
    """
    if if_none_match is not None and feed.etag is not None:
        tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
        return "*" in tags or feed.etag in tags
    if if_modified_since is not None and feed.modified is not None:
        return int(feed.modified) <= if_modified_since
    return False


def last_modified(feed: ServedFeed, real: float) -> str | None:
    """Return the Last-Modified header of a feed.

    While the second of the last change is not over, more changes may come in it; then the second before is
    named, so that a date is never taken for a validator of two different bodies.
    """
    if feed.modified is None:
        return None
    second = int(feed.modified)
    if second >= int(real):
        second -= 1
    return format_datetime(datetime.fromtimestamp(second, UTC), usegmt=True)
