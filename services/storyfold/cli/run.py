"""``storyfold run``: the service."""

import sys

from storyfold.app.run import run_daemon
from storyfold.cli.context import Context
from storyfold.edges.logging import set_up_logging


def execute(context: Context) -> int:
    """Run until SIGTERM; the exit status is the service's own."""
    settings = context.load().settings
    set_up_logging(settings.log.level, settings.log.format, sys.stderr)
    return run_daemon(settings, context.arguments.roles)
