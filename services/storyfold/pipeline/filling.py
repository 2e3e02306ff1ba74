"""What of folding's window comes from the store: all of it at the start, descriptions of events when they change."""

import gc
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from storyfold.events.life import leave_behind
from storyfold.events.packing import LAYOUT
from storyfold.events.policy import FoldPolicy
from storyfold.events.steps import Sweeping
from storyfold.events.window import Window
from storyfold.model.events import EventStatus
from storyfold.model.identity import EventId
from storyfold.model.shards import Shard
from storyfold.ports import Store

T = TypeVar("T")

# Descriptions of events that are kept at hand, some 20 KiB each: more than one batch can touch, and most of those that
# are reported on from hour to hour.
DOCUMENTS = 2_048
# Descriptions that are asked for at once.
ASKED = 500


@dataclass(frozen=True, slots=True)
class Filled:
    """A window as the store has it.

    Attributes:
        window: without events that take no more reports.
        left: living events of which it holds no article: nobody reported on them for as long as it reaches.
    """

    window: Window
    left: tuple[EventId, ...]


async def fill(store: Store, policy: FoldPolicy, now: datetime, shard: Shard | None) -> Filled:
    """Fill a window from the store. Retracted events take no more reports, so they and theirs stay out.

    Raises:
        StoreError: the store does not answer.
    """
    window = Window(policy, documents=DOCUMENTS)
    with _without_collections():
        async with store.stream_rows(now - policy.window, LAYOUT, shard) as parts:
            async for part in parts:
                window.take_heads(head for head in part.heads if head.status is not EventStatus.RETRACTED)
                window.take_rows(part.rows)
        window.take_no_more()
    window.take_grown()  # whether they are one was looked at before
    return Filled(window, window.let_go_of_empty())


async def close_left(store: Store, left: Collection[EventId], now: datetime) -> list[Sweeping]:
    """Close living events of which the window holds nothing.

    Raises:
        StoreError: the store does not answer.
    """
    out: list[Sweeping] = []
    for some in pieces(tuple(left)):
        found = await store.events(some)
        out += [leave_behind(found[event_id], now) for event_id in some if event_id in found]
    return out


async def recall(store: Store, window: Window, events: Collection[EventId]) -> bool:
    """Have the descriptions of some events at hand; those that the store no longer has leave the window.

    Returns:
        Whether all are there.

    Raises:
        StoreError: the store does not answer.
    """
    lacking = window.lacking(events)
    if not lacking:
        return True
    found = await store.events(lacking)
    for event in found.values():
        window.recall(event)
    gone = [event_id for event_id in lacking if event_id not in found]
    for event_id in gone:
        window.lose(event_id)
    return not gone


def pieces(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut a sequence into pieces whose descriptions can be at hand together."""
    return (items[start : start + ASKED] for start in range(0, len(items), ASKED))


@contextmanager
def _without_collections() -> Iterator[None]:
    # Many values are made and none stands in a cycle, so that collections would look at all of them for nothing; and
    # they live as long as the process: no later collection need look at them either.
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        if enabled:
            gc.enable()
