"""A new version of an article that folding knows: what changed, and what that means for its event."""

import re
from dataclasses import replace
from datetime import datetime

from storyfold.events.changes import diff, step
from storyfold.events.copies import hashes_of, overlap
from storyfold.events.describe import with_facts, without
from storyfold.events.steps import Folding
from storyfold.events.versions import diff_of
from storyfold.events.window import Window
from storyfold.model.articles import (
    Article,
    ArticleChange,
    Evidence,
    EvidenceKind,
    PlacedArticle,
    Placement,
    PlacementKind,
    TextChange,
)
from storyfold.model.commit import FoldedArticle
from storyfold.model.events import ChangeKind, Event
from storyfold.model.features import Features

# A house marks what it takes back in the headline or in its first or last lines.
_MARKS = 400
_CORRECTION = re.compile(
    r"\b(?:correct(?:ion|ed|s)|clarification|editor[’']s note|an earlier version of this|korrektur|berichtigung"
    r"|rectificatif|correcci[óo]n|fe de erratas|rettifica|errata|corre[çc][ãa]o|исправлен\w*)\b",
    re.IGNORECASE,
)
_RETRACTION = re.compile(
    r"\b(?:retract(?:ion|ed|s)|(?:story|article|report) (?:has been |was )?(?:withdrawn|removed|retracted)"
    r"|mandatory kill|withdraws? (?:story|article))\b",
    re.IGNORECASE,
)
# Texts that share nine tenths of their shingles differ in commas and slips of the pen.
_COSMETIC = 0.9


def revise(window: Window, previous: PlacedArticle, article: Article, features: Features, now: datetime) -> Folding:
    """Take in a new version of a known article. It stays in its event.

    Args:
        window: what came before; it is not changed. The description of the article's event is at hand.
        previous: the version before, with its placement.
        article: the new version as read; its own version and change are set here.
        features: of its text.
        now: the moment of decision.

    Returns:
        The article at its next version, and a step of its event where the event's public fields change.
    """
    change = classify(window, previous.article, article, features)
    if previous.article.change is ArticleChange.RETRACTION and (
        change is ArticleChange.COSMETIC or _by_a_person(previous.placement)
    ):
        change = ArticleChange.RETRACTION
    placement = replace(previous.placement, event_id=window.resolve(previous.placement.event_id))
    newer = replace(
        article,
        version=previous.article.version + 1,
        change=change,
        first_seen_at=previous.article.first_seen_at,
        diff=diff_of(previous.article, article),
    )
    return _stepped(window, FoldedArticle(PlacedArticle(newer, placement), features, now), now)


def _stepped(window: Window, folded: FoldedArticle, now: datetime) -> Folding:
    """The version with the step of its event, where the event's public fields change."""
    newer, placement, features = folded.placed.article, folded.placed.placement, folded.features
    change = newer.change
    folded = replace(folded, packed=window.pack(newer, features, placement.kind, placement.event_id))
    held = window.held(placement.event_id)
    if held is None or change is ArticleChange.COSMETIC:
        return Folding(folded, (), ())
    before = window.document(held.event_id)
    described = _described(before, newer, features, placement.kind)
    if not diff(before, described):
        return Folding(folded, (), ())
    kind = ChangeKind.DESCRIBED if change is ArticleChange.SUBSTANTIVE else ChangeKind.CORRECTED
    evidence = (Evidence(EvidenceKind.GUID, f"version {newer.version} of {newer.article_id}: {change}", 1.0),)
    event, made = step(before, described, kind, newer.article_id, evidence, now=now)
    return Folding(folded, (event,), (made,))


def withdraw(window: Window, previous: FoldedArticle, status: int, now: datetime) -> Folding:
    """Take back an article whose page its house has taken down.

    Args:
        window: what came before; it is not changed. The description of the article's event is at hand.
        previous: the version before, with its features.
        status: what the server answers for the page.
        now: the moment of decision.

    Returns:
        The article as it was, marked as a retraction at its next version, and a step of its event.
    """
    placed = previous.placed
    placement = replace(placed.placement, event_id=window.resolve(placed.placement.event_id))
    gone = TextChange("page", ("200",), (str(status),))
    newer = replace(placed.article, version=placed.article.version + 1, change=ArticleChange.RETRACTION, diff=(gone,))
    folded = FoldedArticle(PlacedArticle(newer, placement), previous.features, now)
    return _stepped(window, folded, now)


def classify(window: Window, before: Article, after: Article, features: Features) -> ArticleChange:
    """Decide what a new version of an article changed.

    Returns:
        Retraction or correction where the new text says so and the old did not; cosmetic where nearly all words stand
        as before; else substantive.
    """
    if _RETRACTION.search(_marked(after)) and not _RETRACTION.search(_marked(before)):
        return ArticleChange.RETRACTION
    if _CORRECTION.search(_marked(after)) and not _CORRECTION.search(_marked(before)):
        return ArticleChange.CORRECTION
    known = window.known(after.article_id)
    if known is not None and known.text_hash == features.text_hash:
        return ArticleChange.COSMETIC
    if before.headline != after.headline:
        return ArticleChange.SUBSTANTIVE
    if known is None or not known.sketch:
        return ArticleChange.COSMETIC if before.body.split() == after.body.split() else ArticleChange.SUBSTANTIVE
    found = overlap(hashes_of(features.sketch), features.shingles, known.sketch, known.shingles)
    return ArticleChange.COSMETIC if found.resemblance >= _COSMETIC else ArticleChange.SUBSTANTIVE


def _by_a_person(placement: Placement) -> bool:
    """Whether what became of an article was decided by hand; no later text of it undoes that."""
    return any(each.kind is EvidenceKind.CURATED for each in placement.evidence)


def _marked(article: Article) -> str:
    body = article.body
    ends = body if len(body) <= 2 * _MARKS else f"{body[:_MARKS]}\n{body[-_MARKS:]}"
    return f"{article.headline}\n{ends}"


def _described(event: Event, article: Article, features: Features, kind: PlacementKind) -> Event:
    listed = tuple(
        replace(each, headline=article.headline, url=article.url) if each.article_id == article.article_id else each
        for each in event.articles
    )
    event = replace(event, articles=listed)
    if kind is PlacementKind.DUPLICATE:
        return event
    if article.change is ArticleChange.RETRACTION:
        return without(event, article.article_id)
    # Names carry no source: those of the version before were counted already.
    digest = replace(features.digest, actors=())
    return with_facts(without(event, article.article_id), article, digest)
