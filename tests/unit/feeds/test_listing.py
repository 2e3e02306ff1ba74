from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyfold.feeds.listing import FeedList, read_feeds
from storyfold.feeds.opml import write_opml
from storyfold.feeds.tomlfile import write_toml
from storyfold.model.feeds import BodyPolicy

OPML = """<?xml version="1.0" encoding="ISO-8859-1"?>
<opml version="1.0"><head><title>x</title></head><body>
<outline text="World &eacute; news" title="World">
  <outline type="rss" text="Q & A" xmlUrl="https://www.news.co.uk/rss?a=1&b=2" htmlUrl="https://www.news.co.uk/"/>
  <outline text="Plain" XMLURL="feed://other.example/atom" category="/a/b,c" publisher="The Other" publisherId="other"
    domain="Other.example" country="gb" language="pt_BR" interval="15m" robots="obey" body="feed"/>
</outline>
<outline type="rss" text="Again" url="https://WWW.news.co.uk/rss?a=1&amp;b=2"/>
</body></opml>"""

TOML = """
[[feeds]]
url = "https://news.example/rss"
titel = "x"
interval = 900

[[feeds]]
url = "https://b.example/rss"
tags = ["a,b", "c"]
robots = true
zzzzqqqq = 1
"""


def test_opml_is_read_with_its_bare_ampersands_and_its_folders() -> None:
    """A list that is not well-formed is read all the same; folders become tags, attributes settings."""
    listed = read_feeds(OPML, ".opml")
    first, second = listed.sources
    assert "https://www.news.co.uk/rss?a=1&b=2" == first.url
    assert "Q & A" == first.title
    assert ("World é news",) == first.tags
    assert ("news.co.uk", "news.co.uk", "news.co.uk") == (
        first.publisher.publisher_id,
        first.publisher.name,
        first.publisher.domain,
    )
    assert "http://other.example/atom" == second.url
    assert ("World é news", "a/b", "c") == second.tags
    assert ("other", "The Other", "other.example", "GB") == (
        second.publisher.publisher_id,
        second.publisher.name,
        second.publisher.domain,
        second.publisher.country,
    )
    assert ("pt-BR", timedelta(minutes=15), True, BodyPolicy.FEED) == (
        second.language,
        second.interval,
        second.obey_robots,
        second.body,
    )


def test_a_feed_listed_twice_is_polled_once() -> None:
    """The same URL in other letters is the same feed, and the complaint says where it stands again."""
    listed = read_feeds(OPML, "xml")
    assert 2 == len(listed.sources)
    assert ("line 8: https://WWW.news.co.uk/rss?a=1&b=2 is listed twice; it is polled once: remove one of them",) == (
        listed.complaints
    )


def test_a_feed_listed_twice_has_the_tags_of_both_places() -> None:
    """A feed in two folders belongs to both."""
    text = '[[feeds]]\nurl="http://a.example/"\ntags=["x"]\n[[feeds]]\nurl="http://a.example"\ntags=["y","x"]'
    (source,) = read_feeds(text, ".toml").sources
    assert ("x", "y") == source.tags


def test_toml_is_read_with_a_word_for_each_unknown_key() -> None:
    """Known keys count, unknown ones are named with the nearest right one, and where they stand."""
    listed = read_feeds(TOML, ".toml")
    assert timedelta(minutes=15) == listed.sources[0].interval
    assert ("a", "b", "c") == listed.sources[1].tags
    assert listed.sources[1].obey_robots
    assert "line 2: 'titel' is no setting of a feed and is ignored; did you mean 'title'?" == listed.complaints[0]
    assert listed.complaints[1].startswith("line 7: 'zzzzqqqq' is no setting of a feed and is ignored; known are url")


@pytest.mark.parametrize(
    ("text", "suffix", "word"),
    [
        ("", ".opml", "not OPML"),
        ("<", ".opml", "not OPML"),
        ("<opml/>", ".opml", "lists no feed"),
        ("a = ", ".toml", "not TOML"),
        ("feeds = 3", ".toml", "no list of tables"),
        ("feeds = [1]", ".toml", "no list of tables"),
        ('[[feed]]\nurl="http://a.example/"', ".toml", "'feed' is not known here"),
        ('[[feeds]]\nurl="ftp://a.example/"', ".toml", "line 1: only http and https are fetched, not ftp"),
        ('[[feeds]]\nurl="http://a.example/"\ninterval="soon"', ".toml", "interval is 'soon'"),
        ('[[feeds]]\nurl="http://a.example/"\ninterval=0', ".toml", "interval is '0'"),
        ('[[feeds]]\nurl="http://a.example/"\nlanguage="english language"', ".toml", "language is"),
        ('[[feeds]]\nurl="http://a.example/"\nrobots="perhaps"', ".toml", "robots is 'perhaps'"),
        ('[[feeds]]\nurl="http://a.example/"\nbody="none"', ".toml", "body is 'none'"),
        ('[[feeds]]\nurl="http://a.example/"\ncountry="Britain"', ".toml", "country is 'Britain'"),
        ('<opml><body><outline xmlUrl="http://a.example/"></body></opml>', ".opml", "not well-formed"),
    ],
)
def test_what_is_wrong_is_said(text: str, suffix: str, word: str) -> None:
    """Each fault has a complaint that names it."""
    assert any(word in complaint for complaint in read_feeds(text, suffix).complaints)


def test_a_single_tag_needs_no_brackets_in_toml() -> None:
    """What is plainly meant is understood."""
    (source,) = read_feeds('[[feeds]]\nurl="http://a.example/"\ntags="x"', ".toml").sources
    assert ("x",) == source.tags


def test_names_only_html_knows_are_understood_and_others_kept() -> None:
    """A reference that XML does not know costs nothing."""
    text = '<opml><body><outline text="&copy; &nonsense; &lt; &#65; &" xmlUrl="http://a.example/"/></body></opml>'
    (source,) = read_feeds(text, "").sources
    assert "© &nonsense; < A &" == source.title


def test_a_title_is_found_somewhere() -> None:
    """A feed without a title goes by its publisher, else by its domain."""
    text = '[[feeds]]\nurl="http://a.example/"\npublisher="P"\n[[feeds]]\nurl="http://www.b.example/"'
    assert ["P", "b.example"] == [source.title for source in read_feeds(text, ".toml").sources]


def test_folders_nested_beyond_sense_end_somewhere() -> None:
    """A list a thousand folders deep is read as far as anyone would write one."""
    text = "<opml>" + '<outline text="x">' * 1000 + '<outline xmlUrl="http://a.example/"/>'
    listed = read_feeds(text, ".opml")
    assert () == listed.sources
    assert listed.complaints


@given(st.text(), st.sampled_from([".opml", ".toml", ".xml", ""]))
def test_reading_never_raises(text: str, suffix: str) -> None:
    """Any text at all gives a list and its complaints."""
    assert isinstance(read_feeds(text, suffix), FeedList)


_TEXT = st.text(max_size=12)
_ROWS = st.fixed_dictionaries(
    {
        "url": st.integers(0, 50).map(lambda n: f"https://news{n}.example/rss?a={n}&b=<ü>"),
        "title": _TEXT,
        "tags": st.lists(_TEXT, max_size=3),
        "publisher": _TEXT,
        "publisher_id": _TEXT,
        "country": st.sampled_from(["", "GB", "fr"]),
        "language": st.sampled_from(["", "en", "pt-BR"]),
        "interval": st.sampled_from(["", "15m", "900", "2h", "61s", "1d"]),
        "robots": st.sampled_from(["", "obey", "ignore"]),
        "body": st.sampled_from(["", "page", "feed"]),
    },
)


@given(st.lists(_ROWS, min_size=1, max_size=5))
def test_writing_and_reading_back_gives_the_same_sources(rows: list[dict[str, object]]) -> None:
    """OPML and TOML both carry everything that a source holds."""
    lines = []
    for row in rows:
        lines.append("[[feeds]]")
        lines.extend(f"{key} = {_toml(value)}" for key, value in row.items() if value)
    sources = read_feeds("\n".join(lines), ".toml").sources
    assert sources == read_feeds(write_toml(sources), ".toml").sources
    assert sources == read_feeds(write_opml(sources), ".opml").sources


def _toml(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_toml(part) for part in value) + "]"
    return '"' + "".join(f"\\U{ord(character):08X}" for character in str(value)) + '"'
