"""Trial: a scene, its faults, the wait until all has come to rest, and the verdict."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.rig import get_json
from tests.chaos.faults import Chaos
from tests.chaos.plan import Fault, plan
from tests.chaos.reading import SlimReader
from tests.chaos.scene import Scene, scene
from tests.chaos.verdict import OUTBOX, WAITING, Memory, Verdict, judge

# What newsroom writes of one happening for each of its publishers, on average.
ARTICLES_A_HAPPENING = 0.52
# Of what is left to do when the press is done: beyond it the run is over, whatever is still on its way.
SECONDS_AN_ARTICLE = 0.2
LEAST_SECONDS = 240.0
# Nothing new for so long is rest: what is repeated would have come by then.
REST_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Trial:
    """What to do.

    Attributes:
        faults: how many.
        articles: about so many are served.
        rate: a second.
        seed: of press and faults.
        shortest: whether faults last as short as they may.
    """

    faults: int
    articles: int
    rate: float
    seed: int
    shortest: bool = False


def trial(folder: Path, asked: Trial, tell: Callable[[int, Fault], None], say: Callable[[str], None]) -> Verdict:
    """Run it.

    Args:
        folder: for all files.
        asked: what to do.
        tell: called with each fault.
        say: called with what happens besides.
    """
    publishers = max(8, min(40, asked.articles // 100))
    press = (
        *("--seed", str(asked.seed), "--publishers", str(publishers), "--habits", "none"),
        *(
            "--happenings",
            str(max(4, round(asked.articles / ARTICLES_A_HAPPENING / publishers))),
            "--feed-entries",
            "300",
        ),
        *("--rate", str(asked.rate)),
    )
    began = time.monotonic()
    with scene(folder, press) as there:
        say(f"{len(there.roles)} roles on {len(there.machines)} machines, {len(there.kafka.brokers)} brokers")
        reader = SlimReader(there.kafka.bootstrap)
        memory = Memory(there)
        chaos = Chaos(there, tell)
        reader.start()
        memory.start()
        there.press.resume()
        seconds = asked.articles / asked.rate
        faults = plan(
            asked.seed, asked.faults, there.targets(), gap=0.9 * seconds / asked.faults, shortest=asked.shortest
        )
        chaos.run(faults)
        say("all faults are mended; waiting until everything has come to rest")
        _come_to_rest(there, reader, asked)
        memory.stop()
        reader.stop()
        return judge(there, reader, memory, chaos, began)


def _come_to_rest(there: Scene, reader: SlimReader, asked: Trial) -> None:
    """Wait until the press is done, all it listed is settled and published, and nothing new is seen for a while."""
    end = time.monotonic() + LEAST_SECONDS + asked.articles / asked.rate + SECONDS_AN_ARTICLE * asked.articles
    last, since = (-1, -1), time.monotonic()
    while time.monotonic() < end:
        there.keep()
        status = get_json(f"{there.press.control}/status")
        done = status["complete"] and status["listed"] == status["planned"]
        now = (sum(reader.ids.values()), len(reader.urls))
        waiting = there.ask(WAITING) != 0 or there.ask(OUTBOX) != 0
        if now != last or waiting or not done:
            last, since = now, time.monotonic()
        elif time.monotonic() - since > REST_SECONDS:
            return
        time.sleep(1.0)
