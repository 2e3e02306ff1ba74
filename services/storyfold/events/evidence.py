"""Saying why an article was placed where it is: the observations that decided, with their weights."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from math import exp

from storyfold.events.copies import Overlap
from storyfold.events.likeness import KINDS, LIMIT, Model, Probe, Profile, log_odds, number_code
from storyfold.events.packing import source_of
from storyfold.events.sharing import NAME
from storyfold.events.window import Known
from storyfold.model.articles import Evidence, EvidenceKind
from storyfold.model.features import Features

_WORDS_SHOWN = 6
_NUMBERS_SHOWN = 3

# What each kind of evidence is called in a person's words, and the sort it belongs to.
_SORTS: dict[str, tuple[EvidenceKind, str]] = {
    "words": (EvidenceKind.TERM, "words in common"),
    "headline": (EvidenceKind.HEADLINE, "headlines"),
    "phrases": (EvidenceKind.TERM, "phrases in common"),
    "names": (EvidenceKind.NAME, "names in common"),
    "numbers": (EvidenceKind.NUMBER, "numbers in common"),
    "same-day": (EvidenceKind.TIME, "mention the same calendar day"),
    "other-weekday": (EvidenceKind.TIME, "mention other weekdays"),
    "other-month": (EvidenceKind.TIME, "mention other months"),
    "apart": (EvidenceKind.TIME, "days between publication"),
}
_CHANCE_LEVEL = -3.5065578973199818  # log(.03): what a cosine of nothing counts


def probability(odds: float) -> float:
    """Log odds as a probability, to four digits."""
    return round(1 / (1 + exp(-odds)), 4)


def copy_evidence(original: Known, found: Overlap, agency: str | None) -> tuple[Evidence, ...]:
    """Evidence for a copy: how its shingles overlap with those of the article it copies, and whose words they are."""
    return (
        Evidence(
            EvidenceKind.SHINGLES,
            f"resemblance {found.resemblance:.2f}, containment {found.containment:.2f} with {original.article_id}",
            round(max(found.resemblance, found.containment), 4),
        ),
        *_attribution(original, agency),
    )


def hash_evidence(original: Known, agency: str | None) -> tuple[Evidence, ...]:
    """Evidence for an exact copy."""
    said = Evidence(EvidenceKind.TEXT_HASH, f"the same words as {original.article_id}", 1.0)
    return (said, *_attribution(original, agency))


def _attribution(original: Known, agency: str | None) -> tuple[Evidence, ...]:
    """Who published the words first, and the agency that either text names; it decides nothing, so it weighs 0."""
    source = source_of(original.packed)
    named = agency or source.agency
    first = Evidence(EvidenceKind.NAME, f"first published by {source.publisher}", 0.0)
    return (first,) if named is None else (first, Evidence(EvidenceKind.NAME, f"agency {named}", 0.0))


def distance_evidence(event_id: str, odds: float) -> tuple[Evidence, ...]:
    """Evidence for a new event: how far the nearest one was."""
    return (Evidence(EvidenceKind.SCORE, f"nearest event {event_id}", round(odds, 3)),)


def report_evidence(
    model: Model,
    probe: Probe,
    features: Features,
    seen: Sequence[tuple[Profile, tuple[float, ...] | None]],
    odds: float,
) -> tuple[Evidence, ...]:
    """Evidence for a report: kinds of evidence as they count in the mean over the event's reports, and the words.

    Args:
        model: weights of the evidence.
        probe: the article.
        features: of its text.
        seen: the event's reports that it was compared with, and what was observed.
        odds: its log odds with the event.

    Returns:
        The score, then everything else strongest first. The weight of a kind of evidence is its share of the log
        odds, counted from what two articles with nothing in common have; that of a word is its share of the cosine
        with the nearest report.
    """
    observed = [each for _, each in seen if each is not None]
    score = Evidence(EvidenceKind.SCORE, f"log odds with {len(seen)} reports", round(odds, 3))
    if not observed:
        return (score,)
    kinds = _kinds(model, observed)
    nearest = max(seen, key=lambda each: log_odds(model, each[1]))[0]
    shown = [
        *kinds,
        *_words(probe, features, nearest.terms, nearest.weights),
        *_numbers(probe, features, nearest.numbers),
    ]
    return (score, *sorted(shown, key=lambda each: (-abs(each.weight), each.what)))


def _kinds(model: Model, observed: list[tuple[float, ...]]) -> list[Evidence]:
    out: list[Evidence] = []
    for i, kind in enumerate(KINDS):
        if kind not in _SORTS:
            continue
        sort, words = _SORTS[kind]
        level = _CHANCE_LEVEL if kind in {"words", "headline", "phrases"} else 0.0
        share = model.weights[i] * (sum(each[i] for each in observed) / len(observed) - level)
        if abs(share) >= LIMIT / 100:
            out.append(Evidence(sort, words, round(share, 3)))
    return out


def _words(probe: Probe, features: Features, terms: array[int], weights: array[float]) -> list[Evidence]:
    profile = probe.profile
    weighed = dict(zip(profile.terms, profile.weights, strict=True))
    shares = [(weight * weighed[term], term) for term, weight in zip(terms, weights, strict=True) if term in weighed]
    best = sorted(shares, key=lambda each: (-each[0], each[1]))[:_WORDS_SHOWN]
    places = {term: place for place, term in enumerate(profile.terms)}
    return [
        Evidence(
            EvidenceKind.NAME if profile.flags[places[term]] & NAME else EvidenceKind.TERM,
            features.terms[places[term]][0],
            round(share, 4),
        )
        for share, term in best
    ]


def _numbers(probe: Probe, features: Features, numbers: array[int]) -> list[Evidence]:
    shared = set(probe.profile.numbers).intersection(numbers)
    spelled = [number for number in features.numbers if number_code(number) in shared]
    spelled.sort(key=lambda number: (-len(number), number))
    return [Evidence(EvidenceKind.NUMBER, number, 0.01 * len(number)) for number in spelled[:_NUMBERS_SHOWN]]
