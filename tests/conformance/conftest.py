"""What conformance tests have: a mark for the rule they prove, a place for evidence, a way to play scenes."""

from collections.abc import Callable

import pytest

Say = Callable[[str], None]


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line("markers", "rule(key): the row of tests/conformance/rules.py that the test proves")


@pytest.fixture
def say(record_property: Callable[[str, object], None]) -> Say:
    """Note evidence for the table: what was seen, with figures."""

    def note(text: str) -> None:
        record_property("evidence", text)

    return note
