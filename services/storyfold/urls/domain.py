"""Hosts and the registrable domains they belong to, by the Public Suffix List that comes with the package."""

from functools import cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList


def host_of(url: str) -> str:
    """Take the host out of a URL.

    Args:
        url: any text.

    Returns:
        Lower case, without port, brackets or closing dot; empty where there is none.
    """
    try:
        host = urlsplit(url.strip()).hostname
    except ValueError:
        return ""
    return (host or "").rstrip(".")


def registrable_domain(host: str) -> str:
    """Find the part of a host name that its owner registered.

    Suffixes under which strangers register (co.uk, but also github.io) are taken from the Public Suffix List.

    Args:
        host: name or address.

    Returns:
        The name one label longer than the public suffix; an address, a single label or a public suffix gives itself.
    """
    name = host.strip("[]").rstrip(".").lower()
    if _is_address(name):
        return name
    return _suffixes().privatesuffix(name) or name


def registrable_domain_of(url: str) -> str:
    """The registrable domain of a URL's host; empty where it has none.

    Args:
        url: any text.
    """
    return registrable_domain(host_of(url))


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()
