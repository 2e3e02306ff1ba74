"""What every command is given: the environment, where to print, and the settings."""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from storyfold.config.loading import Loaded, find_file, load

OK = 0
FAILED = 1
USAGE = 2


@dataclass(frozen=True, slots=True)
class Context:
    """The world as a command sees it.

    Attributes:
        arguments: as parsed.
        environment: variables.
        out: standard output.
        err: standard error.
    """

    arguments: argparse.Namespace
    environment: Mapping[str, str]
    out: Console
    err: Console

    def load(self) -> Loaded:
        """Read the settings.

        Raises:
            ConfigInvalid: they cannot be used.
        """
        given: Path | None = self.arguments.config
        return load(find_file(given, self.environment), self.environment)
