"""Chaos, run as a program: prints each fault as it comes, and a table.

    python -m tests.chaos [--faults 200] [--articles 20000] [--rate 20] [--seed 1]

Three Apache brokers, PostgreSQL, newsroom, and nine processes of storyfold on two machines, of which one is a network
namespace behind a cable. Needs root. Exit status 0 where the verdict holds.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from tests.brokers.apache import KafkaMissing
from tests.brokers.postgresql import PostgresqlMissing
from tests.chaos.machines import CannotIsolate, require
from tests.chaos.plan import Fault
from tests.chaos.trial import Trial, trial
from tests.chaos.verdict import show


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--rate", type=float, default=20.0, help="articles a second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a folder for logs and configs; a temporary one by default")
    options = parser.parse_args(arguments)
    console = Console(soft_wrap=True)

    def tell(number: int, fault: Fault) -> None:
        console.print(f"{number:4} {fault.kind.value}: {fault.target}, {fault.seconds:.0f} s", highlight=False)

    try:
        require()
        with tempfile.TemporaryDirectory(prefix="storyfold-chaos-") as folder:
            home = options.keep or Path(folder)
            home.mkdir(parents=True, exist_ok=True)
            asked = Trial(options.faults, options.articles, options.rate, options.seed)
            verdict = trial(home, asked, tell, lambda text: console.print(text, highlight=False))
    except (CannotIsolate, KafkaMissing, PostgresqlMissing) as error:
        print(f"chaos cannot be had here: {error}", file=sys.stderr)
        return 2
    show(console, verdict)
    return 0 if verdict.holds else 1


if __name__ == "__main__":
    sys.exit(main())
