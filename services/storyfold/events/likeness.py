"""How alike two articles are: several kinds of evidence, each a number, and the model that weighs them.

The weights are learned from labelled stories by ``python -m benchmarks.train_folding`` and shipped in
``data/model.json``: a logistic regression whose value is the log odds that two articles tell of one event.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import log, log1p, sqrt
from zlib import crc32

from storyfold.events.sharing import HEADLINE, NAME, Laid, Shared, Sought, lay, shared, sought
from storyfold.model.features import Features, Mentioned

# The kinds of evidence, in the order of the weights. Few, and none that tells one collection of articles from another
# (whether dates or headlines are there at all): what is learned on some stories has to hold for others.
KINDS = (
    "words",  # cosine over all weighted terms
    "headline",  # cosine over the terms of the headlines
    "phrases",  # cosine over neighbouring terms in headline and lead
    "names",  # share of the names of the one that stand in the other, whichever share is larger
    "numbers",  # cosine over numbers, longer ones counting more
    "same-day",  # both mention the same calendar day
    "other-weekday",  # both mention weekdays, none the same
    "other-month",  # both mention months, none the same
    "apart",  # log of the days between publication; 0 where unknown, and at three days
    "short",  # how far the shorter text falls below 150 words, as a logarithm: it shares fewer words
)
# Added inside the logarithm of a cosine: what two unrelated articles share by chance.
_CHANCE = 0.03
_LOG_CHANCE = log(_CHANCE)
# A pair's log odds stay within these, so that no single pair decides for an event.
LIMIT = 5.0
# Two articles of which one names nobody and nothing: what two reports of different events share on average.
_NAMELESS = 0.4
# Unknown dates count like this many days apart, reports of one event are about as far from each other.
_USUAL_GAP = log1p(3.0)
_BRIEF_WORDS = 150
_BRIEF = log(_BRIEF_WORDS)
# An event's own log odds: this share is the mean over its reports, the rest the mean over the two nearest of them.
_MEAN_SHARE = 0.75
_NEAREST = 2
# A page of which no more was read than a label ("Live", "Video") tells of no event, and says nothing about any other.
_LEAST_TERMS = 3
# Below this share of common words nothing else is looked at.
_LEAST_WORDS = 0.02
# Sets the codes of terms apart from those of numbers, which are terms as well.
_TERM = 0x5BD1E995


@dataclass(frozen=True, slots=True)
class Model:
    """Learned weights.

    Attributes:
        weights: one for each of `KINDS`.
        bias: log odds before any evidence.
        join: an article joins an event when the mean of its log odds with the event's reports reaches this.
        merge: two events become one when the mean over their reports reaches this.
        rejoin: a report that has stayed alone goes into an event that just grew, when its log odds with it reach this.
        resemblance: texts that overlap at least this much are copies (Jaccard index).
        containment: texts of which one holds at least this share of the other are copies.
    """

    weights: tuple[float, ...]
    bias: float
    join: float
    merge: float
    rejoin: float
    resemblance: float
    containment: float


@cache
def shipped_model() -> Model:
    """Read the weights that are shipped."""
    data = json.loads(files("storyfold.events").joinpath("data/model.json").read_text("utf-8"))
    return Model(
        weights=tuple(float(data["weights"][kind]) for kind in KINDS),
        bias=float(data["bias"]),
        join=float(data["join"]),
        merge=float(data["merge"]),
        rejoin=float(data["rejoin"]),
        resemblance=float(data["resemblance"]),
        containment=float(data["containment"]),
    )


@dataclass(frozen=True, slots=True)
class Profile:
    """An article as folding compares it; compact, because a window holds hundreds of thousands.

    Attributes:
        terms: codes of its terms, the most telling first.
        weights: of the terms, scaled to length 1.
        flags: of the terms: in the headline, part of a name.
        norms: length of the headline's and the names' vectors; 0 where empty.
        numbers: hashes of its numbers; the lowest two bits are their weight.
        number_norm: length of their vector.
        phrases: hashes, ascending.
        days: bit set of calendar days mentioned.
        months: bit set.
        weekdays: bit set.
        published: days since 1970, or None.
        length: words.
    """

    terms: array[int]
    weights: array[float]
    flags: bytes
    norms: tuple[float, float]
    numbers: array[int]
    number_norm: float
    phrases: array[int]
    days: int
    months: int
    weekdays: int
    published: float | None
    length: int


@dataclass(frozen=True, slots=True)
class Probe:
    """An article unpacked for comparing it with many others.

    Attributes:
        profile: as the window keeps it.
        sought: the same, ready for counting what it shares with many at once.
    """

    profile: Profile
    sought: Sought


def term_code(term: str) -> int:
    """Name a term by 32 bits, the same in every process; of a million terms some hundred share one."""
    return crc32(term.encode(), _TERM)


def term_codes(features: Features) -> array[int]:
    """Name each of an article's terms as `term_code` does."""
    return array("I", [crc32(term.encode(), _TERM) for term, _ in features.terms])


def number_code(number: str) -> int:
    """Hash a number with its weight in the lowest two bits: long ones are rarer; years are not."""
    year = len(number) == 4 and number[:2] in {"19", "20"}
    weight = 1 + (len(number) > 1) + (len(number) > 2 and not year)
    return crc32(number.encode()) & 0xFFFFFFFC | weight


def profile_of(features: Features, ids: array[int], rarities: array[float], published: float | None) -> Profile:
    """Pack an article's features for comparison.

    Args:
        features: as computed in the read stage.
        ids: one for each of `features.terms`.
        rarities: inverse document frequency of each.
        published: days since 1970, or None.
    """
    head, named = set(features.headline), set(features.named)
    flags = bytes([HEADLINE * (term in head) | NAME * (term in named) for term, _ in features.terms])
    raw = [weight * rarity for (_, weight), rarity in zip(features.terms, rarities, strict=True)]
    whole = sqrt(sum([value * value for value in raw])) or 1.0
    weights = array("f", [value / whole for value in raw])
    norms = (
        sqrt(sum([r * r for r, flag in zip(rarities, flags, strict=True) if flag & HEADLINE])),
        sqrt(sum([w * w for w, flag in zip(weights, flags, strict=True) if flag & NAME])),
    )
    numbers = array("I", sorted({number_code(number) for number in features.numbers}))
    said = features.mentioned
    return Profile(
        terms=ids,
        weights=weights,
        flags=flags,
        norms=norms,
        numbers=numbers,
        number_norm=sqrt(sum((number & 3) ** 2 for number in numbers)),
        phrases=array("I", features.phrases),
        days=_day_bits(said),
        months=sum(1 << month for month in said.months),
        weekdays=sum(1 << weekday for weekday in said.weekdays),
        published=published,
        length=features.length,
    )


def _day_bits(said: Mentioned) -> int:
    return sum(1 << 31 * (day // 100 - 1) + day % 100 - 1 for day in said.days)


def probe_of(profile: Profile, rarities: array[float]) -> Probe:
    """Unpack an article for comparing it with many others.

    Args:
        profile: of the article.
        rarities: inverse document frequency of its terms, in their order.
    """
    return Probe(profile, sought(profile, rarities))


def observe(
    probe: Probe, others: Sequence[Profile], laid: Sequence[Laid] | None = None
) -> list[tuple[float, ...] | None]:
    """Observe how alike an article and each of some others are.

    Args:
        probe: one article.
        others: to compare it with.
        laid: the same laid end to end, in one or more parts, where that has been done.

    Returns:
        For each of the others one number for each of `KINDS`, or None where they share so few words that nothing else
        need be looked at.
    """
    if not others:
        return []
    one = probe.profile
    if len(one.terms) < _LEAST_TERMS:
        return [None] * len(others)
    phrases = sqrt(len(one.phrases))
    counted = shared(probe.sought, (lay(others),) if laid is None else laid)
    pairs = zip(others, counted, strict=True)
    return [_observed(one, phrases, other, each) if _comparable(other, each) else None for other, each in pairs]


def _comparable(other: Profile, common: Shared) -> bool:
    return common.words >= _LEAST_WORDS and len(other.terms) >= _LEAST_TERMS


def _observed(one: Profile, phrases: float, other: Profile, common: Shared) -> tuple[float, ...]:
    words, headline, names, their_names, numbers, in_phrases = common
    (head, named), (their_head, their_named) = one.norms, other.norms
    length = min(one.length, other.length) + 10
    apart = None if one.published is None or other.published is None else abs(one.published - other.published)
    # What shares nothing is what is met most: its logarithm is known.
    return (
        log(words + _CHANCE),
        log(headline / (head * their_head) + _CHANCE) if headline and head and their_head else _LOG_CHANCE,
        log(in_phrases / (phrases * sqrt(len(other.phrases))) + _CHANCE) if in_phrases else _LOG_CHANCE,
        max(names / (named * named), their_names / (their_named * their_named)) if named and their_named else _NAMELESS,
        sqrt(numbers / (one.number_norm * other.number_norm)) if numbers else 0.0,
        1.0 if one.days & other.days else 0.0,
        1.0 if one.weekdays and other.weekdays and not one.weekdays & other.weekdays else 0.0,
        1.0 if one.months and other.months and not one.months & other.months else 0.0,
        0.0 if apart is None else log1p(apart) - _USUAL_GAP,
        _BRIEF - log(length) if length < _BRIEF_WORDS else 0.0,
    )


def log_odds(model: Model, observed: tuple[float, ...] | None) -> float:
    """Weigh what was observed.

    Returns:
        The log odds that both articles tell of one event, within ±`LIMIT`.
    """
    if observed is None:
        return -LIMIT
    value = model.bias
    for weight, seen in zip(model.weights, observed, strict=True):
        value += weight * seen
    return LIMIT if value > LIMIT else max(-LIMIT, value)


def of_event(odds: Sequence[float]) -> float:
    """What an article's log odds with an event's reports say of the event.

    An event is what most of its reports say, so that a chain of small likenesses does not tie two happenings together:
    the mean decides. The nearest reports have a say too, as a story that goes on is told in new words.

    Args:
        odds: one for each report compared with.

    Returns:
        Log odds, within ±`LIMIT`; -`LIMIT` where there are none.
    """
    if not odds:
        return -LIMIT
    nearest = sorted(odds, reverse=True)[:_NEAREST]
    return _MEAN_SHARE * sum(odds) / len(odds) + (1 - _MEAN_SHARE) * sum(nearest) / len(nearest)
