"""What one version of an article changed: field by field, the body sentence by sentence, bounded in size."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC
from difflib import SequenceMatcher
from typing import Final

from storyfold.events.sentences import sentences_of
from storyfold.model.articles import Article, Dated, TextChange

# Sentences told of each side, and characters of each: a rewrite is told by its beginning.
_SENTENCES: Final = 24
_CHARACTERS: Final = 300
# Longer texts are compared as bags of sentences: matching in order takes time that grows with the square.
_MATCHED: Final = 400


def diff_of(before: Article, after: Article) -> tuple[TextChange, ...]:
    """Say what changed between two versions of an article.

    Args:
        before: the version that stood; where its body has been pruned, nothing is said of the body.
        after: the version that stands.

    Returns:
        The fields whose values differ, in the order headline, body, authors, published_at, modified_at.
    """
    return tuple(_changes(before, after))


def _changes(before: Article, after: Article) -> Iterator[TextChange]:
    if before.headline != after.headline:
        yield _told("headline", _values(before.headline), _values(after.headline))
    if before.body and before.body != after.body:
        removed, added = _sentences(before.body, after.body)
        if removed or added:
            yield _told("body", removed, added)
    if before.authors != after.authors:
        yield _told("authors", before.authors, after.authors)
    for name in ("published_at", "modified_at"):
        old, new = _moment(getattr(before, name)), _moment(getattr(after, name))
        if old != new:
            yield _told(name, old, new)


def _sentences(before: str, after: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    old, new = sentences_of(before), sentences_of(after)
    if max(len(old), len(new)) > _MATCHED:
        return _fewer(old, new), _fewer(new, old)
    removed: list[str] = []
    added: list[str] = []
    for step, start, end, other_start, other_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if step != "equal":
            removed += old[start:end]
            added += new[other_start:other_end]
    return tuple(removed), tuple(added)


def _fewer(here: Sequence[str], there: Sequence[str]) -> tuple[str, ...]:
    """Sentences that stand here more often than there."""
    left = Counter(there)
    found = []
    for sentence in here:
        if left[sentence] > 0:
            left[sentence] -= 1
        else:
            found.append(sentence)
    return tuple(found)


def _told(field: str, before: Sequence[str], after: Sequence[str]) -> TextChange:
    cut = any(len(side) > _SENTENCES or any(len(each) > _CHARACTERS for each in side) for side in (before, after))
    return TextChange(field, _bounded(before), _bounded(after), cut)


def _bounded(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(each if len(each) <= _CHARACTERS else each[: _CHARACTERS - 1] + "…" for each in values[:_SENTENCES])


def _values(text: str) -> tuple[str, ...]:
    return (text,) if text else ()


def _moment(dated: Dated | None) -> tuple[str, ...]:
    return () if dated is None else (dated.at.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z",)
