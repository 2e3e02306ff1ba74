"""Retention: now and then, forget what the policy no longer keeps."""

import logging
from datetime import timedelta

from storyfold.model.retention import Pruned, Retention
from storyfold.ports import Clock, Store, StoreUnavailable

logger = logging.getLogger(__name__)

# Between two prunings; the first comes this long after the start, when the rush of starting is over.
ROUND_SECONDS = 600.0
# Whoever did it last does it again, unless it is dead (and buried) or this long over.
LEASE = timedelta(seconds=3 * ROUND_SECONDS)


class RetentionStage:
    """Prunes the store.

    Args:
        store: what is pruned.
        clock: time.
        retention: how long things are kept.
        owner: in whose name it takes turns with other processes; None where there are no others.
    """

    def __init__(self, store: Store, clock: Clock, retention: Retention, owner: str | None = None) -> None:
        self._owner = owner
        self._store = store
        self._clock = clock
        self._retention = retention

    async def run(self) -> None:
        """Prune every few minutes, until cancelled."""
        while True:
            await self._clock.sleep(ROUND_SECONDS)
            try:
                if self._owner is not None and await self._elsewhere(self._owner):
                    continue
                pruned = await self._store.prune(self._clock.now(), self._retention)
            except StoreUnavailable as error:
                logger.warning("the store cannot be pruned, trying again later: %s", error)
                continue
            if pruned != Pruned():
                logger.info(
                    "forgot %d bodies, %d articles, %d ledger rows, %d events, %d changes and %d hosts past their time",
                    pruned.bodies,
                    pruned.articles,
                    pruned.entries,
                    pruned.events,
                    pruned.changes,
                    pruned.hosts,
                )

    async def _elsewhere(self, owner: str) -> bool:
        """Whether another process does it."""
        turn = await self._store.take_turn("retention", owner, self._clock.now(), LEASE)
        return turn.owner != owner
