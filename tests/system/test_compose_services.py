"""Every storyfold service of docker-compose.yml as local processes: its command, its environment, its number of copies.

Host names, the password and paths of containers are replaced by those of this machine; what a container has of its own
(a network, a disk) each process gets by a port and a folder; and newsroom, which is on loopback, is let in.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.rig import Process, answers, free_port, python
from tests.system.roles import SOUND, Roles, damage, ledger_reconciles, running, services, wait_until_settled

REPOSITORY = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
PRESS = ("--seed", "11", "--publishers", "6", "--happenings", "25", "--habits", "none", "--feed-entries", "300")

# Of newsroom: on loopback, on any port, and in a hurry.
LET_IN = {
    "STORYFOLD_FETCH__ALLOWED_NETWORKS": "127.0.0.0/8",
    "STORYFOLD_FETCH__ALLOWED_PORTS": "",
    "STORYFOLD_POLL__FLOOR": "1s",
    "STORYFOLD_POLL__FIRST_INTERVAL": "1s",
    "STORYFOLD_POLL__CEILING": "2s",
    "STORYFOLD_POLL__NEWS_WINDOW": "10000d",
    "STORYFOLD_POLITENESS__INTERVAL": "0s",
    "STORYFOLD_POLITENESS__CONCURRENCY": "16",
}


def local(environment: Mapping[str, str], bootstrap: str, store: str, feeds: Path) -> dict[str, str]:
    """A service's environment with the names of this machine for those of its network."""
    names = {
        "STORYFOLD_KAFKA__BOOTSTRAP_SERVERS": ("kafka:9092", bootstrap),
        "STORYFOLD_FEEDS__FILE": ("/etc/storyfold/feeds.opml", str(feeds)),
        "STORYFOLD_CONSOLE__HOST": ("0.0.0.0", "127.0.0.1"),
    }
    made = dict(environment)
    for variable, (there, here) in names.items():
        if variable in made:
            assert there == made[variable]
            made[variable] = here
    assert made["STORYFOLD_STORE__URL"].endswith("@postgres:5432/storyfold")
    made["STORYFOLD_STORE__URL"] = store
    made["STORYFOLD_FETCH__CONTACT"] = "http://localhost/test"
    return made


def add(roles: Roles, name: str, service: Mapping[str, Any], copy: int) -> str:
    """One container of a service as a process; returns its name."""
    of = f"{name} {copy}"
    port = roles.ports[of] = free_port()
    environment = local(service["environment"], roles.bootstrap, roles.store, roles.folder / "feeds.opml")
    own = {"STORYFOLD_CONSOLE__PORT": str(port), "STORYFOLD_DATA_DIR": str(roles.folder / f"{name}-{copy}")}
    roles.processes[of] = Process(
        python("-m", "storyfold", *service["command"]),
        roles.folder / f"{name}-{copy}.log",
        environment=environment | own | LET_IN,
    )
    return of


@pytest.mark.kafka
@pytest.mark.timeout(300)
def test_the_services_of_the_compose_file_work_together(postgresql_url: str, tmp_path: Path) -> None:
    """Every article comes out once, versions have no gaps, the ledger reconciles, and each copy is healthy."""
    with services(postgresql_url) as (bootstrap, store):
        roles = Roles(tmp_path, bootstrap, store)
        for name, service in COMPOSE["services"].items():
            if service["image"] == "storyfold":
                for copy in range(service.get("deploy", {}).get("replicas", 1)):
                    add(roles, name, service, copy)
        with running(roles, *PRESS, "--rate", "10") as (press, reader):
            roles.start(*roles.processes)
            roles.wait_until_ready(*roles.processes)
            press.resume()
            urls = wait_until_settled(press, roles, reader, 120)
            for port in roles.ports.values():
                assert answers(f"http://127.0.0.1:{port}/healthz")
                assert answers(f"http://127.0.0.1:{port}/metrics")
            assert answers(f"http://127.0.0.1:{roles.ports['console 0']}/")
            assert not answers(f"http://127.0.0.1:{roles.ports['read 0']}/")
            roles.all_running()
            assert SOUND == damage(urls, reader.seen)
            assert ledger_reconciles(roles)
