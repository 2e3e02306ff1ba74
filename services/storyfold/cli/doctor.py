"""``storyfold doctor``: each line ok or what to do."""

from rich.table import Table
from rich.text import Text

from storyfold.app.doctor import Check, examine
from storyfold.cli.context import FAILED, OK, USAGE, Context
from storyfold.config.loading import ConfigInvalid


def execute(context: Context) -> int:
    """Examine everything; 0 where all is well, 2 for the config, 1 for anything else."""
    try:
        loaded = context.load()
    except ConfigInvalid as error:
        _show(context, tuple(Check("config", problem) for problem in error.problems))
        return USAGE
    config = Check("config", None, f"{loaded.file or 'defaults'}, {len(loaded.origins)} settings given")
    checks = (config, *examine(loaded.settings))
    _show(context, checks)
    return OK if all(check.trouble is None for check in checks) else FAILED


def _show(context: Context, checks: tuple[Check, ...]) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    for check in checks:
        well = check.trouble is None
        verdict = Text("ok" if well else "trouble", style="green" if well else "bold red")
        table.add_row(check.name, verdict, Text(check.detail if check.trouble is None else check.trouble))
    context.out.print(table)
