from pathlib import Path

import pytest
from importlinter.cli import lint_imports

REPOSITORY = Path(__file__).parent.parent.parent


def test_imports_go_down_only(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The layers of docs/architecture.md hold: who imports whom, and that the pure part does no I/O."""
    monkeypatch.chdir(REPOSITORY)
    status = lint_imports(config_filename=".importlinter", no_cache=True)
    assert 0 == status, capsys.readouterr().out
