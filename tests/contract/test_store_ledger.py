"""The ledger equation under any order of steps, over the fake and SQLite side by side."""

import asyncio
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from storyfold.edges.store.opening import open_store
from storyfold.edges.store.sql import SqlStore
from storyfold.model.commit import Commit, TakenUp
from storyfold.model.entries import RejectReason
from storyfold.model.identity import EntryId
from storyfold.model.retention import Retention
from tests.fakes.store import MemoryStore
from tests.fakes.store_values import HOUR, NOON, ledger_of, put_off, settled

NAMES = st.sampled_from(["e1", "e2", "e3"])
REVISIONS = st.integers(min_value=1, max_value=3)
REASONS = st.sampled_from([None, RejectReason.ROBOTS, RejectReason.NO_TEXT])
AGES = st.integers(min_value=-3, max_value=3).map(lambda hours: NOON + hours * HOUR)
TAKEN = st.builds(
    lambda name, revision, at, known_as: TakenUp(ledger_of(name, revision, at), known_as),
    NAMES,
    REVISIONS,
    AGES,
    st.sampled_from([None, None, RejectReason.OLD]),
)
COMMITS = st.builds(
    Commit,
    taken_up=st.lists(TAKEN, max_size=2).map(tuple),
    settled=st.lists(st.builds(settled, NAMES, REVISIONS, REASONS, AGES), max_size=2).map(tuple),
    put_off=st.lists(st.builds(put_off, NAMES, REVISIONS, AGES, st.booleans()), max_size=2).map(tuple),
    holder=st.sampled_from([None, "me"]),
    held_until=st.just(NOON + HOUR),
)


class Ledger(RuleBasedStateMachine):
    """Whatever is committed, leased, released and pruned, both stores agree and the equation holds."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.fake = MemoryStore()
        self.real: SqlStore = self.runner.run(open_store(f"sqlite:///{Path(self.folder.name) / 'store.db'}"))

    def teardown(self) -> None:
        self.runner.run(self.real.close())
        self.runner.close()
        self.folder.cleanup()

    @rule(commits=st.lists(COMMITS, min_size=1, max_size=3))
    def commit(self, commits: list[Commit]) -> None:
        async def both() -> None:
            # At the same time, so that they share a transaction.
            await asyncio.gather(*map(self.real.apply, commits))
            for commit in commits:
                await self.fake.apply(commit)

        self.runner.run(both())

    @rule(owner=st.sampled_from(["me", "you"]), now=AGES, limit=st.integers(min_value=1, max_value=3))
    def lease(self, owner: str, now: datetime, limit: int) -> None:
        expected = self.runner.run(self.fake.lease_entries(owner, now, timedelta(hours=1), limit))
        assert expected == self.runner.run(self.real.lease_entries(owner, now, timedelta(hours=1), limit))

    @rule(owner=st.sampled_from(["me", "you"]))
    def release(self, owner: str) -> None:
        self.runner.run(self.fake.release(owner))
        self.runner.run(self.real.release(owner))

    @rule(now=AGES)
    def prune(self, now: datetime) -> None:
        retention = Retention(entries=HOUR)
        expected = self.runner.run(self.fake.prune(now, retention))
        assert expected == self.runner.run(self.real.prune(now, retention))

    @invariant()
    def balanced(self) -> None:
        counts = self.runner.run(self.real.ledger_counts())
        assert counts.balanced
        assert self.runner.run(self.fake.ledger_counts()) == counts
        names = [EntryId(name) for name in ("e1", "e2", "e3")]
        known = self.runner.run(self.fake.known_entries(names))
        assert known == self.runner.run(self.real.known_entries(names))


TestLedger = Ledger.TestCase
TestLedger.settings = settings(
    max_examples=25, stateful_step_count=15, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
