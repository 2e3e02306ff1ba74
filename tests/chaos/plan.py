"""Plan: which faults happen when; the same seed gives the same plan."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class FaultKind(StrEnum):
    """What goes wrong."""

    KILL_ROLE = "kill -9 of a role"
    KILL_BROKER = "kill -9 of a broker"
    KILL_DATABASE = "kill -9 of PostgreSQL"
    FREEZE_ROLE = "role stopped, then woken"
    CUT = "network cut"
    NO_NAMES = "no names resolve"
    DISK_FULL = "disk full"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Attributes:
        kind: what.
        target: the role, broker or machine.
        gap: seconds after the one before began.
        seconds: how long it lasts, or how long what was killed stays away.
    """

    kind: FaultKind
    target: str
    gap: float
    seconds: float


# How often of a hundred. Frozen roles outlast the group's session timeout of 10 s: they wake up as zombies.
OFTEN = {
    FaultKind.KILL_ROLE: 48,
    FaultKind.KILL_BROKER: 14,
    FaultKind.KILL_DATABASE: 10,
    FaultKind.FREEZE_ROLE: 10,
    FaultKind.CUT: 9,
    FaultKind.NO_NAMES: 7,
    FaultKind.DISK_FULL: 2,
}
SECONDS = {
    FaultKind.KILL_ROLE: (0.0, 3.0),
    FaultKind.KILL_BROKER: (1.0, 6.0),
    FaultKind.KILL_DATABASE: (0.0, 4.0),
    FaultKind.FREEZE_ROLE: (14.0, 24.0),
    FaultKind.CUT: (4.0, 30.0),
    FaultKind.NO_NAMES: (4.0, 20.0),
    FaultKind.DISK_FULL: (60.0, 60.0),
}


@dataclass(frozen=True, slots=True)
class Targets:
    """What can be hit, by name."""

    roles: Sequence[str]
    brokers: Sequence[str]
    machines: Sequence[str]
    far: Sequence[str]

    def of(self, kind: FaultKind) -> Sequence[str]:
        """What a kind of fault can hit."""
        match kind:
            case FaultKind.KILL_ROLE | FaultKind.FREEZE_ROLE:
                return self.roles
            case FaultKind.KILL_BROKER:
                return self.brokers
            case FaultKind.NO_NAMES:
                return self.machines
            case FaultKind.CUT:
                return self.far
            case FaultKind.KILL_DATABASE | FaultKind.DISK_FULL:
                return ("database",)


def plan(seed: int, count: int, targets: Targets, *, gap: float, shortest: bool = False) -> tuple[Fault, ...]:
    """Draw faults.

    Args:
        seed: of the drawing.
        count: how many; from the number of kinds on, each kind is among them, and each role is killed at least once
            where there are enough.
        targets: what can be hit.
        gap: mean seconds between the beginnings of two.
        shortest: let each last as short as its kind may, a full disk ten seconds.

    Returns:
        Faults in the order in which they begin.
    """
    chance = random.Random(seed)
    kinds = list(FaultKind)[:count] + [FaultKind.KILL_ROLE] * min(len(targets.roles), max(0, count - len(FaultKind)))
    kinds += chance.choices(list(OFTEN), list(OFTEN.values()), k=max(0, count - len(kinds)))
    chance.shuffle(kinds)
    killed = list(targets.roles)
    chance.shuffle(killed)
    found = []
    for kind in kinds[:count]:
        least, most = SECONDS[kind]
        seconds = (10.0 if kind is FaultKind.DISK_FULL else least) if shortest else chance.uniform(least, most)
        target = killed.pop() if kind is FaultKind.KILL_ROLE and killed else chance.choice(targets.of(kind))
        found.append(Fault(kind, target, chance.uniform(0.2, 1.8) * gap, seconds))
    return tuple(found)
