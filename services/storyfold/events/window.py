"""The window: everything that folding compares with. The only thing here that changes."""

from __future__ import annotations

from array import array
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from heapq import heappop, heappush
from itertools import chain, repeat
from math import log
from typing import NamedTuple

import numpy as np

from storyfold.events.background import background
from storyfold.events.index import Index
from storyfold.events.likeness import Model, Probe, Profile, probe_of, profile_of, shipped_model, term_code, term_codes
from storyfold.events.packing import found_by, hash_of, pack, profile_in, sketch_of, source_of, text_hash_of
from storyfold.events.policy import FoldPolicy
from storyfold.events.sharing import COUNTED, HEADLINE, Laid, lay
from storyfold.events.steps import Folding, Sweeping
from storyfold.events.tallies import Standing, told_by
from storyfold.model.articles import Article, PlacementKind
from storyfold.model.commit import EventHead, FoldedArticle, WindowRow, WindowState
from storyfold.model.events import Event, EventStatus
from storyfold.model.features import Features
from storyfold.model.identity import ArticleId, EventId

# An article is found by so many of its most telling terms, and by those of its headline.
_KEYS = 20
# A term leads to so many events, the latest; a term that more events share tells nothing that rarer ones do not.
_POSTING = 64
# An article is found as a copy by so many of its smallest shingle hashes: two texts of which half the shingles are
# the same share none of eight with a chance below 1 in 250.
_BANDS = 8
# Candidates that are looked at first, for each that is wanted.
_CLOSEST = 4
# A shingle that stands in more texts than this is a publisher's footer.
_FOOTER = 24
# Reports of an event that an article is compared with: spread evenly over its life.
SAMPLE = 10
# An event of the stream counts like so many background articles: what is said of many happenings here and now (a
# place, a president) tells little of which one it is.
_STREAM = 20
# Reports that are held unpacked: those that were compared last are likely to be compared again.
_UNPACKED = 8192
# Events whose samples are held laid out: 15 KiB each.
_LAID = 1024
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Known:
    """An article in the window.

    Attributes:
        article_id: which.
        event_id: the event it was placed in; see `Window.resolve`.
        kind: what folding decided it to be.
        version: of the article.
        placed_at: when.
        number: from 1, in the order of placement; a new version of the article has a new one.
        packed: what is compared; see `packing.pack`.
    """

    article_id: ArticleId
    event_id: EventId
    kind: PlacementKind
    version: int
    placed_at: datetime
    number: int
    packed: bytes

    @property
    def text_hash(self) -> str:
        """The hash of its text."""
        return text_hash_of(self.packed)

    @property
    def sketch(self) -> array[int]:
        """The smallest hashes of its shingles."""
        return sketch_of(self.packed)[0]

    @property
    def shingles(self) -> int:
        """How many the sketch stands for."""
        return sketch_of(self.packed)[1]


@dataclass(slots=True)
class Held:
    """An event in the window with those of its articles that are still compared with.

    Attributes:
        event_id: which.
        status: where it stands in its life.
        numbers: its own, from 1 in the order of opening, and those of the events that were merged into it.
        heard_at: when somebody last reported on it.
        reports: its articles that are no copies, in the order of placement.
        standing: counts over all its articles.
        articles: how many of them are in the window.
        looked_at: how many reports it had when it was last looked at whether it is one event.
    """

    event_id: EventId
    status: EventStatus
    numbers: tuple[int, ...]
    heard_at: datetime = _EPOCH
    reports: list[ArticleId] = field(default_factory=list)
    standing: Standing = field(default_factory=Standing)
    articles: int = 0
    looked_at: int = 2

    def sample(self) -> Sequence[ArticleId]:
        """At most `SAMPLE` of its reports, spread evenly, the first and the last among them."""
        count = len(self.reports)
        if count <= SAMPLE:
            return self.reports
        return [self.reports[i * (count - 1) // (SAMPLE - 1)] for i in range(SAMPLE)]


class Sample(NamedTuple):
    """The sampled reports of an event: unpacked, and laid end to end for counting what they share with an article."""

    profiles: tuple[Profile, ...]
    laid: Laid


class Window:
    """What folding compares with: articles, events and the indexes that find them.

    Descriptions of events are not compared with, and there is not room for all of them: those of the events that
    changed last are at hand, others are given back with `recall` before they are asked for.
    """

    def __init__(self, policy: FoldPolicy, model: Model | None = None, *, documents: int | None = None) -> None:
        """Open an empty window.

        Args:
            policy: how long articles stay.
            model: weights of the evidence; the shipped ones where None.
            documents: how many descriptions of events are kept at hand; all where None. Events that changed since
                the last commit must be among them.
        """
        self.policy = policy
        self.model = model or shipped_model()
        table = background()
        self._background = table.articles
        # In background articles; see _STREAM.
        self._counts = {term_code(term): count for term, count in table.counts.items()}
        self._articles: dict[ArticleId, Known] = {}
        self._in_order: dict[int, Known] = {}
        self._numbers = 0
        self._oldest = 1
        self._events: dict[EventId, Held] = {}
        self._opened: dict[int, EventId] = {}
        self._openings = 0
        self._moved: dict[EventId, EventId] = {}
        self._documents: OrderedDict[EventId, Event] = OrderedDict()
        self._keep = documents
        self._postings = Index(_POSTING)
        self._by_shingle = Index(_FOOTER)
        self._by_hash: dict[bytes, int] = {}
        self._due: list[tuple[datetime, EventId]] = []
        self._unpacked: dict[int, Profile] = {}
        self._samples: dict[EventId, Sample] = {}
        self._latest: tuple[Features, Probe] | None = None
        self._grown: list[EventId] = []

    @classmethod
    def rebuild(cls, state: WindowState, policy: FoldPolicy) -> Window:
        """Fill a window from whole values.

        Args:
            state: articles in the order they were placed, and their events.
            policy: settings.
        """
        window = cls(policy)
        for event in state.events:
            window._hold(event)
        for folded in state.articles:
            window._take(folded)
        return window

    # -- looking -----------------------------------------------------------------------------------------------------

    def known(self, article_id: ArticleId) -> Known | None:
        """The article, where it is in the window."""
        return self._articles.get(article_id)

    def resolve(self, event_id: EventId) -> EventId:
        """Follow merges to the event that an id now stands for."""
        while event_id in self._moved:
            event_id = self._moved[event_id]
        return event_id

    def held(self, event_id: EventId) -> Held | None:
        """The event that an id now stands for, where it is in the window."""
        return self._events.get(self.resolve(event_id))

    def document(self, event_id: EventId) -> Event:
        """The description of an event at its current version.

        Raises:
            KeyError: it is not at hand; see `lacking`.
        """
        self._documents.move_to_end(event_id)
        return self._documents[event_id]

    def lacking(self, events: Iterable[EventId]) -> tuple[EventId, ...]:
        """Those of some events whose descriptions are not at hand."""
        return tuple(event_id for event_id in events if event_id not in self._documents)

    def recall(self, event: Event) -> None:
        """Have an event's description at hand, which is what the store holds of it."""
        self._documents[event.event_id] = event
        self._documents.move_to_end(event.event_id)
        if self._keep is not None and len(self._documents) > self._keep:
            self._documents.popitem(last=False)

    def same_text(self, features: Features) -> Known | None:
        """The first article with exactly these words; None for texts too short to tell."""
        if not features.sketch:
            return None
        found = self._by_hash.get(bytes.fromhex(features.text_hash))
        return None if found is None else self._in_order.get(found)

    def overlapping(self, sketch: array[int]) -> list[Known]:
        """Articles that may be copies, those with most shingles in common first."""
        if not sketch:
            return []
        votes = Counter(chain.from_iterable(self._by_shingle.oldest(sketch[:_BANDS])))
        return [self._in_order[found] for found, _ in votes.most_common() if found in self._in_order]

    def _rarities_of(self, terms: array[int]) -> array[float]:
        total = log(self._background + _STREAM * len(self._events) + 2)
        counts = self._counts
        raw = [total - log(count + 1) for count in map(counts.get, terms, repeat(0))]
        return array("f", map(max, repeat(0.0), raw))

    def probe(self, features: Features, published: datetime | None) -> Probe:
        """Unpack an article for comparison with what is in the window."""
        if self._latest is not None and self._latest[0] is features:
            return self._latest[1]
        ids = term_codes(features)
        rarities = self._rarities_of(ids)
        days = None if published is None else (published - _EPOCH).total_seconds() / _DAY
        probe = probe_of(profile_of(features, ids, rarities, days), rarities)
        self._latest = (features, probe)
        return probe

    def candidates(self, probe: Probe, limit: int) -> list[Held]:
        """Events that share telling terms with an article, those that share most first."""
        keys = _keys(probe.profile)
        numbers, sizes = self._postings.newest([key for key, _ in keys])
        each, where = np.unique(numbers, return_inverse=True)
        votes = np.bincount(where, np.array([weight for _, weight in keys]).repeat(sizes))
        best: dict[EventId, float] = {}
        least = 0.0
        order = (-votes).argsort(kind="stable")
        # The first few nearly always do; to make numbers of all costs more than to put them in order.
        for place in chain(order[: _CLOSEST * limit].tolist(), order[_CLOSEST * limit :]):
            vote = float(votes[place])
            if len(best) >= limit and vote < least:
                break
            opened = self._opened.get(int(each[place]))
            now = None if opened is None else self.resolve(opened)
            if now is not None and now in self._events and now not in best:
                best[now] = least = vote
        ranked = sorted(best, key=lambda event_id: (-best[event_id], event_id))
        return [self._events[event_id] for event_id in ranked[:limit]]

    def probe_again(self, article_id: ArticleId) -> Probe:
        """Unpack an article of the window for comparison with others."""
        profile = self.profile(article_id)
        return probe_of(profile, self._rarities_of(profile.terms))

    def profile(self, article_id: ArticleId) -> Profile:
        """The profile of a report in the window."""
        known = self._articles[article_id]
        profile = self._unpacked.get(known.number)
        if profile is None:
            if len(self._unpacked) >= _UNPACKED:
                del self._unpacked[next(iter(self._unpacked))]
            profile = self._unpacked[known.number] = profile_in(known.packed)
        return profile

    def sampled(self, held: Held) -> Sample:
        """The reports of an event that an article is compared with."""
        sample = self._samples.get(held.event_id)
        if sample is None:
            profiles = tuple([self.profile(each) for each in held.sample()])
            if len(self._samples) >= _LAID:
                del self._samples[next(iter(self._samples))]
            sample = self._samples[held.event_id] = Sample(profiles, lay(profiles))
        return sample

    def pack(self, article: Article, features: Features, kind: PlacementKind, event_id: EventId) -> bytes:
        """Pack an article as it will be compared with, should it be placed in an event."""
        profile = None
        if kind is not PlacementKind.DUPLICATE:
            profile = self.probe(features, published(article)).profile
            told = self._told(self.held(event_id), article.article_id)
            pairs = zip(profile.terms, profile.flags, strict=True)
            fresh = bytes([flag if term in told else flag | COUNTED for term, flag in pairs])
            profile = replace(profile, flags=fresh)
        source = told_by(article, features)
        return pack(features.text_hash, features.sketch, features.shingles, source, profile)

    def _told(self, held: Held | None, besides: ArticleId) -> frozenset[int]:
        """Words that an event has been counted with already: they are taken to be its first and last reports'."""
        reports = [] if held is None else held.reports
        others = [each for each in (*reports[:2], *reports[-2:]) if each != besides]
        if not others:
            return frozenset()
        return frozenset(self.profile(others[0]).terms).union(self.profile(others[-1]).terms)

    # -- changing ----------------------------------------------------------------------------------------------------

    def absorb(self, folding: Folding) -> None:
        """Take in what was decided: the article and the events at their new versions."""
        for event in folding.events:
            self._hold(event)
        self._take(folding.folded)

    def settle(self, sweeping: Sweeping) -> None:
        """Take in a step that time caused."""
        self._hold(sweeping.event)

    def take_heads(self, heads: Iterable[EventHead]) -> None:
        """Take in events as the store holds them, without their descriptions."""
        for head in heads:
            if head.merged_into is None:
                self._open(head.event_id, head.status)
            else:
                self._moved[head.event_id] = head.merged_into

    def take_no_more(self) -> None:
        """Get ready for being asked, once everything that the store holds is taken in."""
        self._postings.settle()
        self._by_shingle.settle()

    def take_rows(self, rows: Iterable[WindowRow | FoldedArticle]) -> None:
        """Take in articles as the store holds them, in the order they were placed, after their events."""
        entered: list[tuple[Known, Held]] = []
        for row in rows:
            if isinstance(row, FoldedArticle):
                self._index_all(entered)
                entered = []
                self._take(row)
                continue
            both = self._enter(row)
            if both is not None:
                entered.append(both)
        self._index_all(entered)

    def packed_again(self, folded: FoldedArticle) -> bytes:
        """An article whose placement changes, packed: as it was, where that will do."""
        article, placement = folded.placed.article, folded.placed.placement
        known = self._articles.get(article.article_id)
        copy = placement.kind is PlacementKind.DUPLICATE
        if known is not None and copy is (known.kind is PlacementKind.DUPLICATE):
            return known.packed
        return self.pack(article, folded.features, placement.kind, placement.event_id)

    def divide(self, articles: Sequence[FoldedArticle], events: Iterable[Event]) -> None:
        """Take in that an event is two: the articles that leave as they are placed now, packed, and both events.

        Looks at every article, and is for what seldom happens.
        """
        rows = [_row(each) for each in articles if each.placed.article.article_id in self._articles]
        for row in rows:
            self._forget(self._articles[row.article_id])
        for event in events:
            self._hold(event)
            held = self._events[event.event_id]
            held.standing = Standing()
            for known in self._articles.values():
                if self.resolve(known.event_id) == event.event_id:
                    source = source_of(known.packed)
                    held.standing.add(source, known.kind)
        for row in rows:
            both = self._enter(row)
            if both is not None:
                self._index(*both)

    def take_grown(self) -> tuple[EventId, ...]:
        """The events that have twice the reports of the last look at them; each is named once."""
        grown = dict.fromkeys(map(self.resolve, self._grown))
        self._grown.clear()
        return tuple(grown)

    def size(self) -> int:
        """How many articles it holds."""
        return len(self._articles)

    def by_status(self) -> tuple[tuple[EventStatus, int], ...]:
        """How many events it holds, by status; every status is named."""
        counts = Counter(held.status for held in self._events.values())
        return tuple((status, counts[status]) for status in EventStatus)

    def quiet_until(self, now: datetime) -> list[Held]:
        """Events on which nobody has reported for as long as the policy says; each is named once."""
        out: list[Held] = []
        while self._due and self._due[0][0] <= now:
            due, event_id = heappop(self._due)
            held = self._events.get(event_id)
            # Later reports have put the moment off; the heap holds a later note for them.
            if held is not None and held.heard_at + self.policy.quiet == due:
                out.append(held)
        return out

    def expire(self, now: datetime) -> None:
        """Let go of articles that were placed too long ago, and of events that have none left."""
        oldest = now - self.policy.window
        while self._oldest <= self._numbers:
            known = self._in_order.get(self._oldest)
            if known is not None:
                if known.placed_at >= oldest:
                    break
                self._forget(known)
            self._oldest += 1

    def let_go_of_empty(self) -> tuple[EventId, ...]:
        """Let go of events without an article, and say which of them nobody has closed."""
        empty = [held for held in self._events.values() if held.articles == 0]
        for held in empty:
            self._drop(held)
        return tuple(held.event_id for held in empty if held.status in {EventStatus.EMERGING, EventStatus.OPEN})

    def lose(self, event_id: EventId) -> None:
        """Let go of an event and its articles; looks at every article, and is for what seldom happens."""
        mine = [known for known in self._articles.values() if self.resolve(known.event_id) == event_id]
        for known in mine:
            self._forget(known)

    def _open(self, event_id: EventId, status: EventStatus) -> None:
        self._openings += 1
        self._opened[self._openings] = event_id
        self._events[event_id] = Held(event_id, status, (self._openings,))

    def _hold(self, event: Event) -> None:
        if event.status is EventStatus.MERGED and event.merged_into is not None:
            self._unite(event.event_id, event.merged_into)
            return
        held = self._events.get(event.event_id)
        if held is None:
            self._open(event.event_id, event.status)
        else:
            held.status = event.status
        self.recall(event)

    def _unite(self, event_id: EventId, merged_into: EventId) -> None:
        winner = self._events.get(self.resolve(merged_into))
        loser = self._events.pop(event_id, None)
        self._moved[event_id] = merged_into
        self._documents.pop(event_id, None)
        self._samples.pop(event_id, None)
        if loser is None or winner is None:
            return
        self._samples.pop(winner.event_id, None)
        winner.reports.extend(loser.reports)
        winner.articles += loser.articles
        winner.numbers += loser.numbers
        self._look(winner)
        winner.standing.unite(loser.standing)
        if loser.heard_at > winner.heard_at:
            self._hear(winner, loser.heard_at)

    def _hear(self, held: Held, at: datetime) -> None:
        held.heard_at = at
        heappush(self._due, (at + self.policy.quiet, held.event_id))

    def _take(self, folded: FoldedArticle) -> None:
        article, placement = folded.placed.article, folded.placed.placement
        if self.held(placement.event_id) is None:
            return
        if not folded.packed:
            packed = self.pack(article, folded.features, placement.kind, placement.event_id)
            folded = replace(folded, packed=packed)
        both = self._enter(_row(folded))
        if both is not None:
            self._index(*both)

    def _enter(self, row: WindowRow) -> tuple[Known, Held] | None:
        held = self.held(row.event_id)
        if held is None:
            return None
        before = self._articles.get(row.article_id)
        if before is not None:
            self._leave(before)
        if row.placed_at > held.heard_at:
            self._hear(held, row.placed_at)
        self._numbers += 1
        known = Known(row.article_id, held.event_id, row.kind, row.version, row.placed_at, self._numbers, row.packed)
        self._articles[row.article_id] = known
        self._in_order[known.number] = known
        if before is None:
            held.articles += 1
            source = source_of(row.packed)
            held.standing.add(source, row.kind)
            if row.kind is not PlacementKind.DUPLICATE:
                self._samples.pop(held.event_id, None)
                held.reports.append(row.article_id)
                self._look(held)
        return known, held

    def _look(self, held: Held) -> None:
        if len(held.reports) >= 2 * held.looked_at:
            held.looked_at = len(held.reports)
            self._grown.append(held.event_id)

    def _index(self, known: Known, held: Held) -> None:
        sketch = known.sketch
        if sketch:
            self._by_hash.setdefault(hash_of(known.packed), known.number)
            self._by_shingle.add(sketch[:_BANDS], known.number)
        if known.kind is not PlacementKind.DUPLICATE:
            profile = self.profile(known.article_id)
            self._count(profile, _STREAM)
            self._postings.add([key for key, _ in _keys(profile)], held.numbers[0])

    def _index_all(self, entered: Sequence[tuple[Known, Held]]) -> None:
        """As `_index` for each, all at once."""
        if not entered:
            return
        parts = [found_by(known.packed, _BANDS) for known, _ in entered]
        for (known, _), (smallest, _, _) in zip(entered, parts, strict=True):
            if smallest:
                self._by_hash.setdefault(hash_of(known.packed), known.number)
        numbers = np.array([known.number for known, _ in entered], np.uint32)
        hashes = np.frombuffer(b"".join([smallest for smallest, _, _ in parts]), np.uint32)
        self._by_shingle.extend(hashes, numbers.repeat([len(smallest) // 4 for smallest, _, _ in parts]))
        terms = np.frombuffer(b"".join([terms for _, terms, _ in parts]), np.uint32)
        flags = np.frombuffer(b"".join([flags for _, _, flags in parts]), np.uint8)
        sizes = np.array([len(flags) for _, _, flags in parts])
        place = np.arange(len(terms)) - (sizes.cumsum() - sizes).repeat(sizes)
        keys = (place < _KEYS) | ((flags & HEADLINE) != 0)
        events = np.array([held.numbers[0] for _, held in entered], np.uint32).repeat(sizes)
        self._postings.extend(terms[keys], events[keys])
        counts = self._counts
        fresh, often = np.unique(terms[(flags & COUNTED) != 0], return_counts=True)
        for term, count in zip(fresh.tolist(), often.tolist(), strict=True):
            counts[term] = counts.get(term, 0) + _STREAM * count

    def _leave(self, known: Known) -> None:
        """Take an article out of the indexes."""
        del self._in_order[known.number]
        self._unpacked.pop(known.number, None)
        self._samples.pop(self.resolve(known.event_id), None)
        if self._by_hash.get(hash_of(known.packed)) == known.number:
            del self._by_hash[hash_of(known.packed)]
        self._by_shingle.drop(known.number)
        if known.kind is not PlacementKind.DUPLICATE:
            self._count(profile_in(known.packed), -_STREAM)

    def _forget(self, known: Known) -> None:
        self._leave(known)
        del self._articles[known.article_id]
        held = self.held(known.event_id)
        if held is None:
            return
        held.articles -= 1
        if known.kind is not PlacementKind.DUPLICATE:
            held.reports.remove(known.article_id)
        if held.articles == 0:
            self._drop(held)

    def _drop(self, held: Held) -> None:
        del self._events[held.event_id]
        self._documents.pop(held.event_id, None)
        for number in held.numbers:
            del self._opened[number]
            self._postings.drop(number)

    def _count(self, profile: Profile, by: int) -> None:
        """Count the terms that an article was the first of its event to use, or count them no more."""
        counts = self._counts
        for term, flag in zip(profile.terms, profile.flags, strict=True):
            if flag & COUNTED:
                now = counts.get(term, 0) + by
                if now:
                    counts[term] = now
                else:
                    del counts[term]


def _row(folded: FoldedArticle) -> WindowRow:
    article, placement = folded.placed.article, folded.placed.placement
    return WindowRow(
        article.article_id, placement.event_id, placement.kind, article.version, folded.placed_at, folded.packed
    )


def published(article: Article) -> datetime | None:
    """When an article was published, as far as it says."""
    return None if article.published_at is None else article.published_at.at


def _keys(profile: Profile) -> list[tuple[int, float]]:
    """The terms by which an article is found, and their weights."""
    terms, weights, flags = profile.terms, profile.weights, profile.flags
    first = list(zip(terms[:_KEYS], weights[:_KEYS], strict=True))
    later = range(_KEYS, len(terms))
    return first + [(terms[place], weights[place]) for place in later if flags[place] & HEADLINE]
