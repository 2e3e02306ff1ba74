"""Randomness that is a function of a seed and of labels, so that each part of a plan can be made alone."""

import hashlib
import random

Random = random.Random


def stream(seed: int, *labels: str | int) -> Random:
    """Return a generator that depends on `seed` and `labels` alone, on any machine and in any order of calls.

    Args:
        seed: The seed of the whole plan.
        labels: What the stream is for, from the general to the particular.
    """
    name = "\x1f".join((str(seed), *map(str, labels)))
    digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
    return Random(int.from_bytes(digest, "big"))
