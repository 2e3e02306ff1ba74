"""Replay from the topics: articles as any consumer sees them, with features computed anew from their bodies."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from storyfold.app.assembly import connection
from storyfold.app.tail import bootstrap_of
from storyfold.app.unable import Unable
from storyfold.config.settings import Settings
from storyfold.edges.clock import SystemClock
from storyfold.edges.kafka_topics import topic_name
from storyfold.edges.topic_reader import CannotSubscribe, SeenRecord
from storyfold.edges.topic_snapshot import snapshot
from storyfold.events.features import features_of
from storyfold.model.articles import PlacedArticle
from storyfold.model.commit import FoldedArticle
from storyfold.model.events import EventStatus
from storyfold.model.identity import ArticleId, EventId
from storyfold.model.records import Topic
from storyfold.wire.decode import Undecodable, decode_article, decode_event
from storyfold.wire.values import BodyTravel


@dataclass(frozen=True, slots=True)
class Travelled:
    """What stands on the topics.

    Attributes:
        articles: each as its last record tells it, with the moment that its first record was written, in that order.
        merges: from an event to the one that it became part of.
    """

    articles: tuple[tuple[PlacedArticle, datetime], ...]
    merges: Mapping[EventId, EventId]

    def folded(self) -> Iterator[FoldedArticle]:
        """The articles with features of their texts, in order."""
        for placed, at in self.articles:
            article = placed.article
            features = features_of(article.headline, article.body, article.language)
            yield FoldedArticle(replace(placed, article=replace(article, body="")), features, at)

    def resolve(self, event_id: EventId) -> EventId:
        """Follow merges."""
        while event_id in self.merges:
            event_id = self.merges[event_id]
        return event_id


def travelled(settings: Settings, since: datetime) -> Travelled:
    """Read articles and merges back from the topics.

    Args:
        settings: whose topics.
        since: articles whose first record was written before are left out.

    Raises:
        Unable: no broker answers, bodies do not travel, or a record is none of ours.
    """
    if settings.read.body.value != BodyTravel.FULL.value:
        raise Unable(
            f'bodies do not travel whole (read.body = "{settings.read.body.value}"), so folding cannot be done again '
            "from the topic: use --from store"
        )
    prefix = settings.kafka.topic_prefix
    names = {topic: topic_name(prefix, topic) for topic in (Topic.ARTICLES, Topic.EVENTS)}
    articles: dict[ArticleId, tuple[PlacedArticle, tuple[datetime, int, int]]] = {}
    merges: dict[EventId, EventId] = {}
    try:
        for record in snapshot(connection(settings, bootstrap_of(settings)), [*names.values()], SystemClock().now()):
            if record.value is None:
                continue
            if record.topic == names[Topic.EVENTS]:
                event = decode_event(record.value)
                if event.status is EventStatus.MERGED and event.merged_into is not None:
                    merges[event.event_id] = event.merged_into
            else:
                _take(articles, record)
    except CannotSubscribe as error:
        raise Unable(str(error)) from error
    except Undecodable as error:
        raise Unable(f"a record on the topics cannot be read: {error}; was it written by another program?") from error
    recent = [each for each in articles.values() if each[1][0] >= since]
    if recent and not any(placed.article.body for placed, _ in recent):
        raise Unable(
            f"none of the {len(recent)} articles on {names[Topic.ARTICLES]} has its body: they did not travel when it "
            "was written; use --from store"
        )
    ordered = sorted(recent, key=lambda each: each[1])
    return Travelled(tuple((placed, place[0]) for placed, place in ordered), merges)


def _take(articles: dict[ArticleId, tuple[PlacedArticle, tuple[datetime, int, int]]], record: SeenRecord) -> None:
    """Remember an article as it is told now, in the place where it was told first."""
    placed = decode_article(record.value or b"")
    known = articles.get(placed.article.article_id)
    place = (record.written_at, record.partition, record.offset) if known is None else known[1]
    articles[placed.article.article_id] = placed, place
