"""What a robots.txt says: parsing and matching (RFC 9309).

Lines that are not understood are passed over, as section 2.2.4 asks; nothing here raises, whatever the bytes.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

# RFC 9309, 2.5: at least 500 KiB must be parsed. What lies beyond is not looked at.
PARSED_BYTES: Final = 512 * 1024
# A day between two requests is as good as a prohibition, and larger numbers overflow a timedelta.
_LONGEST_DELAY: Final = 86_400.0

_TOKEN: Final = re.compile(r"[a-zA-Z_-]+")
_AUTHORITY: Final = re.compile(r"^[^/?]*")
_ESCAPE: Final = re.compile(rb"%([0-9a-fA-F]{2})")
# What is the same in comparable form: most of what there is.
_PLAIN: Final = re.compile(r"[!-#&-)+-~]*")
# Blanks, controls, octets outside US-ASCII; and `*` and `$`, which are syntax in a pattern, so that a literal one is
# compared in its escaped form.
_UNSAFE: Final = re.compile(rb"[^!-#%-)+-~]")
# RFC 3986, 2.3: octets that mean the same with and without an escape.
_UNRESERVED: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@dataclass(frozen=True, slots=True)
class Rule:
    """One allow or disallow line.

    Attributes:
        allow: which of the two.
        weight: octets of its path; the heaviest rule that matches wins (RFC 9309, 2.2.2).
        parts: literal text between the wildcards, in order; the first begins the path.
        anchored: whether the path must end where the last part does.
    """

    allow: bool
    weight: int
    parts: tuple[str, ...]
    anchored: bool

    def matches(self, path: str) -> bool:
        """Whether the rule speaks of a path in comparable form."""
        first, *rest = self.parts
        if not path.startswith(first):
            return False
        if not rest:
            return not self.anchored or path == first
        position = len(first)
        *middle, last = rest
        for part in middle:
            found = path.find(part, position)
            if found < 0:
                return False
            position = found + len(part)
        if self.anchored:
            return path.endswith(last) and len(path) - len(last) >= position
        return path.find(last, position) >= 0


@dataclass(frozen=True, slots=True)
class Robots:
    """What a robots.txt says to one crawler.

    Attributes:
        rules: of the groups that name it, else of those for everyone.
        crawl_delay: between two requests, where the same groups ask for it; not part of the RFC, yet in wide use.
        sitemaps: URLs as listed, for whomever.
    """

    rules: tuple[Rule, ...] = ()
    crawl_delay: timedelta | None = None
    sitemaps: tuple[str, ...] = ()

    def allows(self, url: str) -> bool:
        """Whether a URL may be fetched; robots.txt itself always may (RFC 9309, 2.2.2)."""
        path = _path_of(url)
        if path == "/robots.txt":
            return True
        matching = (rule for rule in self.rules if rule.matches(path))
        # Of two equal ones, the allowing rule wins.
        strongest = max(matching, key=lambda rule: (rule.weight, rule.allow), default=None)
        return strongest is None or strongest.allow


ALLOW_ALL: Final = Robots()


@dataclass(slots=True)
class _Group:
    """Lines under one or several user-agent lines, while they are read."""

    agents: list[str]
    rules: list[tuple[bool, str]]
    delays: list[float]


def parse_robots(body: bytes, product: str) -> Robots:
    """Read a robots.txt on behalf of one crawler.

    Args:
        body: as fetched, UTF-8 by RFC 9309, 2.3; other bytes do no harm.
        product: the crawler's product token, such as ``storyfold``; case does not matter.
    """
    groups: list[_Group] = []
    sitemaps: list[str] = []
    heading = False
    for key, value in _lines(body[:PARSED_BYTES]):
        if key == "user-agent":
            if not heading:
                groups.append(_Group([], [], []))
            groups[-1].agents.append(_agent(value))
            heading = True
        elif key == "sitemap":
            sitemaps.append(value)
        elif key in {"allow", "disallow"}:
            heading = False
            if groups and value:
                groups[-1].rules.append((key == "allow", value))
        elif key == "crawl-delay":
            heading = False
            delay = _seconds(value)
            if groups and delay is not None:
                groups[-1].delays.append(delay)
    chosen = _groups_for(groups, product.lower())
    delays = [delay for group in chosen for delay in group.delays]
    rules = dict.fromkeys(rule for group in chosen for rule in group.rules)
    return Robots(
        rules=tuple(_rule(value, allow=allow) for allow, value in rules),
        crawl_delay=timedelta(seconds=max(delays)) if delays else None,
        sitemaps=tuple(dict.fromkeys(sitemaps)),
    )


def _lines(body: bytes) -> Iterator[tuple[str, str]]:
    """Keys in lower case with their values."""
    text = body.decode("utf-8", "replace").removeprefix("\ufeff")
    for line in re.split(r"[\r\n]+", text):
        key, colon, value = line.partition("#")[0].partition(":")
        if colon:
            yield key.strip().lower(), value.strip()


def _agent(value: str) -> str:
    """The product token of a user-agent line: what follows it, such as a version, counts for nothing."""
    if value.startswith("*"):
        return "*"
    token = _TOKEN.match(value)
    return token[0].lower() if token else ""


def _groups_for(groups: Iterable[_Group], product: str) -> list[_Group]:
    """All groups that name the crawler, as if they were one; else all for everyone (RFC 9309, 2.2.1)."""
    everything = list(groups)
    named = [group for group in everything if product in group.agents]
    return named or [group for group in everything if "*" in group.agents]


def _rule(value: str, *, allow: bool) -> Rule:
    anchored = value.endswith("$")
    pattern = value.removesuffix("$")
    # A path always begins with a slash; a pattern that lacks it is meant from the root.
    if not pattern.startswith(("/", "*")):
        pattern = "/" + pattern
    parts = tuple(_comparable(part) for part in re.split(r"\*+", pattern))
    weight = len("*".join(parts)) + anchored
    return Rule(allow=allow, weight=weight, parts=parts, anchored=anchored)


def _seconds(value: str) -> float | None:
    try:
        seconds = float(value)
    except ValueError:
        return None
    # The comparison also leaves out what is not a number.
    return min(seconds, _LONGEST_DELAY) if seconds >= 0 else None


def _path_of(url: str) -> str:
    """Path and query of a URL in comparable form; an empty query keeps its question mark, as a pattern may name it."""
    rest = url.partition("#")[0].partition("://")[2]
    path = _AUTHORITY.sub("", rest, count=1)
    return _comparable(path if path.startswith("/") else "/" + path)


def _comparable(text: str) -> str:
    """One spelling for all that is equivalent (RFC 9309, 2.2.2).

    Octets outside US-ASCII are escaped, escapes of unreserved octets undone, hexadecimal digits put in upper case, and
    what would be the pattern's syntax is escaped.
    """
    if _PLAIN.fullmatch(text):
        return text
    unescaped = _ESCAPE.sub(_unescape_unreserved, text.encode("utf-8", "surrogatepass"))
    return _UNSAFE.sub(lambda found: b"%%%02X" % found[0][0], unescaped).decode("ascii")


def _unescape_unreserved(escape: re.Match[bytes]) -> bytes:
    octet = int(escape[1], 16)
    return bytes((octet,)) if octet in _UNRESERVED else b"%" + escape[1].upper()
