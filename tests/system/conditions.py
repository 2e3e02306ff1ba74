"""What system tests need beyond the checkout: skipped with a word on a laptop, a failure in CI."""

import os
from pathlib import Path

import pytest


def missing(what: str) -> None:
    """End the test for want of something: skip, or fail where CI is set."""
    if os.environ.get("CI"):
        pytest.fail(f"CI must have it: {what}")
    pytest.skip(what)


def corpus_or_skip(folder: Path) -> Path:
    """The corpora's folder, if it is there."""
    if not folder.is_dir():
        missing(f"the corpora are not at {folder}; set STORYFOLD_SHARED to their parent folder")
    return folder
