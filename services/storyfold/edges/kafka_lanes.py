"""Lanes: what a consumer has of each partition it was given: what waits here, is in hand, and is done with."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class Lane(Generic[T]):
    """One partition for as long as it is given.

    Changed by the event loop only, but for `handed` and `sought`, which are the consumer's thread's.

    Attributes:
        partition: which.
        given: a number that changes each time the partition is given.
        opened: how often it was opened at a position; 0 where it need not be, -1 as long as it must be but was not.
        sought: for which opening the consumer has gone to its position.
        next: the offset behind what was received from here.
        safe: everything before this offset is done with.
        end: the partition's end, as far as is known.
        handed: items that the consumer has put here.
        taken: items that have left: received, or dropped.
    """

    partition: int
    given: int
    opened: int = 0
    sought: int = 0
    next: int = -1
    safe: int = -1
    end: int = -1
    handed: int = 0
    taken: int = 0
    waiting: deque[tuple[int, T]] = field(default_factory=deque)
    unfinished: dict[int, T] = field(default_factory=dict)

    def put(self, items: Iterable[tuple[int, T]], behind: int) -> None:
        """Add what came, in order.

        Args:
            items: offset and value of those that could be read.
            behind: the offset behind all that came.
        """
        self.waiting.extend(items)
        if not self.waiting:
            self.next = behind
        self._settle()

    def open(self, position: int | None) -> int:
        """Forget what is here, and go on from a position; None for all there is. Returns the number of the opening."""
        self.waiting.clear()
        self.unfinished.clear()
        self.taken = self.handed
        self.next = -1 if position is None else position
        self.safe = -1
        self.opened = max(0, self.opened) + 1
        return self.opened

    def take(self, limit: int) -> list[tuple[int, T]]:
        """Receive at most so many."""
        items = [self.waiting.popleft() for _ in range(min(limit, len(self.waiting)))]
        for offset, item in items:
            self.unfinished[offset] = item
            self.next = offset + 1
        self.taken += len(items)
        self._settle()
        return items

    def finish(self, offset: int) -> None:
        """Be done with a received item."""
        self.unfinished.pop(offset, None)
        self._settle()

    def behind(self) -> int:
        """How many items are in the partition that nobody has received yet."""
        return max(len(self.waiting), self.end - self.next if self.end >= 0 and self.next >= 0 else 0)

    def _settle(self) -> None:
        # Offsets go in ascending order, and dictionaries keep it.
        self.safe = next(iter(self.unfinished), self.next)
