"""Steps in an event's life, and how one version differs from the one before."""

import json
from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from functools import cache

from storyfold.model.articles import Evidence
from storyfold.model.events import Change, ChangeKind, Event, FieldChange
from storyfold.model.identity import ArticleId, change_id_of

# What is the same for every step, or says nothing that the change does not say itself.
_SILENT = frozenset({"event_id", "version", "algorithm"})
_TOLD = tuple(each.name for each in fields(Event) if each.name not in _SILENT)


def step(
    before: Event,
    after: Event,
    kind: ChangeKind,
    article_id: ArticleId | None,
    evidence: tuple[Evidence, ...],
    *,
    now: datetime,
) -> tuple[Event, Change]:
    """Take an event one version further.

    Returns:
        The event with its new version, and the change that led there.
    """
    event = replace(after, version=before.version + 1)
    return event, change_of(before, event, kind, article_id, evidence, now=now)


def change_of(
    before: Event | None,
    after: Event,
    kind: ChangeKind,
    article_id: ArticleId | None,
    evidence: tuple[Evidence, ...],
    *,
    now: datetime,
) -> Change:
    """Describe the step from one version of an event (None: there was none) to the next."""
    return Change(
        change_id=change_id_of(after.event_id, after.version),
        event_id=after.event_id,
        from_version=0 if before is None else before.version,
        to_version=after.version,
        kind=kind,
        article_id=article_id,
        evidence=evidence,
        diff=() if before is None else diff(before, after),
        at=now,
    )


def diff(before: Event, after: Event) -> tuple[FieldChange, ...]:
    """The fields in which two versions differ, as JSON, in the order of the event's fields.

    Of a list only the members that differ stand in it: before, those that left; after, those that came.
    """
    out: list[FieldChange] = []
    for name in _TOLD:
        old, new = getattr(before, name), getattr(after, name)
        if old is new or old == new:
            continue
        if isinstance(old, tuple):
            old, new = _apart(old, new)
        if old or new:
            out.append(FieldChange(name, _json(old), _json(new)))
    return tuple(out)


def _apart(old: Sequence[object], new: Sequence[object]) -> tuple[list[object], list[object]]:
    """Items of each that do not stand in the other.

    Versions share most of their items, so that few must be compared by value; none stands twice in one version.
    """
    before, after = set(map(id, old)), set(map(id, new))
    left = [item for item in old if id(item) not in after]
    came = [item for item in new if id(item) not in before]
    if not left or not came:
        return left, came
    return [item for item in left if item not in came], [item for item in came if item not in left]


def _json(value: object) -> str:
    # Most lists lose nothing; an encoder costs more than it has to do there.
    return "[]" if value == [] else _ENCODER.encode(value)


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind)) if is_dataclass(kind) else ()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    kind: type = type(value)
    names = _names(kind)
    if names:
        return {name: getattr(value, name) for name in names}
    raise TypeError(f"an event holds a {type(value).__name__}, which has no JSON form here: extend changes.py")


_ENCODER = json.JSONEncoder(default=_plain, ensure_ascii=False, separators=(",", ":"))
