"""Content codings, undone as the bytes arrive and never beyond a bound (RFC 9110, 8.4; RFC 9659 for zstd)."""

import zlib
from collections.abc import Iterator
from typing import Final, Protocol

import brotli
import zstandard

# What one step of any decoder may hand out: a bomb costs at most its limit and one such piece.
PIECE_BYTES: Final = 64 * 1024
# Servers stack one coding, rarely two; a long stack is an attack (curl 8 gives up at five).
MAX_CODINGS: Final = 3
# RFC 9659, 3: a decoder of the zstd content coding need not support windows above 8 MiB.
_ZSTD_WINDOW_BYTES: Final = 8 * 1024 * 1024


class UndecodableBody(ValueError):
    """The body is not what its Content-Encoding says, or ends too early."""


class BodyOverflow(ValueError):
    """The decoded body is larger than it may be."""


class _Decoder(Protocol):
    """Undoes one coding, in pieces of bounded size."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take coded bytes, give decoded ones."""
        ...

    def finish(self) -> None:
        """Take the end of the coded bytes; raises UndecodableBody where it comes too early."""
        ...


class _Gzip:
    """gzip, with several members if need be; what follows the last member is ignored, as browsers do."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._begun = False
        self._surplus = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data and not self._surplus:
            # RFC 1952, 2.3.1: the byte that begins another member.
            if self._member.eof and not data.startswith(b"\x1f"):
                self._surplus = True
                return
            if self._member.eof:
                self._member = zlib.decompressobj(zlib.MAX_WBITS | 16)
            self._begun = True
            yield from _inflate(self._member, data)
            data = self._member.unused_data

    def finish(self) -> None:
        if self._begun and not self._member.eof:
            raise UndecodableBody("the gzip data ends before its end")


class _Deflate:
    """deflate: zlib data as the standard says, or the raw data that some servers send."""

    def __init__(self) -> None:
        self._head = b""
        self._stream: zlib._Decompress | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._stream is None:
            self._head += data
            if len(self._head) < 2:
                return
            data = self._head
            # RFC 1950, 2.2: method 8, and the first two bytes are a multiple of 31.
            wrapped = data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
            self._stream = zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
        if not self._stream.eof:
            yield from _inflate(self._stream, data)

    def finish(self) -> None:
        if self._head and (self._stream is None or not self._stream.eof):
            raise UndecodableBody("the deflate data ends before its end")


def _inflate(stream: "zlib._Decompress", data: bytes) -> Iterator[bytes]:
    try:
        while True:
            piece = stream.decompress(data, PIECE_BYTES)
            if piece:
                yield piece
            data = stream.unconsumed_tail
            # A full piece may leave output inside zlib although all input is taken.
            if stream.eof or (not data and len(piece) < PIECE_BYTES):
                return
    except zlib.error as error:
        raise UndecodableBody(f"the data does not inflate: {error}") from error


class _Brotli:
    """br (RFC 7932)."""

    def __init__(self) -> None:
        self._stream = brotli.Decompressor()
        self._begun = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._begun = self._begun or bool(data)
        try:
            while not self._stream.is_finished():
                piece = self._stream.process(data, output_buffer_limit=PIECE_BYTES)
                # Only an empty piece says that nothing is held back: all input may be taken and output still to come.
                if not piece and self._stream.can_accept_more_data():
                    return
                yield piece
                data = b""
        except brotli.error as error:
            raise UndecodableBody(f"the brotli data is broken: {error}") from error

    def finish(self) -> None:
        if self._begun and not self._stream.is_finished():
            raise UndecodableBody("the brotli data ends before its end")


class _Zstd:
    """zstd (RFC 8878), with several frames if need be.

    The binding cannot bound its output, so it is fed slices so small that a block, 128 KiB out of at least 4 bytes,
    cannot grow one beyond 2 MiB.
    """

    _SLICE_BYTES: Final = 64

    def __init__(self) -> None:
        self._decompressor = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES)
        self._frame = self._decompressor.decompressobj()
        self._begun = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        view = memoryview(data)
        try:
            for start in range(0, len(view), self._SLICE_BYTES):
                rest = bytes(view[start : start + self._SLICE_BYTES])
                while rest:
                    self._begun = True
                    yield self._frame.decompress(rest)
                    rest = self._next_frame()
        except zstandard.ZstdError as error:
            raise UndecodableBody(f"the zstd data is broken: {error}") from error

    def finish(self) -> None:
        if self._begun:
            raise UndecodableBody("the zstd data ends before its end")

    def _next_frame(self) -> bytes:
        """What follows the frame, where it has ended, for the next one."""
        if not self._frame.eof:
            return b""
        rest = self._frame.unused_data
        self._frame = self._decompressor.decompressobj()
        self._begun = False
        return rest


_DECODERS: Final[dict[str, type[_Decoder]]] = {
    "gzip": _Gzip,
    "x-gzip": _Gzip,  # RFC 9110, 8.4.1.3
    "deflate": _Deflate,
    "br": _Brotli,
    "zstd": _Zstd,
}


class BodyDecoder:
    """Collects a body, decoding it on the way.

    Args:
        content_encoding: value of the header, all its lines joined by commas; empty for none.
        limit: bytes the decoded body may have, at every stage of decoding.

    Raises:
        UndecodableBody: a coding is not known here, or there are too many of them.
    """

    def __init__(self, content_encoding: str, limit: int) -> None:
        names = [name for name in (part.strip().lower() for part in content_encoding.split(",")) if name]
        codings = [name for name in names if name != "identity"]
        unknown = [name for name in codings if name not in _DECODERS]
        if unknown:
            raise UndecodableBody(f"the content coding {unknown[0][:40]!r} is not known")
        if len(codings) > MAX_CODINGS:
            raise UndecodableBody(f"{len(codings)} content codings are stacked, more than {MAX_CODINGS}")
        # Listed in the order in which they were applied.
        self._decoders = [_DECODERS[name]() for name in reversed(codings)]
        self._room = [limit] * (len(codings) + 1)
        self._limit = limit
        self._body = bytearray()

    def feed(self, data: bytes) -> None:
        """Take the next bytes as received.

        Raises:
            UndecodableBody: they do not decode.
            BodyOverflow: the body has grown beyond the limit.
        """
        self._push(data, 0)

    def finish(self) -> bytes:
        """The whole body.

        Raises:
            UndecodableBody: it ends too early.
        """
        for decoder in self._decoders:
            decoder.finish()
        return bytes(self._body)

    def _push(self, data: bytes, position: int) -> None:
        """Send bytes through the decoders from one position on."""
        # The first position holds the bytes as received; the caller has its own limit for these.
        if position > 0 or not self._decoders:
            self._room[position] -= len(data)
            if self._room[position] < 0:
                raise BodyOverflow(f"the decoded body has more than {self._limit} bytes")
        if position == len(self._decoders):
            self._body += data
            return
        for piece in self._decoders[position].feed(data):
            self._push(piece, position + 1)
