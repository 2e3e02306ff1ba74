"""Folding articles once more, into a window of their own: they are placed, events merge and split as in the service."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

from storyfold.events.comparison import Member
from storyfold.events.curation import Decided, Told, divide
from storyfold.events.fold import fold
from storyfold.events.repair import rift
from storyfold.events.window import Window
from storyfold.model.articles import ArticleChange, PlacementKind
from storyfold.model.commit import FoldedArticle
from storyfold.model.features import Features
from storyfold.model.identity import ArticleId, EventId


class Refolding:
    """Folds one article after the other, and remembers where each stood and stands.

    Args:
        window: empty; it grows to what its policy says.
    """

    def __init__(self, window: Window) -> None:
        self.window = window
        self.kinds: dict[tuple[PlacementKind, PlacementKind], int] = {}
        self.headlines: dict[ArticleId, str] = {}
        self._then: dict[ArticleId, EventId] = {}
        self._now: dict[ArticleId, EventId] = {}
        # What may still be split: the articles of the window without their texts, oldest first.
        self._kept: OrderedDict[ArticleId, FoldedArticle] = OrderedDict()

    def take(self, folded: FoldedArticle) -> None:
        """Fold an article again, as if it had come at the moment it was placed."""
        now = folded.placed_at
        self.window.expire(now)
        before = folded.placed.placement
        article = replace(folded.placed.article, version=1, change=ArticleChange.NEW)
        folding = fold(self.window, article, folded.features, now)
        self.window.absorb(folding)
        after = folding.folded.placed.placement
        self._then[article.article_id] = before.event_id
        self._now[article.article_id] = after.event_id
        self.headlines[article.article_id] = article.headline
        if before.kind is not after.kind:
            pair = (before.kind, after.kind)
            self.kinds[pair] = self.kinds.get(pair, 0) + 1
        self._keep(folding.folded)
        for event_id in self.window.take_grown():
            self._repair(event_id, folding.folded)

    def members(self, then: Callable[[EventId], EventId]) -> list[Member]:
        """Where each article stood and stands, merges followed.

        Args:
            then: follows the merges of then.
        """
        return [
            Member(article_id, then(before), self.window.resolve(self._now[article_id]))
            for article_id, before in self._then.items()
        ]

    def _keep(self, folded: FoldedArticle) -> None:
        placed = folded.placed
        bare = replace(placed, article=replace(placed.article, body=""))
        self._kept[placed.article.article_id] = replace(folded, placed=bare, features=_bare(folded.features))
        oldest = folded.placed_at - self.window.policy.window
        while next(iter(self._kept.values())).placed_at < oldest:
            self._kept.popitem(last=False)

    def _repair(self, event_id: EventId, latest: FoldedArticle) -> None:
        """Split an event that turns out to be two, as the service does behind a commit."""
        held = self.window.held(event_id)
        found = None if held is None else rift(self.window, held)
        if found is None:
            return
        mine = tuple(each for each in self._kept.values() if self._event_of(each) == event_id)
        whole = Told(self.window.document(event_id), mine)
        decided = divide(whole, frozenset(found.leaving), found.evidence(), latest.placed_at)
        if isinstance(decided, Decided):
            for each in decided.articles:
                self._kept[each.placed.article.article_id] = each
                self._now[each.placed.article.article_id] = each.placed.placement.event_id
            self.window.divide(decided.articles, decided.events)

    def _event_of(self, folded: FoldedArticle) -> EventId:
        return self.window.resolve(folded.placed.placement.event_id)


def _bare(features: Features) -> Features:
    """Without what only finding and describing need; the window has packed the rest."""
    return Features(features.language, features.text_hash, b"", 0, (), (), (), features.length)
