"""`storyfold explain` on a store with a folded earthquake in it."""

import json
from pathlib import Path

import pytest

from storyfold.cli.main import main
from storyfold.events.steps import Folding
from tests.fakes.events_press import quake, quake_again, trial
from tests.fakes.folded_store import copied, folded_store


@pytest.fixture
def foldings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Folding, ...]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "storyfold.toml").write_text("")
    return folded_store(tmp_path / "var" / "storyfold.sqlite3")


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert 0 == main(["explain", *arguments])
    return capsys.readouterr().out


def test_a_report_is_explained_by_its_evidence(
    foldings: tuple[Folding, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """By the article's URL: the verdict, how sure, the event, and every observation with its weight."""
    text = told(capsys, quake_again().url)
    placement = foldings[1].folded.placed.placement
    assert "A report of its event in its own words; sure to" in text
    assert f"event {placement.event_id}" in text
    assert all(f"{each.weight:+.3f}" in text for each in placement.evidence)
    assert "bundara" in text
    assert all(len(line) <= 100 for line in text.splitlines() if "http" not in line and "event" not in line)


def test_a_copy_names_its_original(foldings: tuple[Folding, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """What it is a copy of, by headline, house and id."""
    text = " ".join(told(capsys, copied().article_id).split())
    assert f"A copy of “{quake().headline}” (Ostwire, article {quake().article_id}); sure to 100%" in text
    assert foldings[2].folded.placed.placement.evidence[0].what in text


def test_the_first_of_an_event_says_how_far_the_next_was(
    foldings: tuple[Folding, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """An article that opened an event."""
    assert foldings[3].folded.placed.placement.event_id
    assert "The first report of its event: " in told(capsys, trial().article_id)


def test_an_event_tells_its_life(foldings: tuple[Folding, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """Its steps, its articles with what they copy, and its houses."""
    event = foldings[2].events[-1]
    text = told(capsys, event.event_id)
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert f"event {event.event_id}, version 3, open: several publishers tell of it" in lines
    assert any(
        line.startswith("2 reports and 1 copy from 3 publishers, of which 2 in their own words") for line in lines
    )
    assert ["opened", "another report", "a copy"] == [
        step for line in lines for step in ("opened", "another report", "a copy") if f" {step} " in line and "“" in line
    ]
    assert any("copy of 1" in line and "Mirror" in line for line in lines)
    assert "Mirror 0 1" in lines


def test_all_of_it_as_json(foldings: tuple[Folding, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """Values as they stand on the topics, without bodies."""
    event = foldings[2].events[-1]
    value = json.loads(told(capsys, event.event_id, "--json"))
    assert (3, [1, 2, 3], 3) == (
        value["event"]["version"],
        [each["to_version"] for each in value["changes"]],
        len(value["articles"]),
    )
    value = json.loads(told(capsys, copied().url, "--json"))
    assert quake().article_id == value["original"]["article_id"]
    assert value["article"]["body"] is None


def test_what_is_not_there_is_said(
    foldings: tuple[Folding, ...], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """An unknown name, and no store at all."""
    assert foldings
    assert 1 == main(["explain", "https://nobody.example/x"])
    assert "neither an event nor an article" in capsys.readouterr().err
    (tmp_path / "other.toml").write_text('data_dir = "nowhere"\n')
    assert 1 == main(["explain", "x", "--config", "other.toml"])
    assert "there is no store at" in capsys.readouterr().err
