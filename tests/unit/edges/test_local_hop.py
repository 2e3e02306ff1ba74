"""The hop inside one process."""

import asyncio

from storyfold.edges.local_hop import LocalHop
from tests.fakes.clock import settle


def test_items_come_in_order_and_at_most_so_many() -> None:
    """What is sent first comes first, never more than asked for, and what is left stays."""

    async def scenario() -> None:
        hop: LocalHop[int] = LocalHop(10)
        await hop.send((1, 2, 3))
        assert (3, 7) == (hop.depth(), hop.room())
        assert (1, 2) == await hop.receive(2)
        assert (3,) == await hop.receive(2)
        assert (0, 10) == (hop.depth(), hop.room())

    asyncio.run(scenario())


def test_sending_waits_while_it_is_full() -> None:
    """A sender goes on when somebody has received, and nothing is lost or passed by."""

    async def scenario() -> None:
        hop: LocalHop[int] = LocalHop(2)
        sending = asyncio.create_task(hop.send((1, 2, 3)))
        await settle()
        assert not sending.done()
        assert (2, 0) == (hop.depth(), hop.room())
        assert (1, 2) == await hop.receive(5)
        await sending
        assert (3,) == await hop.receive(5)

    asyncio.run(scenario())


def test_receiving_waits_for_the_first() -> None:
    """An empty hop makes its receiver wait."""

    async def scenario() -> None:
        hop: LocalHop[int] = LocalHop(2)
        receiving = asyncio.create_task(hop.receive(5))
        await settle()
        assert not receiving.done()
        await hop.send((1,))
        assert (1,) == await receiving

    asyncio.run(scenario())
