"""How well a clustering agrees with the truth: B-cubed (Bagga and Baldwin 1998) and pairwise scores."""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agreement:
    """Scores of a clustering against the truth, 0 to 1.

    Attributes:
        precision: mean over items of the share of the item's cluster that is truly with it.
        recall: mean over items of the share of the item's true class that is in its cluster.
        f1: harmonic mean of the two.
        pairwise_f1: the same over pairs of items, pairs in one cluster against pairs in one class.
    """

    precision: float
    recall: float
    f1: float
    pairwise_f1: float


def agreement(predicted: Sequence[Hashable], truth: Sequence[Hashable]) -> Agreement:
    """Compare a clustering with the truth.

    Args:
        predicted: the cluster of each item.
        truth: the true class of each item, in the same order.

    Returns:
        The scores; all 1 for no items at all.
    """
    if not truth:
        return Agreement(1.0, 1.0, 1.0, 1.0)
    clusters, classes = Counter(predicted), Counter(truth)
    cells = Counter(zip(predicted, truth, strict=True))
    precision = sum(n * n / clusters[cluster] for (cluster, _), n in cells.items()) / len(truth)
    recall = sum(n * n / classes[name] for (_, name), n in cells.items()) / len(truth)
    together = _pairs(clusters)
    belonging = _pairs(classes)
    pairwise = 2 * _pairs(cells) / (together + belonging) if together + belonging else 1.0
    return Agreement(precision, recall, 2 * precision * recall / (precision + recall), pairwise)


def _pairs(sizes: Counter[Hashable] | Counter[tuple[Hashable, Hashable]]) -> int:
    return sum(n * (n - 1) // 2 for n in sizes.values())
