import io
from collections.abc import Callable

import pytest
from rich.console import Console

from storyfold.app.unable import Unable
from storyfold.cli.main import DEFECT, INTERRUPTED, guarded
from storyfold.config.loading import ConfigInvalid
from storyfold.ports import PublisherUnavailable, StoreBroken


def raising(error: BaseException) -> Callable[[], int]:
    def command() -> int:
        raise error

    return command


def outcome(command: Callable[[], int]) -> tuple[int, str]:
    stream = io.StringIO()
    return guarded(command, Console(file=stream, width=200)), stream.getvalue()


def test_a_command_that_ends_well_says_nothing() -> None:
    """Its status is passed on."""
    assert (0, "") == outcome(lambda: 0)


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (ConfigInvalid(("a: b", "c: d")), 2, "storyfold: the config cannot be used:\na: b\nc: d\n"),
        (Unable("no broker; start it"), 1, "storyfold: no broker; start it\n"),
        (Unable("no such feed", 2), 2, "storyfold: no such feed\n"),
        (StoreBroken("var is read-only"), 1, "storyfold: var is read-only\n"),
        (PublisherUnavailable("no answer"), 1, "storyfold: no answer\n"),
        (KeyboardInterrupt(), INTERRUPTED, ""),
    ],
)
def test_expected_failures_are_one_message_and_a_status(error: BaseException, status: int, said: str) -> None:
    """No traceback, no markup: the message alone, on standard error."""
    assert (status, said) == outcome(raising(error))


def test_markup_in_a_message_is_text() -> None:
    """Square brackets of an address or a title are shown as they are."""
    assert "[bold]x[/bold]" in outcome(raising(Unable("[bold]x[/bold]")))[1]


def test_a_defect_is_shown_whole() -> None:
    """Anything unexpected ends with its own status, the traceback, and what to do with it."""
    status, said = outcome(raising(ZeroDivisionError("boom")))
    assert DEFECT == status
    assert "ZeroDivisionError: boom" in said
    assert "please report it" in said
