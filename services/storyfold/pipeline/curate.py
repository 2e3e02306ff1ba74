"""Carrying out what a person decided: what it speaks of is read from the store, the decision is pure.

curation | events and articles from the store | decide | what the store shall keep, what Kafka shall hear
"""

from datetime import datetime

from storyfold.events.curation import Decided, Refused, Told, merge, retract_article, retract_event, split
from storyfold.model.curation import Curation, MergeEvents, RetractArticle, RetractEvent, SplitEvent
from storyfold.model.identity import EventId
from storyfold.model.shards import language_number
from storyfold.pipeline.lineage import family_of, find_event
from storyfold.ports import Store


async def decide(store: Store, curation: Curation, now: datetime, shards: int = 1) -> Decided | Refused:
    """Say what a curation does to what the store holds now; nothing is changed.

    Args:
        store: where events and articles are; everything decided before must be in it.
        curation: what a person wants.
        now: the moment of decision.
        shards: how many parts folding is divided into, by language.

    Raises:
        StoreError: the store does not answer.
    """
    match curation.order:
        case MergeEvents(one=one, other=other):
            both = await told(store, one), await told(store, other)
            return both[0] if isinstance(both[0], Refused) else _merged(both[0], both[1], curation, now, shards)
        case SplitEvent(event_id=event_id, articles=articles):
            event = await told(store, event_id)
            return event if isinstance(event, Refused) else split(event, articles, curation, now)
        case RetractEvent(event_id=event_id):
            event = await told(store, event_id)
            return event if isinstance(event, Refused) else retract_event(event, curation, now)
        case RetractArticle(article_id=article_id):
            placed = (await store.articles([article_id])).get(article_id)
            if placed is None:
                return Refused(f"the store knows no article {article_id}; it may be older than the retention")
            event = await told(store, placed.placement.event_id)
            return event if isinstance(event, Refused) else retract_article(event, article_id, curation, now)


async def told(store: Store, event_id: EventId) -> Told | Refused:
    """The event that an id stands for, with all its articles."""
    found = await find_event(store, event_id)
    if found is None:
        return Refused(f"the store knows no event {event_id}; it may be older than the retention")
    return Told(found.event, await store.articles_of(await family_of(store, found.event)))


def _apart(one: Told, other: Told, shards: int) -> bool:
    """Whether two events have articles in different shards."""
    articles = (*one.articles, *other.articles)
    return len({language_number(each.features.language) % shards for each in articles}) > 1


def _merged(one: Told, other: Told | Refused, curation: Curation, now: datetime, shards: int) -> Decided | Refused:
    if not isinstance(other, Refused) and _apart(one, other, shards):
        return Refused(
            "they are told in languages that are folded apart, each by a process that knows nothing of the other; "
            "with fold.shards = 1 they could be merged"
        )
    return other if isinstance(other, Refused) else merge(one, other, curation, now)
