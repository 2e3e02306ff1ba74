from datetime import UTC, datetime, timedelta

import pytest

from storyfold.hosts.memory import HostKept, merged

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


@pytest.mark.parametrize(
    ("expected", "first", "second"),
    [
        (HostKept("h", LATER, LATER, None), HostKept("h", NOON, NOON), HostKept("h", LATER, LATER)),
        (HostKept("h", LATER, NOON, LATER), HostKept("h", NOON, NOON), HostKept("h", LATER, None, LATER)),
        (HostKept("h", LATER), HostKept("h", LATER), HostKept("h", NOON)),
    ],
)
def test_the_later_wish_stands_each_for_itself(expected: HostKept, first: HostKept, second: HostKept) -> None:
    """Whichever is heard first."""
    assert expected == merged(first, second) == merged(second, first)
