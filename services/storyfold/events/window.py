"""The window: everything that folding compares with. The only thing here that changes."""

from __future__ import annotations

from array import array
from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from heapq import heappop, heappush
from math import log

from storyfold.events.background import background
from storyfold.events.copies import hashes_of
from storyfold.events.likeness import Model, Probe, Profile, probe_of, profile_of, shipped_model, term_code
from storyfold.events.policy import FoldPolicy
from storyfold.events.sharing import HEADLINE
from storyfold.events.steps import Folding, Sweeping
from storyfold.events.tallies import Standing
from storyfold.model.articles import Article, PlacementKind
from storyfold.model.commit import FoldedArticle, WindowState
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
# A shingle that stands in more texts than this is a publisher's footer.
_FOOTER = 24
# Reports of an event that an article is compared with: spread evenly over its life.
SAMPLE = 10
# An event of the stream counts like so many background articles: what is said of many happenings here and now (a
# place, a president) tells little of which one it is.
_STREAM = 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400.0


@dataclass(slots=True)
class Known:
    """An article in the window."""

    article_id: ArticleId
    event_id: EventId
    kind: PlacementKind
    version: int
    text_hash: str
    sketch: array[int]
    shingles: int
    profile: Profile
    placed_at: datetime


@dataclass(slots=True)
class Held:
    """An event in the window with those of its articles that are still compared with."""

    event: Event
    heard_at: datetime
    reports: list[ArticleId] = field(default_factory=list)
    standing: Standing = field(default_factory=Standing)
    articles: int = 0

    def sample(self) -> Iterable[ArticleId]:
        """At most `SAMPLE` of its reports, spread evenly, the first and the last among them."""
        count = len(self.reports)
        if count <= SAMPLE:
            return self.reports
        return [self.reports[i * (count - 1) // (SAMPLE - 1)] for i in range(SAMPLE)]


class Window:
    """What folding compares with: articles, events and the indexes that find them."""

    def __init__(self, policy: FoldPolicy, model: Model | None = None) -> None:
        """Open an empty window.

        Args:
            policy: how long articles stay.
            model: weights of the evidence; the shipped ones where None.
        """
        self.policy = policy
        self.model = model or shipped_model()
        self._background = background()
        self._articles: OrderedDict[ArticleId, Known] = OrderedDict()
        self._events: dict[EventId, Held] = {}
        self._moved: dict[EventId, EventId] = {}
        self._counts = {term_code(term): count for term, count in self._background.counts.items()}
        self._opened = 0
        self._postings: dict[int, list[EventId]] = {}
        self._by_hash: dict[str, ArticleId] = {}
        self._by_shingle: dict[int, ArticleId | list[ArticleId]] = {}
        self._due: list[tuple[datetime, EventId]] = []
        self._latest: tuple[Features, Probe] | None = None

    @classmethod
    def rebuild(cls, state: WindowState, policy: FoldPolicy) -> Window:
        """Fill a window from the store.

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

    def same_text(self, features: Features) -> Known | None:
        """The first article with exactly these words; None for texts too short to tell."""
        if not features.sketch:
            return None
        found = self._by_hash.get(features.text_hash)
        return None if found is None else self._articles.get(found)

    def overlapping(self, sketch: array[int]) -> list[Known]:
        """Articles that may be copies, those with most shingles in common first."""
        votes: Counter[ArticleId] = Counter()
        for code in sketch[:_BANDS]:
            match self._by_shingle.get(code):
                case None:
                    continue
                case list() as several:
                    votes.update(several)
                case one:
                    votes[one] += 1
        return [self._articles[found] for found, _ in votes.most_common() if found in self._articles]

    def _rarities_of(self, terms: array[int]) -> array[float]:
        total = log(self._background.articles + _STREAM * self._opened + 2)
        counts = self._counts
        return array("f", [max(0.0, total - log(counts.get(term, 0) + 1)) for term in terms])

    def probe(self, features: Features, published: datetime | None) -> Probe:
        """Unpack an article for comparison with what is in the window."""
        if self._latest is not None and self._latest[0] is features:
            return self._latest[1]
        ids = array("I", [term_code(term) for term, _ in features.terms])
        rarities = self._rarities_of(ids)
        days = None if published is None else (published - _EPOCH).total_seconds() / _DAY
        probe = probe_of(profile_of(features, ids, rarities, days), rarities)
        self._latest = (features, probe)
        return probe

    def candidates(self, probe: Probe, limit: int) -> list[Held]:
        """Events that share telling terms with an article, those that share most first."""
        votes: dict[EventId, float] = {}
        for key, weight in _keys(probe.profile):
            for event_id in self._postings.get(key, ()):
                votes[event_id] = votes.get(event_id, 0.0) + weight
        merged: dict[EventId, float] = {}
        for event_id, vote in votes.items():
            now = self.resolve(event_id)
            merged[now] = max(vote, merged.get(now, 0.0))
        best = sorted((event_id for event_id in merged if event_id in self._events), key=lambda e: (-merged[e], e))
        return [self._events[event_id] for event_id in best[:limit]]

    def probe_again(self, article_id: ArticleId) -> Probe:
        """Unpack an article of the window for comparison with others."""
        profile = self._articles[article_id].profile
        return probe_of(profile, self._rarities_of(profile.terms))

    def profile(self, article_id: ArticleId) -> Profile:
        """The profile of an article in the window."""
        return self._articles[article_id].profile

    # -- changing ----------------------------------------------------------------------------------------------------

    def absorb(self, folding: Folding) -> None:
        """Take in what was decided: the article and the events at their new versions."""
        for event in folding.events:
            self._hold(event)
        self._take(folding.folded)

    def settle(self, sweeping: Sweeping) -> None:
        """Take in a step that time caused."""
        self._hold(sweeping.event)

    def size(self) -> int:
        """How many articles it holds."""
        return len(self._articles)

    def by_status(self) -> tuple[tuple[EventStatus, int], ...]:
        """How many events it holds, by status; every status is named."""
        counts = Counter(held.event.status for held in self._events.values())
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
        while self._articles:
            known = next(iter(self._articles.values()))
            if known.placed_at >= oldest:
                break
            self._forget(known)

    def _hold(self, event: Event) -> None:
        if event.status is EventStatus.MERGED and event.merged_into is not None:
            winner = self._events.get(self.resolve(event.merged_into))
            loser = self._events.pop(event.event_id, None)
            self._moved[event.event_id] = event.merged_into
            if loser is not None and winner is not None:
                winner.reports.extend(loser.reports)
                winner.articles += loser.articles
                winner.standing.unite(loser.standing)
                if loser.heard_at > winner.heard_at:
                    winner.heard_at = loser.heard_at
                    heappush(self._due, (winner.heard_at + self.policy.quiet, winner.event.event_id))
            return
        held = self._events.get(event.event_id)
        if held is None:
            self._events[event.event_id] = Held(event, _EPOCH)
        else:
            held.event = event

    def _take(self, folded: FoldedArticle) -> None:
        article, placement, features = folded.placed.article, folded.placed.placement, folded.features
        event_id = self.resolve(placement.event_id)
        held = self._events.get(event_id)
        if held is None:
            return
        before = self._articles.pop(article.article_id, None)
        if folded.placed_at > held.heard_at:
            held.heard_at = folded.placed_at
            heappush(self._due, (held.heard_at + self.policy.quiet, event_id))
        probe = self.probe(features, published(article))
        known = Known(
            article_id=article.article_id,
            event_id=event_id,
            kind=placement.kind,
            version=article.version,
            text_hash=features.text_hash,
            sketch=hashes_of(features.sketch),
            shingles=features.shingles,
            profile=probe.profile,
            placed_at=folded.placed_at,
        )
        self._articles[article.article_id] = known
        if before is None:
            self._count(held, probe.profile.terms, placement.kind)
            held.articles += 1
            held.standing.add(article.publisher.publisher_id, placement.kind, features.language)
            if placement.kind is not PlacementKind.DUPLICATE:
                held.reports.append(article.article_id)
        self._index(known, event_id)

    def _index(self, known: Known, event_id: EventId) -> None:
        if known.sketch:
            self._by_hash.setdefault(known.text_hash, known.article_id)
        for code in known.sketch[:_BANDS]:
            match self._by_shingle.get(code):
                case None:
                    self._by_shingle[code] = known.article_id
                case list() as several:
                    if known.article_id not in several and len(several) < _FOOTER:
                        several.append(known.article_id)
                case one if one != known.article_id:
                    self._by_shingle[code] = [one, known.article_id]
        if known.kind is PlacementKind.DUPLICATE:
            return
        for key, _ in _keys(known.profile):
            posting = self._postings.setdefault(key, [])
            if event_id in posting:
                continue
            posting.append(event_id)
            if len(posting) > _POSTING:
                del posting[0]

    def _forget(self, known: Known) -> None:
        del self._articles[known.article_id]
        if self._by_hash.get(known.text_hash) == known.article_id:
            del self._by_hash[known.text_hash]
        for code in known.sketch[:_BANDS]:
            match self._by_shingle.get(code):
                case list() as several:
                    if known.article_id in several:
                        several.remove(known.article_id)
                    if not several:
                        del self._by_shingle[code]
                case one if one == known.article_id:
                    del self._by_shingle[code]
        event_id = self.resolve(known.event_id)
        held = self._events.get(event_id)
        if held is None:
            return
        held.articles -= 1
        if known.kind is not PlacementKind.DUPLICATE:
            held.reports.remove(known.article_id)
            for key, _ in _keys(known.profile):
                posting = self._postings.get(key)
                if posting and not held.reports and event_id in posting:
                    posting.remove(event_id)
                if not posting:
                    self._postings.pop(key, None)
        if held.articles == 0:
            del self._events[event_id]

    def _count(self, held: Held, terms: array[int], kind: PlacementKind) -> None:
        """Count in how many events each term stands; an event's words are taken to be its first and last reports'."""
        if kind is PlacementKind.DUPLICATE:
            return
        told: set[int] = set()
        if held.reports:
            told.update(self._articles[held.reports[0]].profile.terms, self._articles[held.reports[-1]].profile.terms)
        else:
            self._opened += 1
        for term in terms:
            if term not in told:
                self._counts[term] = self._counts.get(term, 0) + _STREAM


def published(article: Article) -> datetime | None:
    """When an article was published, as far as it says."""
    return None if article.published_at is None else article.published_at.at


def _keys(profile: Profile) -> list[tuple[int, float]]:
    """The terms by which an article is found, and their weights."""
    rows = enumerate(zip(profile.terms, profile.weights, profile.flags, strict=True))
    return [(term, weight) for i, (term, weight, flag) in rows if i < _KEYS or flag & HEADLINE]
