"""Which fold shard decides about what: by language, as reports in two languages share no terms to be folded by.

A shard is a partition of the hop to folding.
"""

from zlib import crc32

from storyfold.model.outcomes import Looked, ReadArticle, ReadOutcome, ReadPutOff, ReadReject
from storyfold.model.shards import language_number


def shard_of(outcome: ReadOutcome, shards: int) -> int:
    """The shard that decides about an outcome: its language's; any, but always the same, where no article is placed.

    Args:
        outcome: of reading.
        shards: how many there are.
    """
    match outcome:
        case ReadArticle(features=features):
            return language_number(features.language) % shards
        case Looked(next=plan):
            return language_number(plan.language) % shards
        case ReadReject(reject=reject):
            return crc32(reject.ledger.entry.entry_id.encode()) % shards
        case ReadPutOff(put_off=waiting):
            return crc32(waiting.entry_id.encode()) % shards
