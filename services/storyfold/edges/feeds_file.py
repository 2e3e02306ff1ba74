"""The feeds file on disk, and with it the user's own families of publishers."""

from pathlib import Path

from storyfold.feeds.families import Families, read_families, shipped_families
from storyfold.feeds.listing import FeedList, read_feeds


class DiskFeedsFile:
    """An OPML or TOML file; implements `storyfold.pipeline.registry.FeedsFile`.

    Args:
        path: of the file; its suffix says its format.
        publishers: a table of families that adds to the shipped one; None for none.
    """

    def __init__(self, path: Path, publishers: Path | None = None) -> None:
        self._path = path
        self._publishers = publishers

    def mark(self) -> object | None:
        """Time and size of both files, to the nanosecond and byte; None where the feeds file is not there."""
        feeds = _mark(self._path)
        return None if feeds is None else (feeds, None if self._publishers is None else _mark(self._publishers))

    def read(self) -> FeedList:
        """Read and parse both; what is wrong stands in the complaints."""
        text = _text(self._path, "set feeds.file to your list of feeds")
        if isinstance(text, FeedList):
            return text
        families, complaints = self._families()
        listed = read_feeds(text, self._path.suffix, families)
        return FeedList(listed.sources, (*listed.complaints, *complaints))

    def _families(self) -> tuple[Families, tuple[str, ...]]:
        if self._publishers is None:
            return shipped_families(), ()
        text = _text(self._publishers, "mend it, or set publishers.file to another table of families")
        if isinstance(text, FeedList):
            return shipped_families(), text.complaints
        own, complaints = read_families(text)
        return shipped_families().extended(own), tuple(f"{self._publishers}: {each}" for each in complaints)


def _mark(path: Path) -> object | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _text(path: Path, advice: str) -> str | FeedList:
    """The text of a file, or no feeds and the reason why there is none."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        return FeedList((), (f"{path} is not UTF-8 text (byte {error.start}): save it as UTF-8",))
    except OSError as error:
        return FeedList((), (f"{path} cannot be read: {error.strerror}; {advice}",))
