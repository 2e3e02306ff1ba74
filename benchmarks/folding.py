"""How well and how fast folding works: ``python -m benchmarks.folding --corpus FILE [--background FILE]``.

The file is replayed in its order, one article after the other, at the shipped settings. The clock of the replay moves
a second an article, so that the whole file lies in the window; when articles were published is evidence and nothing
else. With ``--background`` its articles are streamed in between, by date where both have dates, else evenly; scores
are taken over the articles whose story is known. ``--duplicates`` compares the copies that folding finds with the
exact 5-gram Jaccard index instead.

Times are CPU times of the one thread that folds (nothing here waits), so that neighbours on the machine do not show.
"""

import argparse
import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path

from benchmarks.corpora import StoryArticle, read_stories
from storyfold.events.bcubed import agreement
from storyfold.events.copies import hashes_of, overlap
from storyfold.events.curation import Decided, Told, divide
from storyfold.events.features import features_of
from storyfold.events.fold import fold
from storyfold.events.likeness import Model
from storyfold.events.policy import FoldPolicy
from storyfold.events.repair import rift
from storyfold.events.window import Window
from storyfold.events.words import plain_words
from storyfold.model.articles import Article, ArticleChange, BodySource, Dated, DateSource, PlacementKind, Quality
from storyfold.model.commit import FoldedArticle
from storyfold.model.features import Features
from storyfold.model.feeds import Publisher
from storyfold.model.identity import ArticleId, EntryId, FeedId, PublisherId, article_id_of

_START = datetime(2026, 1, 1, tzinfo=UTC)
_COPY = 0.5


@dataclass(frozen=True, slots=True)
class Prepared:
    """An article with its features, ready to be folded."""

    story: StoryArticle
    article: Article
    features: Features


@dataclass(frozen=True, slots=True)
class Replay:
    """What folding made of a corpus: the window behind the last article, seconds for each article, and counts."""

    window: Window
    seconds: tuple[float, ...]
    versions: int
    splits: int


def prepare(story: StoryArticle) -> Prepared:
    """Make an article of a line of a corpus and compute its features, as the read stage does."""
    url = story.url or f"urn:corpus:{story.key}"
    house = url.split("/")[2] if "//" in url else "corpus"
    article = Article(
        article_id=article_id_of(story.key),
        version=1,
        change=ArticleChange.NEW,
        url=url,
        canonical_url=url,
        entry_id=EntryId(story.key),
        feed_id=FeedId("corpus"),
        publisher=Publisher(PublisherId(house.removeprefix("www.")), house, house),
        headline=story.title,
        body=story.text,
        body_source=BodySource.PAGE,
        quality=Quality.FULL,
        language=None,
        authors=(),
        published_at=None if story.published is None else Dated(story.published, DateSource.FEED),
        modified_at=None,
        first_seen_at=_START,
    )
    return Prepared(story, article, features_of(story.title, story.text, None))


def interleave(corpus: Sequence[StoryArticle], background: Sequence[StoryArticle]) -> list[StoryArticle]:
    """Stream background articles in between: by date where all the corpus is dated, else evenly."""
    if all(item.published for item in corpus):
        dated = sorted(background, key=lambda item: item.published or _START)
        out: list[StoryArticle] = []
        at = 0
        for item in corpus:
            while at < len(dated) and (dated[at].published or _START) <= (item.published or _START):
                out.append(dated[at])
                at += 1
            out.append(item)
        return out + dated[at:]
    out = []
    for i, item in enumerate(corpus):
        out += background[i * len(background) // len(corpus) : (i + 1) * len(background) // len(corpus)]
        out.append(item)
    return out


def replay(items: Iterable[Prepared], model: Model | None = None) -> Replay:
    """Fold articles one after the other."""
    window = Window(FoldPolicy(), model)
    seconds: list[float] = []
    versions = splits = 0
    kept: dict[ArticleId, FoldedArticle] = {}
    for i, item in enumerate(items):
        now = _START + timedelta(seconds=i)
        begun = time.thread_time()
        folding = fold(window, item.article, item.features, now)
        window.absorb(folding)
        kept[item.article.article_id] = folding.folded
        splits += repair(window, kept, now)
        seconds.append(time.thread_time() - begun)
        versions += len(folding.changes)
    return Replay(window, tuple(seconds), versions, splits)


def repair(window: Window, kept: dict[ArticleId, FoldedArticle], now: datetime) -> int:
    """Split the events that turn out to be two, as the service does behind each commit; returns how many did."""
    splits = 0
    for event_id in window.take_grown():
        held = window.held(event_id)
        found = None if held is None else rift(window, held)
        if held is None or found is None:
            continue
        articles = tuple(
            folded
            for key, folded in kept.items()
            if (known := window.known(key)) and window.held(known.event_id) is held
        )
        decided = divide(Told(window.document(event_id), articles), frozenset(found.leaving), found.evidence(), now)
        if isinstance(decided, Decided):
            moved = [replace(each, packed=window.packed_again(each)) for each in decided.articles]
            kept.update((each.placed.article.article_id, each) for each in moved)
            window.divide(moved, decided.events)
            splits += 1
    return splits


def event_of(window: Window, article_id: ArticleId) -> str:
    """The event that an article belongs to in the end, merges followed."""
    known = window.known(article_id)
    return str(article_id) if known is None else str(window.resolve(known.event_id))


def score(done: Replay, items: Sequence[Prepared]) -> dict[str, float | int]:
    """Compare what folding made with the truth, over the articles whose story is known."""
    labelled = [item for item in items if item.story.story is not None]
    predicted = [event_of(done.window, item.article.article_id) for item in labelled]
    found = agreement(predicted, [item.story.story for item in labelled])
    ours = set(predicted)
    strays = Counter(event_of(done.window, item.article.article_id) for item in items if item.story.story is None)
    times = sorted(done.seconds)
    return {
        "articles": len(items),
        "labelled": len(labelled),
        "events": len(ours),
        "bcubed_precision": round(found.precision, 4),
        "bcubed_recall": round(found.recall, 4),
        "bcubed_f1": round(found.f1, 4),
        "pairwise_f1": round(found.pairwise_f1, 4),
        "splits": done.splits,
        "strays": sum(count for event, count in strays.items() if event in ours),
        "articles_per_second": round(len(times) / sum(times), 1),
        "p99_ms": round(1000 * times[int(0.99 * (len(times) - 1))], 3),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def _grams(text: str) -> set[tuple[str, ...]]:
    words = plain_words(text)
    return set(zip(*(words[i:] for i in range(5)), strict=False))


def copies(items: Sequence[Prepared], done: Replay) -> dict[str, float | int]:
    """Compare the copies found with the exact Jaccard index of word 5-grams, pair by pair and article by article."""
    grams = [_grams(item.story.text) for item in items]
    sketches = [hashes_of(item.features.sketch) for item in items]
    alike: set[tuple[int, int]] = set()
    found: set[tuple[int, int]] = set()
    for i, j in combinations(range(len(items)), 2):
        shared = len(grams[i] & grams[j])
        if shared and shared / (len(grams[i]) + len(grams[j]) - shared) >= _COPY:
            alike.add((i, j))
    position = {item.article.article_id: i for i, item in enumerate(items)}
    window = Window(FoldPolicy())
    for j, item in enumerate(items):
        for known in window.overlapping(sketches[j]):
            i = position[known.article_id]
            if overlap(sketches[j], item.features.shingles, known.sketch, known.shingles).resemblance >= _COPY:
                found.add((i, j))
        window.absorb(fold(window, item.article, item.features, _START + timedelta(seconds=j)))
    placed = [
        j
        for j, item in enumerate(items)
        if (kept := done.window.known(item.article.article_id)) and kept.kind is PlacementKind.DUPLICATE
    ]
    copied = {j for _, j in alike}
    hits = len(alike & found)
    return {
        "articles": len(items),
        "true_pairs": len(alike),
        "found_pairs": len(found),
        "recall": round(hits / len(alike), 4),
        "precision": round(hits / len(found), 4),
        "placed_as_duplicates": len(placed),
        "copies_of_earlier": len(copied),
        "placed_recall": round(len(copied & set(placed)) / len(copied), 4),
        "placed_precision": round(len(copied & set(placed)) / len(placed), 4),
    }


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.folding", description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="story corpus, JSON lines, gzipped or not")
    parser.add_argument("--background", type=Path, help="articles streamed in between")
    parser.add_argument("--duplicates", action="store_true", help="score copies instead of events")
    options = parser.parse_args()
    corpus = list(read_stories(options.corpus))
    stream = interleave(corpus, list(read_stories(options.background))) if options.background else corpus
    begun = time.thread_time()
    items = [prepare(story) for story in stream]
    prepared = time.thread_time() - begun
    done = replay(items)
    figures = copies(items, done) if options.duplicates else score(done, items)
    print(json.dumps({**figures, "features_ms": round(1000 * prepared / max(1, len(items)), 3)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
