"""Learns what folding ships: ``python -m benchmarks.train_folding [--background-table] [--cross-validate]``.

Writes `events/data/background.txt` (document frequencies of the background articles: counts, no text) and
`events/data/model.json` (weights of a logistic regression over pairs of articles of labelled stories, and the two
thresholds). ``--cross-validate`` learns from half of the stories of each set, or from all sets but one, and reports
the scores on what was held out, without writing anything.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import exp, log, sqrt
from pathlib import Path

from benchmarks.corpora import read_stories, shared
from benchmarks.folding import Prepared, prepare, replay, score
from storyfold.events.describe import opened
from storyfold.events.features import telling_terms
from storyfold.events.likeness import KINDS, Model, Profile, observe, shipped_model
from storyfold.events.policy import FoldPolicy
from storyfold.events.steps import Folding
from storyfold.events.tallies import Standing
from storyfold.events.window import Window
from storyfold.model.articles import Article, PlacedArticle, Placement, PlacementKind
from storyfold.model.commit import FoldedArticle
from storyfold.model.identity import event_id_of

_DATA = Path(__file__).resolve().parent.parent / "services/storyfold/events/data"
_LEAST_COUNT = 4
# Pairs with a cosine of less than .12 over all words are never in doubt; learning from them draws the line elsewhere.
_LEAST_ALIKE = log(0.12 + 0.03)
_RIDGE = 1.0
_SET_WEIGHT = 2000.0
_JOINS = (-1.75, -1.5, -1.25, -1.0, -0.75, -0.5, -0.25, 0.0)
# At 0 and above no set's score changed by more than .001; below, ecb loses up to .02.
_MERGES = (0.0,)
# Made-up stories are sharper than real ones: they count half in learning and
# have no say in the choice of the thresholds, which they would draw too tight for the real ones.
_MADE_UP = 0.5


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """A story corpus with the group of each article: groups are held out whole (pairs of similar stories)."""

    name: str
    items: tuple[Prepared, ...]
    say: float = 1.0

    def group(self, item: Prepared) -> str:
        """The story, or in ecb the pair of stories of one kind."""
        story = str(item.story.story)
        return "".join(filter(str.isdigit, story)) if self.name == "ecb" else story

    def part(self, half: int, halves: int = 2) -> "LabelledSet":
        """The articles of every `halves`-th group."""
        groups = sorted({self.group(item) for item in self.items})
        chosen = set(groups[half::halves])
        return LabelledSet(self.name, tuple(item for item in self.items if self.group(item) in chosen), self.say)


@dataclass(frozen=True, slots=True)
class Example:
    """A pair of articles: what was observed, whether they tell of one event, and how much it counts."""

    observed: tuple[float, ...]
    same: bool
    weight: float


def write_background() -> None:
    """Count in how many background articles each term stands, and write the table."""
    counts: Counter[str] = Counter()
    total = 0
    for story in read_stories(shared() / "data/stream/background.jsonl.gz"):
        counts.update(telling_terms(f"{story.title}\n{story.text}", "en"))
        total += 1
    rows: dict[int, list[str]] = defaultdict(list)
    for term, count in counts.items():
        if count >= _LEAST_COUNT:
            rows[count].append(term)
    lines = [f"{count} {' '.join(sorted(rows[count]))}" for count in sorted(rows, reverse=True)]
    (_DATA / "background.txt").write_text("\n".join([str(total), *lines, ""]), "utf-8")


def examples(labelled: LabelledSet) -> list[Example]:
    """Observe all pairs of a set's articles as folding meets them, each story with the same say whatever its size."""
    window = Window(FoldPolicy())
    sizes = Counter(item.story.story for item in labelled.items)
    told: dict[str | None, Article] = {}
    profiles: list[Profile] = []
    out: list[Example] = []
    for item in labelled.items:
        probe = window.probe(item.features, item.story.published)
        teach(window, item, told)
        for i, observed in enumerate(observe(probe, profiles)):
            if observed is not None and observed[0] >= _LEAST_ALIKE:
                other = labelled.items[i].story.story
                weight = 1 / sqrt(sizes[item.story.story] * sizes[other])
                out.append(Example(observed, item.story.story == other, weight))
        profiles.append(probe.profile)
    whole = sum(each.weight for each in out)
    return [replace(each, weight=each.weight * labelled.say * _SET_WEIGHT / whole) for each in out]


def teach(window: Window, item: Prepared, told: dict[str | None, Article]) -> None:
    """Let the window count an article under its true story, as a faultless folding would."""
    now = item.article.first_seen_at
    first = told.setdefault(item.story.story, item.article)
    event_id = event_id_of(first.article_id, now)
    kind = PlacementKind.FIRST if first is item.article else PlacementKind.REPORT
    placement = Placement(event_id, kind, None, 1.0)
    standing = Standing().tally()
    event = opened(event_id, first, item.features, placement, standing)
    window.absorb(Folding(FoldedArticle(PlacedArticle(item.article, placement), item.features, now), (event,), ()))


def regress(pairs: Sequence[Example], rounds: int = 12) -> tuple[tuple[float, ...], float]:
    """Fit a logistic regression with a ridge penalty by Newton's method.

    Returns:
        Weights in the order of `KINDS`, and the bias.
    """
    size = len(KINDS) + 1
    rows = [((*pair.observed, 1.0), float(pair.same), pair.weight) for pair in pairs]
    found = [0.0] * size
    for _ in range(rounds):
        slope = [-_RIDGE * value for value in found[:-1]] + [0.0]
        curve = [[_RIDGE * (i == j and i < size - 1) for j in range(size)] for i in range(size)]
        for row, same, weight in rows:
            odds = sum(a * b for a, b in zip(found, row, strict=True))
            chance = 1 / (1 + exp(-max(-30.0, min(30.0, odds))))
            push, bend = weight * (same - chance), weight * chance * (1 - chance)
            if bend < 1e-7 and abs(push) < 1e-7:
                continue
            for i, value in enumerate(row):
                if value:
                    slope[i] += push * value
                    line, bent = curve[i], bend * value
                    for j in range(i + 1):
                        line[j] += bent * row[j]
        for i, j in product(range(size), repeat=2):
            if j > i:
                curve[i][j] = curve[j][i]
        move = _solve(curve, slope)
        found = [a + b for a, b in zip(found, move, strict=True)]
        if max(map(abs, move)) < 1e-4:
            break
    return tuple(found[:-1]), found[-1]


def _solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    rows = [[*line, value] for line, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for i in range(size):
        pivot = max(range(i, size), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for r in range(i + 1, size):
            factor = rows[r][i] / rows[i][i]
            if factor:
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[i], strict=True)]
    out = [0.0] * size
    for i in reversed(range(size)):
        out[i] = (rows[i][size] - sum(rows[i][k] * out[k] for k in range(i + 1, size))) / rows[i][i]
    return out


def learn(sets: Sequence[LabelledSet]) -> Model:
    """Learn weights, then the thresholds that score best over whole replays, neighbours counted in."""
    weights, bias = regress([pair for each in sets for pair in examples(each)])
    base = replace(shipped_model(), weights=tuple(round(w, 3) for w in weights), bias=round(bias, 3))
    judges = [each for each in sets if each.say == 1.0]
    grid = {
        (a, b): sum(_f1(replace(base, join=_JOINS[a], merge=_MERGES[b]), each) for each in judges)
        for a, b in product(range(len(_JOINS)), range(len(_MERGES)))
    }

    def smoothed(at: tuple[int, int]) -> float:
        near = [grid[a, b] for a, b in grid if abs(a - at[0]) <= 1 and abs(b - at[1]) <= 1]
        return grid[at] + sum(near) / len(near)

    join, merge = max(grid, key=smoothed)
    return replace(base, join=_JOINS[join], merge=_MERGES[merge])


def _f1(model: Model, labelled: LabelledSet) -> float:
    return float(score(replay(labelled.items, model), labelled.items)["bcubed_f1"])


def cross_validate(sets: Sequence[LabelledSet]) -> dict[str, float]:
    """Score what was held out: each half of each set's stories, and each set as a whole."""
    out: dict[str, float] = {}
    for half in (0, 1):
        model = learn([each.part(half) for each in sets])
        out |= {f"{each.name} half {1 - half}": _f1(model, each.part(1 - half)) for each in sets}
    for left in sets:
        others = [each for each in sets if each is not left]
        if any(each.say == 1.0 for each in others):
            out[f"{left.name} left out"] = _f1(learn(others), left)
    return out


def write_model(model: Model) -> None:
    """Ship what was learned, readable."""
    data = {
        "weights": dict(zip(KINDS, model.weights, strict=True)),
        "bias": model.bias,
        "join": model.join,
        "merge": model.merge,
        "resemblance": model.resemblance,
        "containment": model.containment,
    }
    (_DATA / "model.json").write_text(json.dumps(data, indent=2) + "\n", "utf-8")


def _sets(paths: Iterable[Path], say: float = 1.0) -> list[LabelledSet]:
    return [
        LabelledSet(path.name.split(".")[0], tuple(prepare(story) for story in read_stories(path)), say)
        for path in paths
    ]


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.train_folding", description=__doc__)
    parser.add_argument("--background-table", action="store_true", help="count the background articles anew, first")
    parser.add_argument("--cross-validate", action="store_true", help="report held-out scores; write nothing")
    parser.add_argument(
        "--also", type=Path, action="append", default=[], help="a corpus of made-up stories (newsroom plan)"
    )
    options = parser.parse_args()
    if options.background_table:
        write_background()
    stories = shared() / "data/stories"
    sets = _sets([stories / "giveme5w1h.jsonl.gz", stories / "ecb.jsonl.gz"])
    sets += _sets(options.also, _MADE_UP)
    if options.cross_validate:
        print(json.dumps(cross_validate(sets)))
        return 0
    model = learn(sets)
    write_model(model)
    print(json.dumps({each.name: _f1(model, each) for each in sets}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
