"""Which shard decides about what."""

from dataclasses import replace

from storyfold.events.shards import shard_of
from storyfold.model.entries import RejectReason
from storyfold.model.outcomes import ReadArticle, ReadPutOff, ReadReject
from storyfold.model.records import Reject
from storyfold.model.shards import Shard, language_number
from tests.fakes.events_press import features, quake
from tests.fakes.store_values import NOON, ledger_of, put_off


def test_a_language_has_one_shard() -> None:
    """Every article in it goes there, and no other shard calls it its own; the numbers never change."""
    read = ReadArticle(ledger_of(), quake(), replace(features(quake()), language="en"))
    for shards in (1, 2, 3, 7, 64):
        owners = [number for number in range(shards) if Shard(number, shards).holds("en")]
        assert [shard_of(read, shards)] == owners
    assert (4082745666, 2106599819) == (language_number("en"), language_number("de"))


def test_what_places_no_article_goes_to_any_shard_but_always_the_same() -> None:
    """By its entry, so that all shards share the work; a reject and a try of one entry go to the same."""
    shards = {
        (
            shard_of(ReadReject(Reject(ledger_of(name), RejectReason.GONE, "", None, NOON)), 4),
            shard_of(ReadPutOff(put_off(name)), 4),
        )
        for name in map(str, range(60))
    }
    assert {(number, number) for number in range(4)} == shards
