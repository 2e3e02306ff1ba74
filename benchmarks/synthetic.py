"""A stream of articles that nobody wrote, for measuring folding at sizes of which no corpus exists.

Only what folding looks at is made: features, headlines, publishers and dates, no bodies. Terms follow Zipf's law over
the words of the shipped background table and as many made-up rare ones as long streams have; each event has a core of
terms, names, numbers and phrases, of which each of its reports uses some. Sizes of events have a long tail. The same
arguments give the same stream, and any article of it can be made without the others.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from hashlib import blake2b
from itertools import pairwise
from math import exp, log, log1p
from random import Random
from typing import TYPE_CHECKING

import numpy as np

from storyfold.events.background import background
from storyfold.events.likeness import Profile, term_code
from storyfold.events.packing import Source, pack
from storyfold.events.sharing import COUNTED
from storyfold.model.articles import Article, ArticleChange, BodySource, Dated, DateSource, PlacementKind, Quality
from storyfold.model.events import ActorKind
from storyfold.model.features import Counted, Digest, Features, Mentioned, Named, Said
from storyfold.model.feeds import Publisher
from storyfold.model.identity import EntryId, FeedId, PublisherId, article_id_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

START = datetime(2026, 1, 1, tzinfo=UTC)
# Sizes of events follow Pareto's law: most have one article, and there are 0.3 events an article.
_SHAPE, _LARGEST = 1.28, 300
# The biggest event, and the copies of one text, per article of the stream.
_BIGGEST = 0.01
_COPIED = 0.05
# Of the articles that follow an event's first, so many are copies of it.
_COPIES = 0.25
# A stream of 200,000 articles uses about half of these (measured by the words of the 6,000 background articles,
# extrapolated by Heaps' law).
_VOCABULARY = 1_500_000
# The words before this rank are stop words and such as tell nothing.
_FIRST_RANK = 30
_CORE, _OF_TOPIC, _TERMS = 45, 22, 100
# Subjects that events have in common, and words that belong to one.
_TOPICS, _TOPIC = 400, 60
_HOUSES = 2_000


@dataclass(frozen=True, slots=True)
class Item:
    """An article of the stream: which event it truly tells of, and what folding is given."""

    event: int
    article: Article
    features: Features


@dataclass(frozen=True, slots=True)
class _Core:
    """What the reports of one event have in common."""

    terms: tuple[str, ...]
    numbers: tuple[str, ...]
    phrases: tuple[int, ...]
    day: int


def schedule(articles: int, seed: int = 1) -> list[tuple[int, int]]:
    """Say which event each article tells of, and the how-manieth of it it is, in the order of arrival."""
    chance = Random(seed)
    sizes = [max(1, int(_BIGGEST * articles)), max(1, int(_COPIED * articles))]
    left = articles - sum(sizes)
    while left > 0:
        sizes.append(min(left, _LARGEST, int(chance.paretovariate(_SHAPE))))
        left -= sizes[-1]
    told: list[tuple[float, int]] = []
    for event, size in enumerate(sizes):
        at = chance.random() if event > 1 else 0.05 * chance.random()
        pace = 0.004 if event > 1 else 1 / size
        for _ in range(size):
            told.append((at, event))
            at += chance.expovariate(1.0) * pace
    told.sort()
    counts = [0] * len(sizes)
    out = []
    for _, event in told[:articles]:
        out.append((event, counts[event]))
        counts[event] += 1
    return out


def moment(position: int, articles: int) -> datetime:
    """When an article of a stream comes: evenly within ten days."""
    return START + timedelta(days=10) * (position / articles)


def item(event: int, member: int, at: datetime) -> Item:
    """Make one article.

    Args:
        event: which happening it tells of.
        member: the how-manieth article of it; the first is 0.
        at: when it was published.
    """
    chance = Random(f"{event} {member}")
    copy = member > 0 and (event == 1 or chance.random() < _COPIES)
    told = _told(event, 0 if copy else member, at)
    if copy and event != 1:
        told = _cut(told, chance)
    house = min(_HOUSES - 1, int(chance.paretovariate(0.6)))
    name = f"house{house}.example"
    url = f"https://{name}/news/{event}/{member}-what-happened-on-that-day-in-that-town.html"
    headline = " ".join(told.headline[:9])
    article = Article(
        article_id=article_id_of(url),
        version=1,
        change=ArticleChange.NEW,
        url=url,
        canonical_url=url,
        entry_id=EntryId(url),
        feed_id=FeedId(name),
        publisher=Publisher(PublisherId(name), name, name),
        headline=headline,
        body="",
        body_source=BodySource.PAGE,
        quality=Quality.FULL,
        language=None,
        authors=(),
        published_at=Dated(at, DateSource.FEED),
        modified_at=None,
        first_seen_at=at,
    )
    return Item(event, article, told)


def packed(event: int, member: int, at: datetime) -> tuple[PlacementKind, bytes]:
    """An article as folding's window keeps it, made fifty times as fast as by reading `item`, with words like those.

    Counting out which terms its event had before is left out: half of them are taken to be new.
    """
    chance = np.random.default_rng((event, member))
    copy = member > 0 and (event == 1 or bool(chance.random() < _COPIES))
    shingles = int(min(3_000, max(60, chance.lognormal(6.1, 0.5))))
    kept = min(400, shingles)
    hashes = chance.integers(0, 2**32 * kept // shingles, kept, np.uint32)
    hashes.sort()
    house = f"house{int(chance.integers(_HOUSES))}.example"
    source = Source(PublisherId(house), "en")
    name = chance.bytes(16).hex()
    if copy:
        return PlacementKind.DUPLICATE, pack(name, hashes.tobytes(), shingles, source, None)
    core = _core_codes(event)
    used = core[chance.random(len(core)) < 0.72]
    ranks = _FIRST_RANK * np.exp(chance.random(_TERMS - len(used)) * log(_VOCABULARY / _FIRST_RANK))
    terms = np.concatenate((used, _codes()[ranks.astype(np.intp)]))
    chance.shuffle(terms)
    weights = np.sort(chance.random(len(terms), np.float32))[::-1]
    weights /= np.sqrt(np.square(weights).sum())
    flags = chance.integers(0, 8, len(terms), np.uint8) & chance.integers(0, 8, len(terms), np.uint8)
    flags |= np.where(chance.random(len(terms)) < 0.5, COUNTED, 0).astype(np.uint8)
    numbers = np.sort(chance.integers(0, 2**32, 7, np.uint32))
    phrases = np.sort(chance.integers(0, 2**32, 76, np.uint32))
    profile = Profile(
        terms=array("I", terms.tobytes()),
        weights=array("f", weights.tobytes()),
        flags=flags.tobytes(),
        norms=(30.0, 0.4),
        numbers=array("I", numbers.tobytes()),
        number_norm=5.0,
        phrases=array("I", phrases.tobytes()),
        days=1 << 31 * (at.month - 1) + at.day - 1,
        months=1 << at.month,
        weekdays=1 << at.weekday(),
        published=(at - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() / 86_400,
        length=shingles,
    )
    kind = PlacementKind.REPORT if member else PlacementKind.FIRST
    return kind, pack(name, hashes.tobytes(), shingles, source, profile)


@cache
def _codes() -> NDArray[np.uint32]:
    words = _words()
    names = (words[rank] if rank < len(words) else f"w{rank}" for rank in range(_VOCABULARY))
    return np.fromiter(map(term_code, names), np.uint32, _VOCABULARY)


@lru_cache(maxsize=65_536)
def _core_codes(event: int) -> NDArray[np.uint32]:
    return np.fromiter(map(term_code, _core(event, START).terms), np.uint32)


@cache
def _words() -> tuple[str, ...]:
    known = background().counts
    return tuple(sorted(known, key=lambda term: (-known[term], term)))


def _word(chance: Random, first: int = _FIRST_RANK) -> str:
    rank = int(first * exp(chance.random() * log(_VOCABULARY / first)))
    words = _words()
    return words[rank] if rank < len(words) else f"w{rank}"


def _core(event: int, at: datetime) -> _Core:
    chance = Random(f"core {event}")
    subject = Random(f"topic {chance.randrange(_TOPICS)}")
    common = subject.choices([_word(subject, 300) for _ in range(_TOPIC)], k=_OF_TOPIC)
    terms = [*common, *(_word(chance, 300) for _ in range(_CORE - _OF_TOPIC))]
    chance.shuffle(terms)
    numbers = tuple(str(chance.randrange(2, 4000)) for _ in range(6))
    phrases = tuple(chance.getrandbits(32) for _ in range(16))
    return _Core(tuple(dict.fromkeys(terms)), numbers, phrases, 100 * at.month + at.day)


def _told(event: int, member: int, at: datetime) -> Features:
    """A report in its house's own words."""
    chance = Random(f"{event} report {member}")
    core = _core(event, at)
    used = [term for term in core.terms if chance.random() < 0.72]
    own = list(dict.fromkeys(_word(chance) for _ in range(_TERMS - len(used))))
    weights = {term: log1p(int(chance.paretovariate(1.0)) if i else 4) for i, term in enumerate(used + own)}
    for term in used[:12]:
        weights[term] += 2.0
    table = background()
    rarity = dict(zip(weights, table.rarities(weights), strict=True))
    ranked = sorted(weights, key=lambda term: (-weights[term] * rarity[term], term))[:_TERMS]
    shingles = int(min(3_000, max(60, chance.lognormvariate(6.1, 0.5))))
    kept = array("I", chance.randbytes(4 * min(400, shingles)))
    packed = array("I", sorted(code * min(400, shingles) // shingles for code in kept)).tobytes()
    words = " ".join(used)
    own_phrases = (chance.getrandbits(32) for _ in range(70))
    return Features(
        language="en",
        text_hash=blake2b(packed, digest_size=16).hexdigest(),
        sketch=packed,
        shingles=shingles,
        terms=tuple((term, round(weights[term], 3)) for term in ranked),
        names=tuple((term, 2) for term in used[:12]),
        numbers=(
            *(each for each in core.numbers if chance.random() < 0.6),
            *(str(chance.randrange(99)) for _ in "123"),
        ),
        length=shingles,
        headline=tuple(term for term in used[:7] if term in weights),
        lead=tuple(term for term in (*used[:22], *own[:15])),
        named=tuple(used[:12]),
        phrases=tuple(sorted({*(each for each in core.phrases if chance.random() < 0.4), *own_phrases})),
        mentioned=Mentioned(days=(core.day,), months=(core.day // 100,), weekdays=(at.weekday(),)),
        digest=_digest(chance, words, used),
    )


def _digest(chance: Random, words: str, used: Sequence[str]) -> Digest:
    sentences = tuple(f"{words[i : i + 140]} {chance.getrandbits(40)}." for i in (0, 60, 120))
    names = tuple(Named(f"{one.title()} {other.title()}", ActorKind.PERSON, 2) for one, other in pairwise(used[:9]))
    return Digest(
        sentences=sentences,
        quotes=tuple(
            Said(f"{words[i : i + 90]} {chance.getrandbits(40)}", names[0].name if names else None) for i in (10, 50)
        ),
        figures=tuple(Counted(float(chance.randrange(500)), f"people {chance.randrange(9)}") for _ in "123"),
        cited=(f"agency {chance.randrange(20)}",),
        actors=names,
        places=((used[0].title() if used else "Here", 0.6),),
        when="today",
    )


def _cut(told: Features, chance: Random) -> Features:
    """The same text with some of its paragraphs cut off."""
    hashes = array("I", told.sketch)
    kept = array("I", (code for code in hashes if chance.random() < 0.9))
    shingles = told.shingles * len(kept) // len(hashes)
    return Features(
        language=told.language,
        text_hash=blake2b(kept.tobytes(), digest_size=16).hexdigest(),
        sketch=kept.tobytes(),
        shingles=max(len(kept), shingles),
        terms=told.terms[:90],
        names=told.names,
        numbers=told.numbers,
        length=shingles,
        headline=told.headline,
        lead=told.lead,
        named=told.named,
        phrases=told.phrases,
        mentioned=told.mentioned,
        digest=told.digest,
    )
