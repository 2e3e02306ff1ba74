"""The single decisions of extraction, each on its own."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyfold.articles.authors import authors
from storyfold.articles.blocks import Block, BlockKind, blocks_from_text, bounded, covered, grams, words
from storyfold.articles.candidates import Way
from storyfold.articles.dates import moments
from storyfold.articles.dom import Head, clean, head_of, parse
from storyfold.articles.encoding import decode
from storyfold.articles.headline import headline
from storyfold.articles.jsonld import Credit, LinkedArticle, linked_article, plain
from storyfold.articles.judge import Candidate, choose, relevance
from storyfold.articles.language import iso_639, language_of
from storyfold.articles.people import is_person
from storyfold.articles.trimming import trimmed
from storyfold.articles.wire import agency_of
from storyfold.articles.written import read_date
from storyfold.model.articles import DateSource
from tests.unit.articles.pages import SEEN_AT, SENTENCES

RUSSIAN = "Вода в реке поднялась выше берегов и затопила нижнюю часть старого города, сообщил мэр. " * 3
FRENCH = "Élève à l'école, où l'été fut très agréable et la rivière déborda près du château. " * 3


def head(html: str) -> Head:
    root = parse(f"<html><head>{html}</head><body><p>x</p></body></html>")
    assert root is not None
    return head_of(root)


# -- encoding


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        (FRENCH.encode(), None, FRENCH),
        (b"\xef\xbb\xbf" + FRENCH.encode(), "text/html; charset=iso-8859-1", FRENCH),
        (b"\xff\xfe" + FRENCH.encode("utf-16-le"), None, FRENCH),
        (FRENCH.encode(), "text/html; charset=iso-8859-1", FRENCH),
        (FRENCH.encode("cp1252"), "text/html; charset=iso-8859-1", FRENCH),
        (b"<html lang=fr>" + FRENCH.encode("cp1252"), "text/html; charset=utf-8", "<html lang=fr>" + FRENCH),
        (b"<meta charset=windows-1251>" + RUSSIAN.encode("cp1251"), None, "<meta charset=windows-1251>" + RUSSIAN),
        (RUSSIAN.encode("koi8-r"), "text/html; charset=windows-1251", RUSSIAN),
        (RUSSIAN.encode("cp1251"), "text/html; charset=koi8-r", RUSSIAN),
        (FRENCH.encode().decode("cp1252", "ignore").encode(), None, None),
        ("新聞報導".encode("big5") * 30, "text/html; charset=big5", "新聞報導" * 30),
        (FRENCH.encode("cp1252"), "text/html; charset=no-such-thing", None),
    ],
)
def test_pages_are_decoded(body: bytes, content_type: str | None, text: str | None) -> None:
    """Mark, header, meta and bytes together tell the encoding, whichever of them lies."""
    found = decode(body, content_type)
    assert found == text if text is not None else len(found) > 0


def test_a_double_encoding_is_undone() -> None:
    """UTF-8 that was read as windows-1252 and written again comes out right."""
    text = "L'élève a été reçu à l'école où il était né."
    assert decode(text.encode().decode("latin-1").encode(), None) == text


def test_capitals_that_look_doubled_stay() -> None:
    """A single à of its own is no double encoding."""
    assert decode("NÃO É VERDADE, Ã é uma letra".encode(), None) == "NÃO É VERDADE, Ã é uma letra"


@settings(deadline=None)  # the machine may be busy
@given(st.binary(max_size=300), st.none() | st.text(max_size=30))
def test_decoding_never_raises(body: bytes, content_type: str | None) -> None:
    """Any bytes are some text."""
    assert isinstance(decode(body, content_type), str)


# -- dates


@pytest.mark.parametrize(
    ("written", "iso", "timed"),
    [
        ("2026-04-30T06:15:00+02:00", "2026-04-30T06:15:00+02:00", True),
        ("2026-04-30T06:15:00.123Z", "2026-04-30T06:15:00.123000+00:00", True),
        ("2026-04-30 06:15", "2026-04-30T06:15:00+00:00", True),
        ("2026-04-30T06:15:00 +0530", "2026-04-30T06:15:00+05:30", True),
        ("2026-04-30", "2026-04-30T00:00:00+00:00", False),
        ("20260430", "2026-04-30T00:00:00+00:00", False),
        ("Thu, 30 Apr 2026 06:15:00 GMT", "2026-04-30T06:15:00+00:00", True),
        ("April 30, 2026", "2026-04-30T00:00:00+00:00", False),
        ("30 April 2026", "2026-04-30T00:00:00+00:00", False),
        ("30.04.2026 06:15", "2026-04-30T06:15:00+00:00", True),
        ("04/30/2026", "2026-04-30T00:00:00+00:00", False),
        ("2026/4/30 6:15", "2026-04-30T06:15:00+00:00", True),
        ("2026年4月30日", "2026-04-30T00:00:00+00:00", False),
        ("1777529700", "2026-04-30T06:15:00+00:00", True),
        ("1777529700000", "2026-04-30T06:15:00+00:00", True),
    ],
)
def test_dates_are_read_as_written(written: str, iso: str, timed: bool) -> None:
    """Common spellings give the moment with the zone they state."""
    found = read_date(written)
    assert found is not None
    assert (found.at.isoformat(), found.timed) == (iso, timed)


@pytest.mark.parametrize(
    "written", ["", "yesterday", "2026-13-45", "99.99.2026", "May 99, 2026", "0000-00-00", "Foo 12"]
)
def test_what_is_no_date_is_none(written: str) -> None:
    """Other text is not a date."""
    assert read_date(written) is None


def published(html: str, url: str, feed: datetime | None = None) -> tuple[str, DateSource] | None:
    root = parse(f"<html><head>{html}</head><body><p>x</p></body></html>")
    assert root is not None
    found = moments(root, head_of(root), LinkedArticle(), url, (feed, None), seen_at=SEEN_AT).published
    return (found.at.date().isoformat(), found.source) if found else None


def test_the_order_of_dates() -> None:
    """Meta before feed before shown before URL before text."""
    meta = "<meta property='article:published_time' content='2026-04-28T10:00:00Z'>"
    feed = datetime(2026, 4, 29, 9, tzinfo=UTC)
    assert published(meta, "https://e.org/a", feed) == ("2026-04-28", DateSource.META)
    assert published("", "https://e.org/2026/04/27/a", feed) == ("2026-04-29", DateSource.FEED)
    assert published("", "https://e.org/2026/04/27/a") == ("2026-04-27", DateSource.URL)
    assert published("", "https://e.org/2026/feb/31/a") is None
    assert published("", "https://e.org/a") is None


def test_feed_and_url_overrule_a_page_that_disagrees_with_both() -> None:
    """A template's date gives way where feed and URL agree."""
    meta = "<meta name='date' content='2024-01-01T00:00:00Z'>"
    feed = datetime(2026, 4, 29, 9, tzinfo=UTC)
    assert published(meta, "https://e.org/2026/04/29/a", feed) == ("2026-04-29", DateSource.FEED)


def test_a_later_source_tells_the_time_of_the_day() -> None:
    """A date without a time of day takes it from another source of the same day."""
    root = parse("<html><head><meta name='date' content='2026-04-29'></head><body><p>x</p></body></html>")
    assert root is not None
    feed = datetime(2026, 4, 29, 9, 30, tzinfo=UTC)
    found = moments(
        root, head_of(root), LinkedArticle(), "https://e.org/a", (feed, feed + timedelta(hours=1)), seen_at=SEEN_AT
    )
    assert found.published is not None
    assert found.published.at == feed
    assert found.modified is not None
    assert found.modified.at == feed + timedelta(hours=1)


# -- headline


@pytest.mark.parametrize(
    ("html", "linked", "feed", "expected"),
    [
        (
            "<title>River floods | Example News</title><meta property='og:title' content='River floods'>",
            "",
            "",
            "River floods",
        ),
        (
            "<title>River floods - Example</title><meta property='og:site_name' content='Example'>",
            "",
            "",
            "River floods",
        ),
        ("<title>Example: home</title>", "River floods &amp; rises", "", "River floods & rises"),
        (
            "<meta property='og:title' content='River floods and the town is…'>",
            "",
            "River floods and the town is empty",
            "River floods and the town is empty",
        ),
        ("", "", "From the feed", "From the feed"),
        ("", "", "", ""),
    ],
)
def test_headlines_are_voted(html: str, linked: str, feed: str, expected: str) -> None:
    """The site's name goes, agreement wins, what was cut off is made whole."""
    assert headline(head(html), LinkedArticle(headline=linked), feed, "Example News") == expected


# -- authors


@pytest.mark.parametrize(
    "name", ["Ana Sousa", "J. R. Smith", "Ludwig van Beethoven", "山田太郎", "Conor O'Brien", "Владимир Иванов"]
)
def test_people_are_people(name: str) -> None:
    """Names in several scripts are names."""
    assert is_person(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "admin",
        "Staff Reporter",
        "BBC News",
        "Reuters",
        "Редакция сайта",
        "Ana2 Sousa",
        "writes about the news of the day in town",
        "x" * 80,
    ],
)
def test_desks_are_not_people(name: str) -> None:
    """Desks, agencies and descriptions are not names."""
    assert not is_person(name)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("By Ana Sousa, Ben Okri and Chen Wei", ("Ana Sousa", "Ben Okri", "Chen Wei")),
        ("Von Anna Schmidt und Jörg Maier", ("Anna Schmidt", "Jörg Maier")),
        ("Sousa, Ana", ("Ana Sousa",)),
        ("Ana Sousa; Ben Okri / Reuters", ("Ana Sousa", "Ben Okri")),
        ("ana@example.org Ana Sousa", ("Ana Sousa",)),
        ("Example News", ()),
    ],
)
def test_author_fields_are_taken_apart(field: str, expected: tuple[str, ...]) -> None:
    """A field holds one name or several, in many a language."""
    assert (
        authors(None, None, LinkedArticle(authors=(Credit(field, organisation=False),)), (), "Example News") == expected
    )


def test_authors_come_from_the_by_line_where_nothing_states_them() -> None:
    """Elements that are marked as an author's name serve last."""
    root = parse("<html><body><p>x</p><div class='byline'>By Ben Okri</div><a rel='author'>Ana Sousa</a></body></html>")
    assert authors(root, None, LinkedArticle(), (), "") == ("Ana Sousa",)
    loose = parse(
        "<html><body><p>x</p><div class='author-image'>A</div><div class='byline'>By Ben Okri</div></body></html>"
    )
    assert authors(loose, None, LinkedArticle(), (), "") == ("Ben Okri",)


# -- language and wire


@pytest.mark.parametrize(
    ("body", "stated", "expected"),
    [
        (" ".join(SENTENCES), ("en-GB",), "en"),
        (" ".join(SENTENCES), ("de",), "en"),
        (RUSSIAN, (), "ru"),
        (FRENCH, (None, "fr_FR"), "fr"),
        ("Elvis", ("da",), "da"),
        ("", (), None),
        ("12345", (), None),
    ],
)
def test_languages_are_told(body: str, stated: tuple[str | None, ...], expected: str | None) -> None:
    """The text decides where it is clear, the statement elsewhere."""
    assert language_of(body, *stated) == expected


@pytest.mark.parametrize(
    ("tag", "code"), [("en_GB", "en"), ("zh-Hant", "zh"), ("nb", "no"), ("english", None), ("", None), (None, None)]
)
def test_language_tags_are_cut_down(tag: str | None, code: str | None) -> None:
    """Tags and locales give ISO 639-1."""
    assert iso_639(tag) == code


@pytest.mark.parametrize(
    ("body", "credits_", "expected"),
    [
        ("KABUL, July 8 (Reuters) - The river rose.", (), "Reuters"),
        ("BERLIN (dpa/lby) - Der Fluss.", (), "dpa"),
        ("WASHINGTON (AP) — The river rose.", (), "AP"),
        ("МОСКВА, 8 июл /ТАСС/. Река.", (), "TASS"),
        ("The river rose.", ("Ana Sousa", "AFP"), "AFP"),
        ("The river rose.", ("Deutsche Presse-Agentur",), "dpa"),
        ("The river (the Apa) rose.", (), None),
        ("The river rose.\n\n(Quelle: APA)", (), "APA"),
        ("", (), None),
    ],
)
def test_agencies_are_named(body: str, credits_: tuple[str, ...], expected: str | None) -> None:
    """Datelines, by-lines and closing notes name the agency."""
    assert agency_of(body, credits_) == expected


# -- JSON-LD


def test_json_ld_is_read_tolerantly() -> None:
    """Comments, trailing commas and references are borne; what is no JSON is nothing."""
    wrapped = '<!-- {"@graph": [{"@type": "Person", "@id": "#a", "name": "Ana Sousa"}, '
    wrapped += '{"@type": ["NewsArticle"], "headline": "H", "author": {"@id": "#a"},}]} -->'
    assert linked_article((wrapped,), ()).authors == (Credit("Ana Sousa", organisation=False, person=True),)
    assert linked_article(("{", "null", "[]", '"x"', "{}"), ()) == LinkedArticle()


def test_the_article_with_the_shown_headline_is_meant() -> None:
    """Of several articles the page's own is read."""
    script = '[{"@type":"NewsArticle","headline":"Other","author":"A B","datePublished":"2020"},'
    script += '{"@type":"NewsArticle","headline":"Ours"}]'
    assert linked_article((script,), ("Ours",)).headline == "Ours"


def test_markup_becomes_plain_text() -> None:
    """Escaped markup gives paragraphs."""
    assert plain("&lt;p&gt;One &amp;amp; two&lt;/p&gt;<p>Three<br>four</p>") == "One & two\n\nThree\n\nfour"


# -- blocks, trimming and judging


def test_words_of_unspaced_scripts_are_characters() -> None:
    """Chinese gives a word a character, so that texts compare."""
    assert words("新闻 Two") == ["新", "闻", "two"]
    assert covered(grams("a b c d e"), grams("x a b c d e")) == 1.0
    assert covered(grams(""), grams("a")) == 0.0


def test_bodies_are_bounded() -> None:
    """A body has an end, even inside a block."""
    kept = bounded((Block(BlockKind.PARAGRAPH, "a" * 200_000),) * 3)
    assert [len(block.text) for block in kept] == [200_000, 100_000]


def test_what_cannot_be_shown_is_cleaned_away() -> None:
    """Controls, lone surrogates and soft hyphens go; joiners stay."""
    assert clean("a\x00b\ud800c\xadd\u200ce") == "abcd\u200ce"


def test_a_text_shown_twice_is_kept_once() -> None:
    """Second copies of blocks go where they are most of the text; so do headline and date line."""
    blocks = blocks_from_text("\n".join(("River floods old town", "30 April 2026, 10:30", *SENTENCES, *SENTENCES)))
    assert trimmed(blocks, ("River floods old town",), "") == blocks_from_text("\n".join(SENTENCES))


def test_trimming_never_takes_most_of_a_text() -> None:
    """Where hardly anything would remain, all of it stays."""
    blocks = blocks_from_text("Sign up for our newsletter today\nSubscribe to our newsletter\nHello")
    assert trimmed(blocks, (), "") == blocks


def test_the_reference_cuts_the_margins() -> None:
    """What stands around the text that JSON-LD has is cut off."""
    blocks = blocks_from_text(
        "\n".join(("Our picture of the day shows a boat.", *SENTENCES, "The author lives by the river with a cat."))
    )
    assert trimmed(blocks, (), " ".join(SENTENCES)) == blocks_from_text("\n".join(SENTENCES))


def candidate(way: Way, text: str) -> Candidate:
    return Candidate(way, blocks_from_text(text))


def test_the_judge_takes_the_whole_for_the_part() -> None:
    """A stated body that contains the extracted one wins, a different one does not."""
    part, whole = "\n".join(SENTENCES[:3]), "\n".join((*SENTENCES, *SENTENCES[:2]))
    other = "\n".join(
        ["Something else altogether stands here, of football and of chess, at some length, for a test."] * 4
    )
    first, stated = candidate(Way.FAST, part), candidate(Way.JSON_LD, whole)
    assert choose(first, (stated,), lambda: 0, tuple, "river old town") is stated
    assert choose(first, (candidate(Way.JSON_LD, other),), lambda: 0, tuple, "river banks night flooded") is first
    off, on = candidate(Way.FAST, other), candidate(Way.FEED, "\n".join(SENTENCES))
    assert choose(off, (on,), lambda: 0, tuple, "river banks monday night flooded lower town") is on


def test_the_judge_asks_for_more_only_where_little_was_found() -> None:
    """Dearer ways are asked where the first found next to nothing, or little of what is there."""
    asked: list[str] = []

    def further() -> tuple[Candidate, ...]:
        asked.append("further")
        return (candidate(Way.DENSEST, "\n".join(SENTENCES)),)

    assert choose(candidate(Way.FAST, ""), (), lambda: 0, further, "").way is Way.DENSEST
    assert choose(candidate(Way.FAST, "\n".join(SENTENCES[:3])), (), lambda: 10_000, further, "").way is Way.DENSEST
    assert choose(candidate(Way.FAST, "\n".join(SENTENCES)), (), lambda: 500, further, "").way is Way.FAST
    assert asked == ["further", "further"]


def test_relevance_counts_the_topic_words() -> None:
    """The share of a topic's longer words that a text has."""
    assert relevance("the river rose", "River rose and fell") == pytest.approx(2 / 3)
    assert relevance("x", "") == 0.0


@pytest.mark.parametrize("text", ["<" + "a" * 200_000, "<a" * 100_000, "<a " * 70_000, "<h1 x" + "<" * 200_000])
def test_markup_that_never_ends_costs_no_more_than_its_length(text: str) -> None:
    """Found by fuzzing: the name of a tag was looked for in every way in which it could be cut."""
    started = time.process_time()
    plain(text)
    assert time.process_time() - started < 2
