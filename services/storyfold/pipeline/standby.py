"""Standby: of several processes that may publish, one does; another takes its place when it dies.

    ask for the turn | another's: wait, ask again | ours: publish, ask for more of it | lost: stop, wait

The turn is a lease in the store and only says who should publish. That nobody publishes beside it is Kafka's own doing:
opening a publisher fences the elder one.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta

from storyfold.model.shards import Turn
from storyfold.pipeline.publish import PublishStage
from storyfold.ports import Clock, PublisherFenced, Store, StoreUnavailable

logger = logging.getLogger(__name__)

TURN = "publish"
# Between two questions, and how long a turn lasts from each: a killed publisher is missed for at most so long.
ASK_SECONDS = 2.0
LEASE = timedelta(seconds=7)


class StandbyStage:
    """Publishes when it is this process's turn.

    Args:
        make: makes a publish stage; each is run once.
        store: where the turn is.
        clock: time.
        owner: this process.
        force: take the turn at the start, whoever has it: a process that folds as well is the one to publish.
    """

    def __init__(
        self, make: Callable[[], PublishStage], store: Store, clock: Clock, owner: str, *, force: bool = False
    ) -> None:
        self._make = make
        self._store = store
        self._clock = clock
        self._owner = owner
        self._force = force
        self._stage: PublishStage | None = None
        self._ending = False

    @property
    def connected(self) -> bool:
        """Whether the broker takes records; whoever stands by has nothing to complain of."""
        return self._stage is None or self._stage.connected

    def nudge(self) -> None:
        """Say that the outbox has grown."""
        if self._stage is not None:
            self._stage.nudge()

    async def drained(self) -> None:
        """Return when everything in the outbox is on Kafka, where this process publishes."""
        if self._stage is not None:
            await self._stage.drained()
        await self._end_turn()

    async def run(self) -> None:
        """Publish or stand by, until cancelled.

        Raises:
            PublisherFenced: by a publisher that has not asked this store for its turn.
            StoreBroken: a person must act.
        """
        told = False
        while True:
            turn = await self._ask()
            self._force = self._force and turn is None
            if turn is not None and turn.owner == self._owner:
                logger.info("publishing is this process's turn")
                told = False
                await self._publish(turn)
            elif turn is not None and not told:
                told = True
                logger.info("standing by: %s publishes", turn.owner)
            await self._clock.sleep(ASK_SECONDS)

    async def _publish(self, turn: Turn) -> None:
        """Publish until the turn is another's."""
        self._stage = self._make()
        publishing = asyncio.create_task(self._stage.run(), name="publishing")
        try:
            while not publishing.done():
                asking = asyncio.create_task(self._clock.sleep(ASK_SECONDS))
                try:
                    await asyncio.wait({publishing, asking}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    asking.cancel()
                now = await self._ask()
                if now is not None and now != turn:
                    logger.warning("%s publishes now; standing by", now.owner)
                    return
            self._judge(publishing, await self._ask_until_told(), turn)
        finally:
            self._stage = None
            publishing.cancel()
            await asyncio.wait({publishing})

    def _judge(self, publishing: asyncio.Task[None], now: Turn, turn: Turn) -> None:
        """Decide what the end of publishing means: stand by where somebody has the turn, a defect otherwise."""
        error = publishing.exception()
        if isinstance(error, PublisherFenced) and now != turn:
            logger.warning("fenced by %s, which publishes now; standing by", now.owner)
        elif error is not None:
            raise error

    async def _ask(self) -> Turn | None:
        """Whose turn it is; None where the store does not answer, which leaves things as they are."""
        if self._ending:
            return None
        try:
            return await self._store.take_turn(TURN, self._owner, self._clock.now(), LEASE, force=self._force)
        except StoreUnavailable as error:
            logger.debug("nobody says whose turn it is: %s", error)
            return None

    async def _ask_until_told(self) -> Turn:
        while (turn := await self._ask()) is None:
            await self._clock.sleep(ASK_SECONDS)
        return turn

    async def _end_turn(self) -> None:
        """Let another take over at once, in an orderly stop."""
        self._ending = True
        try:
            await self._store.end_turn(TURN, self._owner)
        except StoreUnavailable as error:
            logger.debug("the turn could not be given back: %s", error)
