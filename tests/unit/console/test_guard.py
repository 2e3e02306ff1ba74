import pytest

from storyfold.console.guard import host_allowed


@pytest.mark.parametrize(
    "header",
    [
        "localhost",
        "localhost:8642",
        "LOCALHOST",
        "127.0.0.1:8642",
        "[::1]:8642",
        "192.0.2.7",
        "news.intra:80",
        "news.intra.",
    ],
)
def test_own_names_and_addresses_are_answered(header: str) -> None:
    """Localhost, IP addresses and names from the config are this console, with or without a port."""
    assert host_allowed(header, frozenset({"news.intra"}))


@pytest.mark.parametrize(
    "header", ["", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8642", "[evil]"]
)
def test_foreign_names_are_refused(header: str) -> None:
    """A name that somebody else made point here is not this console (DNS rebinding)."""
    assert not host_allowed(header, frozenset({"news.intra"}))
