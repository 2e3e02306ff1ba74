"""Saying why an article was placed where it is."""

from __future__ import annotations

from storyfold.events.copies import Overlap
from storyfold.events.likeness import KINDS, Probe, observe
from storyfold.events.window import Held, Window
from storyfold.model.articles import Evidence, EvidenceKind
from storyfold.model.features import Features


def copy_evidence(found: Overlap) -> tuple[Evidence, ...]:
    return (Evidence(EvidenceKind.SHINGLES, "x", found.resemblance),)


def report_evidence(window: Window, probe: Probe, features: Features, held: Held, odds: float) -> tuple[Evidence, ...]:
    return ()
