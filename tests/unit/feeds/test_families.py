"""One house, many domains."""

from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyfold.feeds.families import NO_FAMILIES, Families, Family, read_families, shipped_families
from storyfold.feeds.listing import read_feeds
from storyfold.feeds.tomlfile import write_toml
from storyfold.model.feeds import Publisher
from storyfold.model.identity import PublisherId
from storyfold.urls.domain import registrable_domain

TABLE = """
[[families]]
id = "house"
name = "The House"
country = "gb"
domains = ["one.example", "Two.example", "deep.three.example"]
"""
HOUSE = Family(PublisherId("house"), "The House", "GB")


def publisher_of(line: str, families: Families | None = None) -> Publisher:
    (source,) = read_feeds(f"[[feeds]]\n{line}", ".toml", families).sources
    assert (source,) == read_feeds(write_toml([source]), ".toml", families).sources
    return source.publisher


def test_a_family_is_found_by_the_longest_domain_that_fits() -> None:
    """A host belongs to the domain above it, and not to one that only ends alike."""
    families, complaints = read_families(TABLE)
    assert () == complaints
    assert [HOUSE, HOUSE, HOUSE, None, None, None] == [
        families.of(host)
        for host in ("one.example", "rss.two.example", "a.deep.three.example", "three.example", "xone.example", "")
    ]


def test_feeds_of_one_family_have_one_publisher() -> None:
    """Id, name and country are the family's, the domain is the feed's own; what the feeds file says wins."""
    families, _ = read_families(TABLE)
    assert Publisher(PublisherId("house"), "The House", "two.example", "GB") == publisher_of(
        'url = "https://www.two.example/rss"', families
    )
    said = publisher_of('url = "https://one.example/rss"\npublisher = "One"\ncountry = "FR"', families)
    assert Publisher(PublisherId("house"), "One", "one.example", "FR") == said
    own = publisher_of('url = "https://one.example/rss"\npublisher_id = "mine"', families)
    assert Publisher(PublisherId("mine"), "one.example", "one.example") == own
    hosted = publisher_of('url = "https://feeds.example/x"\ndomain = "One.example"', families)
    assert "house" == hosted.publisher_id


def test_an_id_that_is_only_the_domain_says_nothing() -> None:
    """So a list that was written before the table knew the house is folded too."""
    families, _ = read_families(TABLE)
    given_before = 'url = "https://one.example/rss"\npublisher_id = "one.example"\npublisher = "One"'
    assert "house" == publisher_of(given_before, families).publisher_id
    assert "one.example" == publisher_of(given_before, NO_FAMILIES).publisher_id


def test_the_table_of_the_user_wins() -> None:
    """Domains it names are its own, the others stay."""
    own, _ = read_families('[[families]]\nid = "mine"\ndomains = ["bbc.com"]')
    families = shipped_families().extended(own)
    assert Family(PublisherId("mine"), "mine", None) == families.of("www.bbc.com")
    assert "bbc.co.uk" == publisher_of('url = "https://feeds.bbci.co.uk/news/rss.xml"', families).publisher_id


def test_the_shipped_table_is_whole() -> None:
    """Nothing to complain about; every domain is a registrable one or a host below one, and stands once."""
    text = files("storyfold.feeds").joinpath("data/families.toml").read_text("utf-8")
    families, complaints = read_families(text)
    assert () == complaints
    assert all(registrable_domain(domain).count(".") >= 1 for domain in families.by_domain)
    assert len(families.by_domain) == sum(line.count(".") > 0 for line in _domains(text))
    assert all(family.country for family in families.by_domain.values())
    assert {"apnews.com"} == {
        publisher_of(f'url = "https://{each}/rss"').publisher_id for each in ("ap.org", "apnews.com")
    }


def _domains(text: str) -> list[str]:
    blocks = [block.partition("domains = [")[2].partition("]")[0] for block in text.split("[[families]]")[1:]]
    return [part.strip(' "\n') for block in blocks for part in block.split(",") if part.strip()]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a = ", "not TOML"),
        ("families = 3", "no list of tables"),
        ("families = [1]", "no list of tables"),
        ("[[family]]\nid = 1", "'family' is not known here"),
        ('[[families]]\ndomains = ["a.example"]', "family 1 is left out"),
        ('[[families]]\nid = "x"\ndomains = "a.example"', "family 1 is left out"),
        ('[[families]]\nid = "x"\ndomains = ["a.example"]\nowner = "y"', "'owner' is ignored"),
        ('[[families]]\nid = "x"\ndomains = ["a.example"]\ncountry = "Britain"', "country is 'Britain'"),
        ('[[families]]\nid = "x"\ndomains = ["example", 3]', "some of its domains are none"),
    ],
)
def test_what_is_wrong_is_said(text: str, word: str) -> None:
    """Each fault has a complaint that names it."""
    assert any(word in complaint for complaint in read_families(text)[1])


@given(st.text())
def test_reading_never_raises(text: str) -> None:
    """Any text at all gives a table and its complaints."""
    families, complaints = read_families(text)
    assert isinstance(families, Families)
    assert all(complaints)
