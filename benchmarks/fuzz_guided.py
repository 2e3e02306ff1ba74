"""Fuzzes extraction guided by coverage, where atheris is installed (it is no part of the lock).

``python -m benchmarks.fuzz_guided -max_total_time=300 -timeout=10 [CORPUS_FOLDER]``: libFuzzer's own options. It
begins with the pages of `benchmarks.fuzz_extraction`; what it finds it writes to a file that, given as an argument,
repeats it.
"""

import logging
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["storyfold"]):
    from benchmarks.extraction import Truth, page_of
    from benchmarks.fuzz_extraction import SEEDS, tried

_SEEN_AT = datetime(2026, 5, 1, tzinfo=UTC)


def read(data: bytes) -> None:
    """Read one page; what goes wrong ends the run."""
    finding = tried(page_of(Truth("0", "https://e.org/2026/04/30/a", data, None, "", None, None), _SEEN_AT), 0)
    if finding is not None:
        raise AssertionError(finding.what)


def main() -> None:
    """Fuzz until libFuzzer ends."""
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="storyfold-fuzz-") as folder:
        for number, seed in enumerate(SEEDS):
            Path(folder, str(number)).write_text(seed, encoding="utf-8")
        atheris.Setup([*sys.argv, folder], read)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
