"""How many articles a term stands in: counts of old news, shipped, for the first hour."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import log


@dataclass(frozen=True, slots=True)
class Background:
    """Document frequencies of a collection of news.

    Attributes:
        articles: how many were counted.
        counts: term → articles it stands in; rare ones are left out.
    """

    articles: int
    counts: dict[str, int]

    def rarities(self, terms: Iterable[str]) -> list[float]:
        """Inverse document frequencies of terms, in order: smoothed, natural logarithm (Spärck Jones 1972)."""
        total, known = self.articles + 1, self.counts.get
        return [log(total / (known(term, 0) + 1)) for term in terms]


@cache
def background() -> Background:
    """Read the shipped table: a first line with the number of articles, then a line ``count term term …`` a count."""
    lines = files("storyfold.events").joinpath("data/background.txt").read_text("utf-8").splitlines()
    counts: dict[str, int] = {}
    for line in lines[1:]:
        count, *terms = line.split()
        counts.update(dict.fromkeys(terms, int(count)))
    return Background(int(lines[0]), counts)
