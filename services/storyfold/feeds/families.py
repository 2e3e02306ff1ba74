"""Families of publishers: one house, many domains; so that a house never counts as its own confirmation.

A small table of well-known houses is shipped (``data/families.toml``); a file of the user's own, in the same format,
adds to it and wins.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from storyfold.model.identity import PublisherId

_COUNTRY = re.compile(r"[A-Za-z]{2}")
_KEYS = ("id", "name", "country", "domains")


@dataclass(frozen=True, slots=True)
class Family:
    """One house.

    Attributes:
        publisher_id: stable name.
        name: as shown to people.
        country: ISO 3166-1 alpha-2, or None where unknown.
    """

    publisher_id: PublisherId
    name: str
    country: str | None


@dataclass(frozen=True, slots=True)
class Families:
    """Houses by their domains, each a registrable domain or a host below one."""

    by_domain: Mapping[str, Family]

    def of(self, host: str) -> Family | None:
        """The house behind a host: that of the longest domain which is the host or one above it."""
        while host:
            found = self.by_domain.get(host)
            if found is not None:
                return found
            host = host.partition(".")[2]
        return None

    def extended(self, other: "Families") -> "Families":
        """Both tables; the other wins."""
        return Families({**self.by_domain, **other.by_domain})


NO_FAMILIES = Families({})


@cache
def shipped_families() -> Families:
    """Read the table that is shipped."""
    return read_families(files("storyfold.feeds").joinpath("data/families.toml").read_text("utf-8"))[0]


def read_families(text: str) -> tuple[Families, tuple[str, ...]]:
    """Read a table of families.

    Args:
        text: TOML with ``[[families]]`` tables of ``id``, ``name``, ``country`` and ``domains``; only the first and the
            last are needed.

    Returns:
        The table, and a complaint for each family that cannot be used or is used in part; never raises.
    """
    try:
        document = tomllib.loads(text.lstrip("\ufeff").replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return NO_FAMILIES, (f"the file is not TOML: {error}; nothing of it is read: mend that line",)
    tables = document.get("families", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        return NO_FAMILIES, ("`families` is no list of tables; write [[families]] above each house",)
    complaints = [
        f"{key!r} is not known here; houses stand under [[families]]" for key in document if key != "families"
    ]
    by_domain: dict[str, Family] = {}
    for number, table in enumerate(tables, 1):
        complaints += _wrong(table, number)
        family = _family(table)
        if family is None:
            continue
        domains = table["domains"]
        by_domain.update({each.lower().strip("."): family for each in domains if isinstance(each, str)})
    return Families(by_domain), tuple(complaints)


def _family(table: Mapping[str, Any]) -> Family | None:
    name, country = table.get("id"), table.get("country")
    if not isinstance(name, str) or not name or not isinstance(table.get("domains"), list):
        return None
    known = country.upper() if isinstance(country, str) and _COUNTRY.fullmatch(country) else None
    return Family(PublisherId(name), str(table.get("name") or name), known)


def _wrong(table: Mapping[str, Any], number: int) -> list[str]:
    where = f"family {number}"
    if _family(table) is None:
        return [f"{where} is left out: it needs an id and a list of domains"]
    out = [f"{where}: {key!r} is ignored; known are {', '.join(_KEYS)}" for key in table if key not in _KEYS]
    country = table.get("country")
    if country is not None and not (isinstance(country, str) and _COUNTRY.fullmatch(country)):
        out.append(f"{where}: country is {country!r}; it is ignored: write two letters of ISO 3166-1 such as GB")
    if not all(isinstance(each, str) and "." in each for each in table["domains"]):
        out.append(f"{where}: some of its domains are none; write names such as news.example")
    return out
