"""What can go wrong on request: fault rules, read from JSON, drawn deterministically."""

import json
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from newsroom.model import PublisherId
from newsroom.seeds import stream


class FaultKind(StrEnum):
    """How an answer goes wrong."""

    STATUS = "status"
    HANG = "hang"
    THINK = "think"
    DRIP = "drip"
    REDIRECT = "redirect"
    REDIRECT_CHAIN = "redirect-chain"
    REDIRECT_LOOP = "redirect-loop"
    TRUNCATED = "truncated"
    WRONG_LENGTH = "wrong-length"
    BAD_BYTES = "bad-bytes"
    GZIP_GARBAGE = "gzip-garbage"
    RESET = "reset"
    HUGE = "huge"
    STALE_304 = "stale-304"
    NOT_A_FEED = "not-a-feed"


class Target(StrEnum):
    """What a rule is about."""

    FEEDS = "feeds"
    PAGES = "pages"
    ROBOTS = "robots"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule.

    Attributes:
        publishers: Shell pattern over publisher ids, such as `p00*`.
        probability: Share of the requests that it hits.
        begins, ends: Window in real seconds since the start of the press; `ends` None for ever.
        status: For `status`: which; for `redirect`: 301, 302, 303, 307 or 308.
        retry_after: Sent with `status` where not None: seconds, or any text to be sent verbatim.
        size: Bytes of `huge`; hops of `redirect-chain`.
        seconds: Pause between two bytes of `drip`, or before the right answer of `think`.
    """

    kind: FaultKind
    target: Target = Target.ALL
    publishers: str = "*"
    probability: float = 1.0
    begins: float = 0.0
    ends: float | None = None
    status: int = 503
    retry_after: str | None = None
    size: int = 0
    seconds: float = 0.5

    def covers(self, publisher: PublisherId, target: Target, elapsed: float) -> bool:
        """Tell whether the rule is about such a request at that time."""
        return (
            self.target in {target, Target.ALL}
            and fnmatchcase(publisher, self.publishers)
            and self.begins <= elapsed
            and (self.ends is None or elapsed < self.ends)
        )


_FIELDS = frozenset(Fault.__dataclass_fields__)

# What `some` means: every ill that heals by itself when asked again, at rates that leave most answers whole.
SOME = (
    Fault(FaultKind.STATUS, Target.ALL, probability=0.03, status=500),
    Fault(FaultKind.STATUS, Target.ALL, probability=0.02, status=503, retry_after="1"),
    Fault(FaultKind.STATUS, Target.FEEDS, probability=0.02, status=429, retry_after="2"),
    Fault(FaultKind.RESET, Target.ALL, probability=0.01),
    Fault(FaultKind.TRUNCATED, Target.ALL, probability=0.01),
    Fault(FaultKind.REDIRECT, Target.PAGES, probability=0.02, status=302),
    Fault(FaultKind.HANG, Target.PAGES, probability=0.003),
)


def parse_faults(text: str) -> tuple[Fault, ...]:
    """Read rules: `none`, `some`, or JSON: a list of objects, or one, with the fields of `Fault`.

    `from` and `until` may stand for `begins` and `ends`.

    Raises:
        ValueError: It is neither, a field is unknown, or a value is not one that the field can have.
    """
    match text.strip():
        case "" | "none":
            return ()
        case "some":
            return SOME
        case body:
            rules = json.loads(body)
    return tuple(_rule(rule) for rule in (rules if isinstance(rules, list) else [rules]))


def _rule(rule: Any) -> Fault:
    if not isinstance(rule, dict) or "kind" not in rule:
        message = f"a fault is an object with at least a kind: {rule!r}"
        raise ValueError(message)
    other_names = {"from": "begins", "until": "ends"}
    renamed: dict[str, Any] = {other_names.get(str(key), str(key)): value for key, value in rule.items()}
    if unknown := sorted(renamed.keys() - _FIELDS):
        raise ValueError(f"unknown field in a fault: {', '.join(unknown)}; there are {', '.join(sorted(_FIELDS))}")
    renamed["kind"] = FaultKind(renamed["kind"])
    renamed["target"] = Target(renamed.get("target", "all"))
    if renamed.get("retry_after") is not None:
        renamed["retry_after"] = str(renamed["retry_after"])
    return Fault(**renamed)


class Mischief:
    """Draws the fault of each request: the n-th request for a path meets the same fate in every run.

    Args:
        rules: The first rule that covers a request and hits it wins.
        seed: Of the plan.
    """

    def __init__(self, rules: tuple[Fault, ...], seed: int) -> None:
        self.rules = rules
        self._seed = seed
        self._asked: dict[tuple[PublisherId, str], int] = {}

    def draw(self, publisher: PublisherId, target: Target, path: str, elapsed: float) -> Fault | None:
        """Return what goes wrong with this request, or None."""
        covering = [rule for rule in self.rules if rule.covers(publisher, target, elapsed)]
        if not covering:
            return None
        count = self._asked[publisher, path] = self._asked.get((publisher, path), 0) + 1
        rng = stream(self._seed, "fault", publisher, path, count)
        return next((rule for rule in covering if rng.random() < rule.probability), None)
