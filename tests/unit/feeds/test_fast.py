"""The fast reader gives what feedparser gives, or steps aside."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyfold.feeds.fast import fast_tree
from storyfold.feeds.fastwords import INERT, MARKUP, RULED, moment_of
from storyfold.feeds.syndication import feedparser_tree, read_syndication
from storyfold.model.fetching import FetchResponse
from storyfold.model.page import ParsedFeed
from tests.fakes.poll_values import NOW, SOURCE

RESPONSE = FetchResponse("https://news.example/feeds/rss", 200, (), b"", (), timedelta(0))
NAMESPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:media="http://search.yahoo.com/mrss/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
    ' xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:own="urn:own"'
    ' xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"'
    ' xmlns:creativeCommons="http://backend.userland.com/creativeCommonsRssModule"'
)


def rss(inside: str, namespaces: str = NAMESPACES, version: str = "2.0") -> str:
    return f'<?xml version="1.0"?><rss version="{version}" {namespaces}><channel>{inside}</channel></rss>'


def with_atom(inside: str) -> str:
    return rss(inside, f'{NAMESPACES} xmlns:atom="http://www.w3.org/2005/Atom"')


def atom(inside: str) -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="pt_BR" {NAMESPACES}>{inside}</feed>'


def rdf(inside: str, default: str = "http://purl.org/rss/1.0/") -> str:
    return f'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="{default}">{inside}</rdf:RDF>'


def item(inside: str) -> str:
    return rss(f"<title>T</title><item>{inside}</item>")


def entry(inside: str) -> str:
    return atom(f"<title>T</title><entry>{inside}</entry>")


def read(document: str) -> tuple[ParsedFeed | None, ParsedFeed | None] | None:
    """By the fast reader and by feedparser; None where the fast one steps aside."""
    tree = fast_tree(document)
    if tree is None:
        return None
    return (
        read_syndication(document, RESPONSE, NOW, SOURCE, 5000, reader=lambda _: tree),
        read_syndication(document, RESPONSE, NOW, SOURCE, 5000, reader=feedparser_tree),
    )


SURE = [
    rss("", version="0.91"),
    rss("", version="3.1415"),
    with_atom("<atom:link rel='self' href='/f'/><atom:link rel='hub' href='https://hub.example/'/><link/>"),
    rss("<title>A</title><title>B</title><image><title>I</title><link>/i</link></image><title>C</title>"),
    rss("<language>en</language><ttl>5</ttl><ttl a='b'>6</ttl><sy:updatePeriod>daily</sy:updatePeriod>"),
    rss("<itunes:summary>s</itunes:summary><description>d</description><item><description>a</description>"
        "<description>b</description></item><item><description>a</description><description>b</description></item>"),
    rss("<itunes:summary>s</itunes:summary><itunes:summary>s</itunes:summary><description>d</description>"),
    rss("<itunes:owner><itunes:name>N</itunes:name></itunes:owner><managingEditor>a@b.example</managingEditor>"),
    rss("<itunes:category text='a'><itunes:category text='b'/></itunes:category><textInput><name>q</name>"
        "</textInput>"),
    rss("<creativeCommons:license>l</creativeCommons:license><generator uri='u'>g</generator><own:x><own:y/>"
        "</own:x>"),
    rss("<site xmlns='urn:site'>1</site>"),
    item("<title>A &amp;amp; &lt;b&gt;B&lt;/b&gt;</title><link>http:////n.example/?a=1&amp;b;=2</link>"),
    item("<title>1 &lt; 2 &amp;bogus;</title><title>Second</title><link/><guid>7</guid>"),
    item("<guid isPermaLink='false'>7</guid><link rel='alternate' href='/x' type='text/html'>t</link>"),
    item("<guid>http:///n.example/1</guid><link url='' href='/h'/><link rel='related' href='/r'/>"),
    item("<title>caf\u00c3\u00a9 \u0093q\u0094</title><description>\u2019\u0092</description>"),
    item("<description>a</description><media:description>b</media:description><content:encoded>c</content:encoded>"
         "<description>d</description>"),
    item("<content type='text'>a &lt;p&gt;b&lt;/p&gt;</content><description type='html'>x</description>"),
    item("<content:encoded>c</content:encoded>"),
    item("<description>a</description><content:encoded>c</content:encoded><media:group><media:description>deeper"
         "</media:description></media:group><title>1 &lt;odd&gt;2&lt;/odd&gt;</title>"),
    item("<media:group><media:title>M</media:title><media:content url='/a' medium='image'><media:thumbnail url='/t'/>"
         "</media:content></media:group><title>T</title><media:title>N</media:title>"),
    item("<media:thumbnail> /t.png </media:thumbnail><media:thumbnail/><itunes:image href='/i'/><itunes:image/>"),
    item("<enclosure url='/e' type='IMAGE/png'/><enclosure length='1'/><source url='/s'>S</source><title>T</title>"),
    item("<author>a@n.example (Ben)</author><dc:creator>Ana</dc:creator><author/><author>a@b</author>"),
    item("<category domain='d'>c</category><category>c</category><category/><category label='l'>t</category>"
         "<media:category>m</media:category><media:keywords>a, ,b</media:keywords><itunes:keywords>k"
         "</itunes:keywords>"),
    item("<pubDate>Tue, 06 Jan 2026 10:00:00 -0130</pubDate><dc:date>2026-01-06T10:00:00+05:30</dc:date>"),
    item("<pubDate>6 Jan 2026 10:00 EST</pubDate><updated>2026-01-06</updated><pubDate/>"),
    item("<pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate><image>/i.png</image><title lang='fr'>T</title>"),
    item("<feedburner:origLink>https://o.example/</feedburner:origLink><own:thing a='1'>x</own:thing>"
         "<comments>c</comments>"),
    item("<own:box xml:lang='fr'><title>deep</title></own:box>"),
    entry("<id>tag:1</id><title type='html'>a &lt;b&gt;c&lt;/b&gt;</title><title>b</title><link href='/1'/>"),
    entry("<author><name>N</name><email>n@e.example</email></author><contributor><name>C</name></contributor>"),
    entry("<content type='html'>&lt;p&gt;</content><summary>s &lt;b&gt;</summary>"
          "<published>2026-01-06T09:00:00.5Z</published>"),
    entry("<author><name>Ben</name></author><author>Ana</author><author/>"),
    entry("<summary>s</summary><summary>t</summary><summary>u</summary>").replace("<entry>", ""
          "<entry own:lastmod2='x'>"),
    rdf("<channel rdf:about='/'><title>T</title><items><rdf:Seq><rdf:li rdf:resource='/1'/></rdf:Seq></items>"
        "</channel>"
        "<image><title>I</title></image><item rdf:about='/1'><title>One</title></item>"),
    rdf("<channel><title>T</title></channel><item><link>/1</link></item>", "http://my.netscape.com/rdf/simple/0.9/"),
]  # fmt: skip

UNSURE = [
    "<rss",
    "<html/>",
    "<rss version='2.0'/>",
    "<!DOCTYPE rss><rss version='2.0'><channel/></rss>",
    rss("<item/>", 'xml:base="https://b.example/"'),
    rss("", 'xmlns="http://backend.userland.com/rss2"'),
    rss("", 'xmlns:dc="urn:other"'),
    rss("", 'xmlns:a="urn:one"><own xmlns:a="urn:two"/').replace("</rss>", "</rss>"),
    rss("", 'xmlns:x="http://purl.org/rss/1.0/"'),
    rss("<x:y/>", 'xmlns:x="urn:a&amp;b"'),
    rss("<x:y/>", 'xmlns:x="urn:a b"'),
    rss("").replace("<channel>", "<channel href='/'>"),
    item("").replace("<item>", "<item lastmod='x'>"),
    item("<title>a<b>c</b></title>"),
    item("<title type='xhtml'>a</title>"),
    item("<description mode='base64'>a</description>"),
    item("<pubDate>yesterday</pubDate>"),
    item("<pubDate>Tue, 31 Feb 2026 10:00:00 GMT</pubDate>"),
    item("<pubDate>Tue, 06 Jan 2026 10:00:00 CET</pubDate>"),
    item("<link A='1' a='2'>/x</link>"),
    item("<author>a@b.example?subject=x</author>"),
    item("<author><email>e</email></author>"),
    item("<author><name>N</name>x</author>"),
    entry("<author>Ana</author><author><name>Ben</name></author>"),
    item("<author><name>N<b/></name></author>"),
    item("<author><name/></author>"),
    item("<media:group><author>A</author></media:group>"),
    item("<image><url>/i</url></image>"),
    item("<itunes:owner/>"),
    item("<itunes:keywords a='b'>k</itunes:keywords>"),
    item("<date>2026</date>"),
    item("<own:x>" * 40 + "<own:y/>" + "</own:x>" * 40),
    rss("<image><own:x/></image>"),
    rss("<items/>").replace("<items/>", "<items><title/></items>"),
    rdf("<channel/><channel/>"),
    rdf("<title/>"),
    rdf("<channel/>", "http://www.w3.org/2005/Atom"),
    rdf("<channel/>", "urn:x").replace("xmlns=", 'xmlns:n="http://my.netscape.com/rdf/simple/0.9/" xmlns='),
    atom("").replace("xmlns:own", 'xmlns:r="http://purl.org/rss/1.0/" xmlns:own'),
]


@pytest.mark.parametrize("document", SURE)
def test_what_is_read_fast_is_read_alike(document: str) -> None:
    """The whole of the feed is the same as by feedparser, rule by rule."""
    both = read(document)
    assert both is not None
    assert both[1] == both[0]


@pytest.mark.parametrize("document", UNSURE)
def test_what_is_not_certain_is_left_to_feedparser(document: str) -> None:
    """Markup in texts, odd namespaces, xml:base, unusual dates and broken XML are none of the fast reader's affair."""
    assert fast_tree(document) is None


LEAVES = (
    *(
        "title",
        "link",
        "guid",
        "description",
        "summary",
        "content",
        "content:encoded",
        "pubDate",
        "dc:date",
        "dc:creator",
    ),
    *("author", "category", "media:title", "media:description", "media:content", "media:thumbnail", "media:keywords"),
    *(
        "itunes:summary",
        "itunes:author",
        "itunes:image",
        "enclosure",
        "image",
        "source",
        "own:x",
        "comments",
        "updated",
    ),
    *("feedburner:origLink", "language", "dc:title", "dc:subject", "generator", "id", "ttl", "itunes:keywords", "date"),
)
ATTRIBUTES = (
    *("", "", "", "", " type='html'", " type='text'", " url='/u'", " href='/h'", " isPermaLink='false'", " term='t'"),
    *(
        " label='l'",
        " domain='d'",
        " xml:lang='fr'",
        " rel='self'",
        " medium='image' url='/m'",
        " REL='Self'",
        " own:a='b'",
    ),
)
TEXTS = (
    *(
        "",
        "x",
        "a, b",
        "/path",
        "http:///n.example/?a=1&amp;b;=2",
        "A &amp; B",
        "&lt;p&gt;x&lt;/p&gt; y",
        "1 &lt; 2",
        "7",
    ),
    *(
        "&amp;nbsp;",
        "&amp;eacute;t&amp;eacute;",
        "<![CDATA[<b>x</b>]]>",
        "caf\u00c3\u00a9",
        "\u0093q\u0094",
        "a@n.example (Ben)",
    ),
    *(
        "Tue, 06 Jan 2026 10:00:00 GMT",
        "2026-01-06T10:00:00+01:00",
        "2026-01-06",
        "6 Jan 2026 10:00:00 -0500",
        "<!-- c -->",
    ),
)


leaves = st.tuples(st.sampled_from(LEAVES), st.sampled_from(ATTRIBUTES), st.sampled_from(TEXTS)).map(
    lambda drawn: f"<{drawn[0]}{drawn[1]}>{drawn[2]}</{drawn[0]}>"
)
parts = st.tuples(st.sampled_from(("", "", "media:group", "media:content", "own:x")), st.lists(leaves, max_size=7)).map(
    lambda drawn: f"<{drawn[0]}>{''.join(drawn[1])}</{drawn[0]}>" if drawn[0] else "".join(drawn[1])
)


@given(st.sampled_from((rss, with_atom, atom)), parts, st.lists(parts, max_size=3))
def test_generated_feeds_are_read_alike(form: object, head: str, entries: list[str]) -> None:
    """Whatever stands where in a feed, both readers agree, or the fast one has stepped aside."""
    name = "entry" if form is atom else "item"
    both = read(form(head + "".join(f"<{name}>{inside}</{name}>" for inside in entries)))  # type: ignore[operator]  # a form
    assert both is None or both[1] == both[0]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Tue, 06 Jan 2026 10:00:00 +0130", datetime(2026, 1, 6, 8, 30, tzinfo=UTC)),
        ("6 January 2026 10:00 pst", datetime(2026, 1, 6, 18, tzinfo=UTC)),
        ("2026-01-06T10:00:00-0500", datetime(2026, 1, 6, 15, tzinfo=UTC)),
        ("2026-01-06T10:00", datetime(2026, 1, 6, 10, tzinfo=UTC)),
        ("2026-13-06", None),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_usual_dates(text: str, moment: datetime | None) -> None:
    """The two forms that nearly all feeds use, and nothing that is no moment."""
    assert moment == moment_of(text)


def test_the_vocabulary_is_feedparsers() -> None:
    """What counts as markup in a text, and what has rules that nobody needs, is the installed feedparser's."""
    from feedparser.sanitizer import _HTMLSanitizer

    assert _HTMLSanitizer.acceptable_elements == MARKUP
    assert RULED >= INERT
