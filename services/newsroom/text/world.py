"""The invented world: countries with their office holders, towns, people."""

from datetime import timedelta

from newsroom.model import Country, Person, Role
from newsroom.seeds import Random, stream
from newsroom.text.banks import raw

_OFFICES = (
    "president",
    "prime_minister",
    "finance_minister",
    "interior_minister",
    "foreign_minister",
    "health_minister",
)


# Beginnings of town names that stand as words of their own.
_WORDS = frozenset({"San", "Santa", "Villa", "Campo", "Cerro", "Costa", "Piedra", "Bom", "Santo"})


class Land:
    """A country and the syllables from which its places and people are named.

    Args:
        line: One line of the bank of countries.
        seed: Decides who holds its offices.
    """

    def __init__(self, line: str, seed: int) -> None:
        fields = [field.strip() for field in line.split("|")]
        name, adjective, capital, currency, zone, regions = fields[:6]
        self._towns = (tuple(fields[6].split(",")), tuple(fields[7].split(",")))
        self._surnames = (tuple(fields[8].split(",")), tuple(part.strip() for part in fields[9].split(",")))
        self._given = tuple(fields[10].split(","))
        rng = stream(seed, "country", name)
        roles = tuple(Role(office, self.person(rng)) for office in _OFFICES)
        minutes = timedelta(minutes=int(zone))
        named = tuple(region.strip() for region in regions.split(","))
        self.country = Country(name, adjective, capital, currency, minutes, named, roles)

    def person(self, rng: Random) -> Person:
        """Invent someone of this country."""
        first, last = self._surnames
        return Person(rng.choice(self._given), rng.choice(first) + rng.choice(last))

    def town(self, rng: Random) -> str:
        """Invent a town of this country."""
        first, last = self._towns
        start, end = rng.choice(first), rng.choice(last)
        if end[0].isupper() or start in _WORDS:
            return f"{start} {end.capitalize()}"
        if start[-1:] == end[:1]:
            end = end[1:]
        return start + end


def lands(seed: int) -> tuple[Land, ...]:
    """Return the countries of the world with the office holders of this seed."""
    lines = (line for line in raw("countries.txt").splitlines() if line and not line.startswith("#"))
    return tuple(Land(line, seed) for line in lines)
