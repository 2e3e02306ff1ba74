"""Counting an event's articles, houses and languages."""

from collections import Counter
from dataclasses import dataclass, field

from storyfold.events.describe import Tally
from storyfold.events.packing import Source
from storyfold.events.voices import Voice, independent
from storyfold.model.articles import Article, PlacementKind
from storyfold.model.commit import FoldedArticle
from storyfold.model.events import Counts
from storyfold.model.features import Features
from storyfold.model.identity import PublisherId

_UNDECIDED = "und"


@dataclass(slots=True)
class Standing:
    """Running counts of one event.

    Attributes:
        reports: articles in their own words, the first included.
        duplicates: copies.
        houses: publishers.
        voices: who told in words that are no copy, and the agency whose words they are.
        languages: articles in each.
    """

    reports: int = 0
    duplicates: int = 0
    houses: set[PublisherId] = field(default_factory=set)
    voices: set[Voice] = field(default_factory=set)
    languages: Counter[str] = field(default_factory=Counter)

    def add(self, source: Source, kind: PlacementKind) -> None:
        """Count an article."""
        own = kind is not PlacementKind.DUPLICATE
        self.reports += own
        self.duplicates += not own
        self.houses.add(source.publisher)
        if own:
            self.voices.add((source.publisher, source.agency))
        if source.language != _UNDECIDED:
            self.languages[source.language] += 1

    def unite(self, other: "Standing") -> None:
        """Count another event's articles too."""
        self.reports += other.reports
        self.duplicates += other.duplicates
        self.houses |= other.houses
        self.voices |= other.voices
        self.languages.update(other.languages)

    def copy(self) -> "Standing":
        """The same counts, to be changed apart."""
        return Standing(self.reports, self.duplicates, set(self.houses), set(self.voices), Counter(self.languages))

    def tally(self) -> Tally:
        """The counts as an event shows them."""
        counts = Counts(
            articles=self.reports + self.duplicates,
            reports=self.reports,
            duplicates=self.duplicates,
            publishers=len(self.houses),
            independent_publishers=independent(self.voices),
        )
        ranked = sorted(self.languages, key=lambda code: (-self.languages[code], code))
        return Tally(counts, tuple(ranked))


def tally_of(standing: Standing | None, article: Article, kind: PlacementKind, features: Features) -> Tally:
    """Count an article with those of its event; the standing itself does not change."""
    counted = Standing() if standing is None else standing.copy()
    counted.add(told_by(article, features), kind)
    return counted.tally()


def tally_of_both(one: Standing, other: Standing, folded: FoldedArticle) -> Tally:
    """Count the articles of two events that become one, with the article that showed it."""
    counted = one.copy()
    counted.unite(other)
    placed = folded.placed
    counted.add(told_by(placed.article, folded.features), placed.placement.kind)
    return counted.tally()


def told_by(article: Article, features: Features) -> Source:
    """Who tells, in which language, and in whose words."""
    return Source(article.publisher.publisher_id, features.language, article.wire)
