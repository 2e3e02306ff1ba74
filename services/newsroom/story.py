"""Tells one happening: turns assignments into written articles that know whose words they carry."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from newsroom.coverage import Assignment
from newsroom.houses import agencies
from newsroom.model import ArticleKind, Happening, HappeningId, Publisher, Version
from newsroom.seeds import Random
from newsroom.text.desk import corrected, correction_headline, dispatch, light_edit, wire_copy
from newsroom.text.writer import Draft, Order, opinion, report

_DISPATCH_WORDS = (180, 520)
_REVISED_SHARE = 0.06
# How many reports mention another happening in passing.
_ASIDE_SHARE = 0.45


@dataclass(frozen=True, slots=True)
class Told:
    """An article before the plan has numbered it; `local` is unique in the plan, `copy_of` refers to it."""

    local: str
    publisher: Publisher
    kind: ArticleKind
    happening: HappeningId
    copy_of: str | None
    agency: str | None
    dateline: str | None
    authors: tuple[str, ...]
    sources: tuple[str, ...]
    versions: tuple[Version, ...]


@dataclass(frozen=True, slots=True)
class _Dispatch:
    """What the agency sent at one stage, and the article that carried it first."""

    stage: int
    draft: Draft
    carrier: str | None


class Story:
    """The coverage of one happening.

    Args:
        happening: What is told.
        others: Happenings that may be mentioned in passing.
        end: No version appears at or after it.
        rng: Writes.
    """

    def __init__(self, happening: Happening, others: tuple[Happening, ...], end: datetime, rng: Random) -> None:
        self._happening = happening
        self._others = others
        self._end = end
        self._rng = rng
        self._agency = agencies()[0] if rng.random() < 0.5 else rng.choice(agencies()[1:])
        self._dispatches: dict[int, _Dispatch] = {}
        self._own: list[Told] = []

    def tell(self, assignments: tuple[Assignment, ...], houses: tuple[Publisher, ...]) -> tuple[Told, ...]:
        """Write the assignments in order; a copy always has an original before it."""
        told: list[Told] = []
        for number, assignment in enumerate(assignments):
            article = self._write(f"{self._happening.id}-{number}", assignment, tuple(told), houses)
            if not told and article.happening and article.kind is ArticleKind.REWRITE:
                article = replace(article, kind=ArticleKind.FIRST)
            told.append(article)
        return tuple(told)

    def _write(self, local: str, task: Assignment, before: tuple[Told, ...], houses: tuple[Publisher, ...]) -> Told:
        own = [article for article in before if article.copy_of is None and article.kind in _OWN_WORDS]
        match task.kind:
            case ArticleKind.WIRE_COPY:
                return self._wire(local, task)
            case ArticleKind.LIGHT_EDIT if foreign := [a for a in own if a.publisher != task.publisher]:
                return self._light(local, task, self._rng.choice(foreign))
            case ArticleKind.MIRROR if own:
                return self._mirror(local, task, self._rng.choice(own), houses)
            case ArticleKind.CORRECTION if mine := [a for a in own if a.publisher == task.publisher]:
                return self._correction(local, task, mine[-1])
            case ArticleKind.BACKGROUND:
                return self._told(local, task, self._opinion(task))
            case ArticleKind.FOLLOW_UP if own:
                return self._told(local, task, self._report(task))
            case _ if task.publisher.agency == self._agency and task.stage not in self._dispatches:
                return self._own_dispatch(local, replace(task, kind=ArticleKind.REWRITE))
            case _:
                return self._told(local, replace(task, kind=ArticleKind.REWRITE), self._report(task))

    def _report(self, task: Assignment) -> Draft:
        return report(self._happening, self._order(task), self._rng)

    def _order(self, task: Assignment) -> Order:
        asides: tuple[Happening, ...] = ()
        if self._others and self._rng.random() < _ASIDE_SHARE:
            asides = tuple(self._rng.sample(self._others, min(len(self._others), self._rng.randint(1, 2))))
        return Order(task.stage, task.words, task.publisher.spells_numbers, asides)

    def _opinion(self, task: Assignment) -> Draft:
        order = Order(task.stage, max(150, task.words), task.publisher.spells_numbers)
        return opinion(self._happening, order, self._rng)

    def _dispatch(self, stage: int) -> _Dispatch:
        known = self._dispatches.get(stage)
        if known is None:
            words = self._rng.randint(*_DISPATCH_WORDS)
            written = report(self._happening, Order(stage, words, spells_numbers=False), self._rng)
            known = _Dispatch(stage, dispatch(written, self._dateline(), self._agency), None)
            self._dispatches[stage] = known
        return known

    def _dateline(self) -> str:
        local = self._happening.at + self._happening.country.zone
        return f"{self._happening.place.upper()}, {local:%b} {local.day}"

    def _wire(self, local: str, task: Assignment) -> Told:
        sent = self._dispatch(task.stage)
        if sent.carrier is None:
            self._dispatches[task.stage] = replace(sent, carrier=local)
            first = replace(task, kind=ArticleKind.REWRITE)
            return replace(self._told(local, first, sent.draft), agency=self._agency, dateline=self._dateline())
        short = report(self._happening, Order(task.stage, 1, task.publisher.spells_numbers), self._rng)
        draft = wire_copy(sent.draft, short.headline, self._agency, self._rng)
        article = self._told(local, task, draft)
        return replace(article, agency=self._agency, dateline=self._dateline(), copy_of=sent.carrier)

    def _own_dispatch(self, local: str, task: Assignment) -> Told:
        sent = self._dispatch(task.stage)
        self._dispatches[task.stage] = replace(sent, carrier=local)
        return replace(self._told(local, task, sent.draft), agency=self._agency, dateline=self._dateline())

    def _light(self, local: str, task: Assignment, source: Told) -> Told:
        fresh = report(self._happening, Order(task.stage, 1, task.publisher.spells_numbers), self._rng)
        draft = light_edit(_draft(source), fresh.headline, self._rng)
        return replace(self._told(local, task, draft), copy_of=source.local)

    def _mirror(self, local: str, task: Assignment, source: Told, houses: tuple[Publisher, ...]) -> Told:
        sisters = [h for h in houses if h.house == source.publisher.house and h != source.publisher]
        where = self._rng.choice(sisters) if sisters else task.publisher
        article = self._told(local, replace(task, publisher=where), _draft(source))
        return replace(article, copy_of=source.local, authors=source.authors)

    def _correction(self, local: str, task: Assignment, source: Told) -> Told:
        right = report(self._happening, Order(task.stage, task.words, task.publisher.spells_numbers), self._rng)
        draft = corrected(_draft(source), right, self._rng)
        return self._told(local, task, replace(draft, headline=correction_headline(right.headline, self._rng)))

    def _told(self, local: str, task: Assignment, draft: Draft) -> Told:
        versions = [Version(task.at, draft.headline, draft.summary, draft.paragraphs)]
        revised = task.kind in _OWN_WORDS and self._rng.random() < _REVISED_SHARE
        at = task.at + timedelta(minutes=self._rng.uniform(20, 300))
        if revised and at < self._end:
            versions.append(self._revision(task, draft, at))
        return Told(
            local=local,
            publisher=task.publisher,
            kind=task.kind,
            happening=self._happening.id,
            copy_of=None,
            agency=None,
            dateline=None,
            authors=(self._rng.choice(task.publisher.staff),) if self._rng.random() < 0.7 else (),
            sources=(self._agency,) if self._rng.random() < 0.2 else (),
            versions=tuple(versions),
        )

    def _revision(self, task: Assignment, draft: Draft, at: datetime) -> Version:
        """Correct the article at its URL: a paragraph more, and in half the cases another headline."""
        stage = min(2, task.stage + 1)
        right = report(self._happening, Order(stage, 60, task.publisher.spells_numbers), self._rng)
        headline = right.headline if self._rng.random() < 0.5 else draft.headline
        note = corrected(draft, draft, self._rng).paragraphs[-1]
        return Version(at, headline, draft.summary, (*draft.paragraphs, right.paragraphs[0], note))


_OWN_WORDS = frozenset({ArticleKind.FIRST, ArticleKind.REWRITE, ArticleKind.FOLLOW_UP})


def _draft(told: Told) -> Draft:
    version = told.versions[0]
    return Draft(version.headline, version.summary, version.paragraphs)
