"""Folding one article: is it a copy, another report of a known event, or the first report of a new one?

Three layers that are never mixed: the same text, a copy of a text, a report of the same event. Each decides with its
own evidence, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from storyfold.events.changes import change_of, step
from storyfold.events.copies import Overlap, hashes_of, overlap
from storyfold.events.describe import joined, opened, united
from storyfold.events.evidence import copy_evidence, distance_evidence, hash_evidence, probability, report_evidence
from storyfold.events.likeness import LIMIT, Probe, term_code
from storyfold.events.origins import Match, origin
from storyfold.events.rivals import Scored, compare, rival_of
from storyfold.events.sharing import HEADLINE
from storyfold.events.steps import Folding
from storyfold.events.tallies import tally_of, tally_of_both
from storyfold.events.window import Held, Known, Window, published
from storyfold.model.articles import Article, Evidence, EvidenceKind, PlacedArticle, Placement, PlacementKind
from storyfold.model.commit import FoldedArticle
from storyfold.model.events import Change, ChangeKind, Event, EventStatus
from storyfold.model.features import Features
from storyfold.model.identity import EventId, event_id_of

# Events an article is compared with.
_CANDIDATES = 6
# Texts whose sketches are compared in full.
_COPIES = 24
# Below so many shingles a text is hardly more than a page's furniture; its headline has to agree as well.
_TINY = 30
# Of the shorter headline's terms, that stand in the other.
_SAME_HEADLINE = 0.5


@dataclass(frozen=True, slots=True)
class Placing:
    """Where an article belongs.

    Attributes:
        placement: what it is, and in which event.
        into: that event, where the window has it; None where the article opens it.
        rival: another event, which the article shows to be the same as `into`.
        odds: log odds between the reports of the two.
    """

    placement: Placement
    into: Held | None = None
    rival: Held | None = None
    odds: float = 0.0

    @property
    def touched(self) -> tuple[EventId, ...]:
        """The events whose descriptions will change."""
        return tuple(held.event_id for held in (self.into, self.rival) if held is not None)


def fold(window: Window, article: Article, features: Features, now: datetime) -> Folding:
    """Place an article that the window does not know, and say what becomes of the events it touches.

    Args:
        window: what came before; it is not changed (see `Window.absorb`). It has all descriptions at hand.
        article: as read.
        features: of its text.
        now: the moment of placement.

    Returns:
        The placed article, the events at their new versions and a change for each.
    """
    return tell(window, place(window, article, features, now), article, features, now)


def place(window: Window, article: Article, features: Features, now: datetime) -> Placing:
    """Decide where an article belongs that the window does not know.

    Args:
        window: what came before; it is not changed.
        article: as read.
        features: of its text.
        now: the moment of placement.
    """
    original = _copied(window, features, article.wire)
    if original is not None:
        known, evidence, score = original
        held = window.held(known.event_id)
        if held is not None:
            of = known.article_id
            return Placing(Placement(held.event_id, PlacementKind.DUPLICATE, of, score, evidence), held)
    probe = window.probe(features, published(article))
    scored = _scores(window, probe)
    if scored and scored[0].odds >= window.model.join:
        best = scored[0]
        placement = Placement(
            best.held.event_id,
            PlacementKind.REPORT,
            None,
            probability(best.odds - window.model.join),
            report_evidence(window.model, probe, features, best.seen, best.odds),
        )
        return Placing(placement, best.held, *rival_of(window, probe, scored))
    nearest = scored[0].odds if scored else -LIMIT
    evidence = distance_evidence(scored[0].held.event_id, nearest) if scored else ()
    event_id = event_id_of(article.article_id, now)
    return Placing(Placement(event_id, PlacementKind.FIRST, None, probability(window.model.join - nearest), evidence))


def tell(window: Window, placing: Placing, article: Article, features: Features, now: datetime) -> Folding:
    """Say what becomes of the events that an article touches.

    Args:
        window: as it was when the article was placed; the descriptions of `placing.touched` are at hand.
        placing: where the article belongs.
        article: as read.
        features: of its text.
        now: the moment of placement.

    Returns:
        The placed article, the events at their new versions and a change for each.
    """
    placement = placing.placement
    packed = window.pack(article, features, placement.kind, placement.event_id)
    folded = FoldedArticle(PlacedArticle(article, placement), features, now, packed)
    if placing.into is None:
        event = opened(
            placement.event_id, article, features, placement, tally_of(None, article, placement.kind, features)
        )
        change = change_of(None, event, ChangeKind.OPENED, article.article_id, placement.evidence, now=now)
        return Folding(folded, (event,), (change,))
    return _merge(window, placing, _join(window, placing.into, folded))


def _copied(window: Window, features: Features, agency: str | None) -> tuple[Known, tuple[Evidence, ...], float] | None:
    same = window.same_text(features)
    if same is not None and same.kind is not PlacementKind.DUPLICATE:
        return same, hash_evidence(same, agency), 1.0
    sketch = hashes_of(features.sketch)
    near = window.overlapping(sketch)[:_COPIES]
    matches = [Match(known, overlap(sketch, features.shingles, known.sketch, known.shingles)) for known in near]
    copied = [match for match in matches if _is_copy_of(window, features, match)]
    if not copied:
        return None if same is None else (same, hash_evidence(same, agency), 1.0)
    found = origin(copied, agency)
    return found.known, copy_evidence(found.known, found.overlap, agency), round(found.strength, 4)


def _is_copy_of(window: Window, features: Features, match: Match) -> bool:
    return is_copy(window, match.overlap) and _headed_alike(window, features, match.known)


def is_copy(window: Window, found: Overlap) -> bool:
    """Whether an overlap is that of a copy."""
    model = window.model
    return found.resemblance >= model.resemblance or found.containment >= model.containment


def _headed_alike(window: Window, features: Features, known: Known) -> bool:
    """Whether headlines let two texts be copies: they have a say where one of the texts is tiny.

    A page of which hardly more than its furniture was read ("external links open in a new window") overlaps with every
    other such page. Of a copy no terms are kept: its original was compared, and speaks for it.
    """
    if min(features.shingles, known.shingles) >= _TINY or known.kind is PlacementKind.DUPLICATE:
        return True
    theirs = window.profile(known.article_id)
    ours = {term_code(term) for term in features.headline}
    heading = {term for term, flag in zip(theirs.terms, theirs.flags, strict=True) if flag & HEADLINE}
    return len(ours & heading) >= _SAME_HEADLINE * min(len(ours), len(heading))


def _scores(window: Window, probe: Probe) -> list[Scored]:
    held = window.candidates(probe, _CANDIDATES)
    scored = compare(window, probe, held)
    return sorted(scored, key=lambda each: (-each.odds, each.held.event_id))


def _join(window: Window, held: Held, folded: FoldedArticle) -> Folding:
    event = window.document(held.event_id)
    article, placement, now = folded.placed.article, folded.placed.placement, folded.placed_at
    events: list[Event] = []
    changes: list[Change] = []
    tally = tally_of(held.standing, article, placement.kind, folded.features)
    if event.status is EventStatus.CLOSED:
        status = EventStatus.OPEN if event.counts.publishers > 1 else EventStatus.EMERGING
        awake, change = step(
            event,
            replace(event, status=status),
            ChangeKind.REOPENED,
            article.article_id,
            placement.evidence,
            now=now,
        )
        events.append(awake)
        changes.append(change)
        event = awake
    copy = placement.kind is PlacementKind.DUPLICATE
    kind = ChangeKind.DUPLICATE_ADDED if copy else ChangeKind.REPORT_ADDED
    grown = joined(event, article, folded.features, placement, tally)
    grown, change = step(event, grown, kind, article.article_id, placement.evidence, now=now)
    return Folding(folded, (*events, grown), (*changes, change))


def _merge(window: Window, placing: Placing, folding: Folding) -> Folding:
    """Make one event of two where the article just placed shows that they are."""
    if placing.into is None or placing.rival is None:
        return folding
    now = folding.folded.placed_at
    grown = folding.events[-1]
    other = window.document(placing.rival.event_id)
    evidence = (Evidence(EvidenceKind.SCORE, "log odds between their reports", round(placing.odds, 3)),)
    article_id = folding.folded.placed.article.article_id
    winner, loser = (grown, other) if grown.event_id <= other.event_id else (other, grown)
    ended, ending = step(
        loser,
        replace(loser, status=EventStatus.MERGED, merged_into=winner.event_id),
        ChangeKind.MERGED,
        article_id,
        evidence,
        now=now,
    )
    tally = tally_of_both(placing.into.standing, placing.rival.standing, folding.folded)
    whole, growing = step(winner, united(winner, loser, tally), ChangeKind.MERGED, article_id, evidence, now=now)
    # The winner's record stands before the loser's, so that an id never leads nowhere.
    return Folding(folding.folded, (*folding.events, whole, ended), (*folding.changes, growing, ending))
