"""Hypothesis strategies for whole values of the model: every field, defaults included, drawn by its annotation."""

import json
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from types import UnionType
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

from hypothesis import settings
from hypothesis import strategies as st

from storyfold.model.events import FieldChange

# Whole events are dear to draw, and the unit tests are run all the time.
FEW = settings(max_examples=20, deadline=None)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
EARLIEST, LATEST = datetime(1970, 1, 3), datetime(2199, 12, 29)  # noqa: DTZ001 # naive by contract: zones are drawn
MOMENTS = st.datetimes(EARLIEST, LATEST, timezones=ZONES | st.just(UTC))
# What is counted, sure or a weight; never out of what a double and JSON carry exactly.
UNIT = st.floats(0, 1)
BOUNDED: dict[tuple[str, Any], st.SearchStrategy[Any]] = {
    ("score", float): UNIT,
    ("confidence", float): UNIT,
    ("latitude", float | None): st.none() | st.floats(-90, 90),
    ("longitude", float | None): st.none() | st.floats(-180, 180),
    ("version", int): st.integers(1, 1_000_000),
    ("to_version", int): st.integers(1, 1_000_000),
    ("revision", int): st.integers(1, 1_000_000),
}
COUNTS = st.integers(0, 2**53)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | NUMBERS | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
JSON_TEXT = JSON.map(lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":")))


PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=12),
    int: COUNTS,
    float: NUMBERS,
    bool: st.booleans(),
    datetime: MOMENTS,
    timedelta: st.timedeltas(),
    type(None): st.none(),
    FieldChange: st.builds(FieldChange, st.text(max_size=12), JSON_TEXT, JSON_TEXT),
}


def drawn(hint: Any) -> st.SearchStrategy[Any]:
    """Values of an annotation."""
    if hint in PLAIN:
        return PLAIN[hint]
    if isinstance(hint, NewType):
        return drawn(hint.__supertype__)
    if get_origin(hint) in (Union, UnionType):
        return st.one_of([drawn(each) for each in get_args(hint)])
    if get_origin(hint) is tuple:
        return st.lists(drawn(get_args(hint)[0]), max_size=3).map(tuple)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    assert is_dataclass(hint), hint
    return every(hint)  # type: ignore[arg-type]  # narrowed to an instance or a class; it is a class


def every(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Values of a dataclass with all its fields drawn."""
    hints = get_type_hints(kind)
    names = [each.name for each in fields(kind)]
    return st.builds(kind, **{name: BOUNDED.get((name, hints[name]), drawn(hints[name])) for name in names})
