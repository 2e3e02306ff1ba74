import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from storyfold.feeds.parse import parse_feed
from storyfold.model.entries import Entry
from storyfold.model.fetching import FetchResponse
from storyfold.model.page import ParsedFeed
from tests.fakes.poll_values import SOURCE

SEEN = datetime(2026, 1, 7, 12, tzinfo=UTC)
BASE = "https://news.example/feeds/rss"


def parse(body: bytes | str, *headers: tuple[str, str], most: int = 5000) -> ParsedFeed | None:
    data = body.encode() if isinstance(body, str) else body
    return parse_feed(FetchResponse(BASE, 200, headers, data, (), timedelta(0)), SEEN, SOURCE, most)


def feed(body: bytes | str, *headers: tuple[str, str], most: int = 5000) -> ParsedFeed:
    found = parse(body, *headers, most=most)
    assert found is not None
    return found


def rss(items: str, channel: str = "") -> str:
    return (
        '<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"'
        ' xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:atom="http://www.w3.org/2005/Atom"'
        ' xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0">'
        f"<channel><title>News</title>{channel}{items}</channel></rss>"
    )


def one(items: str, channel: str = "") -> Entry:
    (entry,) = feed(rss(items, channel)).entries
    return entry


# -- formats ----------------------------------------------------------------------------------------------------------


def test_an_rss_item_becomes_an_entry() -> None:
    """Every field that an article needs is read, as plain text, absolute URLs and UTC."""
    found = feed(
        rss(
            "<item><title>A &lt;b&gt;bold&lt;/b&gt; title &amp;amp; more</title><link>/a?x=1</link>"
            "<guid isPermaLink='false'>id-1</guid>"
            "<description>&lt;p&gt;One.&lt;/p&gt;&lt;p&gt;Two.&lt;/p&gt;</description>"
            "<content:encoded>&lt;p&gt;Full &lt;i&gt;text&lt;/i&gt;&lt;/p&gt;</content:encoded>"
            "<dc:creator>A. Writer</dc:creator><category>World</category><category>World</category>"
            "<pubDate>Wed, 07 Jan 2026 10:00:00 +0100</pubDate>"
            "<enclosure url='/p.jpg' type='image/jpeg' length='1'/></item>",
            "<language>en_gb</language><link>https://www.news.example/</link>",
        )
    )
    (entry,) = found.entries
    assert ("News", "https://www.news.example/", "en-gb", "rss20", None) == (
        found.title,
        found.site_url,
        found.language,
        found.format,
        found.complaint,
    )
    assert ("id-1", "https://news.example/a?x=1", "A bold title & more", "One. Two.") == (
        entry.guid,
        entry.url,
        entry.title,
        entry.summary,
    )
    assert "<p>Full <i>text</i></p>" == entry.content
    assert (("A. Writer",), ("World",), "https://news.example/p.jpg", "en-gb") == (
        entry.authors,
        entry.categories,
        entry.image,
        entry.language,
    )
    assert (datetime(2026, 1, 7, 9, tzinfo=UTC), None, False) == (
        entry.published_at,
        entry.updated_at,
        entry.date_clamped,
    )


def test_atom_is_read() -> None:
    """Literal text stays literal, xml:base counts, updated is not published."""
    (entry,) = feed(
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://other.example/x/" xml:lang="de"><title>T</title>'
        "<entry><id>tag:1</id><title>a &lt;b&gt; c</title><link href='y'/><updated>2026-01-07T09:00:00Z</updated>"
        "<author><name>N</name></author><content type='text'>1 &lt; 2 &lt; 3</content></entry></feed>"
    ).entries
    assert ("a <b> c", "https://other.example/x/y", None) == (entry.title, entry.url, entry.published_at)
    assert datetime(2026, 1, 7, 9, tzinfo=UTC) == entry.updated_at
    assert ("1 &lt; 2 &lt; 3", "de", ("N",)) == (entry.content, entry.language, entry.authors)


def test_rdf_takes_its_date_from_dublin_core() -> None:
    """dc:date is a publication date in RSS."""
    (entry,) = feed(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="x"><title>T</title></channel>'
        '<item rdf:about="https://news.example/1"><title>One</title><link>https://news.example/1</link>'
        "<dc:date>2026-01-06T10:00:00+01:00</dc:date></item></rdf:RDF>"
    ).entries
    assert datetime(2026, 1, 6, 9, tzinfo=UTC) == entry.published_at


def test_json_feed_is_read() -> None:
    """Numeric ids, authors of item or feed, hubs and expiry are understood; nonsense among the items is passed over."""
    items = [
        {"id": 7, "url": "/a", "title": "A", "content_text": "1 < 2", "date_published": "2026-01-07T10:00:00+01:00"},
        {"id": "b", "external_url": "https://o.example/", "content_html": "<p>x</p>", "authors": [{"name": "N"}, 3]},
        {"id": True, "url": "https://news.example/c", "tags": ["t", 1], "author": {"name": "O"}, "image": "i.png"},
        {"id": [], "url": "https://news.example/d", "tags": "t", "date_published": "nonsense"},
        "nonsense",
    ]
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "J",
        "home_page_url": "https://news.example/",
        "language": "en",
        "expired": True,
        "authors": [{"name": "House"}],
        "hubs": [{"type": "WebSub", "url": "https://hub.example/"}, {"type": "rssCloud", "url": "https://no.example/"}],
        "items": items,
    }
    found = feed("\ufeff" + json.dumps(document))
    assert ("J", "json11", "en", True, "https://hub.example/") == (
        found.title,
        found.format,
        found.language,
        found.hints.expired,
        found.hints.hub,
    )
    assert ["7", "b", None, None] == [entry.guid for entry in found.entries]
    assert [("House",), ("N",), ("O",), ("House",)] == [entry.authors for entry in found.entries]
    assert ["https://news.example/a", "https://o.example/", "https://news.example/c", "https://news.example/d"] == [
        entry.url for entry in found.entries
    ]
    first, _, third, _ = found.entries
    assert ("1 &lt; 2", datetime(2026, 1, 7, 9, tzinfo=UTC)) == (first.content, first.published_at)
    assert (("t",), "https://news.example/feeds/i.png") == (third.categories, third.image)


def test_json_feed_of_the_first_version_is_read() -> None:
    """Version 1 is still about."""
    assert "json1" == feed('{"version":"https://jsonfeed.org/version/1","items":[]}').format


SITEMAP = """<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
<url><loc>https://news.example/1</loc><lastmod>2026-01-07</lastmod><news:news><news:publication><news:name>N</news:name>
<news:language>fr</news:language></news:publication><news:publication_date>2026-01-07T10:00:00Z</news:publication_date>
<news:title>L&#233;on</news:title><news:keywords>a, b</news:keywords></news:news>
<image:image><image:loc>/p.png</image:loc></image:image></url>
<url><loc>https://news.example/about</loc></url></urlset>"""


def test_a_news_sitemap_is_a_feed() -> None:
    """URLs with a news element are items, others are pages of the site."""
    found = feed(SITEMAP)
    (entry,) = found.entries
    assert ("news-sitemap", "fr") == (found.format, found.language)
    assert ("https://news.example/1", "Léon", ("a", "b"), "https://news.example/p.png") == (
        entry.url,
        entry.title,
        entry.categories,
        entry.image,
    )
    assert datetime(2026, 1, 7, 10, tzinfo=UTC) == entry.published_at


def test_other_sitemaps_say_what_to_register_instead() -> None:
    """A sitemap without news is understood, with a complaint that helps."""
    found = feed("<urlset xmlns='x'><url><loc>https://a.example/</loc></url></urlset>")
    assert () == found.entries
    assert "no news" in (found.complaint or "")


def test_an_index_names_its_sitemaps() -> None:
    """Those called news come first, then the latest; one without an address is passed over, one listed twice is one."""
    listed = "".join(
        f"<sitemap>{loc}<lastmod>{date}</lastmod></sitemap>"
        for loc, date in [
            ("<loc>/old.xml</loc>", "2026-01-01"),
            ("<loc>/late.xml</loc>", "2026-01-07"),
            ("<loc>/NEWS.xml</loc>", "2025-01-01"),
            ("<loc>/old.xml</loc>", "2026-01-01"),
            ("", "2026-01-08"),
        ]
    )
    found = feed(f"<sitemapindex xmlns='x'>{listed}</sitemapindex>")
    assert ((), True, None) == (found.entries, found.is_index, found.complaint)
    assert ["NEWS.xml", "late.xml", "old.xml"] == [url.rpartition("/")[2] for url in found.further]


def test_a_json_feed_names_its_next_page() -> None:
    """Absolute; what is no address is none."""
    head = '{"version":"https://jsonfeed.org/version/1.1","items":[],"next_url":'
    assert ["page2"] == [url.rpartition("/")[2] for url in feed(head + '"/page2"}').further]
    assert () == feed(head + "7}").further


def test_a_gzip_file_that_does_not_unpack_is_no_feed() -> None:
    """It ends as not a feed, not as an exception."""
    broken = FetchResponse("https://a.example/x.gz", 200, (), b"\x1f\x8b broken", (), timedelta(0))
    assert parse_feed(broken, SEEN, SOURCE) is None


def test_a_sitemap_that_breaks_off_is_read_as_far_as_it_goes() -> None:
    """What came is used, and the fault is told."""
    found = feed(SITEMAP[: SITEMAP.index("<url><loc>https://news.example/about")])
    assert 1 == len(found.entries)
    assert (found.complaint or "").startswith("not well-formed")


def test_an_empty_sitemap_is_a_feed_without_news() -> None:
    """Nothing happened in the last two days: that is no fault."""
    assert feed("<urlset xmlns='x'></urlset>").complaint is None


@pytest.mark.parametrize(
    "body",
    [
        "",
        " ",
        "hello",
        "<!DOCTYPE html><html><body><item>x</item></body></html>",
        "<!-- x --><HTML><head></head></HTML>",
        "<opml><body/></opml>",
        "<?><urlset/>",
        "<html>",
        "{",
        "{}",
        "[]",
        '{"items": 3}',
        '{"version": "https://jsonfeed.org/version/1", "items": {}}',
        '{"version": "2.0", "items": []}',
        '{"items":' + "[" * 100_000,
        b"\x00\x01\x02",
        b"\xff\xfe",
        b"\x1f\x8b\x08\x00",
    ],
)
def test_what_is_no_feed_is_none(body: bytes | str) -> None:
    """HTML, other JSON, other XML and noise are not feeds."""
    assert parse(body) is None


def test_the_owners_language_fills_in_where_the_feed_is_silent() -> None:
    """What the feeds file says about language holds where the feed says nothing."""
    response = FetchResponse(BASE, 200, (), rss("").encode(), (), timedelta(0))
    found = parse_feed(response, SEEN, replace(SOURCE, language="en"))
    assert found is not None
    assert "en" == found.language


# -- fields -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "url"),
    [
        ("<guid>12345</guid>", None),
        ("<guid>https://news.example/12345</guid>", "https://news.example/12345"),
        ("<link>javascript:alert(1)</link>", None),
        ("<link>/x</link><feedburner:origLink>https://o.example/y</feedburner:origLink>", "https://o.example/y"),
        ("<title>t</title>", None),
    ],
)
def test_links(item: str, url: str | None) -> None:
    """A guid is a link only if it looks like one; what is not http(s) is none."""
    assert url == one(f"<item><title>t</title>{item}</item>").url


@pytest.mark.parametrize(
    ("item", "image"),
    [
        ("<media:content url='https://i.example/1' medium='image'/>", "https://i.example/1"),
        ("<media:content url='https://i.example/1' type='video/mp4'/>", None),
        ("<media:thumbnail url='/t.png'/>", "https://news.example/t.png"),
        ("<image><url>https://i.example/2</url></image>", None),
    ],
)
def test_pictures(item: str, image: str | None) -> None:
    """Media RSS and enclosures give a picture; videos do not."""
    assert image == one(f"<item><title>t</title>{item}</item>").image


def test_media_rss_fills_in_for_title_and_summary() -> None:
    """Feeds of videos have their words in Media RSS."""
    entry = one("<item><link>/a</link><media:title>T</media:title><media:description>D</media:description></item>")
    assert ("T", "D") == (entry.title, entry.summary)


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Wed, 07 Jan 2026 14:00:00 +0000", (SEEN, True)),
        ("Wed, 07 Jan 2026 12:05:00 +0000", (SEEN, False)),
        ("Thu, 01 Jan 1970 00:00:00 +0000", (None, False)),
        ("0001-01-01T00:00:00Z", (None, False)),
        ("yesterday", (None, False)),
        ("", (None, False)),
    ],
)
def test_dates_of_the_future_are_clamped_and_impossible_ones_dropped(
    date: str, expected: tuple[datetime | None, bool]
) -> None:
    """The future is now, and said so beyond the difference of clocks; the year 1 is no date of news."""
    entry = one(f"<item><title>t</title><pubDate>{date}</pubDate></item>")
    assert expected == (entry.published_at, entry.date_clamped)


def test_a_missing_zone_is_the_feeds_own() -> None:
    """A date without a zone is read in the zone that the feed's other dates state."""
    found = feed(
        rss(
            "<item><title>a</title><pubDate>Tue, 06 Jan 2026 10:00:00 +0200</pubDate></item>"
            "<item><title>b</title><pubDate>Tue, 06 Jan 2026 10:00:00</pubDate></item>"
            "<item><title>c</title><pubDate>2026-01-06</pubDate></item>"
            "<item><title>d</title><pubDate>Tue, 06 Jan 2026 10:00:00 -0130</pubDate></item>"
        )
    )
    assert [(8, 0), (8, 0), (0, 0), (11, 30)] == [
        (entry.published_at.hour, entry.published_at.minute) for entry in found.entries if entry.published_at
    ]


def test_hints_about_polling_are_read() -> None:
    """The longer of ttl and updatePeriod; skipped hours and days; hub and self, the headers first."""
    hints = feed(
        rss(
            "",
            "<ttl>30</ttl><sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>1</sy:updateFrequency>"
            "<skipHours><hour>1</hour><hour> 24 </hour><hour>x</hour></skipHours>"
            "<skipDays><day>Sunday</day><day>Funday</day></skipDays>"
            "<atom:link rel='hub' href='https://hub.example/'/><atom:link rel='self' href='/rss'/>",
        ),
        ("link", '</hub>; rel="hub", <https://news.example/self>; rel=self'),
        ("link", "<broken"),
    ).hints
    assert (3600, (0, 1), (6,)) == (hints.ttl_seconds, hints.skip_hours, hints.skip_days)
    assert ("https://news.example/hub", "https://news.example/self") == (hints.hub, hints.self_url)


def test_hints_of_the_document_count_where_there_is_no_header() -> None:
    """Most feeds name their hub in the document only; an update frequency divides its period."""
    hints = feed(
        rss(
            "",
            "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>"
            "<atom:link rel='hub' href='https://hub.example/'/>",
        ),
        ("link", "</x>"),
    ).hints
    assert (6 * 3600, "https://hub.example/", None) == (hints.ttl_seconds, hints.hub, hints.self_url)


# -- identity (polling.md, 20) ----------------------------------------------------------------------------------------


def guids(*items: str) -> list[str]:
    """Ids of a document's entries, by their keys' kinds where they can be told."""
    return [entry.entry_id for entry in feed(rss("".join(f"<item>{item}</item>" for item in items))).entries]


def test_an_entry_is_known_by_its_guid_whatever_else_changes() -> None:
    """Title, link and the rest of the document may change: the guid names the entry."""
    before = guids("<guid>1</guid><link>/a</link><title>A</title>")
    after = guids("<guid>2</guid><link>/b</link>", "<guid>1</guid><link>/moved</link><title>B</title>")
    assert before == after[1:]


def test_a_relative_guid_does_not_depend_on_where_the_feed_is() -> None:
    """Guids are verbatim: a feed that moves to https keeps its entries."""
    body = rss("<item><guid>news/1</guid><title>A</title></item>").encode()
    ids = {
        parse_feed(FetchResponse(url, 200, (), body, (), timedelta(0)), SEEN, SOURCE).entries[0].entry_id  # type: ignore[union-attr]  # it is a feed
        for url in ("http://a.example/x/rss", "https://b.example/rss")
    }
    assert 1 == len(ids)


def test_without_guid_the_canonical_link_names_an_entry() -> None:
    """Tracking parameters make no new entry."""
    assert guids("<link>/a?utm_source=x</link>") == guids("<link>https://NEWS.example/a#top</link><title>New</title>")


def test_without_guid_and_link_its_words_and_date_name_an_entry() -> None:
    """The time of sight has no part in it."""
    item = "<title>A</title><pubDate>Fri, 09 Jan 2026 10:00:00 GMT</pubDate>"
    assert guids(item) == guids(item)
    assert guids(item) != guids("<title>B</title><pubDate>Fri, 09 Jan 2026 10:00:00 GMT</pubDate>")


def test_items_without_anything_but_words_are_told_apart_by_them() -> None:
    """A microblog has neither titles nor links."""
    assert 2 == len(set(guids("<description>a</description>", "<description>b</description>")))


def test_one_guid_for_many_items_falls_back_to_links_then_words() -> None:
    """A reused guid is detected: no item is lost, and the rest of the document is not touched."""
    ids = guids(
        "<guid isPermaLink='false'>same</guid><link>/a</link>",
        "<guid isPermaLink='false'>same</guid><link>/b</link>",
        "<guid isPermaLink='false'>same</guid><link>/c</link><title>1</title>",
        "<guid isPermaLink='false'>same</guid><link>/c</link><title>2</title>",
        "<guid isPermaLink='false'>own</guid><link>/d</link>",
    )
    assert 5 == len(set(ids))
    assert guids("<link>/a</link>") == ids[:1]
    assert guids("<guid isPermaLink='false'>own</guid>") == ids[4:]


def test_an_item_listed_twice_is_one_entry() -> None:
    """Alike in guid, link, title and date is the same."""
    item = "<guid>1</guid><link>/a</link><title>A</title>"
    assert guids(item) == guids(item, item)


def test_markup_alone_is_no_new_revision() -> None:
    """A counting pixel in the content leaves the content hash alone; another word does not."""
    plain = one("<item><guid>1</guid><content:encoded>&lt;p&gt;a&lt;/p&gt;</content:encoded></item>")
    pixel = one(
        "<item><guid>1</guid><content:encoded>&lt;p&gt;a&lt;img src='?7'&gt;&lt;/p&gt;</content:encoded></item>"
    )
    word = one("<item><guid>1</guid><content:encoded>&lt;p&gt;b&lt;/p&gt;</content:encoded></item>")
    assert plain.content_hash == pixel.content_hash
    assert plain.content_hash != word.content_hash


# -- encodings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (rss("<item><title>Zürich “żółw”</title></item>").encode(), ()),
        (rss("<item><title>Zürich “żółw”</title></item>").encode("utf-16"), ()),
        (rss("<item><title>Zürich “żółw”</title></item>").encode("utf-16-le"), ()),
        (rss("<item><title>Zürich “żółw”</title></item>").encode("utf-32"), ()),
        (
            rss("<item><title>Zürich “żółw”</title></item>").encode("utf-8-sig"),
            (("content-type", "x/y; charset=koi8-r"),),
        ),
        (
            rss("<item><title>Zürich “żółw”</title></item>").encode("cp1250"),
            (("content-type", "a/b;charset='cp1250'"),),
        ),
        (
            rss("<item><title>Zürich “żółw”</title></item>")
            .replace('"1.0"', '"1.0" encoding="windows-1250"')
            .encode("cp1250"),
            (("content-type", "text/xml; charset=utf-8"),),
        ),
        (rss("<item><title>Zürich “żółw”</title></item>").encode(), (("content-type", "text/xml; charset=punycode"),)),
        (rss("<item><title>Zürich “żółw”</title></item>").encode(), (("content-type", "text/xml; charset=nonsense"),)),
        ("\n \t" + rss("<item><title>Zürich\x0b “żółw”</title></item>"), ()),
    ],
)
def test_encodings(body: bytes | str, headers: tuple[tuple[str, str], ...]) -> None:
    """Byte order mark, then HTTP, then the declaration, then detection; what does not fit is passed over."""
    assert "Zürich “żółw”" == feed(body, *headers).entries[0].title


def test_an_undeclared_encoding_is_detected() -> None:
    """Russian in windows-1251 without a word about it comes out right."""
    text = "Москва: в столице из-за сильных морозов объявлен уровень опасности до конца недели, сообщили в пятницу"
    body = rss(f"<item><title>{text}</title></item>" * 5).replace('<?xml version="1.0"?>', "").encode("cp1251")
    assert text == feed(body).entries[0].title


def test_noise_in_an_encoding_that_nobody_knows_is_replaced() -> None:
    """Bytes that fit nothing do not stop a feed."""
    body = rss("<item><title>ab</title></item>").encode().replace(b"ab", b"a\x81\x8d\x8f\x90\x9d\xffb")
    assert feed(body).entries[0].title


# -- hostile documents (polling.md, 19) -------------------------------------------------------------------------------

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    + "".join(f'<!ENTITY {chr(98 + n)}{n} "{f"&{chr(97 + n)}{n - 1 or str()};" * 10}">' for n in range(1, 9))
    + '<!ENTITY file SYSTEM "file:///etc/passwd">]>'
    '<rss version="2.0"><channel><title>t</title><item><title>x&i8;&b;&file;</title></item></channel></rss>'
)


def test_entity_bombs_and_external_entities_are_harmless() -> None:
    """Nothing is expanded beyond what the document's own size allows, and no file is read."""
    found = parse(BOMB)
    text = str(found)
    assert "root:" not in text
    assert len(text) < 10_000


@pytest.mark.parametrize("root", ["urlset", "rss", "html"])
def test_sitemaps_are_parsed_without_entities(root: str) -> None:
    """A sitemap is held to the same rules."""
    found = parse(BOMB.replace("<rss version", f"<{root} version").replace("</rss>", f"</{root}>"))
    assert "root:" not in str(found)


@pytest.mark.parametrize("code", ["55296", "xD800", "1114112", "x110000", "99999999"])
def test_impossible_character_references_cost_only_themselves(code: str) -> None:
    """References to surrogates and beyond Unicode make feedparser raise; the feed is read all the same."""
    found = feed(rss(f"<item><title>a&#{code};b &nope; &#65;</title><link>/a</link></item>"))
    assert "https://news.example/a" == found.entries[0].url
    assert "A" in found.entries[0].title


def test_a_broken_feed_is_read_with_a_complaint() -> None:
    """What feedparser finds in a document that is not well-formed is found, and the fault is told."""
    found = feed(rss("<item><title>a</b></title><link>/a</link></item>"))
    assert 1 == len(found.entries)
    assert (found.complaint or "").startswith("not well-formed")


def test_elements_where_feedparser_keeps_its_own_values_do_no_harm() -> None:
    """A document may name its elements after feedparser's keys, with attributes that make dictionaries of them."""
    noise = "".join(
        f"<{name} a='b'/>"
        for name in (
            "links",
            "authors",
            "tags",
            "published_parsed",
            "ttl",
            "language",
            "media_content",
            "id",
            "content",
        )
    )
    assert 1 == len(feed(rss(f"<item><title>t</title>{noise}</item>", noise)).entries)


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("kind", ["rss", "json", "sitemap"])
def test_of_too_many_items_the_newest_are_read_and_the_rest_is_told(kind: str, order: int) -> None:
    """Whichever way the document is sorted, the newest stay, and the complaint says how many were left out."""
    dates = [SEEN - timedelta(hours=n + 1) for n in range(50)][::order]
    if kind == "rss":
        body = rss(
            "".join(
                f"<item><title>t</title><guid>{d}</guid><pubDate>{d:%a, %d %b %Y %H:%M:%S} GMT</pubDate></item>"
                for d in dates
            )
        )
    elif kind == "json":
        body = json.dumps(
            {
                "version": "https://jsonfeed.org/version/1.1",
                "items": [{"id": str(d), "date_published": d.isoformat()} for d in dates],
            }
        )
    else:
        body = "<urlset xmlns='x' xmlns:n='y'>" + "".join(
            f"<url><loc>https://news.example/{n}</loc><n:news><n:publication_date>{d.isoformat()}</n:publication_date>"
            "<n:title>t</n:title></n:news></url>"
            for n, d in enumerate(dates)
        )
        body += "</urlset>"
    found = feed(body, most=10)
    assert sorted(dates)[-10:] == sorted(entry.published_at for entry in found.entries if entry.published_at)
    assert "lists 50 items; only the newest 10 were read, 40 were left out" == found.complaint


@pytest.mark.parametrize("date", ["", "<pubDate>2026-01-01T00:00:00Z</pubDate>", "<pubDate>nonsense</pubDate>"])
def test_without_readable_dates_the_first_items_are_taken_for_the_newest(date: str) -> None:
    """Feeds list their newest items first unless their dates say otherwise."""
    body = rss("".join(f"<item><title>{n}</title>{date}</item>" for n in range(5)))
    assert ["0", "1", "2"] == [entry.title for entry in feed(body, most=3).entries]


def test_items_named_in_passing_do_not_count() -> None:
    """Elements whose names begin like an item are none."""
    body = rss("<items/>" * 9 + "<item><title>a</title></item>")
    assert ["a"] == [entry.title for entry in feed(body, most=3).entries]


_CRUMBS = st.lists(
    st.sampled_from(
        [
            *(
                "<rss version='2.0'>",
                "<channel>",
                "<item>",
                "</item>",
                "<title>",
                "</title>",
                "<link>",
                "<entry>",
                "<guid>",
            ),
            *(
                "<feed xmlns='http://www.w3.org/2005/Atom'>",
                "&",
                "&#x",
                "&#55296;",
                "&#99999999999;",
                "<![CDATA[",
                "]]>",
            ),
            *(
                "<!DOCTYPE x [",
                "<!ENTITY a '",
                "'>",
                "]>",
                "<urlset>",
                "<url>",
                "<n:news>",
                "{",
                '"items":[',
                "}",
                "<?",
            ),
            *(
                "<pubDate>",
                "Wed, 99 Jan 2026",
                "25:61",
                "</pubDate>",
                "http://[",
                "<author>",
                "<content type='",
                "base64",
            ),
            *(
                "<link href='http://[::'/>",
                "<skipHours>",
                "<hour>",
                "<",
                ">",
                "\x00",
                "\ud800",
                "ü",
                "<image>",
                "<ttl a='1'>",
            ),
        ],
    ),
    max_size=25,
).map(lambda crumbs: "".join(crumbs).encode("utf-8", "surrogatepass"))


@given(st.one_of(st.binary(), _CRUMBS, _CRUMBS.map(b"<rss version='2.0'><channel><item>".__add__)))
@example(b"<rss version='2.0'><channel><item><link>http://[</link></item>")
@example(b'{"version":"https://jsonfeed.org/version/1","items":[{"id":1e999,"title":"\\ud800"}]}')
@example(b"<?xml version='1.0' encoding='punycode'?><rss/>")
def test_parsing_never_raises_on_any_bytes(body: bytes) -> None:
    """Whatever comes, the answer is a feed or None, and its entries have distinct ids and encodable words."""
    found = parse(body)
    if found is not None:
        assert len(found.entries) == len({entry.entry_id for entry in found.entries})
        assert str(found).encode()


def test_a_json_author_without_a_name_is_nobody() -> None:
    """An empty author is left out."""
    body = (
        '{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"1","authors":[{"url":"https://a.example/"}]}]}'
    )
    assert () == feed(body).entries[0].authors
