"""Counting an event's articles, houses and languages."""

from collections import Counter
from dataclasses import dataclass, field

from storyfold.events.describe import Tally
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
        houses: publishers, and whether they have a report in their own words.
        languages: articles in each.
    """

    reports: int = 0
    duplicates: int = 0
    houses: dict[PublisherId, bool] = field(default_factory=dict)
    languages: Counter[str] = field(default_factory=Counter)

    def add(self, publisher: PublisherId, kind: PlacementKind, language: str) -> None:
        """Count an article."""
        own = kind is not PlacementKind.DUPLICATE
        self.reports += own
        self.duplicates += not own
        self.houses[publisher] = own or self.houses.get(publisher, False)
        if language != _UNDECIDED:
            self.languages[language] += 1

    def unite(self, other: "Standing") -> None:
        """Count another event's articles too."""
        self.reports += other.reports
        self.duplicates += other.duplicates
        for publisher, own in other.houses.items():
            self.houses[publisher] = own or self.houses.get(publisher, False)
        self.languages.update(other.languages)

    def copy(self) -> "Standing":
        """The same counts, to be changed apart."""
        return Standing(self.reports, self.duplicates, dict(self.houses), Counter(self.languages))

    def tally(self) -> Tally:
        """The counts as an event shows them."""
        counts = Counts(
            articles=self.reports + self.duplicates,
            reports=self.reports,
            duplicates=self.duplicates,
            publishers=len(self.houses),
            independent_publishers=sum(self.houses.values()),
        )
        ranked = sorted(self.languages, key=lambda code: (-self.languages[code], code))
        return Tally(counts, tuple(ranked))


def tally_of(standing: Standing | None, article: Article, kind: PlacementKind, features: Features) -> Tally:
    """Count an article with those of its event; the standing itself does not change."""
    counted = Standing() if standing is None else standing.copy()
    counted.add(article.publisher.publisher_id, kind, features.language)
    return counted.tally()


def tally_of_both(one: Standing, other: Standing, folded: FoldedArticle) -> Tally:
    """Count the articles of two events that become one, with the article that showed it."""
    counted = one.copy()
    counted.unite(other)
    placed = folded.placed
    counted.add(placed.article.publisher.publisher_id, placed.placement.kind, folded.features.language)
    return counted.tally()
