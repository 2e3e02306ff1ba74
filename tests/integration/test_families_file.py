"""The table of families beside the feeds file."""

from pathlib import Path

from storyfold.edges.feeds_file import DiskFeedsFile


def test_families_are_read_with_the_feeds_and_looked_after(tmp_path: Path) -> None:
    """A change of either file changes the mark; a table that cannot be read costs a complaint, no feed."""
    feeds, publishers = tmp_path / "feeds.toml", tmp_path / "publishers.toml"
    file = DiskFeedsFile(feeds, publishers)
    assert file.mark() is None
    feeds.write_text('[[feeds]]\nurl = "https://a.example/rss"\n')
    missing = file.mark()
    listed = file.read()
    assert "a.example" == listed.sources[0].publisher.publisher_id
    assert "publishers.toml cannot be read" in listed.complaints[0]

    publishers.write_text('[[families]]\nid = "house"\ndomains = ["a.example"]\nx = 1\n')
    assert missing != file.mark()
    listed = file.read()
    assert "house" == listed.sources[0].publisher.publisher_id
    assert f"{publishers}: family 1: 'x' is ignored" in listed.complaints[0]
    publishers.write_bytes(b"\xff")
    assert "is not UTF-8 text" in file.read().complaints[0]
    assert "a.example" == DiskFeedsFile(feeds).read().sources[0].publisher.publisher_id
