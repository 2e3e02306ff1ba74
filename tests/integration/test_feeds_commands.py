"""The feeds file through the functions behind `storyfold feeds`."""

from dataclasses import replace
from pathlib import Path

import pytest

from storyfold.app import feeds
from storyfold.app.unable import Unable
from storyfold.config.settings import FeedsSettings, Settings

STARTER = Path(__file__).parent.parent.parent / "deploy" / "feeds.starter.opml"


def settings_in(folder: Path, name: str = "feeds.opml") -> Settings:
    return replace(Settings(), data_dir=folder / "var", feeds=FeedsSettings(folder / name))


@pytest.mark.parametrize("name", ["feeds.opml", "feeds.toml"])
def test_feeds_come_and_go(tmp_path: Path, name: str) -> None:
    """Added feeds are listed, removed ones are not, and the last one leaves a file that can be added to."""
    settings = settings_in(tmp_path, name)
    feeds.add_feed(settings, "https://a.example/rss", "A")
    feeds.add_feed(settings, "https://b.example/rss", "")
    assert ("https://a.example/rss", "https://b.example/rss") == feeds.registered(settings)
    feeds.remove_feed(settings, "https://a.example/rss")
    feeds.remove_feed(settings, "https://B.example/rss")
    feeds.add_feed(settings, "https://c.example/rss", "")
    (listed,) = feeds.list_feeds(settings)
    assert ("https://c.example/rss", None) == (listed.source.url, listed.polled)


def test_the_starter_list_is_whole(tmp_path: Path) -> None:
    """Some 30 feeds of several countries and languages, each with its house, and nothing to complain about."""
    settings = settings_in(tmp_path, "mine.toml")
    done = feeds.import_feeds(settings, STARTER)
    assert 30 <= len(done.added)
    again = feeds.import_feeds(settings, STARTER)
    assert ((), len(done.added)) == (again.added, again.known)
    sources = [listed.source for listed in feeds.list_feeds(settings)]
    assert len({source.language for source in sources}) >= 6
    assert all(source.publisher.name != source.publisher.domain for source in sources)


def test_export_can_be_imported(tmp_path: Path) -> None:
    """What is exported is the same list again."""
    first, second = settings_in(tmp_path, "a.opml"), settings_in(tmp_path, "b.opml")
    feeds.import_feeds(first, STARTER)
    (tmp_path / "out.opml").write_text(feeds.export_feeds(first), encoding="utf-8")
    feeds.import_feeds(second, tmp_path / "out.opml")
    assert [each.source for each in feeds.list_feeds(first)] == [each.source for each in feeds.list_feeds(second)]


def test_mistakes_are_answered(tmp_path: Path) -> None:
    """A feed that is there already, one that is not, what is no address, and a file that is none."""
    settings = settings_in(tmp_path)
    with pytest.raises(Unable, match="is not there: add a feed"):
        feeds.list_feeds(settings)
    feeds.add_feed(settings, "https://a.example/rss", "")
    with pytest.raises(Unable, match="already"):
        feeds.add_feed(settings, "https://A.example/rss", "")
    with pytest.raises(Unable, match="is not in"):
        feeds.remove_feed(settings, "https://b.example/rss")
    with pytest.raises(Unable, match="address of a feed looks like") as caught:
        feeds.add_feed(settings, "ftp://a.example/rss", "")
    assert 2 == caught.value.status
    (tmp_path / "broken.toml").write_text("[[feeds]\n")
    with pytest.raises(Unable, match="cannot be used"):
        feeds.add_feed(settings_in(tmp_path, "broken.toml"), "https://a.example/rss", "")


def test_a_file_that_cannot_be_edited_safely_is_left_as_it_was(tmp_path: Path) -> None:
    """A feed that holds others is not cut out by force."""
    text = '<opml><body><outline xmlUrl="https://a.example/"><outline xmlUrl="https://b.example/"/></outline></body></opml>'
    (tmp_path / "feeds.opml").write_text(text)
    with pytest.raises(Unable, match="change it by hand"):
        feeds.remove_feed(settings_in(tmp_path), "https://a.example/")
    assert text == (tmp_path / "feeds.opml").read_text()


def test_rights_and_links_of_the_file_stay(tmp_path: Path) -> None:
    """Replacing the text keeps who may read it, and a symbolic link stays one."""
    real = tmp_path / "real.opml"
    feeds.add_feed(settings_in(tmp_path, "real.opml"), "https://a.example/rss", "")
    real.chmod(0o640)
    (tmp_path / "feeds.opml").symlink_to(real)
    feeds.add_feed(settings_in(tmp_path), "https://b.example/rss", "")
    assert (tmp_path / "feeds.opml").is_symlink()
    assert 0o640 == real.stat().st_mode & 0o777
    assert ["feeds.opml", "real.opml"] == sorted(file.name for file in tmp_path.iterdir())
