"""docker-compose.yml says nothing that the program would refuse; no engine runs it here."""

from pathlib import Path

import yaml

from storyfold.cli.arguments import parser
from storyfold.config.loading import load

REPOSITORY = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())


def test_the_program_takes_its_command_and_environment() -> None:
    """The command line parses, and every variable is a setting that holds the value given."""
    service = COMPOSE["services"]["storyfold"]
    assert "run" == parser().parse_args(service["command"]).command
    environment = {name: value.replace("${", "given {") for name, value in service["environment"].items()}
    environment["STORYFOLD_STORE__URL"] = "postgresql+psycopg://storyfold:secret@postgres:5432/storyfold"
    settings = load(None, environment).settings
    assert ("kafka:9092",) == settings.kafka.bootstrap_servers
    assert environment["STORYFOLD_STORE__URL"] == settings.store_url
    assert Path("/etc/storyfold/feeds.opml") == settings.feeds.file


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
