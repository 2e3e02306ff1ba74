"""An event's description: what its reports say, each fact with the article it comes from.

Incremental: an event and one more article give the event; nothing here looks at the other articles again.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from storyfold.events.occurred import occurred
from storyfold.model.articles import Article, Placement, PlacementKind
from storyfold.model.events import (
    Actor,
    Algorithm,
    Counts,
    Event,
    EventArticle,
    EventStatus,
    Figure,
    Place,
    Quote,
    Sentence,
)
from storyfold.model.features import Digest, Features
from storyfold.model.identity import ArticleId, EventId

_T = TypeVar("_T")

ALGORITHM = Algorithm("storyfold-likeness", "3")

_MOST_ARTICLES = 50
_MOST_QUOTES = 20
_MOST_ACTORS = 20
_MOST_FIGURES = 40
_MOST_PLACES = 5
_MOST_SOURCES = 20
_MOST_SENTENCES = 3
# Headlines of so many words tell what happened; shorter ones are labels, longer ones are leads.
_TELLING = range(5, 19)
# A later headline takes over when it names at least this many more of the event's chief actors.
_CLEARLY = 2
_CHIEF = 5


@dataclass(frozen=True, slots=True)
class Tally:
    """What has to be counted over all articles of an event, the newest one included."""

    counts: Counts
    languages: tuple[str, ...]


def told_at(article: Article) -> datetime:
    """When an article was published, or else first seen."""
    return article.first_seen_at if article.published_at is None else article.published_at.at


def opened(event_id: EventId, article: Article, features: Features, placement: Placement, tally: Tally) -> Event:
    """Describe an event by its first report."""
    digest, at = features.digest, told_at(article)
    return Event(
        event_id=event_id,
        version=1,
        status=EventStatus.EMERGING,
        merged_into=None,
        merged_from=(),
        title=Sentence(_headline(article, digest), article.article_id),
        summary=tuple(Sentence(text, article.article_id) for text in digest.sentences[:2]),
        category=None,
        languages=tally.languages,
        occurred=occurred(digest.when, _published(article)),
        places=_places((), digest),
        actors=_actors((), digest),
        figures=_figures((), digest, article.article_id, at),
        quotes=_quotes((), digest, article.article_id),
        cited_sources=digest.cited,
        counts=tally.counts,
        first_published_at=at,
        last_published_at=at,
        articles=(_listed(article, placement),),
        algorithm=ALGORITHM,
    )


def joined(event: Event, article: Article, features: Features, placement: Placement, tally: Tally) -> Event:
    """Add an article to an event's description; a copy adds itself and no facts."""
    at = told_at(article)
    grown = replace(
        event,
        status=_status(event, tally),
        languages=tally.languages,
        counts=tally.counts,
        first_published_at=min(event.first_published_at, at),
        last_published_at=max(event.last_published_at, at),
        articles=_articles(event.articles, (_listed(article, placement),)),
        algorithm=ALGORITHM,
    )
    if placement.kind is PlacementKind.DUPLICATE:
        return grown
    return with_facts(grown, article, features.digest)


def with_facts(event: Event, article: Article, digest: Digest) -> Event:
    """Add the facts of a report to an event's description."""
    at = told_at(article)
    actors = _actors(event.actors, digest)
    return replace(
        event,
        title=_title(event, article, actors),
        summary=_summary(event, article, digest),
        occurred=event.occurred or occurred(digest.when, _published(article)),
        places=_places(event.places, digest),
        actors=actors,
        figures=_figures(event.figures, digest, article.article_id, at),
        quotes=_quotes(event.quotes, digest, article.article_id),
        cited_sources=_united(event.cited_sources, digest.cited)[:_MOST_SOURCES],
    )


def without(event: Event, article_id: ArticleId) -> Event:
    """Take the facts that rest on one article's text out of a description; names carry no source and stay."""
    return replace(
        event,
        summary=tuple(each for each in event.summary if each.article_id != article_id),
        figures=tuple(each for each in event.figures if each.article_id != article_id),
        quotes=tuple(each for each in event.quotes if each.article_id != article_id),
    )


def united(winner: Event, loser: Event, tally: Tally) -> Event:
    """Describe the event that two have become."""
    mentions = {actor.name: actor for actor in winner.actors}
    for actor in loser.actors:
        known = mentions.get(actor.name)
        mentions[actor.name] = (
            actor
            if known is None
            else replace(known, kind=known.kind or actor.kind, mentions=known.mentions + actor.mentions)
        )
    figures = sorted((*winner.figures, *loser.figures), key=lambda each: each.at)
    return replace(
        winner,
        status=_status(winner, tally),
        merged_from=_united(winner.merged_from, (loser.event_id,)),
        summary=(winner.summary + loser.summary)[:_MOST_SENTENCES],
        languages=tally.languages,
        occurred=winner.occurred or loser.occurred,
        places=_ranked_places({place.name: place for place in (*loser.places, *winner.places)}),
        actors=_ranked_actors(mentions),
        figures=tuple(figures[:_MOST_FIGURES]),
        quotes=(winner.quotes + loser.quotes)[:_MOST_QUOTES],
        cited_sources=_united(winner.cited_sources, loser.cited_sources)[:_MOST_SOURCES],
        counts=tally.counts,
        first_published_at=min(winner.first_published_at, loser.first_published_at),
        last_published_at=max(winner.last_published_at, loser.last_published_at),
        articles=_articles(winner.articles, loser.articles),
    )


def _published(article: Article) -> datetime | None:
    return None if article.published_at is None else article.published_at.at


def _headline(article: Article, digest: Digest) -> str:
    return article.headline or (digest.sentences[0] if digest.sentences else article.body[:120].strip())


def _status(event: Event, tally: Tally) -> EventStatus:
    if event.status is EventStatus.EMERGING and tally.counts.publishers > 1:
        return EventStatus.OPEN
    return event.status


def _listed(article: Article, placement: Placement) -> EventArticle:
    return EventArticle(
        article_id=article.article_id,
        url=article.url,
        headline=article.headline,
        publisher_id=article.publisher.publisher_id,
        published_at=told_at(article),
        kind=placement.kind,
        score=placement.score,
    )


def _articles(one: tuple[EventArticle, ...], other: tuple[EventArticle, ...]) -> tuple[EventArticle, ...]:
    ids = {each.article_id for each in other}
    both = [*other, *(each for each in one if each.article_id not in ids)]
    return tuple(sorted(both, key=lambda each: each.published_at, reverse=True)[:_MOST_ARTICLES])


def _title(event: Event, article: Article, actors: tuple[Actor, ...]) -> Sentence:
    if article.article_id == event.title.article_id:
        return Sentence(article.headline or event.title.text, article.article_id)
    ours, theirs = len(event.title.text.split()), len(article.headline.split())
    if theirs not in _TELLING:
        return event.title
    chief = [actor.name.lower() for actor in actors[:_CHIEF]]
    gain = sum(name in article.headline.lower() for name in chief) - sum(
        name in event.title.text.lower() for name in chief
    )
    better = gain >= _CLEARLY or ours not in _TELLING
    return Sentence(article.headline, article.article_id) if better else event.title


def _summary(event: Event, article: Article, digest: Digest) -> tuple[Sentence, ...]:
    if len(event.summary) >= _MOST_SENTENCES or not digest.sentences:
        return event.summary
    told = {word for sentence in event.summary for word in sentence.text.lower().split()}
    new = digest.sentences[0]
    words = set(new.lower().split())
    # A sentence of which most words stand in the summary already says it again.
    if len(words & told) > len(words) / 2:
        return event.summary
    return (*event.summary, Sentence(new, article.article_id))


def _places(known: tuple[Place, ...], digest: Digest) -> tuple[Place, ...]:
    places = {place.name: place for place in known}
    for name, confidence in digest.places:
        before = places.get(name)
        if before is None or before.confidence < confidence:
            places[name] = Place(name, None, None, None, None, None, None, confidence)
    return _ranked_places(places)


def _ranked_places(places: dict[str, Place]) -> tuple[Place, ...]:
    return tuple(sorted(places.values(), key=lambda place: -place.confidence)[:_MOST_PLACES])


def _actors(known: tuple[Actor, ...], digest: Digest) -> tuple[Actor, ...]:
    actors = {actor.name: actor for actor in known}
    for named in digest.actors:
        before = actors.get(named.name)
        if before is None:
            actors[named.name] = Actor(named.name, named.kind, named.mentions)
        else:
            actors[named.name] = Actor(named.name, before.kind or named.kind, before.mentions + named.mentions)
    return _ranked_actors(actors)


def _ranked_actors(actors: dict[str, Actor]) -> tuple[Actor, ...]:
    return tuple(sorted(actors.values(), key=lambda actor: -actor.mentions)[:_MOST_ACTORS])


def _figures(known: tuple[Figure, ...], digest: Digest, article_id: ArticleId, at: datetime) -> tuple[Figure, ...]:
    told = {(figure.value, figure.what) for figure in known}
    new = [
        Figure(each.value, each.what, article_id, at) for each in digest.figures if (each.value, each.what) not in told
    ]
    return tuple(sorted((*known, *new), key=lambda figure: figure.at)[:_MOST_FIGURES]) if new else known


def _quotes(known: tuple[Quote, ...], digest: Digest, article_id: ArticleId) -> tuple[Quote, ...]:
    told = {quote.text for quote in known}
    new = [Quote(each.text, each.speaker, article_id) for each in digest.quotes if each.text not in told]
    return (*known, *new)[:_MOST_QUOTES] if new else known


def _united(known: tuple[_T, ...], more: tuple[_T, ...]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys((*known, *more)))
