"""The feeds file on disk."""

import os
from pathlib import Path

from storyfold.edges.feeds_file import DiskFeedsFile

FEED = '[[feeds]]\nurl = "https://news.example/rss.xml"\n'


def test_the_mark_changes_with_the_file(tmp_path: Path) -> None:
    """It is the same while nothing changes, another after any change, and None where there is no file."""
    path = tmp_path / "feeds.toml"
    file = DiskFeedsFile(path)
    assert file.mark() is None
    path.write_text(FEED)
    first = file.mark()
    assert first is not None
    assert first == file.mark()
    path.write_text(FEED.replace("news", "noon"))
    os.utime(path, ns=(1, 1))
    assert first != file.mark()


def test_a_good_file_has_no_complaints(tmp_path: Path) -> None:
    """Its feeds are read."""
    path = tmp_path / "feeds.toml"
    path.write_text(FEED)
    listed = DiskFeedsFile(path).read()
    assert ["https://news.example/rss.xml"] == [source.url for source in listed.sources]
    assert () == listed.complaints


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    """A missing file, a folder and bytes that are no text each give a complaint that says what to do."""
    (missing,) = DiskFeedsFile(tmp_path / "none.toml").read().complaints
    assert "cannot be read: No such file or directory; set feeds.file to your list of feeds" in missing
    (folder,) = DiskFeedsFile(tmp_path).read().complaints
    assert "cannot be read: Is a directory" in folder
    path = tmp_path / "feeds.opml"
    path.write_bytes(b"<opml>\xff</opml>")
    (bytes_,) = DiskFeedsFile(path).read().complaints
    assert "is not UTF-8 text (byte 6): save it as UTF-8" in bytes_


def test_a_broken_file_gives_complaints_and_no_feeds(tmp_path: Path) -> None:
    """A TOML file cut off in the middle."""
    path = tmp_path / "feeds.toml"
    path.write_text("[[feeds]\nurl = ")
    listed = DiskFeedsFile(path).read()
    assert () == listed.sources
    assert listed.complaints
