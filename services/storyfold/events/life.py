"""What the passing of time, and the loss of all its reports, do to an event."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import pairwise

from storyfold.events.changes import step
from storyfold.events.policy import FoldPolicy
from storyfold.events.steps import Sweeping
from storyfold.events.window import Held, Window
from storyfold.model.articles import ArticleChange, Evidence, EvidenceKind, PlacedArticle, PlacementKind
from storyfold.model.events import ChangeKind, Event, EventStatus
from storyfold.model.identity import EventId

LIVING = frozenset({EventStatus.EMERGING, EventStatus.OPEN})
_HOUR = timedelta(hours=1)
# An event is over when it has been quiet for so many times its longest gap.
_RHYTHM = 2


def living_status(event: Event) -> EventStatus:
    """What a living event is: emerging while one publisher tells of it, then open."""
    return EventStatus.OPEN if event.counts.publishers > 1 else EventStatus.EMERGING


def all_retracted(articles: Iterable[PlacedArticle]) -> bool:
    """Whether an event's reports, of which there are some, have all been retracted; copies do not count."""
    reports = [each.article.change for each in articles if each.placement.kind is not PlacementKind.DUPLICATE]
    return bool(reports) and all(change is ArticleChange.RETRACTION for change in reports)


class Waiting:
    """Events that have been quiet for a while, but not yet for longer than their own rhythm."""

    def __init__(self) -> None:
        self._notes: list[tuple[datetime, EventId, datetime]] = []

    def note(self, due: datetime, held: Held) -> None:
        """Look at an event again at a moment, should nobody report on it until then."""
        heappush(self._notes, (due, held.event_id, held.heard_at))

    def due(self, window: Window, now: datetime) -> Iterator[Held]:
        """The living ones among those that have come due, on which nobody has reported since, the first due first."""
        while self._notes and self._notes[0][0] <= now:
            _, event_id, heard_at = heappop(self._notes)
            held = window.held(event_id)
            # One that was reported on, or merged, has a note of its own.
            if held is None or held.event_id != event_id or held.heard_at != heard_at:
                continue
            if held.status in LIVING:
                yield held


def patience(event: Event, policy: FoldPolicy) -> timedelta:
    """How long an event may be quiet: twice its longest gap between two reports, within what the policy allows."""
    times = sorted(each.published_at for each in event.articles if each.kind is not PlacementKind.DUPLICATE)
    longest = max((later - earlier for earlier, later in pairwise(times)), default=timedelta(0))
    most = min(policy.longest_quiet, policy.window)
    return max(policy.quiet, min(_RHYTHM * longest, most))


def sweep(window: Window, now: datetime, waiting: Waiting | None = None) -> tuple[Sweeping, ...]:
    """Close the events that have been quiet for longer than their own rhythm; costs nothing when none is due.

    Args:
        window: what is open; only its own notes on what falls due are moved on. Take the steps in with
            `Window.settle`. It has all descriptions at hand.
        now: the moment of decision.
        waiting: what earlier sweeps of this window put off; without it, what is put off is not looked at again.

    Returns:
        One step for each event closed, those due longest first.
    """
    waiting = waiting or Waiting()
    for held in window.quiet_until(now):
        put_off(window, waiting, held)
    return tuple(close(window, held, now) for held in waiting.due(window, now))


def put_off(window: Window, waiting: Waiting, held: Held) -> None:
    """Wait with a quiet event for as long as its rhythm allows; its description is at hand."""
    waiting.note(held.heard_at + patience(window.document(held.event_id), window.policy), held)


def close(window: Window, held: Held, now: datetime) -> Sweeping:
    """Close an event that has been quiet for longer than its own rhythm; its description is at hand."""
    event = window.document(held.event_id)
    hours = (now - held.heard_at) / _HOUR
    allowed = patience(event, window.policy) / _HOUR
    silence = Evidence(EvidenceKind.TIME, f"no report for {hours:.0f} hours, its rhythm allows {allowed:.0f}", 1.0)
    return _ended(event, EventStatus.CLOSED, ChangeKind.CLOSED, silence, now)


def leave_behind(event: Event, now: datetime) -> Sweeping:
    """Close a living event of which the window holds no article: nobody reported on it for as long as it reaches."""
    evidence = Evidence(EvidenceKind.TIME, "no report within the window", 1.0)
    return _ended(event, EventStatus.CLOSED, ChangeKind.CLOSED, evidence, now)


def retire(event: Event, articles: Sequence[PlacedArticle], now: datetime) -> Sweeping | None:
    """Retract an event of which no report is left standing; None where one is.

    Args:
        event: at its current version.
        articles: all of it, at their current versions.
        now: the moment of decision.
    """
    if event.status is EventStatus.RETRACTED or not all_retracted(articles):
        return None
    evidence = Evidence(EvidenceKind.GUID, "every report of it has been retracted", 1.0)
    return _ended(event, EventStatus.RETRACTED, ChangeKind.RETRACTED, evidence, now)


def _ended(event: Event, status: EventStatus, kind: ChangeKind, evidence: Evidence, now: datetime) -> Sweeping:
    return Sweeping(*step(event, replace(event, status=status), kind, None, (evidence,), now=now))
