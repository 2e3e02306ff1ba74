import pytest

from storyfold.urls.domain import host_of, registrable_domain, registrable_domain_of


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("www.news.example", "news.example"),
        ("feeds.bbci.co.uk", "bbci.co.uk"),
        ("WWW.Spiegel.DE.", "spiegel.de"),
        ("someone.github.io", "someone.github.io"),
        ("co.uk", "co.uk"),
        ("localhost", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]", "::1"),
        ("", ""),
    ],
)
def test_the_registrable_domain_is_one_label_below_the_public_suffix(host: str, expected: str) -> None:
    """Names give what was registered; addresses and single labels give themselves."""
    assert expected == registrable_domain(host)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://User@WWW.News.example.:8080/a", "www.news.example"),
        ("http://[::1]:80/", "::1"),
        ("http://[::1/", ""),
        ("nothing", ""),
    ],
)
def test_the_host_is_taken_out_of_a_url(url: str, expected: str) -> None:
    """Port, user and brackets go; what is no URL has no host."""
    assert expected == host_of(url)


def test_the_domain_of_a_url_is_that_of_its_host() -> None:
    """A URL leads to the house behind it."""
    assert "lemonde.fr" == registrable_domain_of("https://www.lemonde.fr/rss/une.xml")
