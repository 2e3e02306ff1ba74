"""What the passing of time does to events: one that nobody reports on is closed."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from storyfold.events.changes import step
from storyfold.events.steps import Sweeping
from storyfold.events.window import Window
from storyfold.model.articles import ArticleChange, Evidence, EvidenceKind, PlacedArticle, PlacementKind
from storyfold.model.events import ChangeKind, Event, EventStatus

LIVING = frozenset({EventStatus.EMERGING, EventStatus.OPEN})
_HOUR = 3_600.0


def living_status(event: Event) -> EventStatus:
    """What a living event is: emerging while one publisher tells of it, then open."""
    return EventStatus.OPEN if event.counts.publishers > 1 else EventStatus.EMERGING


def all_retracted(articles: Iterable[PlacedArticle]) -> bool:
    """Whether an event's reports, of which there are some, have all been retracted; copies do not count."""
    reports = [each.article.change for each in articles if each.placement.kind is not PlacementKind.DUPLICATE]
    return bool(reports) and all(change is ArticleChange.RETRACTION for change in reports)


def sweep(window: Window, now: datetime) -> tuple[Sweeping, ...]:
    """Close the events that have been quiet too long; costs nothing when none is due.

    Args:
        window: what is open; only its own notes on what falls due are moved on. Take the steps in with
            `Window.settle`.
        now: the moment of decision.

    Returns:
        One step for each event closed, those quiet longest first.
    """
    out: list[Sweeping] = []
    for held in window.quiet_until(now):
        if held.event.status not in LIVING:
            continue
        hours = (now - held.heard_at).total_seconds() / _HOUR
        evidence = (Evidence(EvidenceKind.TIME, f"no report for {hours:.0f} hours", 1.0),)
        event, change = step(
            held.event, replace(held.event, status=EventStatus.CLOSED), ChangeKind.CLOSED, None, evidence, now=now
        )
        out.append(Sweeping(event, change))
    return tuple(out)
