"""The feeds file on disk."""

from pathlib import Path

from storyfold.feeds.listing import FeedList, read_feeds


class DiskFeedsFile:
    """An OPML or TOML file; implements `storyfold.pipeline.registry.FeedsFile`.

    Args:
        path: of the file; its suffix says its format.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def mark(self) -> object | None:
        """Time and size, to the nanosecond and byte; None where the file is not there."""
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino

    def read(self) -> FeedList:
        """Read and parse it; what is wrong stands in the complaints."""
        try:
            text = self._path.read_text("utf-8")
        except UnicodeDecodeError as error:
            return FeedList((), (f"{self._path} is not UTF-8 text (byte {error.start}): save it as UTF-8",))
        except OSError as error:
            return FeedList(
                (), (f"{self._path} cannot be read: {error.strerror}; set feeds.file to your list of feeds",)
            )
        return read_feeds(text, self._path.suffix)
