"""Which URLs may be asked for and which addresses may be connected to: what the fetcher checks at every hop (SSRF).

The address that is connected to must be the address that was checked; that is the fetcher's duty. Here are only the
judgements, as pure functions.
"""

from collections.abc import Container, Iterable
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# RFC 9110, 4.1: implementations should support URIs of at least 8,000 octets; nothing here needs more.
LONGEST_URL = 8000
# RFC 1035, 2.3.4, in presentation form.
LONGEST_HOST = 253

_DEFAULT_PORTS = {"http": 80, "https": 443}


class AddressKind(StrEnum):
    """What an address is for, by the IANA special-purpose registries (RFC 6890 and its successors)."""

    PUBLIC = "public"
    THIS_NETWORK = "this-network"
    LOOPBACK = "loopback"
    PRIVATE = "private"
    LINK_LOCAL = "link-local"
    CGNAT = "cgnat"
    MULTICAST = "multicast"
    RESERVED = "reserved"
    IPV4_MAPPED = "ipv4-mapped"
    NAT64 = "nat64"
    SIX_TO_FOUR = "6to4"
    TEREDO = "teredo"


# Written out rather than left to `ipaddress.is_global`, whose tables changed within Python 3.11 (bpo-113171).
_V4_KINDS: tuple[tuple[IPv4Network, AddressKind], ...] = tuple(
    (IPv4Network(network), kind)
    for network, kind in (
        ("0.0.0.0/8", AddressKind.THIS_NETWORK),
        ("10.0.0.0/8", AddressKind.PRIVATE),
        ("100.64.0.0/10", AddressKind.CGNAT),
        ("127.0.0.0/8", AddressKind.LOOPBACK),
        ("169.254.0.0/16", AddressKind.LINK_LOCAL),
        ("172.16.0.0/12", AddressKind.PRIVATE),
        ("192.0.0.0/24", AddressKind.RESERVED),
        ("192.0.2.0/24", AddressKind.RESERVED),
        ("192.88.99.0/24", AddressKind.SIX_TO_FOUR),
        ("192.168.0.0/16", AddressKind.PRIVATE),
        ("198.18.0.0/15", AddressKind.RESERVED),
        ("198.51.100.0/24", AddressKind.RESERVED),
        ("203.0.113.0/24", AddressKind.RESERVED),
        ("224.0.0.0/4", AddressKind.MULTICAST),
        ("240.0.0.0/4", AddressKind.RESERVED),
    )
)

# First match wins; what no row names is outside 2000::/3, the only space handed out for the public Internet.
_V6_KINDS: tuple[tuple[IPv6Network, AddressKind], ...] = tuple(
    (IPv6Network(network), kind)
    for network, kind in (
        ("::/128", AddressKind.THIS_NETWORK),
        ("::1/128", AddressKind.LOOPBACK),
        ("::ffff:0:0/96", AddressKind.IPV4_MAPPED),
        ("::/96", AddressKind.IPV4_MAPPED),
        ("64:ff9b::/96", AddressKind.NAT64),
        ("64:ff9b:1::/48", AddressKind.NAT64),
        ("fc00::/7", AddressKind.PRIVATE),
        ("fe80::/10", AddressKind.LINK_LOCAL),
        ("fec0::/10", AddressKind.PRIVATE),
        ("ff00::/8", AddressKind.MULTICAST),
        ("2001::/32", AddressKind.TEREDO),
        ("2001::/23", AddressKind.RESERVED),
        ("2001:db8::/32", AddressKind.RESERVED),
        ("2002::/16", AddressKind.SIX_TO_FOUR),
        ("3fff::/20", AddressKind.RESERVED),
        ("2000::/3", AddressKind.PUBLIC),
    )
)


def check_url(url: str, ports: Container[int]) -> str | None:
    """Look for a reason not to fetch a URL, before anything is resolved.

    Args:
        url: absolute.
        ports: the ports that may be asked; ``range(1, 65536)`` for any.

    Returns:
        What is wrong with it, for people; None where nothing is.
    """
    if len(url) > LONGEST_URL:
        return f"the URL has {len(url)} characters, more than {LONGEST_URL}"
    if any(character <= " " or character == "\x7f" for character in url):
        return "the URL has white space or control characters in it"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        return f"not a URL: {error}"
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS:
        return f"only http and https are fetched, not {scheme or 'a URL without a scheme'}"
    if not host:
        return "the URL names no host"
    if len(host) > LONGEST_HOST:
        return f"the host name has {len(host)} characters, more than {LONGEST_HOST}"
    if "%" in host or "\\" in parts.netloc:
        return "the host name has characters in it that no host name has"
    if "@" in parts.netloc:
        return "the URL carries a user name or password"
    effective = _DEFAULT_PORTS[scheme] if port is None else port
    if effective not in ports:
        return f"port {effective} is not among the allowed ports"
    return None


def address_kind(address: Address) -> AddressKind:
    """Tell what an address is for.

    Args:
        address: as resolved.
    """
    if isinstance(address, IPv4Address):
        return next((kind for network, kind in _V4_KINDS if address in network), AddressKind.PUBLIC)
    return next((kind for network, kind in _V6_KINDS if address in network), AddressKind.RESERVED)


def address_allowed(address: Address, allowed: Iterable[Network]) -> bool:
    """Decide whether an address may be connected to.

    Public addresses may; others only where the allow-list names them. A form that carries an IPv4 address inside
    (mapped, NAT64, 6to4, Teredo) must be allowed itself and so must what it carries, so that no allow-list entry for
    the one opens a way round the other.

    Args:
        address: as resolved.
        allowed: the networks that the config allows although they are not public.
    """
    networks = tuple(allowed)
    if address_kind(address) is not AddressKind.PUBLIC and not _listed(address, networks):
        return False
    carried = _carried_ipv4(address)
    return carried is None or address_allowed(carried, networks)


def _listed(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _carried_ipv4(address: Address) -> IPv4Address | None:
    """The IPv4 address inside (RFC 4291, 2.5.5; RFC 6052, 2.2; RFC 8215; RFC 3056; RFC 4380)."""
    if isinstance(address, IPv4Address):
        return None
    match address_kind(address):
        case AddressKind.IPV4_MAPPED | AddressKind.NAT64:
            return IPv4Address(int(address) & 0xFFFF_FFFF)
        case AddressKind.SIX_TO_FOUR:
            return IPv4Address(int(address) >> 80 & 0xFFFF_FFFF)
        case AddressKind.TEREDO:
            return IPv4Address(~int(address) & 0xFFFF_FFFF)
        case _:
            return None
