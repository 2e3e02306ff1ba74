"""A real Prometheus scrapes a real storyfold with the files of deploy/, and everything they ask for can be asked."""

import json
import re
import shutil
import subprocess
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.rig import Press, Process, free_port, get_json, stopping, wait_until
from tests.system.conditions import missing
from tests.system.program import Program

REPOSITORY = Path(__file__).resolve().parents[2]
DEPLOY = REPOSITORY / "deploy"
PRESS = ("--seed", "3", "--publishers", "4", "--happenings", "4", "--habits", "none", "--rate", "40")


def need(program: str) -> str:
    """The path of a program of Debian's package prometheus."""
    path = shutil.which(program)
    if path is None:
        missing(f"{program} is not installed: apt-get install --no-install-recommends prometheus")
    return str(path)


@contextmanager
def prometheus(folder: Path, target: str) -> Iterator[str]:
    """Run it with the shipped scrape config, aimed at another port and in more of a hurry; yields its address."""
    config = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["scrape_configs"][0]["static_configs"][0]["targets"] = [target]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    shutil.copy(DEPLOY / "alerts.yml", folder / "alerts.yml")
    port = free_port()
    command = [
        need("prometheus"),
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/tsdb",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    process = Process(command, folder / "prometheus.log")
    with stopping(process):
        process.start()
        yield f"http://127.0.0.1:{port}"


def ask(url: str, query: str) -> Any:
    """The result of a query; fails where Prometheus calls it an error."""
    answer = get_json(f"{url}/api/v1/query?{urllib.parse.urlencode({'query': query})}")
    assert "success" == answer["status"], (query, answer)
    return answer["data"]["result"]


def total(url: str, query: str) -> float:
    """The sum of what a query gives; 0 for nothing."""
    return sum(float(each["value"][1]) for each in ask(url, query))


def test_the_shipped_files_are_well_formed() -> None:
    """Promtool accepts scrape configs and rules."""
    for kind, file in (("config", "prometheus.yml"), ("rules", "alerts.yml")):
        done = subprocess.run(
            [need("promtool"), "check", kind, str(DEPLOY / file)], capture_output=True, text=True, check=False
        )
        assert 0 == done.returncode, done.stdout + done.stderr


@pytest.mark.timeout(240)
def test_prometheus_sees_the_books_balance(tmp_path: Path) -> None:
    """What was taken up equals done + rejected + waiting in the scraped metrics; every panel and alert can be asked."""
    press = Press.start(tmp_path, *PRESS, "--opml", str(tmp_path / "feeds.opml"))
    program = Program(tmp_path, tmp_path / "feeds.opml")
    with stopping(program.process, press.process):
        program.start()
        with prometheus(tmp_path, f"127.0.0.1:{program.console_port}") as url:
            wait_until("Prometheus to scrape", lambda: total_or_none(url, 'up{job="storyfold"}') == 1, 60)
            wait_until("newsroom to have told everything", lambda: press.truth()["complete"], 120, every=1)
            wait_until(
                "the ledger to stand in Prometheus",
                lambda: 0 < tally(url, "taken-up") == _taken_up(program) and program.settled(),
                60,
                every=1,
            )
            ended = tally(url, "done") + tally(url, "rejected")
            assert tally(url, "taken-up") == ended + total(url, "storyfold_ledger_waiting")
            assert 0 == total(url, "storyfold_ledger_imbalance")
            assert [] == _alerts(url)
            for query in _panels():
                ask(url, query)


def tally(url: str, name: str) -> float:
    """One of the tallies of the ledger equation."""
    return total(url, f'storyfold_ledger_entries_tally{{tally="{name}"}}')


def total_or_none(url: str, query: str) -> float | None:
    """As `total`; None while Prometheus is not there yet."""
    try:
        return total(url, query)
    except OSError:
        return None


def _taken_up(program: Program) -> int:
    return int(program.rows("SELECT count(*) FROM entries")[0][0])


def _alerts(url: str) -> list[str]:
    """Alerts that fire; rules that could not be evaluated fail the test."""
    groups = get_json(f"{url}/api/v1/rules")["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len(rules) == len(re.findall(r"- alert:", (DEPLOY / "alerts.yml").read_text()))
    assert [] == [(rule["name"], rule["lastError"]) for rule in rules if rule.get("lastError")]
    return [rule["name"] for rule in rules if rule["state"] == "firing"]


def _panels() -> Iterator[str]:
    dashboard = json.loads((DEPLOY / "grafana-dashboard.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield target["expr"].replace("$__rate_interval", "1m").replace("$__interval", "15s")
