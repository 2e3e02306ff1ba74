"""Replay: articles of the store folded once more, into a window of their own; nothing is written or published."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path

from storyfold.app.looking import looking_at
from storyfold.app.unable import Unable
from storyfold.config.settings import Settings
from storyfold.events.comparison import Comparison, Member, compare
from storyfold.events.describe import ALGORITHM
from storyfold.events.fold import fold
from storyfold.events.likeness import KINDS, Model
from storyfold.events.policy import FoldPolicy
from storyfold.events.window import Window
from storyfold.model.articles import ArticleChange, PlacementKind
from storyfold.model.commit import FoldedArticle
from storyfold.model.events import Event
from storyfold.model.identity import ArticleId, EventId
from storyfold.ports import Store


@dataclass(frozen=True, slots=True)
class Replayed:
    """What folding again led to.

    Attributes:
        comparison: how events differ.
        kinds: placements that are another kind now, as (then, now, how many), the most frequent first.
        headlines: of the articles, by id.
    """

    comparison: Comparison
    kinds: tuple[tuple[PlacementKind, PlacementKind, int], ...]
    headlines: Mapping[ArticleId, str]


def replay(settings: Settings, since: datetime, algorithm: str | None) -> Replayed:
    """Fold articles of the store again, in the order in which they were placed, and compare.

    The same store, moment and algorithm give the same answer. An article that was revised stands as its last version,
    where that was placed; what came before the moment is not known to the window.

    Args:
        settings: whose store, and the policy of folding.
        since: articles placed before are left out.
        algorithm: version of the shipped one, or the path of a file of weights; None for the shipped one.

    Raises:
        Unable: there is no store, or no such algorithm.
        StoreError: the store does not answer.
    """
    model = model_of(algorithm)

    async def work() -> Replayed:
        async with looking_at(settings) as store:
            return await replayed(store, since, settings.fold.policy, model)

    return asyncio.run(work())


async def replayed(store: Store, since: datetime, policy: FoldPolicy, model: Model | None) -> Replayed:
    """As `replay`, of an open store."""
    again = _Again(Window(policy, model))
    events: dict[EventId, Event] = {}
    async with store.stream_window(since) as parts:
        async for part in parts:
            events.update((event.event_id, event) for event in part.events)
            for folded in part.articles:
                again.take(folded)
    await _complete(store, events)
    members = [
        Member(article_id, _resolved(then, events), again.window.resolve(now))
        for article_id, then, now in again.placements
    ]
    kinds = sorted(again.kinds.items(), key=lambda item: (-item[1], item[0]))
    return Replayed(compare(members), tuple((then, now, count) for (then, now), count in kinds), again.headlines)


def model_of(algorithm: str | None) -> Model | None:
    """The weights that a person names; None for the shipped ones.

    Raises:
        Unable: there are none of that name.
    """
    if algorithm is None or algorithm in {ALGORITHM.version, f"{ALGORITHM.name} {ALGORITHM.version}"}:
        return None
    file = Path(algorithm)
    if not file.is_file():
        raise Unable(
            f"there is no algorithm {algorithm}: this storyfold folds by {ALGORITHM.name} {ALGORITHM.version}; name "
            "that version, or a file of weights like the one that benchmarks.train_folding writes",
            status=2,
        )
    try:
        data = json.loads(file.read_text("utf-8"))
        lines = {each.name: float(data[each.name]) for each in fields(Model) if each.name != "weights"}
        return Model(weights=tuple(float(data["weights"][kind]) for kind in KINDS), **lines)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unable(f"{file} is no file of weights for this version: {error!r}", status=2) from error


class _Again:
    """Folds one article after the other."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.placements: list[tuple[ArticleId, EventId, EventId]] = []
        self.kinds: dict[tuple[PlacementKind, PlacementKind], int] = {}
        self.headlines: dict[ArticleId, str] = {}

    def take(self, folded: FoldedArticle) -> None:
        self.window.expire(folded.placed_at)
        before = folded.placed.placement
        article = replace(folded.placed.article, version=1, change=ArticleChange.NEW)
        folding = fold(self.window, article, folded.features, folded.placed_at)
        self.window.absorb(folding)
        after = folding.folded.placed.placement
        self.placements.append((article.article_id, before.event_id, after.event_id))
        self.headlines[article.article_id] = article.headline
        if before.kind is not after.kind:
            pair = (before.kind, after.kind)
            self.kinds[pair] = self.kinds.get(pair, 0) + 1


async def _complete(store: Store, events: dict[EventId, Event]) -> None:
    """Add the events that merged ones lead to."""
    while missing := {event.merged_into for event in events.values() if event.merged_into is not None} - events.keys():
        found = await store.events(sorted(missing))
        if not found:
            return
        events.update(found)


def _resolved(event_id: EventId, events: Mapping[EventId, Event]) -> EventId:
    while (event := events.get(event_id)) is not None and event.merged_into is not None:
        event_id = event.merged_into
    return event_id
