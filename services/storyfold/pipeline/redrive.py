"""Redrive: sends again what the ledger has waiting and nobody has in hand.

    due ledger rows | lease | hop "entries"
    nothing due, nothing on the hop | articles due for a further look | lease | hop "entries"

This one loop is what makes everything restartable: entries put off come back through it when they are due, and
entries that were lost on their way (a crash, a full hop at shutdown) when their lease has run out.
Further looks at known articles (`storyfold.articles.rereads`) give way to both.
"""

import logging
from datetime import timedelta

from storyfold.model.entries import LedgerEntry
from storyfold.ports import Clock, Hop, Store, StoreUnavailable

logger = logging.getLogger(__name__)

# Rows leased at a time.
BATCH = 200
# Further looks leased at a time: few, so that entries that come meanwhile find room.
LOOKS = 20
# Between two looks at the ledger when nothing was due.
IDLE_SECONDS = 1.0


class RedriveStage:
    """Moves due ledger rows onto the hop to reading.

    Args:
        store: the ledger.
        entries: the hop to reading.
        clock: time.
        owner: in whose name rows are leased.
        lease: how long a row is left alone once sent.
    """

    def __init__(self, store: Store, entries: Hop[LedgerEntry], clock: Clock, owner: str, lease: timedelta) -> None:
        self._store = store
        self._entries = entries
        self._clock = clock
        self._owner = owner
        self._lease = lease

    async def run(self) -> None:
        """Send what is due, until cancelled."""
        while True:
            sent = await self._round()
            if not sent:
                await self._looks()
                await self._clock.sleep(IDLE_SECONDS)

    async def _round(self) -> int:
        room = min(BATCH, self._entries.room())
        if room == 0:
            return 0
        try:
            due = await self._store.lease_entries(self._owner, self._clock.now(), self._lease, room)
        except StoreUnavailable as error:
            logger.warning("the ledger cannot be read, trying again: %s", error)
            return 0
        await self._entries.send(due)
        return len(due)

    async def _looks(self) -> None:
        room = min(LOOKS, self._entries.room())
        if self._entries.depth() > 0 or room == 0:
            return
        try:
            due = await self._store.lease_rereads(self._owner, self._clock.now(), self._lease, room)
        except StoreUnavailable as error:
            logger.warning("plans to look again cannot be read, trying again: %s", error)
            return
        await self._entries.send(due)
