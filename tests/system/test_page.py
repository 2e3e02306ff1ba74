"""The page in a real browser: what a person sees once its script has run."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from benchmarks.rig import Press, get_json, stopping, wait_until
from tests.system.conditions import missing
from tests.system.program import Program

PRESS = ("--seed", "3", "--publishers", "4", "--happenings", "4", "--habits", "none", "--rate", "40")
# The last three keep it from asking anything of the network but the page.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def seen(url: str, folder: Path) -> str:
    """The document as Chromium has it after six seconds of the page's own time."""
    browser = shutil.which("chromium")
    if browser is None:
        missing("chromium is not installed: apt-get install --no-install-recommends chromium")
    command = [str(browser), *FLAGS, f"--user-data-dir={folder}", "--virtual-time-budget=6000", "--dump-dom", url]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=90).stdout


def shown(document: str, name: str) -> str:
    """The text of the element with this id."""
    found = re.search(rf'id="{name}"[^>]*>([^<]*)<', document)
    assert found is not None, f"{name} is not on the page"
    return found[1]


@pytest.mark.timeout(240)
def test_the_page_shows_what_the_service_knows(tmp_path: Path) -> None:
    """Counts, events and feeds are those of the API; an event that is opened tells what, who and what changed."""
    press = Press.start(tmp_path, *PRESS, "--opml", str(tmp_path / "feeds.opml"))
    program = Program(tmp_path, tmp_path / "feeds.opml")
    with stopping(program.process, press.process):
        program.start()
        wait_until("newsroom to have told everything", lambda: press.truth()["complete"], 120, every=1)
        wait_until("everything to be settled", lambda: bool(_titles(program)) and program.settled(), 60, every=1)
        titles = _titles(program)
        largest = max(_events(program), key=lambda event: int(event["articles"]))
        document = seen(f"http://127.0.0.1:{program.console_port}/#{largest['id']}", tmp_path / "browser")
        status = program.status()
    assert "live" == shown(document, "live")
    assert "reconciles" == shown(document, "balance")
    assert str(status["ledger"]["taken_up"]) == shown(document, "taken_up").replace(",", "")
    assert len(titles) == len(re.findall(r'<li class="event[^"]*" data-key=', document))
    assert "4 / 4" == shown(document, "feeds_ok")
    for fact in ("What", "Who", "Told by", "Changes"):
        assert f"<dt>{fact}</dt>" in document


def _events(program: Program) -> list[dict[str, str]]:
    found: list[dict[str, str]] = get_json(f"http://127.0.0.1:{program.console_port}/api/events")["events"]
    return found


def _titles(program: Program) -> list[str]:
    return [event["title"] for event in _events(program)]
