"""`storyfold events` on a store with a folded earthquake in it: what is recorded, and what is refused."""

import asyncio
from pathlib import Path

import pytest

from storyfold.cli.main import main
from storyfold.edges.store.opening import open_store
from storyfold.events.steps import Folding
from storyfold.model.curation import Curation, MergeEvents, RetractArticle, RetractEvent, SplitEvent
from tests.fakes.events_press import quake, quake_again
from tests.fakes.folded_store import folded_store


@pytest.fixture
def foldings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Folding, ...]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("USER", "reader")
    (tmp_path / "storyfold.toml").write_text("")
    return folded_store(tmp_path / "var" / "storyfold.sqlite3")


def recorded() -> tuple[Curation, ...]:
    async def ask() -> tuple[Curation, ...]:
        store = await open_store("sqlite:///var/storyfold.sqlite3")
        try:
            return await store.curations()
        finally:
            await store.close()

    return asyncio.run(ask())


def test_decisions_are_recorded_and_listed(foldings: tuple[Folding, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """With who and why; articles may be named by URL; nothing is carried out by the command itself."""
    quakes, trials = (foldings[number].events[-1].event_id for number in (0, 3))
    assert 0 == main(["events", "merge", quakes, trials, "--by", "desk", "--reason", "one story"])
    assert 0 == main(["events", "split", quakes, quake_again().url])
    assert 0 == main(["events", "retract", trials])
    assert 0 == main(["events", "retract", "--article", quake().url])
    assert "recorded as curation 4: a running storyfold carries it out" in capsys.readouterr().out
    kept = recorded()
    assert (
        MergeEvents(quakes, trials),
        SplitEvent(quakes, (quake_again().article_id,)),
        RetractEvent(trials),
        RetractArticle(quake().article_id),
    ) == tuple(each.order for each in kept)
    assert [("desk", "one story"), ("reader", "")] == [(each.by, each.reason) for each in kept[:2]]
    assert 0 == main(["events", "curations"])
    told = " ".join(capsys.readouterr().out.split())
    assert f"merge {quakes} and {trials}; one story" in told
    assert f"split {quake_again().article_id} off {quakes}" in told
    assert f"retract article {quake().article_id}" in told


def test_what_cannot_be_done_is_refused_at_once(
    foldings: tuple[Folding, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is recorded, and the message says why."""
    event, trials = (foldings[number].events[-1].event_id for number in (0, 3))
    every = [each.folded.placed.article.article_id for each in foldings[:3]]
    for arguments, status, word in (
        (["merge", event, event], 1, "already"),
        (["merge", event, quake().url], 1, "is an article; its event is"),
        (["split", event, trials], 1, "is an event; name its articles"),
        (["split", event, *every], 1, "without articles"),
        (["retract", "nothing"], 1, "neither an event nor an article"),
        (["retract"], 2, "name an event to retract, or an article"),
        (["retract", event, "--article", every[0]], 2, "name an event to retract, or an article"),
    ):
        assert status == main(["events", *arguments]), arguments
        assert word in " ".join(capsys.readouterr().err.split())
    assert () == recorded()
