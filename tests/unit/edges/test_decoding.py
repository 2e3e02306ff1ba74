import gzip
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from storyfold.edges.decoding import BodyDecoder, BodyOverflow, UndecodableBody


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
}
CODINGS = [*ENCODERS.items(), ("deflate", raw_deflate)]


def decode(coding: str, data: bytes, step: int = 7, limit: int = 1_000_000) -> bytes:
    decoder = BodyDecoder(coding, limit)
    for start in range(0, len(data), step):
        decoder.feed(data[start : start + step])
    return decoder.finish()


@pytest.mark.parametrize(("coding", "encode"), CODINGS)
@given(body=st.binary(max_size=2000), repeats=st.sampled_from([1, 300]), step=st.integers(1, 5000))
def test_what_was_encoded_is_decoded(
    coding: str, encode: Callable[[bytes], bytes], body: bytes, repeats: int, step: int
) -> None:
    """Decoding undoes encoding, however the bytes are cut on the way."""
    assert body * repeats == decode(coding, encode(body * repeats), step)


@pytest.mark.parametrize(("coding", "encode"), CODINGS)
@given(data=st.binary(max_size=300), cut=st.integers(0, 60), encoded=st.booleans())
def test_no_bytes_raise_anything_but_the_two_errors(
    coding: str, encode: Callable[[bytes], bytes], data: bytes, cut: int, encoded: bool
) -> None:
    """Whatever comes either decodes or is said not to."""
    sent = encode(data)[:cut] + data[cut:] if encoded else data
    try:
        decoded = decode(coding, sent, limit=500)
    except (UndecodableBody, BodyOverflow):
        return
    assert len(decoded) <= 500


@pytest.mark.parametrize(("coding", "encode"), CODINGS)
def test_an_end_that_comes_too_early_is_told(coding: str, encode: Callable[[bytes], bytes]) -> None:
    """A body cut short is not taken for a whole one, wherever the cut is."""
    whole = encode(b"some text that is long enough to be cut " * 20)

    for length in range(1, len(whole)):
        with pytest.raises(UndecodableBody):
            decode(coding, whole[:length])


@pytest.mark.parametrize(("coding", "encode"), CODINGS)
def test_the_limit_is_the_largest_body(coding: str, encode: Callable[[bytes], bytes]) -> None:
    """A body of exactly the limit passes; one byte more does not."""
    assert len(decode(coding, encode(b"\0" * 300_000), limit=300_000)) == 300_000
    with pytest.raises(BodyOverflow):
        decode(coding, encode(b"\0" * 300_001), limit=300_000)


@pytest.mark.parametrize("coding", ["", "identity", " , identity"])
def test_without_a_coding_bytes_stay_as_they_are(coding: str) -> None:
    """No coding, by either way to say it, leaves the body alone and limited."""
    assert decode(coding, b"as it is") == b"as it is"
    with pytest.raises(BodyOverflow):
        decode(coding, b"as it is", limit=7)


def test_an_empty_body_is_empty_under_any_coding() -> None:
    """Nothing sent is nothing, not a broken stream."""
    assert {b""} == {decode(coding, b"") for coding, _ in CODINGS}


def test_stacked_codings_are_undone_in_reverse() -> None:
    """The coding listed last was applied last."""
    assert decode("Deflate, GZIP", gzip.compress(zlib.compress(b"hello"))) == b"hello"


def test_an_inner_layer_is_limited_too() -> None:
    """A bomb that is small again after the second layer is stopped at the first."""
    with pytest.raises(BodyOverflow):
        decode("gzip, gzip", gzip.compress(gzip.compress(b"x") * 10_000), limit=1000)


@pytest.mark.parametrize("coding", ["compress", "gzip, aes128gcm", "gzip, gzip, gzip, gzip"])
def test_codings_that_are_unknown_or_too_many_are_refused(coding: str) -> None:
    """What cannot be undone is refused before any byte is looked at."""
    with pytest.raises(UndecodableBody):
        BodyDecoder(coding, 100)


@pytest.mark.parametrize(
    ("expected", "coding", "data"),
    [
        pytest.param(b"ab", "gzip", gzip.compress(b"a") + gzip.compress(b"b"), id="two gzip members"),
        pytest.param(b"a", "gzip", gzip.compress(b"a") + b"\0\0\0", id="padding after gzip"),
        pytest.param(b"a", "deflate", zlib.compress(b"a") + b"!", id="surplus after deflate"),
        pytest.param(b"ab", "zstd", zstandard.compress(b"a") + zstandard.compress(b"b"), id="two zstd frames"),
    ],
)
def test_what_follows_the_end_is_more_of_the_same_or_nothing(expected: bytes, coding: str, data: bytes) -> None:
    """Further members count where the format has them; other surplus bytes are ignored, as browsers do."""
    assert expected == decode(coding, data)
    assert expected == decode(coding, data, step=len(data))
