"""Roles run apart: each is killed once, one fold owner is a zombie; nothing is lost, repeated or torn."""

import os
import signal
import time
from pathlib import Path

import pytest

from benchmarks.rig import wait_until
from tests.system.roles import SOUND, Roles, damage, ledger_reconciles, running, services, wait_until_settled

PRESS = ("--seed", "7", "--publishers", "8", "--happenings", "40", "--habits", "none", "--feed-entries", "300")


@pytest.mark.kafka
@pytest.mark.timeout(300)
def test_every_role_dies_once(postgresql_url: str, tmp_path: Path) -> None:
    """Others take over: the shards, the hosts, the publisher's turn, and what a dead poller had in hand."""
    with services(postgresql_url) as (bootstrap, store):
        roles = Roles(tmp_path, bootstrap, store)
        with running(roles, *PRESS, "--rate", "8") as (press, reader):
            everyone = ("poll", "poll 2", "read", "read 2", "fold", "fold 2", "publish", "publish 2", "console")
            roles.start(*everyone)
            roles.wait_until_ready(*everyone)
            press.resume()
            wait_until("events", lambda: roles.rows("SELECT count(*) FROM events")[0][0] > 2, 60)
            for name in ("fold", "read", "publish", "poll"):
                time.sleep(2)
                roles.processes[name].kill()
                time.sleep(1)
                roles.start(name)
            urls = wait_until_settled(press, roles, reader, 150)
            time.sleep(1)  # what is repeated would come now
            roles.all_running()
            assert SOUND == damage(urls, reader.seen)
            assert ledger_reconciles(roles)


@pytest.mark.kafka
@pytest.mark.timeout(300)
def test_a_fold_owner_that_wakes_up_writes_nothing(postgresql_url: str, tmp_path: Path) -> None:
    """Stopped for longer than its session lasts, it finds its shards taken: refused, let go, and back in the group."""
    with services(postgresql_url) as (bootstrap, store):
        roles = Roles(tmp_path, bootstrap, store)
        with running(roles, *PRESS, "--rate", "15") as (press, reader):
            roles.start("poll", "read", "fold", "publish")
            roles.wait_until_ready("poll", "read", "fold", "publish")
            press.resume()
            wait_until("events", lambda: roles.rows("SELECT count(*) FROM events")[0][0] > 5, 60)
            zombie = roles.processes["fold"].pid
            os.kill(zombie, signal.SIGSTOP)
            before = dict(roles.rows("SELECT name, epoch FROM shards WHERE name LIKE 'fold %'"))
            roles.start("fold 2")
            wait_until("the shards to have another owner", lambda: _epochs_passed(roles, before), 60)
            time.sleep(1)
            said = len(roles.log("fold"))
            os.kill(zombie, signal.SIGCONT)
            urls = wait_until_settled(press, roles, reader, 150)
            time.sleep(1)
            roles.all_running()
            woken = roles.log("fold")[said:]
            assert "another owner since epoch" in woken or "is folded elsewhere now" in woken, woken
            assert SOUND == damage(urls, reader.seen)
            assert ledger_reconciles(roles)


def _epochs_passed(roles: Roles, before: dict[str, int]) -> bool:
    now = dict(roles.rows("SELECT name, epoch FROM shards WHERE name LIKE 'fold %'"))
    return all(now[name] > epoch for name, epoch in before.items())
