"""What an event's id stands for now, and which ids it has taken in: merges followed through the store."""

from collections.abc import Sequence
from dataclasses import dataclass

from storyfold.model.events import Event, EventStatus
from storyfold.model.identity import EventId
from storyfold.ports import Store


@dataclass(frozen=True, slots=True)
class FoundEvent:
    """An event that somebody named.

    Attributes:
        event: the one that the id now stands for.
        named: the ids that led there through merges, the one given first; empty where it was the event's own.
    """

    event: Event
    named: tuple[EventId, ...]


async def find_event(store: Store, event_id: EventId) -> FoundEvent | None:
    """The event that an id now stands for; None where the store does not know it."""
    named: list[EventId] = []
    while (event := (await store.events([event_id])).get(event_id)) is not None:
        if event.status is not EventStatus.MERGED or event.merged_into is None:
            return FoundEvent(event, tuple(named))
        named.append(event_id)
        event_id = event.merged_into
    return None


async def family_of(store: Store, event: Event) -> tuple[EventId, ...]:
    """An event's id and those of all that were merged into it, at any remove."""
    ids = [event.event_id]
    fresh: Sequence[EventId] = event.merged_from
    while fresh := [each for each in fresh if each not in ids]:
        ids.extend(fresh)
        fresh = [each for merged in (await store.events(fresh)).values() for each in merged.merged_from]
    return tuple(ids)
