"""How long to wait after each kind of failure. None of them ever gives up (polling.md, 10)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from storyfold.model.feeds import PollOutcome


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waiting that grows with failures in a row.

    Attributes:
        first: after the first failure.
        most: however many there were.
        factor: from one to the next.
    """

    first: timedelta
    most: timedelta
    factor: float = 2.0

    def after(self, failures: int) -> timedelta:
        """How long to wait.

        Args:
            failures: in a row, from 1.
        """
        grown = self.first.total_seconds() * self.factor ** min(failures - 1, 40)
        return min(self.most, timedelta(seconds=min(grown, self.most.total_seconds())))


_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

# What passes by itself is asked for again soon and at least daily; what only a person on the other side can mend, at
# least weekly. A feed that is gone is the business of `retired_interval`. Where no request got through, the fault may
# well be ours: nobody was troubled, so the first tries come at the feed's own interval, and a network that was down
# for a minute costs no more than that.
BACKOFFS: Mapping[PollOutcome, Backoff] = {
    PollOutcome.DNS: Backoff(_MINUTE, _DAY),
    PollOutcome.TLS: Backoff(_HOUR, _DAY),
    PollOutcome.CONNECT: Backoff(_MINUTE, _DAY),
    PollOutcome.TIMEOUT: Backoff(2 * _MINUTE, _DAY),
    PollOutcome.PROTOCOL: Backoff(30 * _MINUTE, _DAY),
    PollOutcome.REDIRECTS: Backoff(_HOUR, 2 * _DAY),
    PollOutcome.BLOCKED_ADDRESS: Backoff(6 * _HOUR, 3 * _DAY),
    PollOutcome.TOO_LARGE: Backoff(6 * _HOUR, 3 * _DAY),
    PollOutcome.UNAUTHORISED: Backoff(2 * _HOUR, 3 * _DAY),
    PollOutcome.NOT_FOUND: Backoff(_HOUR, 7 * _DAY),
    PollOutcome.GONE: Backoff(12 * _HOUR, 2 * _DAY),
    PollOutcome.THROTTLED: Backoff(30 * _MINUTE, _DAY),
    PollOutcome.CLIENT_ERROR: Backoff(_HOUR, 3 * _DAY),
    PollOutcome.SERVER_ERROR: Backoff(15 * _MINUTE, _DAY),
    PollOutcome.NOT_A_FEED: Backoff(_HOUR, 3 * _DAY),
    PollOutcome.PARSER_FAILED: Backoff(_HOUR, _DAY),
    PollOutcome.ROBOTS: Backoff(_DAY, 7 * _DAY),
    PollOutcome.ROBOTS_UNREACHABLE: Backoff(15 * _MINUTE, _DAY),
}


def outcome_of_status(status: int, *, retry_after: bool) -> PollOutcome:
    """Class a response that is neither 2xx nor an answer to validators.

    Args:
        status: as sent.
        retry_after: whether the server said when to come back.
    """
    match status:
        case 401 | 403 | 407 | 451:
            return PollOutcome.UNAUTHORISED
        case 404:
            return PollOutcome.NOT_FOUND
        case 410:
            return PollOutcome.GONE
        case 429:
            return PollOutcome.THROTTLED
        case 503 if retry_after:
            return PollOutcome.THROTTLED
        case _ if 400 <= status < 500:
            return PollOutcome.CLIENT_ERROR
        case _ if 500 <= status < 600:
            return PollOutcome.SERVER_ERROR
        case _:
            return PollOutcome.PROTOCOL
