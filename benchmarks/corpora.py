"""Corpora: where they lie, entries that lead to their pages, and stories as ../shared/data/README.md describes them."""

import gzip
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from storyfold.model.entries import Entry
from storyfold.model.identity import EntryId

_REPOSITORY = Path(__file__).resolve().parent.parent


def shared() -> Path:
    """Where the corpora lie: beside the repository, or where ``STORYFOLD_SHARED`` says."""
    return Path(os.environ.get("STORYFOLD_SHARED", _REPOSITORY.parent / "shared"))


def bare_entry(entry_id: EntryId, url: str) -> Entry:
    """An entry of a feed that says nothing of it but its link."""
    return Entry(
        entry_id=entry_id,
        guid=None,
        url=url,
        title="",
        summary="",
        content="",
        authors=(),
        published_at=None,
        updated_at=None,
        date_clamped=False,
        categories=(),
        image=None,
        language=None,
        content_hash="",
    )


@dataclass(frozen=True, slots=True)
class StoryArticle:
    """A line of a story corpus; `story` is None where the true event is unknown."""

    key: str
    url: str | None
    title: str
    text: str
    published: datetime | None
    story: str | None


def read_stories(path: Path) -> Iterator[StoryArticle]:
    """Read a corpus in the file's order.

    Args:
        path: JSON lines, gzipped where the name ends in ``.gz``.
    """
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for line in lines:
            item = json.loads(line)
            yield StoryArticle(
                key=str(item["id"]),
                url=item.get("url"),
                title=item.get("title") or "",
                text=item.get("text") or "",
                published=moment(item.get("published")),
                story=item.get("story"),
            )


def moment(text: str | None) -> datetime | None:
    """Read a date as corpora write it: ISO 8601, or month/day/two digits of the year; UTC where no zone is given."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        try:
            found = datetime.strptime(text, "%m/%d/%y").replace(tzinfo=UTC)
        except ValueError:
            return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
