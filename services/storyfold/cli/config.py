"""``storyfold config``: show, check, example."""

from storyfold.cli.context import OK, Context
from storyfold.config.rendering import render_effective, render_example


def execute(context: Context) -> int:
    """Show or check the settings; what is wrong with them is said by the top of the command line."""
    match context.arguments.action:
        case "example":
            _print(context, render_example())
        case "show":
            _print(context, render_effective(context.load()))
        case _:
            loaded = context.load()
            where = loaded.file or "defaults, no file"
            given = len(loaded.origins)
            _print(context, f"ok: {where}; {given} setting{'' if given == 1 else 's'} given, the rest are defaults\n")
    return OK


def _print(context: Context, text: str) -> None:
    context.out.print(text, end="", markup=False, highlight=False, soft_wrap=True)
