import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from storyfold.urls.canonical import absolute_url, believed_canonical, canonical_url
from storyfold.urls.tracking import NAMES, PREFIXES, VALUED, is_tracking


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://News.Example:80/a/../b/./c?x=1#top", "http://news.example/b/c?x=1"),
        ("https://news.example", "https://news.example/"),
        ("https://news.example:443/", "https://news.example/"),
        ("https://news.example:8443/", "https://news.example:8443/"),
        ("http://news.example:443/", "http://news.example:443/"),
        ("https://news.example./a", "https://news.example/a"),
        ("  https://news.example/a\n", "https://news.example/a"),
        ("https://news.example/a\tb", "https://news.example/ab"),
        ("https://user:secret@news.example/", "https://news.example/"),
        ("https://news.example/%7euser/%2fx", "https://news.example/~user/%2Fx"),
        ("https://news.example/%2e%2e/x", "https://news.example/x"),
        ("https://news.example/a/..", "https://news.example/"),
        ("https://news.example/../../a/.", "https://news.example/a/"),
        ("https://news.example/a//b", "https://news.example/a//b"),
        ("https://news.example/ä b", "https://news.example/%C3%A4%20b"),
        ("https://news.example/100%", "https://news.example/100%25"),
        ("https://münchen.example/", "https://xn--mnchen-3ya.example/"),
        ("https://[2001:DB8::1]:443/", "https://[2001:db8::1]/"),
        ("https://news.example/a?utm_source=rss&id=7&fbclid=x", "https://news.example/a?id=7"),
        ("https://news.example/a?UTM_Source=rss", "https://news.example/a"),
        ("https://news.example/a?ref=rss&&b=2", "https://news.example/a?b=2"),
        ("https://news.example/a?ref=7", "https://news.example/a?ref=7"),
        ("https://news.example/a?b=2&a=1", "https://news.example/a?b=2&a=1"),
        ("https://news.example/a?", "https://news.example/a"),
        ("https://news.example/#!/story/1", "https://news.example/#!/story/1"),
        ("https://news.example/#:~:text=x", "https://news.example/"),
        ("mailto:a@b.example", "mailto:a@b.example"),
        ("https:///a", "https:///a"),
        ("https://./a", "https://./a"),
        ("https://news.example:x/a", "https://news.example:x/a"),
        ("https://[::1/a", "https://[::1/a"),
        ("https://\u2488com.example\u200d/", "https://\u2488com.example\u200d/"),
        ("", ""),
    ],
)
def test_each_url_has_one_spelling(url: str, expected: str) -> None:
    """What RFC 3986 calls equivalent and what only tracks or scrolls becomes one URL; the rest is left alone."""
    assert expected == canonical_url(url)


_TROUBLE = [
    *(
        "http://",
        "HTTPS://",
        "a.example",
        "ä.example",
        "[::1]",
        ":80",
        ":",
        "/",
        "..",
        ".",
        "%",
        "%2e",
        "%2F",
        "%41",
        "?",
    ),
    *("&", "=", "#", "#!", "utm_x=1", "ref=rss", "ref", "@", "\t", " ", "\\", ";", "//", "xn--", "\u0130", "\ud800"),
]
_PIECES = st.lists(st.sampled_from(_TROUBLE), max_size=12).map("".join)


@given(st.one_of(st.text(), _PIECES, _PIECES.map("http://a.example/".__add__)))
@example("http://a.example/%2%2e")
def test_canonicalising_is_idempotent_and_never_raises(text: str) -> None:
    """Any text has a canonical form, and the canonical form of that is itself."""
    once = canonical_url(text)
    assert once == canonical_url(once)


@pytest.mark.parametrize(
    ("base", "link", "expected"),
    [
        ("https://a.example/feed", "/x", "https://a.example/x"),
        ("https://a.example/feed", "//b.example/x", "https://b.example/x"),
        ("https://a.example/feed", "https://b.example/x ", "https://b.example/x"),
        ("https://a.example/feed", "", None),
        ("https://a.example/feed", "  ", None),
        ("https://a.example/feed", "javascript:alert(1)", None),
        ("https://a.example/feed", "http://[", None),
        ("", "x", None),
    ],
)
def test_links_become_absolute_or_nothing(base: str, link: str, expected: str | None) -> None:
    """A link resolves against its document; what is not http(s) with a host is no link."""
    assert expected == absolute_url(base, link)


@pytest.mark.parametrize(
    ("url", "claimed", "expected"),
    [
        ("https://m.news.example/a?utm_x=1", None, "https://m.news.example/a"),
        ("https://m.news.example/a", "https://www.news.example/a", "https://www.news.example/a"),
        ("https://amp.news.example/a", "/b", "https://amp.news.example/b"),
        ("https://m.news.example/a", "https://other.example/a", "https://m.news.example/a"),
        ("https://m.news.example/a", "https://www.news.example/", "https://m.news.example/a"),
        ("https://m.news.example/", "https://www.news.example/", "https://www.news.example/"),
        ("https://m.news.example/a", "http://[", "https://m.news.example/a"),
        ("https://a.github.io/x", "https://b.github.io/x", "https://a.github.io/x"),
    ],
)
def test_a_claimed_canonical_is_believed_on_evidence(url: str, claimed: str | None, expected: str) -> None:
    """Variants of a host become one only by rel=canonical on the same registrable domain."""
    assert expected == believed_canonical(url, claimed)


def test_the_tracking_table_is_in_lower_case() -> None:
    """A name that is not in lower case would never match."""
    names = [*NAMES, *PREFIXES, *VALUED, *(value for values in VALUED.values() for value in values)]
    assert [name.lower() for name in names] == names
    assert all(is_tracking(name, "x") for name in NAMES)
