"""Quality as a ratchet: floors that are pinned in a file and only ever rise.

A floors file (``floors_*.json`` beside this module) belongs to one measure on one corpus. It names the function that
measures (``measured_by``, "module:function", returning a `Measurement`), the fingerprint of the corpus, and for every
value its floor, the noise margin below the best measurement that is forgiven, and the least that was promised, below
which the floor never falls. All values are better when higher.

Raise the floors after an improvement::

    python -m tests.quality.ratchet tests/quality/floors_extraction.json

This refuses, and writes nothing, when any value lies below its floor. A corpus that was changed needs
``--new-corpus``: its floors are set afresh, but never below the least that was promised.
"""

import argparse
import hashlib
import importlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Measurement:
    """What was measured, and the fingerprint of what it was measured on."""

    corpus: str
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Floor:
    """The bar for one value.

    Attributes:
        floor: a measurement below this fails.
        margin: how far below the best measurement the floor is set, for noise (threads, library versions).
        least: what was promised; the floor is never set lower.
    """

    floor: float
    margin: float
    least: float


@dataclass(frozen=True, slots=True)
class Floors:
    """One floors file."""

    measured_by: str
    corpus: str
    values: Mapping[str, Floor]


class BarLowered(Exception):
    """An update would have lowered a floor; nothing was written."""


def read_floors(path: Path) -> Floors:
    """Read a floors file."""
    raw = json.loads(path.read_text("utf-8"))
    values = {name: Floor(**value) for name, value in raw["values"].items()}
    return Floors(measured_by=raw["measured_by"], corpus=raw["corpus"], values=values)


def write_floors(path: Path, floors: Floors) -> None:
    """Write a floors file, the same bytes for the same floors."""
    values = {
        name: {"floor": round(bar.floor, 5), "margin": bar.margin, "least": bar.least}
        for name, bar in sorted(floors.values.items())
    }
    raw = {"measured_by": floors.measured_by, "corpus": floors.corpus, "values": values}
    path.write_text(json.dumps(raw, indent=2) + "\n", "utf-8")


def shortfalls(floors: Floors, measured: Measurement) -> tuple[str, ...]:
    """Say where a measurement fails its floors; empty where it holds them all.

    Args:
        floors: the bar.
        measured: on the corpus that the floors were pinned for, else that is the (only) complaint.
    """
    if measured.corpus != floors.corpus:
        pinned = floors.corpus[:12] or "none yet"
        complaint = f"measured on corpus {measured.corpus[:12]}, but the floors are for {pinned}"
        return (f"{complaint}: run the update with --new-corpus and say in the commit why the corpus changed",)
    return tuple(
        f"{name} is {measured.values[name]:.5f}, below its floor {bar.floor:.5f}"
        if name in measured.values
        else f"{name} has a floor but was not measured"
        for name, bar in sorted(floors.values.items())
        if measured.values.get(name, float("-inf")) < bar.floor
    )


def raised(floors: Floors, measured: Measurement, *, new_corpus: bool = False) -> Floors:
    """Raise floors to a measurement.

    Args:
        floors: the bar as it stands.
        measured: the new measurement.
        new_corpus: whether floors are set afresh because what is measured on changed.

    Returns:
        Floors none of which is lower than before (or, for a new corpus, than what was promised).

    Raises:
        BarLowered: a value lies below its floor, or was measured on another corpus.
    """
    if new_corpus:
        fresh = {name: replace(bar, floor=bar.least) for name, bar in floors.values.items()}
        floors = replace(floors, corpus=measured.corpus, values=fresh)
    complaints = shortfalls(floors, measured)
    if complaints:
        raise BarLowered("; ".join(complaints))
    values = {
        name: replace(bar, floor=max(bar.floor, measured.values[name] - bar.margin))
        for name, bar in floors.values.items()
    }
    return replace(floors, values=values)


def fingerprint(files: Iterable[Path]) -> str:
    """SHA-256 hex over the names and bytes of the files that make up a corpus, in the order of their names."""
    digest = hashlib.sha256()
    for path in sorted(files, key=lambda path: path.name):
        digest.update(path.name.encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def corpus_path(relative: str) -> Path:
    """Find a corpus of the shared material, or skip the test (fail, where CI is set) with a word on where it should be.

    Args:
        relative: below the shared directory, such as ``data/extraction/aeb``.
    """
    shared = Path(os.environ.get("STORYFOLD_SHARED") or REPOSITORY.parent / "shared")
    path = shared / relative
    if not path.exists():
        message = f"corpus {relative} is not there: looked in {shared}; set STORYFOLD_SHARED to where it is"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return path


def assert_holds(path: Path, measured: Measurement) -> None:
    """Fail the test with every floor that a measurement does not hold."""
    complaints = shortfalls(read_floors(path), measured)
    assert complaints == (), f"{path.name}: " + "; ".join(complaints)


def _measure(measured_by: str) -> Measurement:
    module, _, function = measured_by.partition(":")
    measure: Callable[[], Measurement] = getattr(importlib.import_module(module), function)
    return measure()


def main(arguments: list[str]) -> int:
    """Measure anew and raise the floors; the exit status is 1 where that would lower one."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality.ratchet", description=main.__doc__)
    parser.add_argument("file", type=Path, help="a floors file")
    parser.add_argument("--new-corpus", action="store_true", help="what is measured on changed: set floors afresh")
    options = parser.parse_args(arguments)
    floors = read_floors(options.file)
    measured = _measure(floors.measured_by)
    try:
        updated = raised(floors, measured, new_corpus=options.new_corpus)
    except BarLowered as refusal:
        print(f"{options.file.name}: refused, nothing written: {refusal}", file=sys.stderr)
        return 1
    write_floors(options.file, updated)
    for name, bar in sorted(updated.values.items()):
        print(f"{name}: measured {measured.values[name]:.5f}, floor {floors.values[name].floor:.5f} → {bar.floor:.5f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
