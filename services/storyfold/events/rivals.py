"""Events that an article is compared with, and whether two of them are one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from storyfold.events.likeness import LIMIT, Probe, Profile, log_odds, observe, of_event
from storyfold.events.window import Held, Window

# A report that stayed alone is not looked at again where this article says so much less of it.
_DISTANT = 2.0


@dataclass(frozen=True, slots=True)
class Scored:
    """An event that an article was compared with: its sampled reports, what was observed of each, and the log odds."""

    held: Held
    odds: float
    seen: tuple[tuple[Profile, tuple[float, ...] | None], ...]


def compare(window: Window, probe: Probe, events: Sequence[Held]) -> list[Scored]:
    """Compare an article with some events: its log odds with their reports, taken together by `of_event`, decide."""
    samples = [window.sampled(held) for held in events]
    profiles = [profile for sample in samples for profile in sample.profiles]
    observed = iter(observe(probe, profiles, [each.laid for each in samples]))
    out = []
    for held, (sample, _) in zip(events, samples, strict=True):
        seen = tuple(zip(sample, islice(observed, len(sample)), strict=True))
        odds = [log_odds(window.model, each) for _, each in seen]
        out.append(Scored(held, of_event(odds), seen))
    return out


def rival_of(window: Window, probe: Probe, scored: list[Scored]) -> tuple[Held | None, float]:
    """Another event that is the same as the best one, as the article at hand shows."""
    rival = next((each for each in scored[1:] if each.odds >= window.model.merge), None)
    if rival is None:
        return _second_look(window, probe, scored)
    odds = _between(window, scored[0].held, rival.held, probe)
    return (rival.held, odds) if odds >= window.model.merge else (None, odds)


def _second_look(window: Window, probe: Probe, scored: list[Scored]) -> tuple[Held | None, float]:
    """A report that has stayed alone, now that the event it may belong to is known better than when it came in."""
    best = scored[0].held
    alone = [
        each.held for each in scored[1:] if len(each.held.reports) == 1 and each.odds >= window.model.rejoin - _DISTANT
    ]
    if not alone:
        return None, 0.0
    theirs = [probe.profile, *map(window.profile, best.sample())]
    mine = [observe(window.probe_again(held.reports[0]), theirs) for held in alone]
    odds = [of_event([log_odds(window.model, seen) for seen in row]) for row in mine]
    place = max(range(len(alone)), key=lambda i: (odds[i], -i))
    return (alone[place], odds[place]) if odds[place] >= window.model.rejoin else (None, odds[place])


def _between(window: Window, one: Held, other: Held, probe: Probe) -> float:
    """The mean log odds between the reports of two events, the article at hand counted with the first."""
    theirs = [window.profile(each) for each in other.sample()]
    ours = [probe, *(window.probe_again(each) for each in one.sample())]
    odds = [log_odds(window.model, seen) for mine in ours for seen in observe(mine, theirs)]
    return sum(odds) / len(odds) if odds else -LIMIT
