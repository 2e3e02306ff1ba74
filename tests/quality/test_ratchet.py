"""The ratchet itself: floors rise, and nothing lowers them."""

import json
from pathlib import Path

import pytest

from tests.quality.ratchet import (
    BarLowered,
    Floor,
    Floors,
    Measurement,
    assert_holds,
    fingerprint,
    main,
    raised,
    read_floors,
    shortfalls,
    write_floors,
)

FLOORS = Floors("nowhere:measure", "corpus-a", {"f1": Floor(floor=0.95, margin=0.01, least=0.9)})


def measure_better() -> Measurement:
    """Stand in for a real measure, for the command."""
    return Measurement("corpus-a", {"f1": 0.98})


def measure_worse() -> Measurement:
    """Stand in for a measure that has got worse."""
    return Measurement("corpus-a", {"f1": 0.94})


def test_a_measurement_at_the_floor_holds() -> None:
    """A value equal to its floor is no shortfall."""
    assert shortfalls(FLOORS, Measurement("corpus-a", {"f1": 0.95})) == ()


def test_a_measurement_below_the_floor_is_named() -> None:
    """The complaint says which value, what it is and where its floor lies."""
    assert shortfalls(FLOORS, Measurement("corpus-a", {"f1": 0.9499})) == ("f1 is 0.94990, below its floor 0.95000",)


def test_a_floor_without_a_measurement_is_a_shortfall() -> None:
    """A value that is no longer measured cannot hold its floor."""
    assert shortfalls(FLOORS, Measurement("corpus-a", {})) == ("f1 has a floor but was not measured",)


def test_another_corpus_does_not_compare() -> None:
    """A better value on another corpus says nothing."""
    (complaint,) = shortfalls(FLOORS, Measurement("corpus-b", {"f1": 1.0}))
    assert "--new-corpus" in complaint


def test_floors_rise_to_a_margin_below_the_measurement() -> None:
    """An improvement lifts the floor, less the margin for noise."""
    assert raised(FLOORS, Measurement("corpus-a", {"f1": 0.98})).values["f1"].floor == pytest.approx(0.97)


def test_floors_never_fall() -> None:
    """A measurement within the margin leaves the floor where it is; one below it is refused."""
    assert raised(FLOORS, Measurement("corpus-a", {"f1": 0.955})).values["f1"].floor == 0.95
    with pytest.raises(BarLowered, match="below its floor"):
        raised(FLOORS, Measurement("corpus-a", {"f1": 0.94}))


def test_a_new_corpus_sets_floors_afresh_but_not_below_the_promise() -> None:
    """Floors for another corpus may lie lower, down to what was promised."""
    updated = raised(FLOORS, Measurement("corpus-b", {"f1": 0.93}), new_corpus=True)
    assert (updated.corpus, updated.values["f1"].floor) == ("corpus-b", pytest.approx(0.92))
    with pytest.raises(BarLowered):
        raised(FLOORS, Measurement("corpus-b", {"f1": 0.89}), new_corpus=True)


def test_floors_survive_the_file(tmp_path: Path) -> None:
    """What is written is what is read."""
    write_floors(tmp_path / "floors.json", FLOORS)
    assert read_floors(tmp_path / "floors.json") == FLOORS


def test_assert_holds_fails_the_test(tmp_path: Path) -> None:
    """A shortfall is an assertion error that names the file."""
    write_floors(tmp_path / "floors.json", FLOORS)
    assert_holds(tmp_path / "floors.json", Measurement("corpus-a", {"f1": 0.96}))
    with pytest.raises(AssertionError, match=r"floors\.json: f1 is"):
        assert_holds(tmp_path / "floors.json", Measurement("corpus-a", {"f1": 0.5}))


def test_the_command_raises_floors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command measures by the named function, writes the higher floor and says so."""
    path = tmp_path / "floors.json"
    write_floors(path, Floors("tests.quality.test_ratchet:measure_better", "corpus-a", FLOORS.values))
    assert main([str(path)]) == 0
    assert json.loads(path.read_text())["values"]["f1"]["floor"] == 0.97
    assert "0.95000 → 0.97000" in capsys.readouterr().out


def test_the_command_refuses_to_lower_the_bar(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command writes nothing and fails where the measure got worse."""
    path = tmp_path / "floors.json"
    write_floors(path, Floors("tests.quality.test_ratchet:measure_worse", "corpus-a", FLOORS.values))
    before = path.read_bytes()
    assert main([str(path)]) == 1
    assert path.read_bytes() == before
    assert "refused, nothing written" in capsys.readouterr().err


def test_the_fingerprint_sees_names_and_bytes(tmp_path: Path) -> None:
    """A changed byte or name is another corpus; the order of listing is not."""
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"1")
    two.write_bytes(b"2")
    before = fingerprint([one, two])
    assert fingerprint([two, one]) == before
    two.write_bytes(b"3")
    assert fingerprint([one, two]) != before
