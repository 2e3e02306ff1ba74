import pytest

from storyfold.app.feeds_editing import entry_from, entry_of, is_toml, with_entries, without_feed
from storyfold.feeds.listing import read_feeds

OPML = """<?xml version="1.0"?>
<!-- kept by hand; <outline xmlUrl="https://comment.example/"/> -->
<opml version="2.0">
  <body>
    <outline text="World">
      <outline text='A &amp; B' xmlUrl='https://a.example/rss?x=1&amp;y=2'/>
      <outline text="C"
               xmlUrl="https://c.example/rss"></outline>
    </outline>
    <outline text="D" xmlUrl="https://d.example/rss"><outline text="inner"/></outline>
  </body>
</opml>
"""
TOML = """# my feeds
[[feeds]]
url = "https://a.example/rss"
title = "A"

# the next one is slow
[[feeds]]
url = "https://b.example/rss"
"""


def urls(text: str, suffix: str) -> list[str]:
    return [source.url for source in read_feeds(text, suffix).sources]


def test_a_new_file_is_made_around_its_first_feed() -> None:
    """From nothing comes a whole file, in either format."""
    for suffix, toml in ((".opml", False), (".toml", True)):
        made = with_entries("", (entry_of("https://a.example/?x=1&y=2", 'A "b" <c>', toml=toml),), toml=toml)
        assert made is not None
        (source,) = read_feeds(made, suffix).sources
        assert ("https://a.example/?x=1&y=2", 'A "b" <c>') == (source.url, source.title)


def test_a_feed_is_added_at_the_end_and_nothing_else_changes() -> None:
    """Comments, order and layout stay; the new line is the only difference."""
    added = with_entries(OPML, (entry_of("https://e.example/rss", "", toml=False),), toml=False)
    assert added is not None
    new = '    <outline type="rss" xmlUrl="https://e.example/rss"/>'
    assert OPML.splitlines() == [line for line in added.splitlines() if line != new]
    assert "https://e.example/rss" == urls(added, ".opml")[-1]
    longer = with_entries(TOML, (entry_of("https://e.example/rss", "E", toml=True),), toml=True)
    assert longer is not None
    assert longer.startswith(TOML)
    assert "https://e.example/rss" == urls(longer, ".toml")[-1]


@pytest.mark.parametrize("url", ["https://a.example/rss?x=1&y=2", "https://c.example/rss"])
def test_a_feed_is_removed_from_opml_with_its_line(url: str) -> None:
    """However its tag is written, it goes with the line it stood on, and the rest stays."""
    left = without_feed(OPML, url, toml=False)
    assert left is not None
    assert set(urls(OPML, ".opml")) - {url} == set(urls(left, ".opml"))
    assert "kept by hand" in left
    assert "\n\n" not in left


@pytest.mark.parametrize("url", ["https://d.example/rss", "https://comment.example/", "https://nowhere.example/"])
def test_what_cannot_be_removed_safely_is_left(url: str) -> None:
    """A feed that holds others, one in a comment, and one that is not there."""
    assert without_feed(OPML, url, toml=False) is None


def test_a_feed_is_removed_from_toml_with_its_table_alone() -> None:
    """The comment above the next table stays with that one."""
    assert TOML.replace('[[feeds]]\nurl = "https://a.example/rss"\ntitle = "A"\n', "", 1) == without_feed(
        TOML, "https://a.example/rss", toml=True
    )
    assert "# the next one is slow\n" == (without_feed(TOML, "https://b.example/rss", toml=True) or "")[-23:]
    assert without_feed(TOML, "https://nowhere.example/", toml=True) is None


def test_a_feed_that_is_listed_twice_goes_twice() -> None:
    """After a removal the feed is no longer polled, however often it stood there."""
    twice = OPML.replace("  </body>", '    <outline xmlUrl="https://c.example/rss"/>\n  </body>')
    assert "https://c.example/rss" not in urls(without_feed(twice, "https://c.example/rss", toml=False) or "", ".opml")


@pytest.mark.parametrize("toml", [False, True])
def test_all_that_was_said_of_a_feed_is_brought_along(toml: bool) -> None:
    """A feed taken from one file to another keeps its publisher, tags, interval and the rest."""
    outline = '<outline xmlUrl="https://a.example/rss" text="A" interval="5m" country="GB" category="x,y"/>'
    given = f"<opml><body>{outline}</body></opml>"
    (source,) = read_feeds(given, ".opml").sources
    made = with_entries("", (entry_from(source, toml=toml),), toml=toml)
    assert (source,) == read_feeds(made or "", ".toml" if toml else ".opml").sources


def test_an_opml_file_without_a_body_cannot_be_added_to() -> None:
    """Where there is no place for a feed, nothing is guessed."""
    assert with_entries("<opml/>", (entry_of("https://a.example/", "", toml=False),), toml=False) is None


@pytest.mark.parametrize(
    ("text", "suffix", "toml"),
    [
        ("", ".toml", True),
        ("", ".opml", False),
        ("<opml/>", ".txt", False),
        ("[[feeds]]", ".txt", True),
        ("", "", False),
    ],
)
def test_the_format_is_told_by_name_else_by_first_character(text: str, suffix: str, toml: bool) -> None:
    """As the reader of feeds files tells it."""
    assert toml is is_toml(text, suffix)
