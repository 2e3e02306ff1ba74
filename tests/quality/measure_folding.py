"""Measures folding for its floors: labelled stories alone, among a crowd, copies, and each language by itself."""

import tomllib
from collections.abc import Sequence
from pathlib import Path

from benchmarks.corpora import StoryArticle, read_stories
from benchmarks.folding import Prepared, copies, interleave, prepare, replay, score
from benchmarks.train_folding import newsroom_set
from tests.quality.ratchet import Measurement, corpus_path, fingerprint

_SETS = ("giveme5w1h", "ecb")
# Another than the one that the weights are learned from.
_NEWSROOM_SEED = 11
_LANGUAGES = Path(__file__).with_name("languages.toml")


def _corpus(name: str) -> Path:
    return corpus_path(f"data/stories/{name}.jsonl.gz")


def _background() -> Path:
    return corpus_path("data/stream/background.jsonl.gz")


def _f1(items: Sequence[Prepared]) -> float:
    return float(score(replay(items), items)["bcubed_f1"])


def measure_stories() -> Measurement:
    """B-cubed F1 of each labelled set by itself, of another newsroom than weights are learned on, and copies."""
    values = {name: _f1([prepare(story) for story in read_stories(_corpus(name))]) for name in _SETS}
    values["newsroom"] = _f1(newsroom_set(_NEWSROOM_SEED).items)
    wire = [prepare(story) for story in read_stories(_corpus("helsinki"))]
    found = copies(wire, replay(wire))
    values |= {"copies_recall": float(found["recall"]), "copies_precision": float(found["precision"])}
    return Measurement(fingerprint([*map(_corpus, _SETS), _corpus("helsinki")]), values)


def measure_crowd() -> Measurement:
    """What is left of the F1 of the dated set among the articles of the background: 1 is all of it."""
    crowd = {story.key: prepare(story) for story in read_stories(_background())}
    alone = [prepare(story) for story in read_stories(_corpus("giveme5w1h"))]
    own = {item.story.key: item for item in alone}
    stream = interleave([item.story for item in alone], [item.story for item in crowd.values()])
    among = [own.get(story.key) or crowd[story.key] for story in stream]
    kept = 1 - max(0.0, _f1(alone) - _f1(among))
    return Measurement(fingerprint([_background(), _corpus("giveme5w1h")]), {"giveme5w1h_kept": kept})


def measure_languages() -> Measurement:
    """B-cubed F1 of each language's made-up stories by themselves."""
    values = {
        language: _f1(
            [
                prepare(StoryArticle(f"{language}{i}", None, headline, text, None, story))
                for i, (story, headline, text) in enumerate(rows)
            ]
        )
        for language, rows in tomllib.loads(_LANGUAGES.read_text("utf-8")).items()
    }
    return Measurement(fingerprint([_LANGUAGES]), values)
