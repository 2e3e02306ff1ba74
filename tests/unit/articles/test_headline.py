"""What a reader would call the headline, on heads as content systems write them."""

import pytest

from storyfold.articles.dom import head_of, parse
from storyfold.articles.headline import headline, house_labels
from storyfold.articles.jsonld import LinkedArticle

URL = "https://www.tagblatt.example/politik/fluss-flutet-altstadt-123.html"


def told(markup: str, linked: str = "", *, feed: str = "", house: str = "", url: str = URL) -> str:
    root = parse(f"<html><body>{markup}</body></html>")
    assert root is not None
    return headline(head_of(root), LinkedArticle(headline=linked), feed, house, url)


def og(title: str) -> str:
    return f'<meta property="og:title" content="{title}">'


@pytest.mark.parametrize(
    ("markup", "linked", "expected"),
    [
        # What the page shows outweighs one statement, and a statement with the document's title behind it.
        (f"{og('Flood: town under water')}<h1>River floods old town</h1>", "Town is under water after flood", ""),
        (f"{og('Town floods: live')}<title>Town floods: live</title><h1>River floods old town</h1>", "", ""),
        ("<title>What floods the old town?</title><h1>River floods old town</h1>", "", ""),
        # Two statements that agree outweigh it.
        (f"{og('Old town under water')}<h1>River floods old town</h1>", "Old town under water", "Old town under water"),
        # A heading that is the site's name or another article's is none.
        (f"{og('River floods old town')}<h1>Tagblatt</h1>", "", ""),
        (f"{og('River floods old town')}<h1>Most read</h1><h1>River floods old town</h1>", "", ""),
        (f"{og('River floods old town')}<h1>Mayor resigns</h1>", "", ""),
        (f"<meta property='og:site_name' content='The Post'>{og('River floods old town')}<h1>The Post</h1>", "", ""),
        ("<h1>River floods old town</h1><h1>Most read</h1>", "", ""),
        # A kicker in the heading is not the headline, where the page states it without.
        (f"{og('River floods old town')}<h1><span>Weather</span> <span>River floods old town</span></h1>", "", ""),
        (f"{og('River floods old town')}<h1>Live<br>River floods old town</h1>", "River floods old town", ""),
        # Site names behind and before, known by the page, by its host or by what another place says.
        (og("River floods old town - Tagblatt"), "", ""),
        (og("River floods old town — tagblatt.example"), "", ""),
        (f"{og('River floods old town – Der Bote')}<h1>River floods old town</h1>", "", ""),
        ("<title>Tagblatt | River floods old town</title>", "", ""),
        ("<title>River floods old town | Politics | Tagblatt</title><h1>River floods old town</h1>", "", ""),
        ("<title>River floods old town - The Tagblatt</title>", "", ""),
        # Capitals are a style; what is written normally elsewhere is taken.
        (f"{og('River floods old town')}<h1>RIVER FLOODS OLD TOWN</h1>", "", ""),
        ("<h1>RIVER FLOODS OLD TOWN</h1>", "", "RIVER FLOODS OLD TOWN"),
        # Entities, once and twice.
        (f"{og('Fire &amp;amp; flood')}<h1>Fire &amp; flood</h1>", "Fire &amp; flood", "Fire & flood"),
        ("<meta name='twitter:title' content='River floods old town'>", "", ""),
    ],
)
def test_the_headline_is_what_readers_see(markup: str, linked: str, expected: str) -> None:
    """The shown heading leads unless two statements agree against it or it is no headline at all."""
    assert (expected or "River floods old town") == told(markup, linked)


@pytest.mark.parametrize(
    ("title", "site", "expected"),
    [
        ("Россия и Украина обменялись пленными — Газета", "Газета", "Россия и Украина обменялись пленными"),
        ("洪水が旧市街を襲う｜日報新聞", "日報新聞", "洪水が旧市街を襲う"),
        ("الفيضان يغمر المدينة القديمة | الصحيفة", "الصحيفة", "الفيضان يغمر المدينة القديمة"),
        ("बाढ़ से पुराना शहर डूबा - समाचार", "समाचार", "बाढ़ से पुराना शहर डूबा"),
        ("Πλημμύρα στην παλιά πόλη | Εφημερίδα", "Εφημερίδα", "Πλημμύρα στην παλιά πόλη"),
    ],
)
def test_site_names_go_in_every_script(title: str, site: str, expected: str) -> None:
    """What the page calls its site is cut from its titles, with and without a heading."""
    head = f"<title>{title}</title><meta property='og:site_name' content='{site}'>"
    assert expected == told(head)
    assert expected == told(f"{head}<h1>{expected}</h1>")


def test_a_dash_within_a_headline_stays() -> None:
    """Separators cut only where a site's name or another candidate stands on one side."""
    text = "Milan 2026 | What the games cost - and who pays"
    assert text == told(f"<h1>{text}</h1>{og(text)}<title>{text} - Tagblatt</title>")


def test_a_headline_given_as_the_sites_name_stays() -> None:
    """Some pages state the headline as og:site_name too."""
    site = "<meta property='og:site_name' content='River floods'>"
    assert told(f"{og('River floods')}{site}<h1>River floods</h1>") == "River floods"


def test_a_page_that_only_names_its_site_has_no_headline() -> None:
    """Nothing is made up of a site's name."""
    assert told("<title>Tagblatt</title>") == ""


def test_labels_of_hosts() -> None:
    """The part of a host that names the house; none for what is no URL."""
    assert house_labels("https://www.spiegel.de/a") == {"spiegel", "spiegelde"}
    assert house_labels("http://[") == frozenset()
    assert house_labels("") == frozenset()


@pytest.mark.parametrize(
    ("markup", "linked", "expected"),
    [
        # Sections, dates, readings of characters inside the heading are not the headline.
        ("<h1><span class='article__kicker'>Weather</span><span class='t'>River floods old town</span></h1>", "", ""),
        ("<h1><time>1 May 2026</time> River floods old town</h1>", "", ""),
        ("<h1><div>River floods</div><div>old town</div></h1>", "", ""),
        ("<h1>River <em>floods</em> old town</h1>", "", ""),
        ("<h1>Riv<b>er</b> floods old town</h1>", "", ""),
        ("<h1><span class='label'>Analysis</span> : River floods old town</h1>", "", ""),
        ("<h1><time>1 May 2026</time></h1>", "", "1 May 2026"),
        ("<h1><ruby>川<rt>かわ</rt></ruby>があふれ町が水につかる</h1>", "", "川があふれ町が水につかる"),
        # A statement with the section before the heading's text votes for the heading.
        (f"{og('Region: River floods old town')}<h1>River floods old town</h1>", "Region: River floods old town", ""),
        # A heading that names a part of the site is none; nor is that part, in a title.
        (f"{og('River floods old town - News')}<h1>News</h1>", "", "River floods old town - News"),
        # Houses in scripts without spaces.
        ("<title>河水泛滥淹没老城区的街道-新华网</title>", "", "河水泛滥淹没老城区的街道"),
    ],
)
def test_a_heading_is_read_without_what_stands_beside_the_headline(markup: str, linked: str, expected: str) -> None:
    """Section, date and readings go, in the markup and in what machines are told."""
    assert (expected or "River floods old town") == told(markup, linked)
