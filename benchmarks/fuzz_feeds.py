"""Fuzzes the feed parsers: nothing may raise, take long, or read otherwise by the fast reader than by feedparser.

``python -m benchmarks.fuzz_feeds --seconds 600``. Feeds of our own writing, and the captured ones where they are at
hand, are cut, doubled, spliced, salted with markup, entities and bytes that have hurt parsers before, and nested. Where
atheris is installed (it is no dependency: its wheels trail Python), its coverage of the parsers' branches guides which
mutations are built upon; elsewhere they are drawn at random. What is found is printed with the seed that repeats it
(``--seed``), or under atheris written to ``--crashes``. The last line is one JSON object.
"""

import argparse
import contextlib
import importlib.util
import json
import random
import re
import resource
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from benchmarks.corpora import shared
from storyfold.feeds.fast import fast_tree
from storyfold.feeds.parse import document_of, parse_feed
from storyfold.feeds.syndication import feedparser_tree, read_syndication
from storyfold.model.feeds import FeedSource, Publisher
from storyfold.model.fetching import FetchResponse
from storyfold.model.identity import PublisherId, feed_id_of
from storyfold.model.page import ParsedFeed

URL = "https://news.example/feed"
SOURCE = FeedSource(feed_id_of(URL), URL, Publisher(PublisherId("news.example"), "News", "news.example"), "News")
SEEN_AT = datetime(2026, 1, 7, 12, tzinfo=UTC)
# CPU of one document: feedparser takes 10 ms for a usual one, and a mutated one is a few times as large at most.
_LIMIT_SECONDS = 5.0
_LONGEST = 200_000

_RSS = """<?xml version="1.0" encoding="utf-8"?><?xml-stylesheet href="a.xsl"?><rss version="2.0"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/"
 xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"
 xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"><channel><title>A &amp; B</title>
<link>https://n.example/?a=1&amp;b=2</link><atom:link href="https://n.example/f" rel="self"/><ttl>15</ttl>
<description>All of it</description><language>en</language><image><url>/i.png</url><title>I</title><link>/
</link></image>
<skipHours><hour>1</hour></skipHours><item><title><![CDATA[<b>One</b> & more]]></title><link>https://n.example/1</link>
<guid isPermaLink="false">1</guid><pubDate>Wed, 07 Jan 2026 10:00:00 +0200</pubDate><dc:creator>Ana</dc:creator>
<description>A &lt;p&gt;text&lt;/p&gt; caf\u00e9</description><content:encoded><![CDATA[<p>x</p>]]></content:encoded>
<category domain="d">c</category><enclosure url="/e.jpg" type="image/jpeg" length="1"/><media:group><media:content
 url="/m.jpg" medium="image"><media:title>M</media:title></media:content></media:group><source url="/s">S
</source></item>
<item><guid>https://n.example/2</guid><media:thumbnail url="/t"/><author>a@n.example (Ben)</author><itunes:summary>s
</itunes:summary><itunes:keywords>k, l</itunes:keywords><feedburner:origLink>/o</feedburner:origLink></item>
</channel></rss>"""
_ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title type="html">T &amp;amp; U</title>
<id>tag:a</id>
<link rel="hub" href="https://hub.example/"/><link href="/"/><updated>2026-01-07T10:00:00Z</updated><entry>
<id>tag:1</id>
<title type="text">a &lt;b&gt;</title><link href="/1"/><link rel="enclosure" type="image/png" href="/p.png"/>
<published>2026-01-07T09:00:00+01:00</published><updated>2026-01-07T09:30:00.5Z</updated><author><name>N</name>
<email>n@e.example</email></author><category term="t" label="L"/><summary>s</summary><content type="html">&lt;p&gt;c
</content></entry><entry xml:base="http://b.example/"><id>2</id><content type="xhtml"><div
 xmlns="http://www.w3.org/1999/xhtml"><p>x</p></div></content></entry></feed>"""
_RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="/"><title>T</title><link>/</link><items><rdf:Seq>
<rdf:li rdf:resource="/1"/></rdf:Seq></items><image rdf:resource="/i"/></channel><item rdf:about="/1"><title>One</title>
<link>/1</link><dc:date>2026-01-07T10:00+01:00</dc:date><dc:subject>s</dc:subject></item></rdf:RDF>"""
_JSON = """{"version":"https://jsonfeed.org/version/1.1","title":"J","language":"en","authors":[{"name":"A"}],
"next_url":"/2","hubs":[{"type":"WebSub","url":"/hub"}],"items":[{"id":7,"url":"/7","title":"Seven","content_html":
"<p>x</p>","date_published":"2026-01-07T10:00:00Z","tags":["t"]},{"id":"b","content_text":"1
< 2","external_url":"//e/"}]}"""
_SITEMAP = """<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>/1</loc><news:news><news:publication>
<news:language>en</news:language></news:publication><news:publication_date>2026-01-07</news:publication_date>
<news:title>One</news:title><news:keywords>a, b</news:keywords></news:news></url></urlset>"""
_INDEX = """<sitemapindex><sitemap><loc>/news.xml</loc><lastmod>2026-01-07</lastmod></sitemap></sitemapindex>"""
_BROKEN = """<!DOCTYPE rss [<!ENTITY e "x">]><rss version="0.91"><channel><title>&e; & more<item><title>One</item>
<item><pubDate>Wed, 7 Jan 26 10:00 EST</pubDate><link>http:///n.example/?x&copy;=1</link></channel></rss>"""
SEEDS = (_RSS, _ATOM, _RDF, _JSON, _SITEMAP, _INDEX, _BROKEN)
_SALT = (
    *("<", ">", "</", "/>", "&", "&#", "&#0;", "&#xD800;", "&#x110000;", "&amp;amp;", "&lt;b&gt;x&lt;/b&gt;", "&nbsp;"),
    *(
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
        "<?x ?>",
        "<!DOCTYPE rss>",
        '<!ENTITY a "b">',
        "&a;",
        "\x00",
        "\x0b",
        "\ufffe",
    ),
    *("\ud800", "\u0085", "\u2028", "\x80\x93", "Ã©", "â€œ", "é", "İ", "٣", "🦊", " ", "\r\n", "\t"),
    *(
        '<title type="xhtml">',
        "<title>",
        "</title>",
        "<title/>",
        "<link/>",
        '<link href="x"/>',
        "<link>x</link>",
        "<guid/>",
    ),
    *(
        "<item>",
        "</item>",
        "<item/>",
        "<entry>",
        "</entry>",
        "<channel>",
        "</channel>",
        "<image>",
        "</image>",
        "<source>",
    ),
    *("<description>d</description>", "<summary>s</summary>", '<content type="text">a</content>', "<media:group>"),
    *("<media:title>m</media:title>", "<media:content/>", "</media:content>", "<dc:title>d</dc:title>", "<author/>"),
    *(
        "<author>b@c.example</author>",
        "<category/>",
        "<category>c</category>",
        '<category term="" label="l"/>',
        "<x:y/>",
    ),
    *(
        "<date>2026</date>",
        "<updated>2026-13-45T99:99</updated>",
        "<pubDate>0</pubDate>",
        "<issued>x</issued>",
        "<svg/>",
    ),
    *(
        ' xml:base="http://x.example/"',
        ' xml:lang="fr"',
        ' lang=""',
        ' type="html"',
        ' type="application/x"',
        ' mode="base64"',
    ),
    *(' xmlns="urn:x"', ' xmlns:media="urn:x"', ' xmlns:x="urn:x"', ' rdf:about="r"', ' href="h"', ' REL="Self"'),
    *('{"', "}", "[" * 500, '"id":1e999,', '"items":', "null", '"next_url":7,', "9" * 300, "<b>" * 60, "<p>x" * 50),
)
_LEAF = re.compile(r"<([\w:.\-]+)(?:\s[^<>]*)?(?:/>|>(?:[^<]|<!\[CDATA\[(?:[^\]]|\](?!\]>))*\]\]>)*</\1\s*>)")
_WORDS = (
    *(
        "x",
        "A &amp; B",
        "a &lt;b&gt;c&lt;/b&gt;",
        "&lt;notatag&gt;x&lt;/notatag&gt;",
        "&amp;nbsp;",
        "&amp;bogus;",
        "&amp;#8217;",
    ),
    *(
        "<![CDATA[<p>x</p> & y]]>",
        "Ã©tÃ©",
        "â\x80\x99",
        "\x93q\x94",
        "",
        "  \n ",
        "<!-- c -->",
        "http:////n.example/x?a=1&amp;b;=2",
    ),
    *(
        "Wed, 07 Jan 2026 10:00:00 EST",
        "7 Jan 2026 10:00 +05:30",
        "2026-01-07",
        "2026-01-07T24:00:00Z",
        "2026-01-07T10:00:00",
    ),
    *(
        "2026-01-07T10:00:00.123+0530",
        "Wed, 31 Feb 2026 10:00:00 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "a@n.example (Ben)",
    ),
    *("n@e.museum", "(x)", "<a@b.example>".replace("<", "&lt;"), "a, b,, c", "true", "٢٠٢٦"),
)
_ELEMENTS = (
    *(
        "title",
        "link",
        "guid",
        "id",
        "description",
        "summary",
        "content",
        "content:encoded",
        "pubDate",
        "published",
        "updated",
    ),
    *(
        "dc:date",
        "dc:creator",
        "dc:title",
        "dc:subject",
        "dc:description",
        "author",
        "category",
        "media:title",
        "comments",
    ),
    *(
        "media:description",
        "media:content",
        "media:thumbnail",
        "media:category",
        "media:keywords",
        "media:credit",
        "source",
    ),
    *(
        "itunes:summary",
        "itunes:author",
        "itunes:image",
        "itunes:keywords",
        "itunes:subtitle",
        "enclosure",
        "image",
        "ttl",
    ),
    *(
        "language",
        "atom:link",
        "atom:title",
        "feedburner:origLink",
        "sy:updatePeriod",
        "generator",
        "copyright",
        "x",
        "keywords",
    ),
    *(
        "issued",
        "modified",
        "name",
        "url",
        "managingEditor",
        "lastBuildDate",
        "webMaster",
        "contributor",
        "items",
        "date",
    ),
)
_ATTRIBUTES = (
    *("", "", "", ' type="html"', ' type="text"', ' type="TEXT/PLAIN"', ' type="xhtml"', ' url="/u.jpg"', ' href="/h"'),
    *(' rel="self" href="/s"', ' isPermaLink="false"', ' isPermaLink="False"', ' medium="image" url="//i.example/i"'),
    *(
        ' term="t" scheme="s"',
        ' term="t"',
        ' label="l"',
        ' domain="d"',
        ' xml:lang="pt_BR"',
        ' lang="fr"',
        ' xml:lang=""',
    ),
    *(
        ' a="1" A="2"',
        ' url="" href="x"',
        ' uri="u"',
        ' rel="Alternate" type="text/HTML" href="http:///x"',
        ' x:type="html"',
    ),
)


@dataclass
class Tally:
    """What came of it so far."""

    documents: int = 0
    feeds: int = 0
    fast: int = 0
    findings: list[str] = field(default_factory=list)


def document(body: bytes, kind: str = "application/xml") -> FetchResponse:
    """A response with this body."""
    return FetchResponse(URL, 200, (("content-type", kind),), body, (), timedelta(0))


def read_twice(text: str) -> tuple[ParsedFeed | None, ParsedFeed | None] | None:
    """A document as the fast reader has it and as feedparser does; None where the fast one steps aside."""
    tree = fast_tree(text)
    if tree is None:
        return None

    def read(reader: Callable[[str], Mapping[str, Any] | None]) -> ParsedFeed | None:
        return read_syndication(text, document(b""), SEEN_AT, SOURCE, 5000, reader=reader)

    return read(lambda _: tree), read(feedparser_tree)


def tried(body: bytes, kind: str, tally: Tally) -> str | None:
    """Read one document every way there is; what is wrong with that, if anything is."""
    tally.documents += 1
    response, started = document(body, kind), time.process_time()
    try:
        feed = parse_feed(response, SEEN_AT, SOURCE)
        text = document_of(response)
        both = None if text is None or text.startswith("{") else read_twice(text)
    except Exception as error:  # noqa: BLE001 - whatever is raised is what is looked for
        return f"raised {error!r}"[:300]
    spent = time.process_time() - started
    if spent > _LIMIT_SECONDS:
        return f"took {spent:.1f} s for {len(body)} bytes"
    if feed is not None:
        tally.feeds += 1
        try:
            repr(feed).encode()
            "".join(f"{entry.title}{entry.summary}{entry.content}{entry.guid}" for entry in feed.entries).encode()
        except UnicodeEncodeError as error:
            return repr(error)[:300]
    if both is not None:
        tally.fast += 1
        if both[0] != both[1]:
            return f"read otherwise by feedparser: {both[0]!r} / {both[1]!r}"[:2000]
    return None


def mutated(rng: random.Random, seeds: tuple[str, ...]) -> tuple[bytes, str]:
    """A document that nobody wrote, and the content type it comes with."""
    text = rng.choice(seeds)
    if rng.random() < 0.6:
        for _ in range(rng.choice((1, 1, 2, 3, 6))):
            text = _tidy_step(text, rng, seeds)
        return text.encode("utf-8", "replace"), "application/xml"
    for _ in range(rng.randint(1, 6)):
        text = _step(text, rng, seeds)
    coding = rng.choice(("utf-8",) * 6 + ("cp1252", "utf-16", "shift_jis"))
    data = text[:_LONGEST].encode(coding, "replace")
    if rng.random() < 0.15:
        spoiled = bytearray(data)
        for _ in range(rng.randint(1, 10)):
            spoiled[rng.randrange(len(spoiled))] = rng.randrange(256)
        data = bytes(spoiled)
    return data, rng.choice(("application/xml", "text/xml; charset=utf-8", "text/html; charset=windows-1251", ""))


def _tidy_step(text: str, rng: random.Random, seeds: tuple[str, ...]) -> str:
    """A mutation that leaves a document well-formed: leaves are added, dropped, doubled, moved, wrapped or reworded."""
    leaves = [found.span() for found in _LEAF.finditer(text)]
    if not leaves:
        return _step(text, rng, seeds)
    start, end = rng.choice(leaves)
    match rng.randrange(7):
        case 0 | 1 | 2:
            name, attributes = rng.choice(_ELEMENTS), rng.choice(_ATTRIBUTES)
            leaf = f"<{name}{attributes}>{rng.choice(_WORDS)}</{name}>"
            return text[:start] + leaf + text[start:]
        case 3:
            return text[:start] + text[end:]
        case 4:
            other, _ = rng.choice(leaves)
            return text[:other] + text[start:end] + text[other:]
        case 5:
            name = rng.choice(
                ("media:group", "media:content", "x", "author", "image", "source", "itunes:owner", "item")
            )
            return text[:start] + f"<{name}{rng.choice(_ATTRIBUTES)}>{text[start:end]}</{name}>" + text[end:]
        case _:
            opened = text.find(">", start, end) + 1
            closed = text.rfind("</", start, end)
            return text[:opened] + rng.choice(_WORDS) + text[closed:] if 0 < opened <= closed else text


def _step(text: str, rng: random.Random, seeds: tuple[str, ...]) -> str:
    """One mutation; as a rule between tags, where a document stays well-formed, else anywhere."""
    borders = [place for place, char in enumerate(text) if char == "<"]
    if borders and rng.random() < 0.7:
        start, end = sorted((rng.choice(borders), rng.choice(borders)))
    else:
        start, end = sorted((rng.randrange(len(text) + 1), rng.randrange(len(text) + 1)))
    match rng.randrange(6):
        case 0:
            return text[:start] + rng.choice(_SALT) + text[start:]
        case 1:
            near = min(end, start + rng.choice((1, 5, 40, 400)))
            return text[:start] + text[near:] or "<"
        case 2:
            near = min(end, start + rng.choice((40, 400, 4000)))
            return text[:near] + text[start:near] * rng.choice((1, 2, 9)) + text[near:]
        case 3:
            other = rng.choice(seeds)
            place = rng.randrange(len(other))
            return text[:start] + other[place : place + rng.choice((20, 200, 2000))] + text[start:]
        case 4:
            return _with_attribute(text, rng)
        case _:
            tag = rng.choice(
                ("media:group", "media:content", "item", "title", "description", "div", "x", "author", "source")
            )
            return text[:start] + f"<{tag}>" + text[start:end] + f"</{tag}>" + text[end:]


def _with_attribute(text: str, rng: random.Random) -> str:
    places = [place for place, char in enumerate(text) if char in "> " and text[max(0, place - 20) : place].count("<")]
    if not places:
        return text + rng.choice(_SALT)
    place = rng.choice(places)
    return text[:place] + rng.choice([salt for salt in _SALT if salt.startswith(" ") and len(salt) > 1]) + text[place:]


def seeds_at_hand() -> tuple[str, ...]:
    """Ours, and the smaller ones of the captured feeds."""
    folder = shared() / "data" / "feeds"
    captured = [path.read_bytes() for path in sorted(folder.iterdir())] if folder.is_dir() else []
    texts = (document_of(document(body)) for body in captured if len(body) < 40_000)
    return SEEDS * 3 + tuple(text for text in texts if text)


def at_random(seconds: float, first: int, tally: Tally) -> None:
    """Draw mutations until the CPU time is used up."""
    seeds, seed = seeds_at_hand(), first
    while time.process_time() < seconds:
        body, kind = mutated(random.Random(seed), seeds)
        if finding := tried(body, kind, tally):
            tally.findings.append(f"seed {seed}: {finding}")
            print(tally.findings[-1], flush=True)
        seed += 1


def guided(seconds: float, crashes: Path, tally: Tally) -> None:
    """Let atheris choose what to build on; it ends the process, so the result is printed at the last document."""
    import atheris  # type: ignore[import-untyped, import-not-found, unused-ignore]  # noqa: PLC0415 - optional

    seeds = seeds_at_hand()
    crashes.mkdir(parents=True, exist_ok=True)
    corpus = crashes / "corpus"
    corpus.mkdir(exist_ok=True)
    for number, text in enumerate(dict.fromkeys(seeds)):
        (corpus / f"seed{number}").write_bytes(text.encode("utf-8", "replace"))

    def one(data: bytes) -> None:
        if finding := tried(data, "application/xml", tally):
            tally.findings.append(finding)
            (crashes / f"finding{len(tally.findings)}").write_bytes(data)
            print(finding, flush=True)
        if time.process_time() >= seconds:
            report(tally, how="guided by coverage")
            sys.stdout.flush()
            sys.exit(bool(tally.findings))

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        rng = random.Random(seed)
        if rng.random() < 0.4:
            found: bytes = atheris.Mutate(data, most)
            return found
        text = data.decode("utf-8", "replace") or "<"
        for _ in range(rng.randint(1, 3)):
            text = _step(text, rng, seeds)
        return text.encode("utf-8", "replace")[:most]

    for name in ("feeds", "urls", "model"):
        for module in [module for key, module in sys.modules.items() if key.startswith(f"storyfold.{name}.")]:
            _instrument(atheris, module)
    atheris.Setup([sys.argv[0], f"-max_len={_LONGEST // 4}", "-timeout=60", str(corpus)], one, custom_mutator=mutate)
    atheris.Fuzz()


def _instrument(atheris: ModuleType, module: ModuleType) -> None:
    """Count the branches of a module's own functions; each is changed where it stands."""
    own = [value for value in vars(module).values() if getattr(value, "__module__", None) == module.__name__]
    inside = [inner for value in own if isinstance(value, type) for inner in vars(value).values()]
    for function in own + inside:
        if isinstance(function, FunctionType):
            atheris.instrument_func(function)


def report(tally: Tally, how: str) -> None:
    """Print the result."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        json.dumps(
            {
                "how": how,
                "documents": tally.documents,
                "feeds": tally.feeds,
                "read_fast": tally.fast,
                "findings": len(tally.findings),
                "cpu_seconds": round(time.process_time(), 1),
                "peak_mib": round(peak),
            }
        )
    )


def main(arguments: list[str]) -> int:
    """Fuzz and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz_feeds", description=main.__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="of CPU")
    parser.add_argument("--first", type=int, default=0, help="the seed to begin with")
    parser.add_argument("--seed", type=int, help="try the one document of this seed")
    parser.add_argument("--random", action="store_true", help="without atheris, although it is installed")
    parser.add_argument("--crashes", type=Path, default=Path("/tmp/storyfold-fuzz"), help="for what atheris finds")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    tally = Tally()
    if options.seed is not None:
        body, kind = mutated(random.Random(options.seed), seeds_at_hand())
        print(body.decode("utf-8", "replace"), kind, tried(body, kind, tally), sep="\n")
        return 0
    if importlib.util.find_spec("atheris") is not None and not options.random:
        guided(options.seconds, options.crashes, tally)
    with contextlib.suppress(KeyboardInterrupt):
        at_random(options.seconds, options.first, tally)
    report(tally, how="drawn at random")
    return 1 if tally.findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
