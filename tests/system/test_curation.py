"""Curation on a running program: recorded by the command, carried out by the service, heeded after a restart."""

import json
import os
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from benchmarks.rig import REPOSITORY, Press, TopicReader, python, stopping, wait_until
from tests.system.program import Program

PRESS = ("--seed", "11", "--publishers", "6", "--happenings", "8", "--habits", "none", "--feed-entries", "200")


def run(program: Program, *arguments: str, status: int = 0) -> str:
    """Run a command on the program's own config."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "services"), "COLUMNS": "200"}
    command = python("-m", "storyfold", *arguments, "--config", str(program.config))
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert status == done.returncode, done.stdout + done.stderr
    return done.stdout


def events_of(program: Program) -> dict[str, Any]:
    """Events in the store, by id."""
    return {name: json.loads(text) for name, text in program.rows("SELECT event_id, document FROM events")}


def taken_up(program: Program) -> int:
    """Entries that polling has met."""
    return int(program.rows("SELECT count(*) FROM entries")[0][0])


def settled_curations(program: Program, count: int) -> bool:
    rows = [json.loads(text)["state"] for (text,) in program.rows("SELECT document FROM curations ORDER BY number")]
    return rows == ["done"] * count


@pytest.mark.timeout(300)
def test_people_merge_split_and_retract(tmp_path: Path) -> None:
    """Each decision is published with evidence ``curated``, versions have no gaps, and all of it outlives a restart."""
    press = Press.start(tmp_path, *PRESS, "--rate", "40", "--opml", str(tmp_path / "feeds.opml"))
    program = Program(tmp_path, tmp_path / "feeds.opml")
    with stopping(program.process, press.process):
        program.start()
        reader = TopicReader(program.bootstrap)
        reader.start()
        wait_until("newsroom to have told everything", lambda: press.truth()["complete"], 120, every=1)
        planned = press.truth()["totals"]["planned"]
        wait_until("all of it to be taken up", lambda: taken_up(program) >= planned, 60)
        wait_until("everything to be settled", program.settled, 120, every=1)
        ranked = sorted(
            (each for each in events_of(program).values() if each["status"] in {"open", "emerging"}),
            key=lambda each: -each["counts"]["reports"],
        )
        big, second, third = (each["event_id"] for each in ranked[:3])
        article = next(each["article_id"] for each in ranked[0]["articles"] if each["kind"] == "report")
        assert "recorded as curation 1" in run(
            program, "events", "split", big, article, "--by", "desk", "--reason", "another town"
        )
        wait_until("the split", lambda: settled_curations(program, 1), 30)
        run(program, "events", "merge", second, third, "--by", "desk")
        run(program, "events", "retract", big, "--by", "desk")
        wait_until("the others", lambda: settled_curations(program, 3), 30)
        wait_until("everything to be published", program.settled, 60)
        run(program, "events", "retract", big, status=1)
        run(program, "events", "merge", second, third, status=1)
        listed = run(program, "events", "curations")
        assert "another town" in listed
        explained = run(program, "explain", article)
        assert "A person placed it here" in explained

        assert program.process.stop() == 0, program.process.tail()
        program.start()
        wait_until("readiness", program.is_ready, 60)
        wait_until("everything to be settled", program.settled, 60, every=1)
        after = events_of(program)
        wait_until("the last of it to be read", lambda: len(by_kind(reader).get("retracted", [])) == 1, 30)
        assert program.process.stop() == 0, program.process.tail()
        reader.stop()

    kinds = by_kind(reader)
    assert (2, 2, 1) == (len(kinds["split"]), len(curated(kinds["merged"])), len(kinds["retracted"]))
    assert {"curated"} == {each["evidence"][0]["kind"] for each in (*kinds["split"], *kinds["retracted"])}
    assert "retracted" == after[big]["status"]
    gone, home = sorted((second, third), reverse=True)
    assert ("merged", home) == (after[gone]["status"], after[gone]["merged_into"])
    moved = next(each for each in kinds["split"] if each["from_version"] == 0)["event_id"]
    placed = [each.value for each in reader.of("news.articles") if each.value["article_id"] == article]
    assert (moved, 2) == (placed[-1]["placement"]["event_id"], placed[-1]["version"])
    versions: defaultdict[str, list[int]] = defaultdict(list)
    for record in reader.of("news.events"):
        if record.headers["ce_type"] != "news.storyfold.event.restated.v1":
            versions[record.value["event_id"]].append(record.value["version"])
    assert {} == {event: found for event, found in versions.items() if found != list(range(1, len(found) + 1))}


def curated(changes: list[Any]) -> list[Any]:
    return [each for each in changes if each["evidence"][0]["kind"] == "curated"]


def by_kind(reader: TopicReader) -> dict[str, list[Any]]:
    """Changes read back, by kind."""
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for record in reader.of("news.event-changes"):
        found[record.value["kind"]].append(record.value)
    return found
