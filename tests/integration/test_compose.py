"""docker-compose.yml says nothing that the program would refuse; no engine runs it here.

`tests/system/test_compose_services.py` runs the commands and environments of its services.
"""

from pathlib import Path
from typing import Any

import pytest
import yaml

from storyfold.cli.arguments import parser
from storyfold.config.loading import load
from storyfold.config.roles import ALL_ROLES
from storyfold.config.settings import ConsoleSettings

REPOSITORY = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
OURS: dict[str, Any] = {name: each for name, each in COMPOSE["services"].items() if each["image"] == "storyfold"}


@pytest.mark.parametrize("name", OURS)
def test_the_program_takes_its_command_and_environment(name: str) -> None:
    """The command line parses, and every variable is a setting that holds the value given."""
    service = OURS[name]
    assert "run" == parser().parse_args(service["command"]).command
    environment = {key: value.replace("${", "given {") for key, value in service["environment"].items()}
    environment["STORYFOLD_STORE__URL"] = "postgresql+psycopg://storyfold:secret@postgres:5432/storyfold"
    settings = load(None, environment).settings
    assert ("kafka:9092",) == settings.kafka.bootstrap_servers
    assert environment["STORYFOLD_STORE__URL"] == settings.store_url
    assert ConsoleSettings().port == settings.console.port


def test_each_role_has_a_service_of_its_name() -> None:
    """All five, once each, with the same settings but for the feeds, which only polling reads."""
    assert {role.value for role in ALL_ROLES} == set(OURS)
    for name, service in OURS.items():
        assert {name} == set(parser().parse_args(service["command"]).roles)
        common = {key: value for key, value in service["environment"].items() if key != "STORYFOLD_FEEDS__FILE"}
        assert common == OURS["console"]["environment"]


def test_prometheus_asks_every_one_of_them() -> None:
    """By the name of the service, which stands for all of its containers, at the port that each has."""
    scrapes = yaml.safe_load((REPOSITORY / "deploy/prometheus.compose.yml").read_text())["scrape_configs"]
    (found,) = scrapes[0]["dns_sd_configs"]
    assert (set(OURS), ConsoleSettings().port) == (set(found["names"]), found["port"])


def test_ours_run_with_no_rights_and_nothing_to_write_to() -> None:
    """Read-only, without capabilities, as the image's own user; state is elsewhere."""
    for service in OURS.values():
        assert service["read_only"] is True
        assert ["ALL"] == service["cap_drop"]
        assert ["no-new-privileges:true"] == service["security_opt"]
    image = (REPOSITORY / "deploy/Dockerfile").read_text()
    assert "\nUSER 10001\n" in image
    assert f"127.0.0.1:{ConsoleSettings().port}/healthz" in image


def test_no_service_has_capabilities_that_it_need_not_have() -> None:
    """All are dropped everywhere; only PostgreSQL takes some back, to hand its volume to its own user."""
    services = COMPOSE["services"]
    assert [] == [name for name, each in services.items() if each.get("cap_drop") != ["ALL"]]
    assert ["postgres"] == [name for name, each in services.items() if "cap_add" in each]
    assert [] == [name for name, each in services.items() if each.get("privileged")]


def test_what_it_mounts_is_there() -> None:
    """Every file that is mounted from the checkout exists, but for the user's own feeds.opml."""
    mounted = [
        volume.split(":")[0]
        for service in COMPOSE["services"].values()
        for volume in service.get("volumes", ())
        if volume.startswith("./")
    ]
    assert [] == [path for path in mounted if path != "./feeds.opml" and not (REPOSITORY / path).exists()]


def test_nothing_listens_beyond_this_machine() -> None:
    """Every published port is bound to loopback."""
    ports = [port for service in COMPOSE["services"].values() for port in service.get("ports", ())]
    assert ports
    assert [] == [port for port in ports if not port.startswith("127.0.0.1:")]
