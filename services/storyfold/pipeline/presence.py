"""Presence: says that this process lives, and frees what one that no longer does had leased.

    beat | whose number has not moved for a while? | bury: its feeds, entries and turns are free

Nobody's clock is compared with anybody else's: an owner is dead when its number stood still while this process looked
several times. So leases may be long (a slow poll never loses its feed), and yet a killed process's work is taken up by
others within half a minute.
"""

import logging

from storyfold.ports import Clock, Store, StoreUnavailable

logger = logging.getLogger(__name__)

# Between two beats.
BEAT_SECONDS = 4.0
# An owner whose number stood still for so long, while this process looked at it all the time, is dead.
DEAD_SECONDS = 20.0
# A longer pause between two looks (the store was away, this process was stopped) tells nothing of the others.
PAUSE_SECONDS = 3 * BEAT_SECONDS


class PresenceStage:
    """Beats, and buries the dead.

    Args:
        store: where owners beat.
        clock: time.
        owner: this process.
    """

    def __init__(self, store: Store, clock: Clock, owner: str) -> None:
        self._store = store
        self._clock = clock
        self._owner = owner
        self._seen: dict[str, tuple[int, float]] = {}
        self._looked_at = clock.steady()

    async def run(self) -> None:
        """Beat every few seconds, until cancelled."""
        while True:
            try:
                await self._look()
            except StoreUnavailable as error:
                logger.warning("cannot say that this process lives, trying again: %s", error)
            await self._clock.sleep(BEAT_SECONDS)

    async def _look(self) -> None:
        beats = await self._store.beat(self._owner)
        now = self._clock.steady()
        if now - self._looked_at > PAUSE_SECONDS:
            self._seen.clear()
        self._looked_at = now
        self._seen = {
            owner: (count, self._seen[owner][1] if self._seen.get(owner, (None, 0.0))[0] == count else now)
            for owner, count in beats.items()
        }
        for owner, (_, since) in self._seen.items():
            if owner != self._owner and now - since > DEAD_SECONDS:
                logger.warning("%s has died; what it had in hand is free for others", owner)
                await self._store.bury(owner)
