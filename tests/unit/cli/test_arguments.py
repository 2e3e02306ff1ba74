import pytest

from storyfold.cli.arguments import parser
from storyfold.config.roles import ALL_ROLES, Role


def test_run_runs_all_roles_unless_told() -> None:
    """Without --roles everything runs; with it only what is named."""
    assert ALL_ROLES == parser().parse_args(["run"]).roles
    assert {Role.POLL, Role.READ} == parser().parse_args(["run", "--roles", "poll, read"]).roles


@pytest.mark.parametrize(
    "words", [[], ["run", "--roles", "pol"], ["run", "--roles", ","], ["tail", "news"], ["feeds"], ["config"]]
)
def test_wrong_usage_ends_with_status_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """What the command line does not understand is explained on standard error."""
    with pytest.raises(SystemExit) as caught:
        parser().parse_args(words)
    assert 2 == caught.value.code
    assert "usage: storyfold" in capsys.readouterr().err


def test_an_unknown_role_is_answered_with_the_roles_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    """The message names the wrong word and all right ones."""
    with pytest.raises(SystemExit):
        parser().parse_args(["run", "--roles", "pol"])
    assert "'pol': choose from poll, read, fold, publish, console" in capsys.readouterr().err
