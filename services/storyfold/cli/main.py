"""The entry of the program: reads the command line, runs one command, and answers for every error."""

import importlib
import os
import sys
from collections.abc import Callable, Sequence

from rich.console import Console

from storyfold.app.unable import Unable
from storyfold.cli.arguments import parser
from storyfold.cli.context import FAILED, USAGE, Context
from storyfold.config.loading import ConfigInvalid
from storyfold.ports import PublisherError, StoreError

# Defects end with the status that sysexits.h calls EX_SOFTWARE, told apart from failures that people can mend.
DEFECT = 70
# 128 + SIGINT, as shells have it.
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: without the program's name; None for those of the process.

    Returns:
        Exit status: 0 done, 1 failed, 2 wrong usage or config, 70 a defect of ours.
    """
    # The one place that reads the environment; all else is given it.
    environment = dict(os.environ)  # noqa: TID251 - the entry of the program
    context = Context(parser().parse_args(arguments), environment, Console(), Console(stderr=True))
    return guarded(lambda: _dispatch(context), context.err)


def guarded(command: Callable[[], int], err: Console) -> int:
    """Run a command; turn what it raises into one clear message and an exit status."""
    try:
        return command()
    except ConfigInvalid as error:
        _say(err, f"the config cannot be used:\n{error}")
        return USAGE
    except Unable as error:
        _say(err, str(error))
        return error.status
    except (StoreError, PublisherError) as error:
        _say(err, str(error))
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe has had enough (`storyfold tail events | head`); nothing more can be printed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception:  # noqa: BLE001 - the top of the program: a defect is shown whole, with what to do
        err.print_exception(show_locals=False)
        _say(err, "this is a defect of storyfold: please report it with the lines above")
        return DEFECT


def _say(err: Console, message: str) -> None:
    err.print(f"storyfold: {message}", style="red", markup=False, highlight=False, soft_wrap=True)


def _dispatch(context: Context) -> int:
    """Run the command's own module, loaded only now: `feeds list` must not wait for the extraction libraries."""
    command = importlib.import_module(f"storyfold.cli.{context.arguments.command}")
    status: int = command.execute(context)
    return status


if __name__ == "__main__":
    sys.exit(main())
