"""What extraction scores on the corpus of pages with bodies typed out by people."""

from datetime import UTC, datetime

from benchmarks.extraction import ours, page_of, read_corpus, score
from tests.quality.ratchet import Measurement, corpus_path, fingerprint

# Dates behind the time of sight are clamped to it: fixed, so that the same pages give the same answers on any day.
SEEN_AT = datetime(2026, 1, 1, tzinfo=UTC)


def measure_aeb() -> Measurement:
    """Score our extraction on article-extraction-benchmark's pages; texts are all that its manifest knows."""
    folder = corpus_path("data/extraction/aeb")
    truths = read_corpus(folder)
    scored = score(truths, [ours(page_of(truth, SEEN_AT)) for truth in truths])
    corpus = fingerprint([folder / "manifest.jsonl", *(folder / "html").glob("*.html.gz")])
    return Measurement(
        corpus, {name: value for name in ("f1", "precision", "recall") if (value := scored[name]) is not None}
    )
