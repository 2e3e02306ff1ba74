"""`storyfold config` as a process."""

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent.parent


def storyfold(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STORYFOLD_")}
    environment = kept | {"PYTHONPATH": str(REPOSITORY / "services")} | variables
    command = [sys.executable, "-m", "storyfold.cli.main", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_check_finds_the_file_and_is_content(tmp_path: Path) -> None:
    """storyfold.toml in the folder is read without being named."""
    (tmp_path / "storyfold.toml").write_text('[poll]\nfloor = "5m"\n')
    done = storyfold(tmp_path, "config", "check")
    assert (0, "ok: storyfold.toml; 1 setting given, the rest are defaults\n") == (done.returncode, done.stdout)


def test_check_says_all_that_is_wrong(tmp_path: Path) -> None:
    """Exit status 2, nothing on standard output, each problem on a line of standard error."""
    (tmp_path / "mine.toml").write_text("[poll]\nflor = 1\njitter = 7\n")
    done = storyfold(tmp_path, "config", "check", "--config", "mine.toml", STORYFOLD_LOG__LEVEL="loud")
    assert (2, "") == (done.returncode, done.stdout)
    assert [
        "storyfold: the config cannot be used:",
        "mine.toml: there is no setting poll.flor; did you mean poll.floor?",
        "mine.toml: poll.jitter is 7, but should be a share: 0 to 1",
        'environment: STORYFOLD_LOG__LEVEL is \'loud\', but should be one of "debug", "info", "warning", "error"',
    ] == done.stderr.splitlines()


def test_a_file_that_is_not_there_or_is_no_toml_is_said(tmp_path: Path) -> None:
    """The message names the file and what is the matter with it."""
    gone = storyfold(tmp_path, "config", "check", STORYFOLD_CONFIG="gone.toml")
    assert 2 == gone.returncode
    assert "gone.toml: cannot be read (No such file or directory)" in gone.stderr
    (tmp_path / "storyfold.toml").write_text("[poll\n")
    broken = storyfold(tmp_path, "config", "show")
    assert 2 == broken.returncode
    assert "storyfold.toml: is not valid TOML" in broken.stderr
    (tmp_path / "storyfold.toml").write_bytes(b"\xff")
    assert "is not UTF-8 text" in storyfold(tmp_path, "config", "show").stderr


def test_show_tells_origins_and_hides_secrets(tmp_path: Path) -> None:
    """What is in force, where it came from, and no password."""
    done = storyfold(tmp_path, "config", "show", STORYFOLD_KAFKA__PASSWORD="hunter2")
    assert 0 == done.returncode
    assert "hunter2" not in done.stdout
    assert "# STORYFOLD_KAFKA__PASSWORD" in done.stdout


def test_the_example_is_accepted_as_it_is(tmp_path: Path) -> None:
    """What `config example` prints is a config."""
    (tmp_path / "storyfold.toml").write_text(storyfold(tmp_path, "config", "example").stdout)
    assert 0 == storyfold(tmp_path, "config", "check").returncode
