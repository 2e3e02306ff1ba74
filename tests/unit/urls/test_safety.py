from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyfold.urls.safety import Address, AddressKind, address_allowed, address_kind, check_url

WEB = frozenset({80, 443})


@pytest.mark.parametrize(
    "url", ["http://a.example/", "https://a.example:443/x?y#z", "HTTPS://a.example", "http://[2606:4700::1]/"]
)
def test_ordinary_urls_pass(url: str) -> None:
    """A plain http(s) URL on an allowed port has nothing wrong with it."""
    assert check_url(url, WEB) is None


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("ftp://a.example/", "ftp"),
        ("//a.example/", "without a scheme"),
        ("http:///x", "no host"),
        ("http://a.example:22/", "port 22"),
        ("http://a.example:99999/", "not a URL"),
        ("http://a.example:0/", "port 0"),
        ("http://[::1/", "not a URL"),
        ("http://u:p@a.example/", "password"),
        ("http://a.example@evil.example/", "user name"),
        ("http://a.example/a b", "white space"),
        ("http://a.example/\r\nHost: b", "white space"),
        ("http://[fe80::1%25eth0]/", "host name has characters"),
        ("http://a.example\\@b.example/", "host name has characters"),
        ("http://" + "a" * 254 + "/", "254"),
        ("http://a.example/" + "a" * 8000, "more than 8000"),
    ],
)
def test_other_urls_get_a_complaint_that_names_the_fault(url: str, word: str) -> None:
    """Whatever may not be fetched is refused with its reason."""
    assert word in (check_url(url, WEB) or "")


@given(st.text())
def test_checking_never_raises(text: str) -> None:
    """Any text at all gets an answer."""
    complaint = check_url(text, WEB)
    assert complaint is None or complaint


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("93.184.216.34", AddressKind.PUBLIC),
        ("2606:2800:220:1::1", AddressKind.PUBLIC),
        ("0.0.0.0", AddressKind.THIS_NETWORK),
        ("::", AddressKind.THIS_NETWORK),
        ("127.0.0.1", AddressKind.LOOPBACK),
        ("127.255.0.9", AddressKind.LOOPBACK),
        ("::1", AddressKind.LOOPBACK),
        ("10.1.2.3", AddressKind.PRIVATE),
        ("172.31.0.1", AddressKind.PRIVATE),
        ("192.168.0.1", AddressKind.PRIVATE),
        ("fd00::1", AddressKind.PRIVATE),
        ("169.254.169.254", AddressKind.LINK_LOCAL),
        ("fe80::1", AddressKind.LINK_LOCAL),
        ("100.64.0.1", AddressKind.CGNAT),
        ("100.127.255.255", AddressKind.CGNAT),
        ("100.128.0.1", AddressKind.PUBLIC),
        ("224.0.0.1", AddressKind.MULTICAST),
        ("ff02::1", AddressKind.MULTICAST),
        ("255.255.255.255", AddressKind.RESERVED),
        ("192.0.2.1", AddressKind.RESERVED),
        ("198.18.0.1", AddressKind.RESERVED),
        ("2001:db8::1", AddressKind.RESERVED),
        ("4000::1", AddressKind.RESERVED),
        ("::ffff:8.8.8.8", AddressKind.IPV4_MAPPED),
        ("::8.8.8.8", AddressKind.IPV4_MAPPED),
        ("64:ff9b::8.8.8.8", AddressKind.NAT64),
        ("64:ff9b:1::8.8.8.8", AddressKind.NAT64),
        ("2002:808:808::1", AddressKind.SIX_TO_FOUR),
        ("192.88.99.1", AddressKind.SIX_TO_FOUR),
        ("2001:0:53aa:64c:0:fbff:ffff:ffff", AddressKind.TEREDO),
    ],
)
def test_addresses_are_told_apart(address: str, kind: AddressKind) -> None:
    """Every special-purpose range has its kind; only public addresses pass with an empty allow-list."""
    assert kind is address_kind(ip_address(address))
    assert (kind is AddressKind.PUBLIC) is address_allowed(ip_address(address), ())


@pytest.mark.parametrize(
    ("address", "allowed", "expected"),
    [
        ("127.0.0.1", ("127.0.0.0/8",), True),
        ("127.0.0.1", ("::1/128",), False),
        ("::1", ("127.0.0.0/8",), False),
        ("::1", ("::1/128",), True),
        ("::ffff:127.0.0.1", ("127.0.0.0/8",), False),
        ("::ffff:127.0.0.1", ("::ffff:0:0/96",), False),
        ("::ffff:127.0.0.1", ("::ffff:0:0/96", "127.0.0.0/8"), True),
        ("64:ff9b::8.8.8.8", ("64:ff9b::/96",), True),
        ("64:ff9b::10.0.0.1", ("64:ff9b::/96",), False),
        ("2002:0a00:0001::1", ("2002::/16",), False),
        ("2002:0808:0808::1", ("2002::/16",), True),
        # Teredo carries its client inverted: this one is 127.0.0.1.
        ("2001:0:1:1:0:0:80ff:fffe", ("2001::/32",), False),
    ],
)
def test_a_form_that_carries_an_address_needs_both_allowed(
    address: str, allowed: tuple[str, ...], expected: bool
) -> None:
    """Allowing a range opens exactly that range, and no way round through mapped or translated forms."""
    networks = tuple(ip_network(network) for network in allowed)
    assert expected is address_allowed(ip_address(address), networks)


@given(st.ip_addresses())
def test_allowing_everything_allows_everything(address: Address) -> None:
    """With both whole address spaces allowed, no address is refused."""
    assert address_allowed(address, (IPv4Network("0.0.0.0/0"), IPv6Network("::/0")))
