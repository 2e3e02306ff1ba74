"""Fold shards and turns: who may decide what, where several processes share a store."""

from dataclasses import dataclass
from zlib import crc32


def language_number(language: str) -> int:
    """A number that stands for a language, the same everywhere and for ever; shards are made from it."""
    return crc32(language.encode())


@dataclass(frozen=True, slots=True)
class Shard:
    """One fold shard of several: all languages whose number, divided by how many there are, leaves its own.

    Attributes:
        number: from 0.
        of: how many there are.
    """

    number: int
    of: int

    def holds(self, language: str) -> bool:
        """Whether a language (`Features.language`) is this shard's."""
        return language_number(language) % self.of == self.number


@dataclass(frozen=True, slots=True)
class ShardClaim:
    """A fold shard as its new owner takes it over.

    Attributes:
        shard: which, from 0.
        epoch: counts the owners; a commit in the name of an earlier one is refused.
        position: where in the shard's partition its state ends: the offset to go on from; None where nothing of it
            was ever decided.
    """

    shard: int
    epoch: int
    position: int | None


@dataclass(frozen=True, slots=True)
class ShardStep:
    """In whose name a fold shard is changed, and how far that brings it.

    Attributes:
        shard: which.
        epoch: of the owner (`ShardClaim.epoch`).
        position: where to go on from once this is applied; None leaves it where it was.
    """

    shard: int
    epoch: int
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """Something that one process at a time does, as it stands after asking for it.

    Attributes:
        owner: whose turn it is.
        term: counts the owners: another number means that somebody else had it in between.
    """

    owner: str
    term: int
