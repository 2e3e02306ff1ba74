"""What a process does: the stages as the user names them."""

from enum import StrEnum


class Role(StrEnum):
    """A stage that a process runs."""

    POLL = "poll"
    READ = "read"
    FOLD = "fold"
    PUBLISH = "publish"
    CONSOLE = "console"


ALL_ROLES = frozenset(Role)
