"""Extraction against a corpus of pages, beside trafilatura in the same run.

``python -m benchmarks.extraction --corpus DIR``. The corpus is a ``manifest.jsonl`` (id, url, html, title, text,
published, authors) with gzipped pages beside it. CPU time is taken page by page, ours and the baseline's in turn, so
that noise meets both; the first pages are read once before to warm up. Headlines are compared after Unicode NFKC and
white-space normalisation only, dates to the day, authors as sets; each is null where no page of the corpus has a truth.
The last line is one JSON object.
"""

import argparse
import gzip
import json
import logging
import sys
import time
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import fmean
from typing import Any

from trafilatura import bare_extraction

from benchmarks.corpora import bare_entry
from benchmarks.shingles import Overlap, overlap, page_f1, scores
from storyfold.articles.extract import extract_page
from storyfold.model.feeds import FeedSource, Publisher
from storyfold.model.identity import EntryId, FeedId, PublisherId
from storyfold.model.page import NoArticle, Page

_WARM_UP = 20


@dataclass(frozen=True, slots=True)
class Truth:
    """One page of a corpus."""

    id: str
    url: str
    html: bytes
    title: str | None
    text: str
    published: str | None
    authors: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What an extractor made of a page."""

    text: str
    headline: str
    published: date | datetime | None
    authors: tuple[str, ...]


def read_corpus(folder: Path) -> tuple[Truth, ...]:
    """Read a corpus's manifest and pages."""
    rows = [json.loads(line) for line in (folder / "manifest.jsonl").read_text("utf-8").splitlines() if line.strip()]
    return tuple(
        Truth(
            id=row["id"],
            url=row["url"],
            html=gzip.decompress((folder / row["html"]).read_bytes()),
            title=row.get("title"),
            text=row.get("text") or "",
            published=row.get("published"),
            authors=None if row.get("authors") is None else _names(row["authors"]),
        )
        for row in rows
    )


def page_of(truth: Truth, seen_at: datetime) -> Page:
    """The page as the read stage would hand it over, from a feed that says nothing of it but its link."""
    entry = bare_entry(EntryId(truth.id), truth.url)
    source = FeedSource(FeedId("benchmark"), "", Publisher(PublisherId(""), "", ""), "")
    return Page(url=truth.url, body=truth.html, content_type="text/html", entry=entry, source=source, seen_at=seen_at)


def ours(page: Page) -> Answer:
    """Extract with storyfold."""
    found = extract_page(page)
    if isinstance(found, NoArticle):
        return Answer("", "", None, ())
    published = found.published_at.at if found.published_at else None
    return Answer(found.body, found.headline, published, found.authors)


def baseline(page: Page) -> Answer:
    """Extract with trafilatura as it comes."""
    found: Any = bare_extraction(page.body, url=page.url, with_metadata=True)
    if found is None:
        return Answer("", "", None, ())
    names = tuple(name.strip() for name in (found.author or "").split(";") if name.strip())
    return Answer(found.text or "", found.title or "", date.fromisoformat(found.date) if found.date else None, names)


def measure(truths: tuple[Truth, ...], seen_at: datetime) -> dict[str, float | None]:
    """Run both extractors over a corpus and score them; the keys are the benchmark's."""
    pages = [page_of(truth, seen_at) for truth in truths]
    for page in pages[:_WARM_UP]:
        ours(page)
        baseline(page)
    answers: dict[str, list[Answer]] = {"": [], "baseline_": []}
    spent = {"": 0.0, "baseline_": 0.0}
    extractors: dict[str, Callable[[Page], Answer]] = {"": ours, "baseline_": baseline}
    for page in pages:
        for prefix, extract in extractors.items():
            started = time.process_time()
            answers[prefix].append(extract(page))
            spent[prefix] += time.process_time() - started
    result: dict[str, float | None] = {}
    for prefix, found in answers.items():
        for key, value in score(truths, found).items():
            result[prefix + key] = value
        result[prefix + "cpu_ms_per_page"] = 1000 * spent[prefix] / max(1, len(pages))
    result["cpu_ratio"] = spent[""] / spent["baseline_"] if spent["baseline_"] else None
    result["pages"] = len(pages)
    return result


def score(truths: tuple[Truth, ...], answers: list[Answer]) -> dict[str, float | None]:
    """Score one extractor's answers."""
    pairs = list(zip(truths, answers, strict=True))
    text = scores(overlaps(truths, answers))
    return {
        "f1": text.f1,
        "precision": text.precision,
        "recall": text.recall,
        "headline_accuracy": _share(normal(t.title) == normal(a.headline) for t, a in pairs if t.title),
        "date_accuracy": _share(same_day(t.published, a.published) for t, a in pairs if t.published),
        "author_accuracy": _share(
            {normal(name) for name in t.authors} == {normal(name) for name in a.authors}
            for t, a in pairs
            if t.authors is not None
        ),
    }


def overlaps(truths: tuple[Truth, ...], answers: list[Answer]) -> list[Overlap]:
    """Shingles of each page, true and found."""
    return [overlap(truth.text, answer.text) for truth, answer in zip(truths, answers, strict=True)]


def normal(text: str) -> str:
    """NFKC, white space run together."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def same_day(true: str, found: date | datetime | None) -> bool:
    """Whether a found date falls on the true day, in the zone of the truth where both have one."""
    if found is None:
        return False
    try:
        wanted = datetime.fromisoformat(true)
    except ValueError:
        return False
    if isinstance(found, datetime):
        if wanted.tzinfo is not None and len(true) > 10:
            return found.astimezone(wanted.tzinfo).date() == wanted.date()
        return found.date() == wanted.date()
    return found == wanted.date()


def _names(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _share(hits: Iterable[bool]) -> float | None:
    found = [float(hit) for hit in hits]
    return fmean(found) if found else None


def _report(truths: tuple[Truth, ...], seen_at: datetime, count: int) -> None:
    answers = [ours(page_of(truth, seen_at)) for truth in truths]
    ranked = sorted(zip(overlaps(truths, answers), truths, strict=True), key=lambda pair: page_f1(pair[0]))
    for page, truth in ranked[:count]:
        print(f"{page_f1(page):.3f} tp {page.tp} fp {page.fp} fn {page.fn} {truth.url}")


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.extraction", description=main.__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="folder with manifest.jsonl")
    parser.add_argument("--worst", type=int, default=0, help="also list so many of the worst pages")
    options = parser.parse_args(arguments)
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    truths = read_corpus(options.corpus)
    seen_at = datetime.now(UTC)
    if options.worst:
        _report(truths, seen_at, options.worst)
    print(
        json.dumps(
            {key: value if value is None else round(value, 5) for key, value in measure(truths, seen_at).items()}
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
