"""While Kafka is away the outbox grows, and memory does not."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ARTICLES = 1500


def test_the_outbox_grows_and_memory_does_not() -> None:
    """1,200 articles without a broker add 12 MiB to the store, and a tenth of a MiB at most to what Python holds."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "services"), str(ROOT)])}
    command = [sys.executable, "-m", "benchmarks.backlog", "--articles", str(ARTICLES), "--away", "--traced"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    assert 3 * ARTICLES == found["outbox_rows"]
    assert found["store_mib"] > 12
    assert found["objects_growth_kib"] < 100
    assert found["files_growth"] <= 10
