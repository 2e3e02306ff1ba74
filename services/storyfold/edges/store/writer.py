"""Group commit: whatever waits to be applied shares one transaction, and so one sync of the disk."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from storyfold.model.commit import Commit
from storyfold.ports import StoreBroken, StoreUnavailable

# Bounds the work that one failing neighbour can make the others repeat, and the time readers of a lease wait.
GROUP = 256


@dataclass(frozen=True, slots=True)
class Waiting:
    """A commit that was handed in, and whom to tell."""

    commit: Commit
    told: asyncio.Future[None]


class GroupWriter:
    """Applies commits in the order they are handed in, as many at once as are waiting.

    Where a group fails for a reason that lies with one of its commits, each is tried alone, so that one that cannot
    be applied does not fail its neighbours.

    Args:
        write: applies commits in one transaction, away from the event loop; on disk when it returns.
    """

    def __init__(self, write: Callable[[Sequence[Commit]], Awaitable[None]]) -> None:
        self._write = write
        self._queue: list[Waiting] = []
        self._draining: asyncio.Task[None] | None = None

    async def apply(self, commit: Commit) -> None:
        """Hand in a commit; returns when it is on disk, raises what kept it from getting there."""
        waiting = Waiting(commit, asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        if self._draining is None or self._draining.done():
            self._draining = asyncio.create_task(self._drain(), name="store-writer")
        await waiting.told

    async def finish(self) -> None:
        """Wait until everything handed in has been tried."""
        if self._draining is not None:
            await asyncio.wait((self._draining,))

    async def _drain(self) -> None:
        while self._queue:
            group, self._queue = self._queue[:GROUP], self._queue[GROUP:]
            try:
                await self._apply_group(group)
            finally:
                # Reached with someone untold only where this task itself was cancelled.
                for waiting in group:
                    waiting.told.cancel()

    async def _apply_group(self, group: Sequence[Waiting]) -> None:
        error = await self._attempt(group)
        # A store that is away or broken is so for all alike.
        if error is None or len(group) == 1 or isinstance(error, StoreUnavailable | StoreBroken):
            for waiting in group:
                tell(waiting, error)
            return
        for waiting in group:
            tell(waiting, await self._attempt((waiting,)))

    async def _attempt(self, group: Sequence[Waiting]) -> BaseException | None:
        attempt = asyncio.ensure_future(self._write([waiting.commit for waiting in group]))
        await asyncio.wait((attempt,))
        return attempt.exception()


def tell(waiting: Waiting, error: BaseException | None) -> None:
    """Let a caller go on, unless it has gone away."""
    if waiting.told.done():
        return
    if error is None:
        waiting.told.set_result(None)
    else:
        waiting.told.set_exception(error)
