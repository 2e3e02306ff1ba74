"""Views: events, feeds and counts as the JSON of the console's API. Pure; the page and scripts rely on these names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storyfold.console.readiness import Answer
from storyfold.model.commit import LedgerCounts
from storyfold.model.events import Event, EventArticle
from storyfold.model.feeds import Feed
from storyfold.model.identity import PublisherId

# Of an event's articles, how many an overview carries; the event's record on Kafka has the newest 50.
SHOWN_ARTICLES = 8


class FeedHealth(StrEnum):
    """How a feed is doing, in one word."""

    FAILING = "failing"
    NEW = "new"  # not polled yet
    RETIRED = "retired"  # said 410 for days
    OK = "ok"


@dataclass(frozen=True, slots=True)
class ArticleView:
    """An article of an event."""

    headline: str
    url: str
    publisher: str
    published_at: str
    kind: str


@dataclass(frozen=True, slots=True)
class EventView:
    """An event in the overview; `latest` is the change that brought its newest article."""

    id: str
    version: int
    status: str
    title: str
    articles: int
    reports: int
    duplicates: int
    publishers: int
    languages: tuple[str, ...]
    first_published_at: str
    last_published_at: str
    latest: ArticleView | None
    newest_articles: tuple[ArticleView, ...]


@dataclass(frozen=True, slots=True)
class FeedView:
    """A feed in the overview; `message` says what went wrong last, in a sentence."""

    id: str
    title: str
    publisher: str
    url: str
    health: FeedHealth
    outcome: str | None
    message: str | None
    failures: int
    last_poll_at: str | None
    last_success_at: str | None
    last_new_at: str | None
    next_poll_at: str


@dataclass(frozen=True, slots=True)
class FeedsView:
    """Feeds, those in trouble first, cut at a limit; the counts are over all."""

    total: int
    failing: int
    new: int
    retired: int
    ok: int
    feeds: tuple[FeedView, ...]


@dataclass(frozen=True, slots=True)
class LedgerView:
    """The ledger equation: `taken_up` = `done` + `rejected` + `waiting`, each counted on its own."""

    taken_up: int
    done: int
    rejected: int
    waiting: int
    pending: int
    retry: int
    balanced: bool


@dataclass(frozen=True, slots=True)
class OutboxView:
    """Records that are not on Kafka yet, and since when the oldest waits."""

    rows: int
    oldest_at: str | None


@dataclass(frozen=True, slots=True)
class CheckView:
    """One line of readiness."""

    name: str
    ok: bool
    detail: str


def event_view(event: Event, houses: Mapping[PublisherId, str]) -> EventView:
    """An event as the overview shows it.

    Args:
        event: at its current version.
        houses: names of publishers; one that is missing is shown by its id.
    """
    shown = tuple(article_view(each, houses) for each in event.articles[:SHOWN_ARTICLES])
    return EventView(
        id=event.event_id,
        version=event.version,
        status=event.status,
        title=event.title.text,
        articles=event.counts.articles,
        reports=event.counts.reports,
        duplicates=event.counts.duplicates,
        publishers=event.counts.publishers,
        languages=event.languages,
        first_published_at=event.first_published_at.isoformat(),
        last_published_at=event.last_published_at.isoformat(),
        latest=shown[0] if shown else None,
        newest_articles=shown,
    )


def feeds_view(feeds: Sequence[Feed], limit: int) -> FeedsView:
    """Feeds as the overview shows them: in trouble first (the longest first), then by the time of the next poll."""
    by_health = {health: [feed for feed in feeds if health_of(feed) is health] for health in FeedHealth}
    order = list(FeedHealth)
    ranked = sorted(
        feeds, key=lambda feed: (order.index(health_of(feed)), -feed.state.failures, feed.state.next_poll_at)
    )
    return FeedsView(
        total=len(feeds),
        failing=len(by_health[FeedHealth.FAILING]),
        new=len(by_health[FeedHealth.NEW]),
        retired=len(by_health[FeedHealth.RETIRED]),
        ok=len(by_health[FeedHealth.OK]),
        feeds=tuple(_feed_view(feed) for feed in ranked[:limit]),
    )


def health_of(feed: Feed) -> FeedHealth:
    """One word for a feed."""
    if feed.state.retired_at is not None:
        return FeedHealth.RETIRED
    if feed.state.failures:
        return FeedHealth.FAILING
    return FeedHealth.OK if feed.state.last_outcome is not None else FeedHealth.NEW


def ledger_view(counts: LedgerCounts) -> LedgerView:
    """The ledger equation."""
    return LedgerView(
        taken_up=counts.taken_up,
        done=counts.done,
        rejected=counts.rejected,
        waiting=counts.waiting,
        pending=counts.pending,
        retry=counts.retry,
        balanced=counts.balanced,
    )


def outbox_view(depth: tuple[int, datetime | None]) -> OutboxView:
    """What `Store.outbox_depth` answered."""
    return OutboxView(depth[0], _moment(depth[1]))


def check_view(answer: Answer) -> CheckView:
    """What a probe found."""
    return CheckView(answer.name, answer.trouble is None, answer.trouble or "ok")


def house_names(feeds: Sequence[Feed]) -> Mapping[PublisherId, str]:
    """Names of the publishers of these feeds."""
    return {feed.source.publisher.publisher_id: feed.source.publisher.name for feed in feeds}


def article_view(article: EventArticle, houses: Mapping[PublisherId, str]) -> ArticleView:
    """An article of an event, its publisher by name."""
    return ArticleView(
        headline=article.headline,
        url=article.url,
        publisher=houses.get(article.publisher_id, article.publisher_id),
        published_at=article.published_at.isoformat(),
        kind=article.kind,
    )


def _feed_view(feed: Feed) -> FeedView:
    state = feed.state
    return FeedView(
        id=feed.source.feed_id,
        title=feed.source.title,
        publisher=feed.source.publisher.name,
        url=state.url,
        health=health_of(feed),
        outcome=state.last_outcome,
        message=state.last_message,
        failures=state.failures,
        last_poll_at=_moment(state.last_poll_at),
        last_success_at=_moment(state.last_success_at),
        last_new_at=_moment(state.last_new_at),
        next_poll_at=state.next_poll_at.isoformat(),
    )


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
