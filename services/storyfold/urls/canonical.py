"""One spelling for each URL: RFC 3986, 6.2 normalisation, without what only tracks or only scrolls (polling.md, 21).

`canonical_url` is idempotent and takes any text. Variants of a host (www, mobile, AMP) are different URLs here: they
become one only on evidence, see `believed_canonical`.
"""

import re
from urllib.parse import SplitResult, unquote_plus, urljoin, urlsplit

import idna

from storyfold.urls.domain import registrable_domain_of
from storyfold.urls.tracking import is_tracking

_DEFAULT_PORTS = {"http": 80, "https": 443}
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
# What may not stand in a path, query or fragment as it is (RFC 3986, 3.3 and 3.4), lone percent signs included.
_UNSAFE = re.compile(r"[^A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]|%(?![0-9A-Fa-f]{2})")
# What browsers strip from either end and from within (WHATWG URL, 4.4).
_EDGES = "".join(map(chr, range(0x21)))
_WITHIN = str.maketrans("", "", "\t\r\n")


def canonical_url(url: str) -> str:
    """Bring a URL into the one spelling used here.

    Args:
        url: any text.

    Returns:
        For http(s): lower-case scheme and host (punycode), no default port, no user name, no dot segments, escapes
        only where needed, no tracking parameters, no fragment (a hash-bang route stays). Other text comes back
        trimmed.
    """
    trimmed = url.translate(_WITHIN).strip(_EDGES)
    try:
        parts = urlsplit(trimmed)
        authority = _authority(parts)
    except ValueError:
        return trimmed
    if authority is None:
        return trimmed
    query = _query(parts.query)
    fragment = _escaped(parts.fragment) if parts.fragment.startswith("!") else ""
    path = _without_dots(_escaped(parts.path)) or "/"
    return (
        f"{parts.scheme.lower()}://{authority}{path}{'?' + query if query else ''}{'#' + fragment if fragment else ''}"
    )


def absolute_url(base: str, link: str) -> str | None:
    """Make a link absolute.

    Args:
        base: absolute URL of the document that holds the link.
        link: as the document gives it.

    Returns:
        An http(s) URL with a host; None where the link is none.
    """
    trimmed = link.translate(_WITHIN).strip(_EDGES)
    if not trimmed:
        return None
    try:
        joined = urljoin(base, trimmed)
        parts = urlsplit(joined)
        usable = parts.scheme.lower() in _DEFAULT_PORTS and parts.hostname
    except ValueError:
        return None
    return joined if usable else None


def believed_canonical(url: str, claimed: str | None) -> str:
    """Decide under which URL a page is known, given what it calls itself.

    A claim is believed on the same registrable domain only, and never where an inner page claims to be the front page
    (a template fault that would make one article of a whole site).

    Args:
        url: the page that answered.
        claimed: its rel=canonical, og:url or the like, as given; None where it makes no claim.

    Returns:
        A URL in canonical form.
    """
    own = canonical_url(url)
    absolute = absolute_url(url, claimed or "")
    if absolute is None:
        return own
    other = canonical_url(absolute)
    if registrable_domain_of(other) != registrable_domain_of(own):
        return own
    if _is_front_page(other) and not _is_front_page(own):
        return own
    return other


def _is_front_page(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path == "/" and not parts.query and not parts.fragment


def _authority(parts: SplitResult) -> str | None:
    """Host and port in canonical form; None where this is no http(s) URL with a host."""
    scheme = parts.scheme.lower()
    host = (parts.hostname or "").rstrip(".")
    if scheme not in _DEFAULT_PORTS or not host:
        return None
    name = _host(host)
    if name is None:
        return None
    port = parts.port
    return name if port is None or port == _DEFAULT_PORTS[scheme] else f"{name}:{port}"


def _host(host: str) -> str | None:
    if ":" in host:
        return f"[{host.lower()}]" if host.isascii() else None
    if host.isascii():
        return host.lower()
    try:
        return idna.encode(host, uts46=True, transitional=False).decode("ascii").lower().rstrip(".") or None
    except UnicodeError:
        return None


def _query(query: str) -> str:
    pieces = (_escaped(piece) for piece in query.split("&") if piece)
    return "&".join(piece for piece in pieces if not is_tracking(*_named(piece)))


def _named(piece: str) -> tuple[str, str]:
    name, _, value = piece.partition("=")
    return unquote_plus(name), unquote_plus(value)


def _escaped(text: str) -> str:
    """Escape what must be escaped, unescape what need not be, spell escapes in upper case."""
    safe = text if not _UNSAFE.search(text) else _UNSAFE.sub(_percent, text)
    return _ESCAPE.sub(_unescape_unreserved, safe) if "%" in safe else safe


def _percent(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "replace"))


def _unescape_unreserved(found: re.Match[str]) -> str:
    character = chr(int(found[1], 16))
    return character if character in _UNRESERVED else found[0].upper()


def _without_dots(path: str) -> str:
    """RFC 3986, 5.2.4 on an absolute path, in linear time."""
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            if kept:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)
