"""Relay: takes TCP connections at some addresses and carries them to others; one stands at each end of a cable.

    python -m tests.chaos.relay 127.0.0.1:9092=10.77.0.1:20000 127.0.1.1:8000=10.77.0.1:20001

What runs in a network namespace of its own cannot reach the loopback of another; two relays and a cable between them
make it look as if it could. When the cable is cut, connections hang, as those of a machine that was cut off do.
"""

import asyncio
import contextlib
import sys

CHUNK = 256 * 1024


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy one direction until its end."""
    with contextlib.suppress(OSError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError, RuntimeError):
        writer.write_eof()


async def serve(here: str, there: str) -> None:
    """Listen at one address and connect to another for whoever comes."""
    host, port = here.split(":")
    to_host, to_port = there.split(":")

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            other_reader, other_writer = await asyncio.open_connection(to_host, int(to_port))
        except OSError:
            writer.close()
            return
        try:
            await asyncio.gather(carry(reader, other_writer), carry(other_reader, writer))
        finally:
            writer.close()
            other_writer.close()

    server = await asyncio.start_server(connected, host, int(port), backlog=512)
    await server.serve_forever()


async def main(pairs: list[str]) -> None:
    """Serve all pairs until killed."""
    await asyncio.gather(*(serve(*pair.split("=")) for pair in pairs))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
