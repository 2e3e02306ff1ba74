from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyfold.hosts.robots import ALLOW_ALL, PARSED_BYTES, Robots, parse_robots

OURS = "User-agent: storyfold\n"
ALL = "User-agent: *\n"


def robots(text: str) -> Robots:
    return parse_robots(text.encode(), "storyfold")


@pytest.mark.parametrize(
    ("expected", "text", "path"),
    [
        # RFC 9309, 2.2.1: groups
        pytest.param(True, "", "/x", id="an empty file allows"),
        pytest.param(False, ALL + "Disallow: /", "/x", id="the group for everyone is ours where none names us"),
        pytest.param(True, ALL + "Disallow: /\n" + OURS + "Allow: /", "/x", id="a group that names us wins"),
        pytest.param(True, ALL + "Disallow: /\n" + OURS, "/x", id="even one without rules"),
        pytest.param(False, OURS + "Disallow: /a\n" + ALL + "\n" + OURS + "Disallow: /b", "/b", id="ours are merged"),
        pytest.param(False, ALL + "Disallow: /a\n" + ALL + "Disallow: /b", "/a", id="those for everyone are merged"),
        pytest.param(False, "User-agent: x\n" + OURS + "Disallow: /x", "/x", id="several agents share rules"),
        pytest.param(False, OURS + "Sitemap: http://h/s\nUser-agent: x\nDisallow: /x", "/x", id="sitemap is no rule"),
        pytest.param(False, "USER-AGENT: StoryFold\nDISALLOW: /x", "/x", id="case of keys and tokens is nothing"),
        pytest.param(False, "User-agent: storyfold/1.0\nDisallow: /x", "/x", id="a version after the token is nothing"),
        pytest.param(True, "User-agent: story\nDisallow: /x", "/x", id="the beginning of our name is not our name"),
        pytest.param(True, "User-agent: storyfold-news\nDisallow: /x", "/x", id="a longer name is not ours"),
        pytest.param(True, "User-agent: 007\nDisallow: /x", "/x", id="an agent that is no token is nobody"),
        pytest.param(True, "Disallow: /\nAllow: /a\nCrawl-delay: 3", "/x", id="rules outside groups are nothing"),
        pytest.param(True, "User-agent: x\nDisallow: /", "/x", id="others' rules are not ours"),
        # 2.2.2: matching
        pytest.param(True, ALL + "Disallow:", "/x", id="an empty disallow forbids nothing"),
        pytest.param(True, ALL + "Disallow: /\nAllow: /p", "/page", id="the longest match wins"),
        pytest.param(False, ALL + "Allow: /p\nDisallow: /page", "/page1", id="whatever the order"),
        pytest.param(True, ALL + "Disallow: /page\nAllow: /page", "/page", id="of two equal, allow wins"),
        pytest.param(True, ALL + "Disallow: /X", "/x", id="case of paths counts"),
        pytest.param(False, ALL + "Disallow: /a?b", "/a?b=1", id="the query belongs to the path"),
        pytest.param(True, ALL + "Disallow: /", "/robots.txt", id="robots.txt itself is allowed"),
        pytest.param(False, ALL + "Disallow: x", "/x", id="a missing first slash is added"),
        # 2.2.3: special characters
        pytest.param(False, ALL + "Disallow: /*.gif$", "/a.gif", id="dollar ends the path"),
        pytest.param(True, ALL + "Disallow: /*.gif$", "/a.gif?x", id="and nothing may follow"),
        pytest.param(False, ALL + "Disallow: /a$", "/a", id="dollar without star"),
        pytest.param(True, ALL + "Disallow: /a$", "/ab", id="dollar without star, longer path"),
        pytest.param(False, ALL + "Disallow: *x", "/a/x", id="a star may begin"),
        pytest.param(False, ALL + "Disallow: /a**b", "/a--b", id="stars in a row are one"),
        pytest.param(True, ALL + "Disallow: /a*b*c", "/a-c-b", id="the order of parts counts"),
        pytest.param(False, ALL + "Disallow: /a*b*c", "/a-b-c-d", id="all parts in order"),
        pytest.param(True, ALL + "Disallow: /a*b*c", "/a-c", id="all parts must be there"),
        pytest.param(True, ALL + "Disallow: /a*bc$", "/abXc", id="the anchored part is whole"),
        pytest.param(True, ALL + "Disallow: /ab*b$", "/ab", id="parts do not overlap"),
        pytest.param(False, ALL + "Disallow: /a$b", "/a$b", id="a dollar inside is a dollar"),
        pytest.param(False, ALL + "Disallow: /a-%2A.html", "/a-*.html", id="an escaped star is a star"),
        pytest.param(True, ALL + "Disallow: /a-%2A.html", "/a-b.html", id="and no wildcard"),
        pytest.param(False, ALL + "Disallow: /x # why", "/x", id="comments are cut"),
        # percent-encoding
        pytest.param(False, ALL + "Disallow: /foo/ツ", "/foo/%E3%83%84", id="other alphabets are escaped"),
        pytest.param(False, ALL + "Disallow: /foo/%e3%83%84", "/foo/ツ", id="on both sides"),
        pytest.param(False, ALL + "Disallow: /foo/%62ar", "/foo/bar", id="unreserved escapes are undone"),
        pytest.param(True, ALL + "Disallow: /a%2Fb", "/a/b", id="reserved ones are not"),
        pytest.param(False, ALL + "Disallow: /a%2fb", "/a%2Fb", id="digits compare by value"),
        # 2.2, lines
        pytest.param(False, "\ufeff" + ALL + "Disallow: /x", "/x", id="a byte order mark is skipped"),
        pytest.param(False, "User-agent: *\rDisallow: /x\r", "/x", id="carriage returns end lines"),
        pytest.param(False, "User-agent : *\r\n  disallow :/x  \r\n", "/x", id="blanks around keys and values"),
        pytest.param(
            False, "<html>\nUser-agent *\n" + ALL + "Noindex: /\nDisallow: /x", "/x", id="noise is passed over"
        ),
    ],
)
def test_a_path_is_judged_as_the_rfc_says(expected: bool, text: str, path: str) -> None:
    """Each rule of RFC 9309, 2.2 decides as it says."""
    assert expected is robots(text).allows("http://news.example" + path)


def test_nothing_forbids_where_there_is_no_file() -> None:
    """The value that stands for an absent robots.txt allows everything."""
    assert ALLOW_ALL.allows("http://news.example/x?y")


def test_a_url_without_path_is_its_root() -> None:
    """A URL that ends after the host is judged as its root."""
    assert not robots(ALL + "Disallow: /$").allows("http://news.example")


def test_a_url_that_does_not_parse_is_judged_as_the_root() -> None:
    """Where a URL cannot be taken apart, the whole site decides."""
    assert not robots(ALL + "Disallow: /").allows("http://[half")


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        (timedelta(seconds=2.5), ALL + "Crawl-delay: 2.5\nDisallow: /x"),
        (timedelta(seconds=7), ALL + "Crawl-delay: 3\n" + ALL + "Crawl-delay: 7"),
        (timedelta(seconds=3), ALL + "Crawl-delay: 9\n" + OURS + "Crawl-delay: 3"),
        (None, ALL + "Crawl-delay: 9\n" + OURS + "Disallow: /x"),
        (timedelta(days=1), ALL + "Crawl-delay: 1e300"),
        (timedelta(days=1), ALL + "Crawl-delay: inf"),
        (None, ALL + "Crawl-delay: nan"),
        (None, ALL + "Crawl-delay: -1"),
        (None, ALL + "Crawl-delay: soon"),
    ],
)
def test_crawl_delay_is_the_longest_of_our_groups(expected: timedelta | None, text: str) -> None:
    """A crawl delay comes from the groups that decide for us, bounded, and unreadable ones do not count."""
    assert expected == robots(text).crawl_delay


def test_sitemaps_are_everybodys() -> None:
    """Sitemap lines count wherever they stand, once each."""
    text = "Sitemap: http://h/a\nUser-agent: x\nSitemap: http://h/b\nSitemap: http://h/a\n"

    assert robots(text).sitemaps == ("http://h/a", "http://h/b")


def test_at_least_500_kib_are_parsed_and_what_lies_beyond_is_not() -> None:
    """The parse limit lies at or above the 500 KiB of RFC 9309, 2.5, and it is a limit."""
    head = (ALL + "Disallow: /near\n").encode()
    filler = b"#" * (500 * 1024 - len(head) - 20) + b"\nDisallow: /within\n"
    beyond = b"#" * (PARSED_BYTES - len(head) - len(filler)) + b"\nDisallow: /beyond\n"
    parsed = parse_robots(head + filler + beyond, "storyfold")

    assert not parsed.allows("http://h/near")
    assert not parsed.allows("http://h/within")
    assert parsed.allows("http://h/beyond")


def test_many_wildcards_do_not_cost_many_steps() -> None:
    """A pattern built to make a backtracking matcher run for ever is answered, and rightly."""
    hostile = robots(ALL + "Disallow: /" + "*a" * 500 + "*b\n")

    assert hostile.allows("http://h/" + "a" * 2000)


_LINES = st.lists(
    st.sampled_from(
        [b"User-agent: *", b"user-agent:storyfold", b"Disallow: ", b"Allow: /", b"*", b"$", b"%", b"\n", b":"]
    )
    | st.binary(max_size=12)
)


@given(body=_LINES.map(b"".join), url=st.text())
def test_no_bytes_and_no_url_raise(body: bytes, url: str) -> None:
    """Parsing and matching end in an answer whatever they are given."""
    assert parse_robots(body, "storyfold").allows(url) in {True, False}


@given(path=st.from_regex(r"/[a-z*$%/?=.]{0,30}", fullmatch=True))
def test_a_path_forbidden_letter_by_letter_is_forbidden(path: str) -> None:
    """A disallow line that spells a path in escapes forbids that path and nothing is lost on the way."""
    escaped = "/" + "".join(f"%{ord(char):02x}" if char in "*$" else char for char in path[1:])

    assert not robots(ALL + f"Disallow: {escaped}").allows("http://h" + path)
