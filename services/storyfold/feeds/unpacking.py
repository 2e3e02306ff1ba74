"""Feeds that are gzip files: sitemaps are often served as ``sitemap.xml.gz``, which no Content-Encoding tells of."""

import zlib

# RFC 1952, 2.3.1: what a gzip member begins with; no text does.
_MAGIC = b"\x1f\x8b"


def unpacked(body: bytes, most: int) -> bytes | None:
    """Unpack a body that is a gzip file; others are returned as they are.

    Args:
        body: as fetched.
        most: bytes that it may have unpacked.

    Returns:
        The document; None where it is broken or larger.
    """
    if not body.startswith(_MAGIC):
        return body
    member = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        document = member.decompress(body, most + 1)
    except zlib.error:
        return None
    return document if member.eof and len(document) <= most else None
