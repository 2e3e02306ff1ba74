"""How many articles a term stands in: counts of old news, shipped, for the first hour."""

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

    def rarity(self, term: str) -> float:
        """Inverse document frequency, smoothed, natural logarithm (Spärck Jones 1972)."""
        return log((self.articles + 1) / (self.counts.get(term, 0) + 1))


@cache
def background() -> Background:
    """Read the shipped table: a first line with the number of articles, then a line ``count term term …`` a count."""
    lines = files("storyfold.events").joinpath("data/background.txt").read_text("utf-8").splitlines()
    counts: dict[str, int] = {}
    for line in lines[1:]:
        count, *terms = line.split()
        counts.update(dict.fromkeys(terms, int(count)))
    return Background(int(lines[0]), counts)
