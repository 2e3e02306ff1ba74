"""Rules 20 to 25: which entry is which, dates, formats, discovery."""

import asyncio
import gzip
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storyfold.feeds.listing import read_feeds
from storyfold.feeds.opml import write_opml
from storyfold.model.entries import LedgerEntry
from tests.conformance.scene import HOUR, rss, scene
from tests.fakes.badserver import Exchange

Say = Callable[[str], None]


async def taken_up(folder: Path, *bodies: bytes, kind: str = "application/xml") -> list[LedgerEntry]:
    """What polling one body after the other takes up."""
    async with scene(folder) as stage:
        left = list(bodies)

        async def next_body(exchange: Exchange) -> None:
            await exchange.answer(200, left.pop(0) if len(left) > 1 else left[0], ("Content-Type", kind))

        url = stage.serve("/f", next_body)
        await stage.register(url)
        await stage.run()
        await stage.polls(len(bodies) - 1)
        return list(stage.hop.items)


def item(**parts: str) -> str:
    return "<item>" + "".join(f"<{name}>{text}</{name}>" for name, text in parts.items()) + "</item>"


def channel(*items: str) -> bytes:
    return f'<rss version="2.0"><channel>{"".join(items)}</channel></rss>'.encode()


@pytest.mark.rule("20a")
def test_ids_are_deterministic(tmp_path: Path, say: Say) -> None:
    """An item with guid, one with link only and one with neither have the same ids in two stores."""

    async def story() -> None:
        items = [item(guid=" G&amp;1 ", title="a"), item(link="https://n.example/b", title="b"), item(title="c")]
        first, second = tmp_path / "1", tmp_path / "2"
        first.mkdir()
        second.mkdir()
        one = await taken_up(first, channel(*items))
        # Another port is another feed; ids are made from the feed's id and the key.
        assert [3, "G&1"] == [len(one), one[0].entry.guid]
        again = await taken_up(second, channel(*items), channel(*reversed(items)), channel(*items, item(title="d")))
        assert 4 == len({row.entry.entry_id for row in again}) == len(again)

    asyncio.run(story())
    say("3 kinds of key, reordered and polled thrice: no repeat")


@pytest.mark.rule("20a")
def test_a_restart_knows_all_entries(tmp_path: Path, say: Say) -> None:
    """A new process that gets the same document under another ETag takes nothing up."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            names = [(str(number), stage.clock.now()) for number in range(30)]
            url = stage.answer("/f", 200, rss(*names))
            await stage.register(url)
            await stage.run()
            assert 30 == len(stage.hop.items)
        async with scene(tmp_path, clock=stage.clock) as again:
            again.server.port, port = stage.server.port, again.server.port
            again.server.port = port
            again.answer("/f", 200, rss(*names, extra="<!-- other bytes -->"))
            feed = again.server.url("/f")
            await again.register(feed)
            await again.run()
            # The port is another, so the feed is another: its own 30; those of the old feed are still there.
            counts = await again.store.ledger_counts()
            assert (60, True) == (counts.taken_up, counts.balanced)
            await again.polls(3)
            assert 60 == (await again.store.ledger_counts()).taken_up

    asyncio.run(story())
    say("30 entries, polled again 3 times: none taken up twice")


@pytest.mark.rule("20b")
def test_one_guid_for_all(tmp_path: Path, say: Say) -> None:
    """Five items share a guid; all five are entries, once each."""
    items = [item(guid="same", link=f"https://n.example/{number}", title=str(number)) for number in range(5)]
    rows = asyncio.run(taken_up(tmp_path, channel(*items), channel(*items[1:]), channel(*items)))
    assert ["0", "1", "2", "3", "4"] == [row.entry.title for row in rows]
    say("5 items, 5 entries")


@pytest.mark.rule("20c")
def test_guids_that_change(tmp_path: Path, say: Say) -> None:
    """Ten items get new guids at each of five fetches; ten entries are taken up."""
    bodies = [
        channel(*(item(guid=f"{fetch}-{n}", link=f"https://n.example/{n}", title=f"t{n}") for n in range(10)))
        for fetch in range(5)
    ]
    rows = asyncio.run(taken_up(tmp_path, *bodies))
    assert 10 == len(rows)
    say("5 fetches, 10 entries")


@pytest.mark.rule("20d")
def test_guids_that_change_in_a_feed_of_one_item(tmp_path: Path, say: Say) -> None:
    """The one item gets a new guid at each of six fetches; it is one entry."""
    bodies = [channel(item(guid=f"g{fetch}", link="https://n.example/a", title="The one")) for fetch in range(6)]
    rows = asyncio.run(taken_up(tmp_path, *bodies))
    assert 1 == len(rows)
    say("6 fetches, 1 entry")


@pytest.mark.rule("21")
def test_spellings_of_a_link(tmp_path: Path, say: Say) -> None:
    """Without guids, case, port, dot segments, fragments and tracking parameters make no new entry."""
    spellings = [
        "https://N.example/a/b?id=1", "https://n.example:443/a/b?id=1#top", "HTTPS://n.example/a/./c/../b?id=1",
        "https://n.example/a/b?id=1&amp;utm_source=rss&amp;fbclid=x",
    ]  # fmt: skip
    rows = asyncio.run(taken_up(tmp_path, *(channel(item(link=link, title="A")) for link in spellings)))
    assert 1 == len({row.entry.entry_id for row in rows})
    say(f"{len(spellings)} spellings, 1 entry")


@pytest.mark.rule("22")
def test_a_changed_entry_is_a_revision(tmp_path: Path, say: Say) -> None:
    """Its title is corrected twice: revisions 1, 2, 3 of one entry."""
    bodies = [channel(item(guid="a", title=title)) for title in ("Two dead", "Three dead", "Four dead")]
    rows = asyncio.run(taken_up(tmp_path, *bodies))
    assert [1, 2, 3] == [row.revision for row in rows]
    assert 1 == len({row.entry.entry_id for row in rows})
    say("2 corrections: revisions 1, 2, 3")


@pytest.mark.rule("23")
def test_dates(tmp_path: Path, say: Say) -> None:
    """Zones are undone, a missing one is the feed's habit, and the future is now."""
    noon = datetime(2026, 1, 5, 12, tzinfo=UTC)
    dates = {
        "zone": "Mon, 05 Jan 2026 11:00:00 +0200",
        "more": "Mon, 05 Jan 2026 10:00:00 +0200",
        "none": "Mon, 05 Jan 2026 09:30:00",
        "future": "Mon, 05 Jan 2027 11:00:00 +0200",
    }
    body = channel(*(item(guid=name, title=name, pubDate=date) for name, date in dates.items()))
    rows = {row.entry.guid: row.entry for row in asyncio.run(taken_up(tmp_path, body))}
    assert noon - 3 * HOUR == rows["zone"].published_at
    assert noon - timedelta(hours=4, minutes=30) == rows["none"].published_at
    assert (noon, True) == (rows["future"].published_at, rows["future"].date_clamped)
    assert not rows["zone"].date_clamped
    say("zone undone, missing zone by habit, future set to now and flagged")


FORMATS = {
    "rss-0.90": b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    b'xmlns="http://my.netscape.com/rdf/simple/0.9/"><channel><title>C</title></channel><item><title>T</title>'
    b"<link>https://n.example/a</link></item></rdf:RDF>",
    "rss-0.93": b'<rss version="0.93"><channel><item><title>T</title><link>https://n.example/a</link></item></channel></rss>',
    "rss-0.91": b'<rss version="0.91"><channel><item><title>T</title><link>https://n.example/a</link></item></channel></rss>',
    "rss-0.92": b'<rss version="0.92"><channel><item><title>T</title><link>https://n.example/a</link></item></channel></rss>',
    "rss-2.0": channel(item(title="T", link="https://n.example/a")),
    "rdf": b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
    b'<item rdf:about="https://n.example/a"><title>T</title><link>https://n.example/a</link></item></rdf:RDF>',
    "atom": b'<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://n.example/"><entry><id>tag:a</id>'
    b'<title>T</title><link href="a"/></entry></feed>',
    "json-1.1": b'{"version":"https://jsonfeed.org/version/1.1","items":[{"id":7,"url":"https://n.example/a","title":"T",'
    b'"authors":[{"name":"N"}]}]}',
    "news-sitemap": b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
    b'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>https://n.example/a</loc>'
    b"<news:news><news:title>T</news:title></news:news></url></urlset>",
}


@pytest.mark.rule("24a")
@pytest.mark.parametrize("name", FORMATS)
def test_formats(tmp_path: Path, say: Say, name: str) -> None:
    """Each brings its one entry with title and link."""
    (row,) = asyncio.run(taken_up(tmp_path, FORMATS[name]))
    assert ("T", "https://n.example/a") == (row.entry.title, row.entry.url)
    say(name)


MODULES = (
    b'<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    b'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><item><title>T</title><guid>a</guid>'
    b"<dc:creator>Ana</dc:creator><dc:date>2026-01-05T10:00:00+02:00</dc:date><dc:subject>floods</dc:subject>"
    b"<content:encoded><![CDATA[<p>All</p>]]></content:encoded><media:group>"
    b'<media:content url="https://n.example/p.jpg" medium="image"/></media:group></item></channel></rss>'
)
ATOM = (
    b'<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://n.example/x/"><entry xml:base="y/"><id>a</id>'
    b'<title type="text">1 &lt; 2</title><link href="z"/><updated>2026-01-05T10:00:00Z</updated>'
    b'<author><name>Ben</name></author><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>All</p></div>'
    b"</content></entry></feed>"
)


@pytest.mark.rule("24a")
def test_modules(tmp_path: Path, say: Say) -> None:
    """Dublin Core, content:encoded and Media RSS say who, when, what of, the whole text and the picture."""
    (row,) = asyncio.run(taken_up(tmp_path, MODULES))
    entry = row.entry
    assert (("Ana",), ("floods",), "<p>All</p>") == (entry.authors, entry.categories, entry.content)
    assert (datetime(2026, 1, 5, 8, tzinfo=UTC), "https://n.example/p.jpg") == (entry.published_at, entry.image)
    say("dc, content, media")


@pytest.mark.rule("24a")
def test_atom_text_constructs(tmp_path: Path, say: Say) -> None:
    """Text is literal, xhtml keeps its markup, and links are relative to the nearest xml:base."""
    (row,) = asyncio.run(taken_up(tmp_path, ATOM))
    entry = row.entry
    assert ("1 < 2", "<p>All</p>", "https://n.example/x/y/z") == (entry.title, entry.content, entry.url)
    assert (("Ben",), datetime(2026, 1, 5, 10, tzinfo=UTC)) == (entry.authors, entry.updated_at)
    say("text, xhtml, nested xml:base")


@pytest.mark.rule("24b")
@pytest.mark.parametrize(
    ("encode", "kind", "declared"),
    [
        ("utf-16", "application/xml; charset=iso-8859-1", "utf-8"),
        ("windows-1251", "application/xml; charset=windows-1251", "utf-8"),
        ("windows-1251", "application/xml", "windows-1251"),
        ("utf-8", "application/xml", None),
    ],
    ids=["bom", "http", "declaration", "detection"],
)
def test_encodings(tmp_path: Path, say: Say, encode: str, kind: str, declared: str | None) -> None:
    """Whoever comes first in this order is believed."""
    head = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    text = head + channel(item(guid="a", title="Новости дня")).decode()
    (row,) = asyncio.run(taken_up(tmp_path, text.encode(encode), kind=kind))
    assert "Новости дня" == row.entry.title
    say(f"{encode} by {kind}")


@pytest.mark.rule("24c")
def test_next_url(tmp_path: Path, say: Say) -> None:
    """Three pages that end in a loop bring all their items; an endless chain ends."""

    async def story() -> None:
        async with scene(tmp_path) as stage:

            def page(number: int, following: str) -> bytes:
                return (
                    f'{{"version":"https://jsonfeed.org/version/1.1","next_url":"{following}","items":'
                    f'[{{"id":"{number}","url":"https://n.example/{number}","title":"T{number}"}}]}}'
                ).encode()

            url = stage.answer("/1", 200, page(1, "/2"))
            stage.answer("/2", 200, page(2, "/3"))
            stage.answer("/3", 200, page(3, "/1"))
            endless = stage.serve("/e", _endless_pages)
            await stage.register(url, endless)
            await stage.run()
            titles = {row.entry.title for row in stage.hop.items}
            assert {"T1", "T2", "T3"} <= titles
            assert 1 == len(stage.requests("/1")) == len(stage.requests("/3"))
            assert 2 <= len(stage.requests("/e")) <= 20
            say(f"loop of 3: 3 requests; endless: {len(stage.requests('/e'))} requests")

    asyncio.run(story())


async def _endless_pages(exchange: Exchange) -> None:
    number = int(exchange.target.partition("?")[2] or 0)
    body = (
        f'{{"version":"https://jsonfeed.org/version/1.1","next_url":"/e?{number + 1}","items":[{{"id":"e{number}"}}]}}'
    )
    await exchange.answer(200, body.encode())


def sitemap(*names: str, space: str = "https://n.example") -> bytes:
    urls = "".join(
        f"<url><loc>{space}/{name}</loc><news:news><news:title>{name}</news:title></news:news></url>" for name in names
    )
    return (
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        f'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">{urls}</urlset>'
    ).encode()


@pytest.mark.rule("24d")
def test_an_index_of_sitemaps(tmp_path: Path, say: Say) -> None:
    """The sitemaps of an index are read, those of an index in it are not, and of a thousand only some."""

    async def story() -> None:
        async with scene(tmp_path) as stage:

            def index(*paths: str) -> bytes:
                listed = "".join(f"<sitemap><loc>{stage.server.url(path)}</loc></sitemap>" for path in paths)
                return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</sitemapindex>'.encode()

            url = stage.answer("/index", 200, index("/a", "/b", "/index2"))
            stage.answer("/a", 200, sitemap("a1", "a2"))
            stage.answer("/b", 200, sitemap("b1"))
            stage.answer("/index2", 200, index("/c"))
            stage.answer("/c", 200, sitemap("c1"))
            stage.serve("/many", _one_sitemap)
            flood = stage.answer("/flood", 200, index(*(f"/many?{number}" for number in range(1000))))
            await stage.register(url, flood)
            await stage.run()
            titles = {row.entry.title for row in stage.hop.items}
            assert {"a1", "a2", "b1"} <= titles
            assert "c1" not in titles
            assert [] == stage.requests("/c")
            assert 1 <= len(stage.requests("/many")) <= 20
            say(f"2 of 2 sitemaps read; of 1,000 listed {len(stage.requests('/many'))} asked for")

    asyncio.run(story())


async def _one_sitemap(exchange: Exchange) -> None:
    await exchange.answer(200, sitemap(f"m{exchange.target.partition('?')[2]}"))


@pytest.mark.rule("24e")
def test_a_gzip_sitemap(tmp_path: Path, say: Say) -> None:
    """sitemap.xml.gz, sent as the file that it is, is read; one that would blow up is not."""

    async def story() -> None:
        async with scene(tmp_path) as stage:
            kind = ("Content-Type", "application/gzip")
            url = stage.answer("/news.xml.gz", 200, gzip.compress(sitemap("a")), kind)
            bomb = stage.answer("/bomb.xml.gz", 200, gzip.compress(b" " * (100 << 20)), kind)
            await stage.register(url, bomb)
            await stage.run()
            assert ["a"] == [row.entry.title for row in stage.hop.items]
            assert 1 == (await stage.state(bomb)).failures

    asyncio.run(story())
    say("read; a bomb of 100 MiB fails")


@pytest.mark.rule("25b")
def test_opml(say: Say) -> None:
    """A list with bare ampersands is read, and what is written is read again."""
    text = (
        '<opml><body><outline text="A & B" xmlUrl="https://n.example/f?a=1&b=2"/><outline xmlUrl="https://m.example/"/>'
    )
    listed = read_feeds(text, ".opml")
    assert ["https://n.example/f?a=1&b=2", "https://m.example/"] == [each.url for each in listed.sources]
    assert listed.sources == read_feeds(write_opml(listed.sources), ".opml").sources
    say("bare & and open elements; round trip")


@pytest.mark.rule("26a")
@pytest.mark.parametrize("where", ["header", "feed"])
def test_hub_and_self(tmp_path: Path, say: Say, where: str) -> None:
    """Both are found where they are told."""
    from storyfold.feeds.parse import parse_feed
    from storyfold.model.fetching import FetchRequest, Purpose

    async def story() -> None:
        async with scene(tmp_path) as stage:
            header = ("Link", '<https://hub.example/>; rel="hub", <https://n.example/self>; rel=self')
            links = (
                '<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="hub" href="https://hub.example/"/>'
                '<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="self" href="https://n.example/self"/>'
            )
            body = rss(("a", None), head=links if where == "feed" else "")
            url = stage.answer("/f", 200, body, *([header] if where == "header" else []))
            await stage.register(url)
            response = await stage.fetcher.fetch(FetchRequest(url, Purpose.FEED))
            parsed = parse_feed(response, stage.clock.now(), stage.sources[0])
            assert parsed is not None
            assert ("https://hub.example/", "https://n.example/self") == (parsed.hints.hub, parsed.hints.self_url)

    asyncio.run(story())
    say(where)
