"""When the power is cut at any moment, the SQLite store opens again with everything that was acknowledged."""

import asyncio
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from storyfold.edges.store.opening import open_store
from tests.fakes.acknowledging import commit_of
from tests.system.conditions import missing
from tests.system.power import CALLS, Acknowledged, Disk, Step, SyncEnded, Written, steps_of

ROOT = Path(__file__).resolve().parents[2]
COMMITS = 40
# Disks tried at each moment.
TRIES = 2
# Of all cuts, so many are also opened by storyfold itself, migrations and all.
OPENED = 6


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Step, ...]:
    """A recorded run: 40 commits, the log written back on the way."""
    if shutil.which("strace") is None:
        missing("strace is not there: apt-get install strace")
    folder = tmp_path_factory.mktemp("recorded")
    store, log = folder / "store.db", folder / "calls"
    program = [sys.executable, "-m", "tests.fakes.acknowledging", f"sqlite:///{store}", str(COMMITS)]
    recorder = ["strace", "-f", "-y", "-xx", "-s", "100000", "-e", f"trace={CALLS}", "-o", str(log)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "services"), str(ROOT)])}
    done = subprocess.run([*recorder, *program], env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    if "ptrace" in done.stderr:
        missing(f"strace may not look: {done.stderr.strip()[-200:]}")
    assert done.returncode == 0, done.stderr[-2000:]
    with log.open() as lines:
        return tuple(steps_of(lines, store))


def cuts(run: Sequence[Step], chance: random.Random, *, lying: bool = False) -> Iterator[tuple[int, dict[str, bytes]]]:
    """At every sync and between, what was acknowledged, and a disk that is possible then."""
    disk, acknowledged = Disk(lying=lying), 0
    for step in run:
        # Before a sync ends all that it is about may be lost; a few moments between the writes suffice.
        if acknowledged and (isinstance(step, SyncEnded | Acknowledged) or chance.random() < 0.05):
            for _ in range(TRIES):
                yield acknowledged, disk.after_a_cut(chance)
        disk.take(step)
        if isinstance(step, Acknowledged):
            acknowledged = step.number
            for _ in range(TRIES):
                yield acknowledged, disk.after_a_cut(chance)


def put(files: dict[str, bytes], store: Path) -> None:
    """Lay a disk down as files."""
    for old in store.parent.glob(f"{store.name}*"):
        old.unlink()
    for name, content in files.items():
        store.with_name(store.name + name).write_bytes(content)


def commits_in(store: Path) -> list[str]:
    """The names of the commits that stand in a store, each whole, in order.

    Raises:
        sqlite3.Error: it is not sound.
    """
    with sqlite3.connect(store) as connection:
        assert connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]
        records = connection.execute("SELECT key, count(*) FROM outbox GROUP BY key ORDER BY min(sequence)").fetchall()
        entries = connection.execute("SELECT count(*) FROM entries").fetchone()
        articles = connection.execute("SELECT count(*) FROM articles").fetchone()
    connection.close()
    assert {2} == {count for _, count in records}
    assert (len(records),) == entries == articles
    return [name for name, _ in records]


def test_the_run_is_worth_cutting(run: Sequence[Step]) -> None:
    """All commits were acknowledged, and the log was written back into the database between them."""
    acknowledged = [step.number for step in run if isinstance(step, Acknowledged)]
    assert list(range(1, COMMITS + 1)) == acknowledged
    first = next(index for index, step in enumerate(run) if isinstance(step, Acknowledged))
    last = max(index for index, step in enumerate(run) if isinstance(step, Acknowledged))
    assert any(isinstance(step, Written) and step.file == "" for step in run[first:last])


def test_nothing_acknowledged_is_lost(run: Sequence[Step], tmp_path: Path) -> None:
    """Whatever sectors a cut loses or garbles, the store is sound, with all that was acknowledged and nothing half."""
    store = tmp_path / "store.db"
    tried = 0
    for acknowledged, files in cuts(run, random.Random(4)):
        put(files, store)
        found = commits_in(store)
        assert [f"n{number}" for number in range(1, acknowledged + 1)] == found[:acknowledged]
        assert len(found) <= acknowledged + 1
        tried += 1
    assert tried > 4 * COMMITS


def test_storyfold_goes_on(run: Sequence[Step], tmp_path: Path) -> None:
    """After a cut storyfold opens its store as it is, and the next commit follows the last."""
    all_cuts = list(cuts(run, random.Random(5)))
    for acknowledged, files in random.Random(6).sample(all_cuts, OPENED):
        put(files, tmp_path / "store.db")
        assert asyncio.run(_resume(tmp_path / "store.db", acknowledged)) in {2 * acknowledged + 2, 2 * acknowledged + 4}


async def _resume(path: Path, acknowledged: int) -> int:
    """Commit once more; returns how many records wait."""
    store = await open_store(f"sqlite:///{path}")
    try:
        assert (await store.ledger_counts()).balanced
        await store.apply(commit_of(1000 + acknowledged))
        return (await store.outbox_depth(0))[0]
    finally:
        await store.close()


def test_a_disk_that_lies_is_noticed(run: Sequence[Step], tmp_path: Path) -> None:
    """Were syncs not kept, this very check would find commits missing or a store that is not sound."""
    store = tmp_path / "store.db"
    lost = 0
    for acknowledged, files in list(cuts(run, random.Random(7), lying=True))[::40]:
        put(files, store)
        try:
            lost += len(commits_in(store)) < acknowledged
        except (sqlite3.Error, AssertionError):
            lost += 1
    assert lost > 2
