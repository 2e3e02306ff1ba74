"""Counting what one article shares with many gives what counting one by one gives."""

from __future__ import annotations

from array import array
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from storyfold.events.sharing import HEADLINE, NAME, Shared, lay, shared, sought


@dataclass(frozen=True)
class Text:
    """An article as it is compared, and the rarities of its terms."""

    terms: array[int]
    weights: array[float]
    flags: bytes
    numbers: array[int]
    phrases: array[int]
    rarities: array[float]


@st.composite
def texts(draw: st.DrawFn) -> Text:
    """Articles over few codes, so that they share some; terms, numbers and phrases from ranges of their own."""
    terms = draw(st.lists(st.integers(0, 40).map(lambda n: n << 13 | n % 3 << 5), unique=True, max_size=12))
    size = len(terms)
    amounts = st.lists(st.floats(0, 4, width=32), min_size=size, max_size=size)
    return Text(
        array("I", terms),
        array("f", draw(amounts)),
        bytes(draw(st.lists(st.integers(0, 7), min_size=size, max_size=size))),
        array("I", sorted(draw(st.sets(st.integers(1000, 1011), max_size=5)))),
        array("I", sorted(draw(st.sets(st.integers(2000, 2009), max_size=5)))),
        array("f", draw(amounts)),
    )


def one_by_one(one: Text, other: Text) -> Shared:
    """The plain way."""
    ours = {term: (w, r * r, flag) for term, w, r, flag in zip(one.terms, one.weights, one.rarities, one.flags)}  # noqa: B905
    words = head = names = their_names = 0.0
    for term, weight, flag in zip(other.terms, other.weights, other.flags):  # noqa: B905
        if term not in ours:
            continue
        mine, square, flags = ours[term]
        words += weight * mine
        head += square if flag & flags & HEADLINE else 0.0
        names += mine * mine if flags & NAME else 0.0
        their_names += weight * weight if flag & NAME else 0.0
    numbers = sum((number & 3) ** 2 for number in set(one.numbers) & set(other.numbers))
    return Shared(words, head, names, their_names, float(numbers), float(len(set(one.phrases) & set(other.phrases))))


@settings(max_examples=60, deadline=None)
@given(texts(), st.lists(texts(), min_size=1, max_size=4))
def test_counting_at_once_is_counting_one_by_one(one: Text, others: list[Text]) -> None:
    """To the last bit."""
    expected = [one_by_one(one, other) for other in others]
    assert expected == shared(sought(one, one.rarities), [lay(others)])
    assert expected == shared(sought(one, one.rarities), [lay(others[:1]), lay(others[1:])])
