"""The text metric of the article extraction benchmark (Scrapinghub, 2019): multisets of 4-word shingles.

For every page, the shingles of the true and the extracted text are compared as multisets: found and true (tp), found
only (fp), true only (fn). Precision is tp / (tp + fp), averaged over the pages where something was extracted; recall is
tp / (tp + fn), averaged over the pages that have a true text; F1 is that of the two averages.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

SHINGLE_WORDS = 4

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Overlap:
    """Shingles of one page: found and true, found only, true only."""

    tp: int
    fp: int
    fn: int


@dataclass(frozen=True, slots=True)
class Scores:
    """Averages over pages, 0 to 1."""

    f1: float
    precision: float
    recall: float


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """The multiset of a text's shingles; a text shorter than a shingle is one, an empty text has none."""
    words = _WORD.findall(text)
    if not words:
        return Counter()
    starts = range(max(1, len(words) - SHINGLE_WORDS + 1))
    return Counter(tuple(words[start : start + SHINGLE_WORDS]) for start in starts)


def overlap(true: str, found: str) -> Overlap:
    """Compare an extracted text with the true one."""
    wanted, got = shingles(true), shingles(found)
    tp = (wanted & got).total()
    return Overlap(tp=tp, fp=got.total() - tp, fn=wanted.total() - tp)


def page_f1(page: Overlap) -> float:
    """F1 of a single page; 1 where there was nothing to find and nothing was found."""
    denominator = 2 * page.tp + page.fp + page.fn
    return 2 * page.tp / denominator if denominator else 1.0


def scores(pages: Iterable[Overlap]) -> Scores:
    """Average over pages.

    Args:
        pages: at least one.
    """
    pages = tuple(pages)
    precisions = [page.tp / (page.tp + page.fp) for page in pages if page.tp + page.fp]
    recalls = [page.tp / (page.tp + page.fn) for page in pages if page.tp + page.fn]
    precision, recall = fmean(precisions or [0.0]), fmean(recalls or [0.0])
    total = precision + recall
    return Scores(f1=2 * precision * recall / total if total else 0.0, precision=precision, recall=recall)
