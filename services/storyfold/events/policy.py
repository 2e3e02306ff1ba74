"""When articles are one event, and how long an event lives."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class FoldPolicy:
    """Settings of the fold stage.

    Attributes:
        window: articles placed longer ago than this are no longer compared with.
        quiet: an event that nobody reported on for this long is closed.
    """

    window: timedelta = timedelta(days=14)
    quiet: timedelta = timedelta(hours=72)
