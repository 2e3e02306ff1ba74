"""What a database must bring to carry the store: all that differs from one to the next."""

from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import Connection


class Adapter(Protocol):
    """One database."""

    @property
    def name(self) -> str:
        """Where it is, for messages, without secrets."""
        ...

    def writing(self) -> AbstractContextManager[Connection]:
        """A transaction that may write, begun as such; durable when the block ends, undone when it raises.

        Raises:
            StoreError: its kinds, for whatever the database raised inside.
        """
        ...

    def reading(self) -> AbstractContextManager[Connection]:
        """A transaction that sees one state of the database throughout and waits for no writer.

        Raises:
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
