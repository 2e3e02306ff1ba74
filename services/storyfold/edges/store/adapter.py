"""What a database must bring to carry the store: all that differs from one to the next."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import Connection

from storyfold.ports import StoreError


class Again(StoreError):
    """Nothing was done, and the same transaction may well succeed now: a lost connection, or another writer was met.

    Attributes:
        instead: what to raise where it does not.
    """

    def __init__(self, instead: StoreError) -> None:
        super().__init__(str(instead))
        self.instead = instead


class InDoubt(StoreError):
    """The connection broke amid a commit, so nobody knows whether it was done.

    Attributes:
        settle: says whether it was; raises `StoreUnavailable` where that cannot be told yet.
    """

    def __init__(self, message: str, settle: Callable[[], bool]) -> None:
        super().__init__(message)
        self.settle = settle


class Adapter(Protocol):
    """One database."""

    @property
    def name(self) -> str:
        """Where it is, for messages, without secrets."""
        ...

    def writing(self) -> AbstractContextManager[Connection]:
        """A transaction that may write, begun as such; durable when the block ends, undone when it raises.

        Raises:
            Again: nothing was done, and it may be tried anew.
            InDoubt: raised by nothing but the commit.
            StoreError: its kinds, for whatever the database raised inside.
        """
        ...

    def reading(self) -> AbstractContextManager[Connection]:
        """A transaction that sees one state of the database throughout and waits for no writer.

        Raises:
            Again: it may be tried anew.
            StoreError: its kinds, for whatever the database raised inside.
        """
        ...

    def migrating(self) -> AbstractContextManager[Connection]:
        """A transaction for migrations: one process at a time, others wait.

        Raises:
            StoreError: its kinds, for whatever the database raised inside.
        """
        ...

    def translated(self) -> AbstractContextManager[None]:
        """A block out of which only the port's errors come, for statements in a transaction begun elsewhere.

        Raises:
            StoreError: its kinds, for whatever the database raised inside.
        """
        ...

    def close(self) -> None:
        """Let go of all connections."""
        ...
