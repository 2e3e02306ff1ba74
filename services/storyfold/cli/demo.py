"""``storyfold demo``: the whole line against a simulated press."""

from storyfold.app.demo import run_demo
from storyfold.cli.context import Context


def execute(context: Context) -> int:
    """Run the demo and report."""
    arguments = context.arguments
    return run_demo(context.load().settings, seconds=arguments.seconds, seed=arguments.seed, stay=not arguments.once)
