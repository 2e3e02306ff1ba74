"""Makes happenings: where, when, who and with which numbers."""

from dataclasses import dataclass
from datetime import datetime

from newsroom.model import Detail, Figure, Happening, HappeningId, Role
from newsroom.seeds import Random
from newsroom.text.banks import Bank, FigureRule
from newsroom.text.grammar import Macros, fill
from newsroom.text.world import Land

# Shares of the settled number that are known early and on the next day.
_COURSES = {"grows": ((0.2, 0.55), (0.6, 0.88)), "falls": ((1.9, 3.2), (1.25, 1.6))}


@dataclass(frozen=True, slots=True)
class Site:
    """Where something happens within a country.

    Attributes:
        nearby: The next town.
        heritage: Details taken over from another happening: the same company, the same armed group.
    """

    place: str
    region: str
    nearby: str
    heritage: tuple[Detail, ...] = ()


def happen(name: str, bank: Bank, land: Land, site: Site, *, at: datetime, macros: Macros, rng: Random) -> Happening:
    """Make one happening of the bank's kind.

    Args:
        name: Its id.
        bank: What can be said about its kind.
        land: In which country it happens.
        site: Where in it.
        at: When it happens.
        macros: The shared phrases.
        rng: Draws everything else.
    """
    country = land.country
    place, region, nearby = site.place, site.region, site.nearby
    roles = tuple(Role(slot, land.person(rng)) for slot in bank.people)

    def resolve(slot: str) -> str:
        fixed = {
            "place": place,
            "nearby": nearby,
            "region": region,
            "country": country.name,
            "nation": country.adjective,
            "capital": country.capital,
            "currency": country.currency,
        }
        if slot == "town":
            return land.town(rng)
        return land.person(rng).surname if slot == "surname" else fixed[slot]

    inherited = {detail.slot: detail for detail in site.heritage}
    details = tuple(
        inherited.get(r.slot) or Detail(r.slot, fill(r.template, resolve, macros, rng)) for r in bank.details
    )
    figures: list[Figure] = []
    for rule in bank.figures:
        whole = next((f.amounts[2] for f in figures if f.slot == rule.below), None)
        figures.append(_figure(rule, whole, rng))
    return Happening(HappeningId(name), bank.name, country, region, place, nearby, at, roles, tuple(figures), details)


def _figure(rule: FigureRule, whole: float | None, rng: Random) -> Figure:
    # Large ranges are drawn on a logarithmic scale: most disasters are small ones.
    if rule.low > 0 and rule.high / rule.low > 8:
        settled = rule.low * (rule.high / rule.low) ** rng.random()
    else:
        settled = rng.uniform(rule.low, rule.high)
    if whole is not None:
        settled = min(settled, whole * rng.uniform(0.2, 0.9))
    course = _COURSES.get(rule.course)
    if course is None:
        early = later = settled
    else:
        early, later = (settled * rng.uniform(*share) for share in course)
    amounts = [round(value, rule.decimals) for value in (early, later, settled)]
    if rule.decimals == 0:
        amounts = [max(int(min(2, rule.low)), int(amount)) for amount in amounts]
    return Figure(rule.slot, (amounts[0], amounts[1], amounts[2]), rule.decimals)
