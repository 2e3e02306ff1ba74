"""`storyfold replay --shadow` on a store with a folded earthquake in it."""

import json
import sqlite3
from importlib.resources import files
from pathlib import Path

import pytest

from storyfold.cli.main import main
from storyfold.events.describe import ALGORITHM
from tests.fakes.folded_store import folded_store


@pytest.fixture(autouse=True)
def _store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "storyfold.toml").write_text("")
    folded_store(tmp_path / "var" / "storyfold.sqlite3")


def replayed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert 0 == main(["replay", "--since", "2026-03-01", "--shadow", *arguments])
    return capsys.readouterr().out


def dump(file: Path) -> list[str]:
    connection = sqlite3.connect(file)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def test_the_same_algorithm_gives_the_same_events(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Nothing differs, twice alike, and the store is as it was."""
    before = dump(tmp_path / "var" / "storyfold.sqlite3")
    text = replayed(capsys)
    assert "1.0000, 1.0000, 1.0000" in text
    assert "headlines" not in text
    assert text == replayed(capsys, "--algorithm", ALGORITHM.version)
    assert before == dump(tmp_path / "var" / "storyfold.sqlite3")


def test_other_weights_give_other_events(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """An algorithm that never joins tears the earthquake apart; figures and headlines say so."""
    model = json.loads(files("storyfold.events").joinpath("data/model.json").read_text("utf-8"))
    (tmp_path / "strict.json").write_text(json.dumps({**model, "join": 1000.0}))
    text = replayed(capsys, "--algorithm", "strict.json")
    assert "was report, is first" in text
    assert "Bundara earthquake: 12 dead" in text
    value = json.loads(replayed(capsys, "--algorithm", "strict.json", "--json"))
    assert (4, 2, 3, 1, 1) == (value["articles"], value["then"], value["now"], value["same"], value["split"])
    assert 1 == value["differences"][0]["moved"]
    assert [{"then": "report", "now": "first", "articles": 1}] == value["kinds"]


def test_only_what_came_since_counts(capsys: pytest.CaptureFixture[str]) -> None:
    """Moments after the press: nothing left."""
    assert 0 == main(["replay", "--since", "2026-03-04T12:03Z", "--shadow", "--json"])
    assert 1 == json.loads(capsys.readouterr().out)["articles"]
    assert 0 == main(["replay", "--since", "1s", "--shadow", "--json"])
    assert 0 == json.loads(capsys.readouterr().out)["articles"]


def test_mistakes_are_answered(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Without --shadow, an unknown algorithm, a file that holds none, and a moment that is none."""
    assert 2 == main(["replay", "--since", "3d"])
    assert "--shadow" in capsys.readouterr().err
    assert 2 == main(["replay", "--since", "3d", "--shadow", "--algorithm", "99"])
    assert "there is no algorithm 99" in capsys.readouterr().err
    (tmp_path / "bad.json").write_text("{}")
    assert 2 == main(["replay", "--since", "3d", "--shadow", "--algorithm", "bad.json"])
    assert "is no file of weights" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["replay", "--since", "yesterday", "--shadow"])
