"""Measures attribution: what a copy is a copy of, and how many independent voices tell of an event.

The truth is the simulated press's own: whose words an article carries, and which agency sent them.
"""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.corpora import read_stories
from benchmarks.folding import Prepared, prepare, repair
from newsroom import corpus
from newsroom.model import Article, HabitLevel, Plan
from newsroom.plan import Size, compose
from storyfold.articles.wire import agency_of
from storyfold.events.fold import fold
from storyfold.events.policy import FoldPolicy
from storyfold.events.window import Window
from storyfold.model.articles import Placement, PlacementKind
from storyfold.model.commit import FoldedArticle
from storyfold.model.feeds import Publisher
from storyfold.model.identity import ArticleId, EventId, PublisherId
from tests.quality.ratchet import Measurement, fingerprint

_SIZE = Size(publishers=20, happenings=100, habits=HabitLevel.ALL, round_ups=True)
_START = datetime(2026, 3, 2, tzinfo=UTC)
# Another than the one that weights are learned from.
_SEED = 11


def measure_voices() -> Measurement:
    """Shares: events whose voices are counted right, copies that are led to whose words they carry, and of which."""
    plan = compose(_SEED, _SIZE, _START, timedelta(hours=72))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "newsroom.jsonl"
        corpus.write(plan, path)
        items = [_told(prepare(story), plan) for story in read_stories(path)]
        return Measurement(fingerprint([path]), _shares(items, plan))


def _told(item: Prepared, plan: Plan) -> Prepared:
    """The article as reading would hand it over: its agency read off the text, its house that of the family."""
    said = {article.id: article for article in plan.articles}[item.story.key]  # type: ignore[index]
    house = {publisher.id: publisher.house for publisher in plan.publishers}[said.publisher]
    publisher = Publisher(PublisherId(house), house, house)
    agency = agency_of(item.article.body, said.authors)
    return replace(item, article=replace(item.article, publisher=publisher, wire=agency))


def _shares(items: list[Prepared], plan: Plan) -> dict[str, float]:
    window, placements = _folded(items)
    truth = {each.id: each for each in plan.articles}
    houses = {publisher.id: publisher.house for publisher in plan.publishers}
    key = {item.article.article_id: item.story.key for item in items}
    events: dict[EventId, list[Article]] = defaultdict(list)
    for item in items:
        known = window.known(item.article.article_id)
        assert known is not None
        events[window.resolve(known.event_id)].append(truth[item.story.key])  # type: ignore[index]
    right = 0
    for event_id, articles in events.items():
        voices = {each.agency or houses[each.publisher] for each in articles if each.copy_of is None}
        held = window.held(event_id)
        assert held is not None
        said = held.standing.tally().counts.independent_publishers
        right += said == len(voices)
    copies = [(said, placements[item.article.article_id]) for item in items if (said := truth[item.story.key]).copy_of]
    found = [(said, each) for said, each in copies if each.kind is PlacementKind.DUPLICATE]
    claimed = sum(each.kind is PlacementKind.DUPLICATE for each in placements.values())
    return {
        "events_counted_right": right / len(events),
        "copies_found": len(found) / len(copies),
        "copies_true": len(found) / claimed,
        "originals_named": sum(key[each.of] == said.copy_of for said, each in found if each.of) / len(found),
    }


def _folded(items: list[Prepared]) -> tuple[Window, dict[ArticleId, Placement]]:
    window = Window(FoldPolicy())
    kept: dict[ArticleId, FoldedArticle] = {}
    for number, item in enumerate(items):
        now = _START + timedelta(seconds=number)
        folding = fold(window, item.article, item.features, now)
        window.absorb(folding)
        kept[item.article.article_id] = folding.folded
        repair(window, kept, now)
    return window, {each: folded.placed.placement for each, folded in kept.items()}
