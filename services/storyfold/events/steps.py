"""What folding decided: values that the pipeline commits and publishes."""

from dataclasses import dataclass

from storyfold.model.commit import FoldedArticle
from storyfold.model.events import Change, Event


@dataclass(frozen=True, slots=True)
class Folding:
    """What one article led to.

    Attributes:
        folded: the article with its placement and features.
        events: events at each new version, in order; normally one. An event that took two steps stands here twice.
        changes: one for each of `events`, in the same order.
    """

    folded: FoldedArticle
    events: tuple[Event, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Sweeping:
    """What the passing of time led to: one step of one event.

    Attributes:
        event: at its new version.
        change: the step.
    """

    event: Event
    change: Change
