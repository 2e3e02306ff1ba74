"""Replay: articles of the store or of the topics folded once more, into a window of their own; nothing is written."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from functools import partial
from pathlib import Path

from storyfold.app.looking import looking_at
from storyfold.app.refolding import Refolding
from storyfold.app.replay_topic import travelled
from storyfold.app.unable import Unable
from storyfold.config.settings import Settings
from storyfold.events.comparison import Comparison, compare
from storyfold.events.describe import ALGORITHM
from storyfold.events.likeness import KINDS, Model
from storyfold.events.policy import FoldPolicy
from storyfold.events.window import Window
from storyfold.model.articles import PlacementKind
from storyfold.model.events import Event
from storyfold.model.identity import ArticleId, EventId
from storyfold.ports import Store


class Origin(StrEnum):
    """Where articles are taken from."""

    STORE = "store"
    TOPIC = "topic"


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


def replay(settings: Settings, since: datetime, algorithm: str | None, origin: Origin = Origin.STORE) -> Replayed:
    """Fold articles again, in the order in which they were placed, and compare.

    The same articles, moment and algorithm give the same answer. An article that was revised stands as its last
    version, where that was placed; what came before the moment is not known to the window.

    Args:
        settings: whose store or topics, and the policy of folding.
        since: articles placed before are left out.
        algorithm: version of the shipped one, or the path of a file of weights; None for the shipped one.
        origin: where articles are taken from. On the topics they have bodies and no features: those are computed anew.

    Raises:
        Unable: there is no store, no broker or no such algorithm, or bodies do not travel.
        StoreError: the store does not answer.
    """
    model = model_of(algorithm)
    if origin is Origin.TOPIC:
        return replayed_topic(settings, since, model)

    async def work() -> Replayed:
        async with looking_at(settings) as store:
            return await replayed(store, since, settings.fold.policy, model)

    return asyncio.run(work())


def replayed_topic(settings: Settings, since: datetime, model: Model | None) -> Replayed:
    """As `replay`, of the topics."""
    found = travelled(settings, since)
    again = Refolding(Window(settings.fold.policy, model))
    for folded in found.folded():
        again.take(folded)
    return _told(again, found.resolve)


async def replayed(store: Store, since: datetime, policy: FoldPolicy, model: Model | None) -> Replayed:
    """As `replay`, of an open store."""
    again = Refolding(Window(policy, model))
    events: dict[EventId, Event] = {}
    async with store.stream_window(since) as parts:
        async for part in parts:
            events.update((event.event_id, event) for event in part.events)
            for folded in part.articles:
                again.take(folded)
    await _complete(store, events)
    return _told(again, partial(_resolved, events=events))


def _told(again: Refolding, then: Callable[[EventId], EventId]) -> Replayed:
    kinds = sorted(again.kinds.items(), key=lambda item: (-item[1], item[0]))
    return Replayed(
        compare(again.members(then)), tuple((was, now, count) for (was, now), count in kinds), again.headlines
    )


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
