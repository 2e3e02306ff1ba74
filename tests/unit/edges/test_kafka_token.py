"""What a token endpoint may answer, and what is taken of it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyfold.edges.kafka_token import LONGEST, SHORTEST, NoToken, read_answer


@pytest.mark.parametrize(
    ("lifetime", "taken"),
    [(600, 600.0), (1, SHORTEST), (10**9, LONGEST), ("600", SHORTEST), (None, SHORTEST), (-5, SHORTEST)],
)
def test_lifetimes(lifetime: object, taken: float) -> None:
    """A lifetime is kept within bounds; one that is none counts as the shortest."""
    body = json.dumps({"access_token": "abc.def~ghi==", "expires_in": lifetime}).encode()
    assert ("abc.def~ghi==", taken) == read_answer(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"access_token": 7}',
        b'{"access_token": ""}',
        b'{"access_token": "a\\u0001auth=Bearer b"}',
        b'{"access_token": "a b"}',
        b"[" * 100_000,
    ],
)
def test_no_token(body: bytes) -> None:
    """What is not a token is refused, above all one that would end the line it is put into."""
    with pytest.raises(NoToken, match="token"):
        read_answer(body)


@given(st.binary(max_size=200))
def test_any_answer(body: bytes) -> None:
    """Whatever comes, there is a token or the word that there is none."""
    try:
        token, lifetime = read_answer(body)
    except NoToken:
        return
    assert token
    assert SHORTEST <= lifetime <= LONGEST
