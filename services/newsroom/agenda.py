"""Draws what happens in a plan, with the neighbours that are hard to tell apart."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from newsroom.model import Detail, Happening
from newsroom.seeds import Random, stream
from newsroom.text.banks import Bank, kinds, macros
from newsroom.text.happen import Site, happen
from newsroom.text.world import Land

# The country in which so large a share of the happenings lies that its president is in most of the news.
_HOME_SHARE = 0.3
# How many happenings are in the capital rather than in a town that is heard of once.
_CAPITAL_SHARE = 0.2
# Nothing happens in the last stretch of a plan, so that all of it is told by somebody.
_TOLD_SHARE = 0.85
# How many details two happenings of a kind in neighbouring towns have in common.
_HERITAGE_SHARE = 0.5


def happenings(
    seed: int, count: int, start: datetime, span: timedelta, world: tuple[Land, ...]
) -> tuple[Happening, ...]:
    """Draw `count` happenings.

    Of every ten, four are hard to tell from the one before: of the same kind abroad on the same day; of the
    same kind in the next town hours later, with names in common; of the same kind in the same country a day
    or two away; of another kind in the same town.
    """
    made: list[Happening] = []
    agenda = _Agenda(world, stream(seed, "home").choice(world), start, span * _TOLD_SHARE)
    for index in range(count):
        name, rng = f"h{index:05}", stream(seed, "happening", index)
        drawn = agenda.neighbour(name, index, made[-1], rng) if made else None
        made.append(drawn or agenda.unrelated(name, rng))
    return tuple(made)


@dataclass(frozen=True, slots=True)
class _Agenda:
    """The world and the time in which things happen."""

    world: tuple[Land, ...]
    home: Land
    start: datetime
    span: timedelta

    def neighbour(self, name: str, index: int, before: Happening, rng: Random) -> Happening | None:
        """Draw a happening that is hard to tell from the one before; None where it is not the turn of one."""
        there = next(land for land in self.world if land.country.name == before.country.name)
        same = _bank(before.kind)
        match index % 10:
            case 2:
                abroad = rng.choice([land for land in self.world if land is not there])
                at = self._after(before.at, 0.04 * rng.random())
                return _at(name, same, abroad, _somewhere(abroad, rng), at, rng=rng)
            case 4:
                at = self._after(before.at, 0.15 * rng.random())
                site = Site(there.town(rng), before.region, before.place, _heritage(before, rng))
                return _at(name, same, there, site, at, rng=rng)
            case 6:
                at = self._after(before.at, rng.uniform(0.25, 0.75))
                return _at(name, same, there, _somewhere(there, rng), at, rng=rng)
            case 9:
                other = rng.choice([bank for bank in kinds() if bank.name != before.kind])
                at = self._after(before.at, 0.3 * rng.random())
                site = Site(before.place, before.region, before.nearby)
                return _at(name, other, there, site, at, rng=rng)
            case _:
                return None

    def unrelated(self, name: str, rng: Random) -> Happening:
        """Draw a happening of any kind, at any time, anywhere."""
        bank, at = rng.choice(kinds()), self.start + self.span * rng.random()
        land = self.home if rng.random() < _HOME_SHARE else rng.choice(self.world)
        site = _somewhere(land, rng)
        if rng.random() < _CAPITAL_SHARE:
            site = Site(land.country.capital, land.country.regions[0], site.place)
        return _at(name, bank, land, site, at, rng=rng)

    def _after(self, moment: datetime, share: float) -> datetime:
        """Return the moment that lies a share of the time behind another; it wraps round at the end."""
        return self.start + self.span * (((moment - self.start) / self.span + share) % 1.0)


def _somewhere(land: Land, rng: Random) -> Site:
    return Site(land.town(rng), rng.choice(land.country.regions), land.town(rng))


def _heritage(before: Happening, rng: Random) -> tuple[Detail, ...]:
    """Return some details that two happenings of a kind can share; none that carries the name of a town."""
    names = (before.place, before.nearby)
    free = (d for d in before.details if not any(name in d.text for name in names))
    return tuple(detail for detail in free if rng.random() < _HERITAGE_SHARE)


def _at(name: str, bank: Bank, land: Land, site: Site, at: datetime, *, rng: Random) -> Happening:
    return happen(name, bank, land, site, at=at, macros=macros(), rng=rng)


def _bank(name: str) -> Bank:
    return next(bank for bank in kinds() if bank.name == name)
