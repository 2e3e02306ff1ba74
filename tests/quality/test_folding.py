"""Folding's floors, and that it is deterministic."""

import os
import subprocess
import sys
from pathlib import Path

from tests.quality.measure_folding import measure_crowd, measure_languages, measure_stories
from tests.quality.measure_voices import measure_voices
from tests.quality.ratchet import REPOSITORY, assert_holds, corpus_path

_DIGEST = """
import hashlib, sys
from itertools import islice
from pathlib import Path
from benchmarks.corpora import read_stories
from benchmarks.folding import prepare, replay
items = [prepare(story) for story in islice(read_stories(Path(sys.argv[1])), 120)]
window = replay(items).window
events = [window.document(window.resolve(window.known(item.article.article_id).event_id)) for item in items]
print(hashlib.sha256(repr(events).encode()).hexdigest())
"""


def _floors(name: str) -> Path:
    return Path(__file__).with_name(f"floors_folding_{name}.json")


def test_stories_are_told_apart_as_well_as_they_were() -> None:
    """B-cubed F1 on stories with known events, and the copies that are found, hold their floors."""
    assert_holds(_floors("stories"), measure_stories())


def test_a_crowd_does_not_hide_stories() -> None:
    """Stories streamed among thousands of other articles are told apart almost as well as by themselves."""
    assert_holds(_floors("crowd"), measure_crowd())


def test_every_language_folds_well_in_itself() -> None:
    """Made-up stories in seven languages, twins among them, hold their floors."""
    assert_holds(_floors("languages"), measure_languages())


def test_voices_behind_an_event_are_counted_as_they_are() -> None:
    """Copies are led to the text whose words they carry, and ten houses with one agency's text are one voice."""
    assert_holds(_floors("voices"), measure_voices())


def test_folding_is_the_same_under_any_hash_seed() -> None:
    """Two processes with other hash seeds make equal events of the same articles."""
    path = corpus_path("data/stories/giveme5w1h.jsonl.gz")
    seen = {
        subprocess.run(
            [sys.executable, "-c", _DIGEST, str(path)],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": f"{REPOSITORY / 'services'}:{REPOSITORY}"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert [64] == [len(each) for each in seen]
