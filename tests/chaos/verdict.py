"""Verdict: what was lost, repeated or left behind, and how it is shown."""

import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field

import psutil
from rich.console import Console
from rich.table import Table

from tests.chaos.faults import Chaos
from tests.chaos.plan import FaultKind
from tests.chaos.reading import SlimReader
from tests.chaos.scene import Scene

# Memory counts as flat where the peak of the last third lies within this of the peak before: processes are killed all
# the time, and what a typical one holds says mostly how long it has lived.
FLAT = 1.25
# Below this no growth is read into noise.
NOISE_MIB = 40.0
# In a shorter run processes are still filling their caches; nothing is said of their memory.
JUDGED_SECONDS = 600.0

WAITING = "SELECT count(*) FROM entries WHERE state IN ('pending', 'retry')"
OUTBOX = "SELECT count(*) FROM outbox"
IMBALANCE = f"""
    SELECT coalesce(sum(CASE tally WHEN 'taken-up' THEN total ELSE -total END), 0) - ({WAITING}) FROM tallies
"""


@dataclass
class Memory:
    """Samples the resident memory of each role with its workers.

    Attributes:
        scene: whose roles.
        samples: role → MiB, every few seconds.
    """

    scene: Scene
    samples: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    _stop: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Sample every three seconds in a thread."""
        threading.Thread(target=self._run, name="memory", daemon=True).start()

    def stop(self) -> None:
        """Take no more samples."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.wait(3.0):
            for name, role in self.scene.roles.items():
                if role.process.popen is not None:
                    self.samples[name].append(_resident(role.process.pid))

    def grown(self) -> dict[str, float]:
        """Kinds of role whose memory is not flat → peak of the last third over the peak before."""
        before: defaultdict[str, float] = defaultdict(float)
        after: defaultdict[str, float] = defaultdict(float)
        for name, samples in self.samples.items():
            kind, cut = name.partition("-")[0], 2 * len(samples) // 3
            before[kind] = max(before[kind], *samples[:cut], 0.0)
            after[kind] = max(after[kind], *samples[cut:], 0.0)
        return {
            kind: round(after[kind] / before[kind], 2)
            for kind in before
            if before[kind] and after[kind] > FLAT * before[kind] and after[kind] - before[kind] > NOISE_MIB
        }


def _resident(pid: int) -> float:
    total = 0
    try:
        root = psutil.Process(pid)
        for process in [root, *root.children(recursive=True)]:
            total += process.memory_info().rss
    except psutil.Error:
        return 0.0
    return total / 2**20


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came out.

    Attributes:
        served: articles that newsroom listed in a feed that was fetched.
        lost: of these, those that are on Kafka neither as an article nor came any other way.
        repeated: records that came again, by `ce_id`; articles that came twice count too.
        gaps: events whose versions are not 1, 2, 3 … in order.
        imbalance: taken up - done - rejected - waiting, by the store.
        ended: roles that ended without a fault having killed them → how often.
        alive: roles that run in the end.
        grown: kinds of role whose memory is not flat.
        rejected: reason → entries.
        faults: what was inflicted.
        seconds: how long it all took.
    """

    served: int
    lost: int
    repeated: int
    gaps: int
    imbalance: int
    ended: dict[str, int]
    alive: int
    roles: int
    grown: dict[str, float]
    rejected: dict[str, int]
    faults: dict[FaultKind, int]
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether everything is as promised."""
        wrong = self.lost or self.repeated or self.gaps or self.imbalance or self.ended or self.grown
        return not wrong and self.alive == self.roles


def judge(scene: Scene, reader: SlimReader, memory: Memory, chaos: Chaos, began: float) -> Verdict:
    """Compare what newsroom served with what a consumer saw; both must have come to rest."""
    listed = {each["url"] for each in scene.press.truth()["articles"] if each["first_listed_at"] is not None}
    twice = sum(count - 1 for count in reader.urls.values())
    return Verdict(
        served=len(listed),
        lost=len(listed - set(reader.urls)),
        repeated=reader.repeated + twice,
        gaps=reader.gaps,
        imbalance=scene.ask(IMBALANCE),
        ended={name: role.ended for name, role in scene.roles.items() if role.ended},
        alive=sum(role.process.running() for role in scene.roles.values()),
        roles=len(scene.roles),
        grown=memory.grown() if time.monotonic() - began >= JUDGED_SECONDS else {},
        rejected=dict(reader.rejects),
        faults=dict(chaos.inflicted),
        seconds=time.monotonic() - began,
    )


def show(console: Console, verdict: Verdict) -> None:
    """Print the table."""
    table = Table(title=f"after {sum(verdict.faults.values())} faults in {verdict.seconds:.0f} s", box=None)
    table.add_column("what")
    table.add_column("found", justify="right")
    table.add_column("wanted", justify="right")
    for what, found, wanted in (
        ("articles served", str(verdict.served), ""),
        ("lost", str(verdict.lost), "0"),
        ("repeated records", str(verdict.repeated), "0"),
        ("events with gaps between versions", str(verdict.gaps), "0"),
        ("ledger imbalance", str(verdict.imbalance), "0"),
        ("roles alive", f"{verdict.alive} of {verdict.roles}", "all"),
        ("ended by themselves", _listed(verdict.ended), "none"),
        (
            "memory not flat",
            _listed(verdict.grown) if verdict.seconds >= JUDGED_SECONDS else "too short to judge",
            "none",
        ),
        ("rejects", _listed(verdict.rejected), ""),
        *((f"  {kind.value}", str(count), "") for kind, count in sorted(verdict.faults.items())),
    ):
        table.add_row(what, found, wanted)
    console.print(table)


def _listed(counts: dict[str, int] | dict[str, float]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"
