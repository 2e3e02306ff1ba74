"""Transactions carried to an end that is known: done again where nothing was done, left open where nobody knows yet."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import Connection

from storyfold.edges.store.adapter import Adapter, Again, InDoubt
from storyfold.ports import StoreError

T = TypeVar("T")

# What made the first fail (a restart of the server, a neighbour's insert) is as a rule over at the second.
ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class Unsettled(Generic[T]):
    """A transaction of which nobody knows yet whether it was committed, and what it gives if it was."""

    result: T
    doubt: InDoubt


def write(adapter: Adapter, work: Callable[[Connection], T]) -> T | Unsettled[T]:
    """Do work in a transaction that writes.

    Raises:
        StoreError: its kinds; nothing was done.
    """

    def attempt() -> T | Unsettled[T]:
        results: list[T] = []
        try:
            with adapter.writing() as connection:
                results.append(work(connection))
        except InDoubt as doubt:
            return Unsettled(results[0], doubt)
        return results[0]

    return _repeated(attempt)


def read(adapter: Adapter, work: Callable[[Connection], T]) -> T:
    """Do work in a transaction that reads.

    Raises:
        StoreError: its kinds.
    """

    def attempt() -> T:
        with adapter.reading() as connection:
            return work(connection)

    return _repeated(attempt)


def once(work: Callable[[], T]) -> T:
    """Do what belongs to a transaction that is under way and can therefore not be done again.

    Raises:
        StoreError: its kinds.
    """
    try:
        return work()
    except Again as again:
        raise again.instead from again


def _repeated(attempt: Callable[[], T]) -> T:
    last: StoreError | None = None
    for _ in range(ATTEMPTS):
        try:
            return attempt()
        except Again as again:
            last = again.instead
    if last is None:
        raise AssertionError("nothing was attempted")
    raise last
