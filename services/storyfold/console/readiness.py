"""Readiness: what must hold for the program to do its work, asked one by one with a deadline each."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

# Longer than any healthy answer, shorter than the time-out of those who ask (10 s is common).
PATIENCE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Probe:
    """A question to a part of the program.

    Attributes:
        name: of the part, for people: ``store``, ``broker``, ``stages``.
        ask: returns None where all is well, else a sentence: what is wrong and what to do.
    """

    name: str
    ask: Callable[[], Awaitable[str | None]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a probe found; `trouble` is None where all is well."""

    name: str
    trouble: str | None


async def ask_all(probes: Sequence[Probe], patience: float = PATIENCE_SECONDS) -> tuple[Answer, ...]:
    """Ask all at the same time; one that does not answer in time is in trouble."""
    return tuple(await asyncio.gather(*(_ask(probe, patience) for probe in probes)))


async def _ask(probe: Probe, patience: float) -> Answer:
    try:
        async with asyncio.timeout(patience):
            return Answer(probe.name, await probe.ask())
    except TimeoutError:
        return Answer(probe.name, f"no answer within {patience:g} s: see the log for what it is waiting for")
