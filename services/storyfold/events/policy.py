"""When articles are one event, and how long an event lives."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class FoldPolicy:
    """Settings of the fold stage.

    Attributes:
        window: articles placed longer ago than this are no longer compared with.
        quiet: an event is not closed before nobody has reported on it for this long.
        longest_quiet: an event whose reports come far apart is closed no later than after this (and the window).
    """

    window: timedelta = timedelta(days=14)
    quiet: timedelta = timedelta(hours=72)
    longest_quiet: timedelta = timedelta(days=7)
