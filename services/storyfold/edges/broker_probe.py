"""Asks a broker on loopback who it is, in one small exchange: cheap enough for once a second."""

import asyncio
import struct

HOST = "127.0.0.1"
# How the cluster ids of embedded brokers begin.
CLUSTER_PREFIX = "storyfold-"
METADATA, VERSION = 3, 2
# Above any answer to a request that asks for no topics.
ANSWER_BYTES = 1_000_000


async def cluster_at(port: int, seconds: float = 2.0) -> str | None:
    """Ask a broker on loopback what it calls itself (Kafka Metadata request, version 2, no topics).

    Returns:
        Its cluster id, or None where nothing that speaks Kafka answers in time.
    """
    client = b"storyfold-probe"
    request = struct.pack(">hhih", METADATA, VERSION, 1, len(client)) + client + struct.pack(">i", 0)
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_connection(HOST, port)
            try:
                writer.write(struct.pack(">i", len(request)) + request)
                (size,) = struct.unpack(">i", await reader.readexactly(4))
                return cluster_id(await reader.readexactly(size)) if 0 < size < ANSWER_BYTES else None
            finally:
                writer.close()
    except (OSError, TimeoutError, EOFError, struct.error, UnicodeDecodeError):
        return None


def cluster_id(response: bytes) -> str:
    """Read the cluster id, which stands behind the list of brokers (node, host, port, rack).

    Raises:
        struct.error: it is not such a response.
    """
    (brokers,) = struct.unpack_from(">i", response, 4)
    at = 8
    for _ in range(brokers):
        _, at = _string(response, at + 4)
        _, at = _string(response, at + 4)
    text, _ = _string(response, at)
    return text


def _string(data: bytes, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from(">h", data, at)
    if length < 0:
        return "", at + 2
    return data[at + 2 : at + 2 + length].decode(), at + 2 + length
