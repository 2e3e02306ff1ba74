"""Learns what folding ships: ``python -m benchmarks.train_folding [--background-table] [--cross-validate]``.

Writes `events/data/background.txt` (document frequencies of the background articles: counts, no text) and
`events/data/model.json` (weights of a logistic regression over pairs of articles of labelled stories, and the two
thresholds). ``--cross-validate`` learns weights from all sets but one, or from half of the stories of each set, and
reports the scores on what was held out at the shipped thresholds, without writing anything.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from math import log, sqrt
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.corpora import read_stories, shared
from benchmarks.folding import Prepared, prepare, replay, score
from newsroom import corpus
from newsroom.model import HabitLevel
from newsroom.plan import Size, compose
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
# Pairs with a cosine of less than .1 over all words are never in doubt; learning from them draws the line elsewhere.
_LEAST_ALIKE = log(0.1 + 0.03)
_RIDGE = 3.0
_SET_WEIGHT = 1500.0
_JOINS = (-1.5, -1.25, -1.0, -0.75)
_MERGES = (0.0, 0.5)
# Made-up stories are sharper than real ones: they count a third in learning and
# have no say in the choice of the thresholds, which they would draw too tight for the real ones.
_MADE_UP = 1 / 3
# Of this seed; tests measure on another.
_NEWSROOM_SEED = 7
_NEWSROOM = Size(publishers=20, happenings=100, habits=HabitLevel.ALL, round_ups=True)


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
    """Observe all pairs of a set's articles as folding meets them, each story with the same say whatever its size.

    When articles were published is withheld, so that time between publication gets no weight: how far apart reports of
    one event come says how a set was gathered, and one of three days makes stories of months fall apart.
    """
    window = Window(FoldPolicy())
    sizes = Counter(item.story.story for item in labelled.items)
    told: dict[str | None, Article] = {}
    profiles: list[Profile] = []
    out: list[Example] = []
    for item in labelled.items:
        probe = window.probe(item.features, None)
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


def regress(pairs: Sequence[Example], rounds: int = 20) -> tuple[tuple[float, ...], float]:
    """Fit a logistic regression with a ridge penalty by Newton's method.

    Returns:
        Weights in the order of `KINDS`, and the bias.
    """
    rows = np.array([(*pair.observed, 1.0) for pair in pairs])
    same = np.array([float(pair.same) for pair in pairs])
    weights = np.array([pair.weight for pair in pairs])
    ridge = _RIDGE * np.eye(rows.shape[1])
    ridge[-1, -1] = 0.0
    found = np.zeros(rows.shape[1])
    for _ in range(rounds):
        chance = 1 / (1 + np.exp(-np.clip(rows @ found, -30, 30)))
        slope = rows.T @ (weights * (same - chance)) - ridge @ found
        curve = (rows * (weights * chance * (1 - chance))[:, None]).T @ rows + ridge
        move = np.linalg.solve(curve, slope)
        found += move
        if np.abs(move).max() < 1e-6:
            break
    return tuple(found[:-1].tolist()), float(found[-1])


def weigh(sets: Sequence[LabelledSet]) -> Model:
    """Learn weights; the thresholds are the shipped ones."""
    weights, bias = regress([pair for each in sets for pair in examples(each)])
    return replace(shipped_model(), weights=tuple(round(w, 3) for w in weights), bias=round(bias, 3))


def learn(sets: Sequence[LabelledSet]) -> Model:
    """Learn weights, then the thresholds that score best over whole replays, neighbours counted in."""
    base = weigh(sets)
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
    """Score what was held out at the shipped thresholds: each real set as a whole, and half of each set's stories."""
    out: dict[str, float] = {}
    for left in sets:
        if left.say == 1.0:
            out[f"{left.name} left out"] = _f1(weigh([each for each in sets if each is not left]), left)
            print(json.dumps(out), file=sys.stderr)
    for half in (0, 1):
        model = weigh([each.part(half) for each in sets])
        out |= {f"{each.name} half {1 - half}": _f1(model, each.part(1 - half)) for each in sets}
        print(json.dumps(out), file=sys.stderr)
    return out


def write_model(model: Model) -> None:
    """Ship what was learned, readable."""
    data = {
        "weights": dict(zip(KINDS, model.weights, strict=True)),
        "bias": model.bias,
        "join": model.join,
        "merge": model.merge,
        "rejoin": model.rejoin,
        "resemblance": model.resemblance,
        "containment": model.containment,
    }
    (_DATA / "model.json").write_text(json.dumps(data, indent=2) + "\n", "utf-8")


def newsroom_set(seed: int, size: Size = _NEWSROOM) -> LabelledSet:
    """Stories of the simulated press, every hard case among them."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "newsroom.jsonl"
        corpus.write(compose(seed, size, datetime(2026, 3, 2, tzinfo=UTC), timedelta(hours=72)), path)
        return LabelledSet("newsroom", tuple(prepare(story) for story in read_stories(path)), _MADE_UP)


def _sets() -> list[LabelledSet]:
    paths = [shared() / f"data/stories/{name}.jsonl.gz" for name in ("giveme5w1h", "ecb")]
    real = [LabelledSet(path.name.split(".")[0], tuple(map(prepare, read_stories(path)))) for path in paths]
    return [*real, newsroom_set(_NEWSROOM_SEED)]


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.train_folding", description=__doc__)
    parser.add_argument("--background-table", action="store_true", help="count the background articles anew, first")
    parser.add_argument("--cross-validate", action="store_true", help="report held-out scores; write nothing")
    options = parser.parse_args()
    if options.background_table:
        write_background()
    sets = _sets()
    if options.cross_validate:
        print(json.dumps(cross_validate(sets)))
        return 0
    model = learn(sets)
    write_model(model)
    print(json.dumps({each.name: _f1(model, each) for each in sets}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
