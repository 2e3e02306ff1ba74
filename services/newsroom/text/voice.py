"""Fills the slots for one article: facts at a stage, names in full only once, numbers in house style."""

from datetime import timedelta

from newsroom.model import Happening, Person
from newsroom.seeds import Random

_WORDS = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
# What a place is called once it has been named, and how often.
_CIRCUMSCRIBED = {"place": "the town", "country": "the country", "region": "the region"}
_CIRCUMSCRIBED_SHARE = 0.45
_ROUND = ("about {}", "nearly {}", "more than {}", "some {}", "around {}", "at least {}")


def spell(amount: float, decimals: int, *, words: bool) -> str:
    """Write a number as a newspaper does: `twelve` or `12`, `1,200`, `4.25`."""
    if decimals:
        return f"{amount:.{decimals}f}"
    whole = int(amount)
    return _WORDS[whole] if words and 0 <= whole < len(_WORDS) else f"{whole:,}"


def rounded(amount: float) -> int:
    """Return the amount with two leading digits."""
    whole = int(amount)
    unit = int(10 ** max(0, len(str(whole)) - 2))
    return whole // unit * unit


def ordinal(number: int) -> str:
    """Write `1st`, `2nd`, `11th`."""
    teens = number % 100 in {11, 12, 13}
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


class Voice:
    """Resolves slots for one article; remembers who has been named.

    Args:
        happening: What the article tells of.
        stage: Which figures are known: 0, 1 or 2.
        words: Small numbers are written as words.
        rng: Chooses between equal ways of saying it.
    """

    def __init__(self, happening: Happening, stage: int, *, words: bool, rng: Random) -> None:
        self._happening = happening
        self._stage = stage
        self._words = words
        self._rng = rng
        self._named: set[str] = set()
        country = happening.country
        self._fixed = {
            "place": happening.place,
            "nearby": happening.nearby,
            "region": happening.region,
            "country": country.name,
            "nation": country.adjective,
            "capital": country.capital,
            "currency": country.currency,
            "day": f"{happening.at + country.zone:%A}",
            "dayafter": f"{happening.at + country.zone + timedelta(days=1):%A}",
        }
        self._fixed.update((detail.slot, detail.text) for detail in happening.details)
        self._figures = {figure.slot: figure for figure in happening.figures}
        self._people = {role.slot: role.person for role in (*country.roles, *happening.roles)}

    def resolve(self, slot: str) -> str:
        """Return the text of a slot.

        `[dead]` is a number as known now, `[dead~]` the same in round words, `[dead-]` as known before,
        `[minute#]` an ordinal.

        Raises:
            KeyError: The happening has no such fact.
        """
        fixed = self._fixed.get(slot)
        if fixed is not None:
            return self._again(slot, fixed) if slot in _CIRCUMSCRIBED else fixed
        person = self._people.get(slot)
        if person is not None:
            return self._name(person)
        figure = self._figures[slot.rstrip("~-#")]
        stage = max(0, self._stage - 1) if slot.endswith("-") else self._stage
        amount = figure.amounts[stage]
        if slot.endswith("#"):
            return ordinal(int(amount))
        if slot.endswith("~"):
            return self._rng.choice(_ROUND).format(spell(rounded(amount), 0, words=self._words))
        return spell(amount, figure.decimals, words=self._words)

    def _again(self, slot: str, name: str) -> str:
        if name not in self._named:
            self._named.add(name)
            return name
        return _CIRCUMSCRIBED[slot] if self._rng.random() < _CIRCUMSCRIBED_SHARE else name

    def _name(self, person: Person) -> str:
        if person.name in self._named:
            return person.surname
        self._named.add(person.name)
        return person.name

    def forget_names(self) -> None:
        """Name everyone in full again: the headline is written before the text."""
        self._named.clear()
