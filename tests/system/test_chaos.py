"""The short form of `make chaos`: each kind of fault once, and each role killed, while newsroom is read."""

from pathlib import Path

import pytest

from tests.brokers.apache import KafkaMissing
from tests.brokers.postgresql import PostgresqlMissing
from tests.chaos.machines import CannotIsolate, require
from tests.chaos.plan import FaultKind
from tests.chaos.trial import Trial, trial
from tests.system.conditions import missing


@pytest.mark.kafka
@pytest.mark.timeout(900)
def test_nothing_is_lost_or_repeated_whatever_fails(tmp_path: Path) -> None:
    """With roles on two machines, three brokers and PostgreSQL all failing in turn, each article comes once."""
    try:
        require()
        asked = Trial(faults=16, articles=400, rate=6.0, seed=4, shortest=True)
        verdict = trial(tmp_path, asked, print, print)
    except (CannotIsolate, KafkaMissing, PostgresqlMissing) as error:
        missing(str(error))
    assert set(FaultKind) == set(verdict.faults)
    assert verdict.served > 200
    assert (0, 0, 0, 0) == (verdict.lost, verdict.repeated, verdict.gaps, verdict.imbalance)
    assert {} == verdict.ended
    assert verdict.roles == verdict.alive
