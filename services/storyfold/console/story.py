"""Story: one event in full as the JSON of the console's API: what, when, where, who, by whom reported, what changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from storyfold.console.views import ArticleView, article_view
from storyfold.model.articles import Evidence
from storyfold.model.events import Change, Event, EventStatus, Figure, Occurred, Sentence
from storyfold.model.identity import ArticleId, PublisherId

# Of a step's evidence, how many observations are told: they come strongest first.
SHOWN_EVIDENCE = 4


@dataclass(frozen=True, slots=True)
class SourcedView:
    """A text with the article it was taken from; None where that is no longer among the newest."""

    text: str
    source: ArticleView | None


@dataclass(frozen=True, slots=True)
class WhenView:
    """When it happened, and the words that say so."""

    start: str
    end: str
    resolution: str
    evidence: str


@dataclass(frozen=True, slots=True)
class PlaceView:
    """Where it happened; `confidence` is 0 to 1."""

    name: str
    country: str | None
    confidence: float


@dataclass(frozen=True, slots=True)
class ActorView:
    """Who takes part; `kind` is None where nothing tells."""

    name: str
    kind: str | None
    mentions: int


@dataclass(frozen=True, slots=True)
class FigureView:
    """A number as one article reported it at a time."""

    value: float
    what: str
    at: str
    source: ArticleView | None


@dataclass(frozen=True, slots=True)
class QuoteView:
    """What somebody said; `speaker` is None where the report does not say."""

    text: str
    speaker: str | None
    source: ArticleView | None


@dataclass(frozen=True, slots=True)
class StepView:
    """A step in the event's life, with the strongest of what decided it."""

    version: int
    kind: str
    at: str
    source: ArticleView | None
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoryView:
    """An event in full; `steps` are the newest, newest first. `merged_into` says where an ended event went on."""

    id: str
    version: int
    status: str
    title: str
    merged_into: str | None
    merged_from: tuple[str, ...]
    summary: tuple[SourcedView, ...]
    occurred: WhenView | None
    places: tuple[PlaceView, ...]
    actors: tuple[ActorView, ...]
    figures: tuple[FigureView, ...]
    quotes: tuple[QuoteView, ...]
    cited_sources: tuple[str, ...]
    articles: int
    reports: int
    duplicates: int
    publishers: int
    independent_publishers: int
    newest_articles: tuple[ArticleView, ...]
    steps: tuple[StepView, ...]


def story_view(event: Event, changes: Sequence[Change], houses: Mapping[PublisherId, str]) -> StoryView:
    """An event in full.

    Args:
        event: at its current version.
        changes: its steps, oldest first.
        houses: names of publishers; one that is missing is shown by its id.
    """
    known = {each.article_id: article_view(each, houses) for each in event.articles}
    return StoryView(
        id=event.event_id,
        version=event.version,
        status=event.status,
        title=event.title.text,
        merged_into=event.merged_into if event.status is EventStatus.MERGED else None,
        merged_from=event.merged_from,
        summary=tuple(_sourced(each, known) for each in event.summary),
        occurred=_when(event.occurred),
        places=tuple(PlaceView(each.name, each.country, each.confidence) for each in event.places),
        actors=tuple(ActorView(each.name, each.kind, each.mentions) for each in event.actors),
        figures=tuple(_figure(each, known) for each in event.figures),
        quotes=tuple(QuoteView(each.text, each.speaker, known.get(each.article_id)) for each in event.quotes),
        cited_sources=event.cited_sources,
        articles=event.counts.articles,
        reports=event.counts.reports,
        duplicates=event.counts.duplicates,
        publishers=event.counts.publishers,
        independent_publishers=event.counts.independent_publishers,
        newest_articles=tuple(known.values()),
        steps=tuple(_step(each, known) for each in reversed(changes)),
    )


def _sourced(sentence: Sentence, known: Mapping[ArticleId, ArticleView]) -> SourcedView:
    return SourcedView(sentence.text, known.get(sentence.article_id))


def _when(occurred: Occurred | None) -> WhenView | None:
    if occurred is None:
        return None
    return WhenView(occurred.start.isoformat(), occurred.end.isoformat(), occurred.resolution, occurred.evidence)


def _figure(figure: Figure, known: Mapping[ArticleId, ArticleView]) -> FigureView:
    return FigureView(figure.value, figure.what, figure.at.isoformat(), known.get(figure.article_id))


def _step(change: Change, known: Mapping[ArticleId, ArticleView]) -> StepView:
    return StepView(
        version=change.to_version,
        kind=change.kind,
        at=change.at.isoformat(),
        source=known.get(change.article_id) if change.article_id is not None else None,
        evidence=tuple(_said(each) for each in change.evidence[:SHOWN_EVIDENCE]),
    )


def _said(evidence: Evidence) -> str:
    return f"{evidence.kind}: {evidence.what} ({evidence.weight:+.2f})"
