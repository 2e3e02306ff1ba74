"""Services that tests share; one that cannot be had is skipped with a word on a laptop and fails in CI."""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, settings

from tests.brokers.postgresql import PostgresqlMissing, postgresql

# How long an example takes says more about the machine's load than about the code; what is to be timed times itself.
settings.register_profile("storyfold", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("storyfold")


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A PostgreSQL server, asked for by tests that make their own databases in it."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(postgresql())
        except PostgresqlMissing as missing:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(str(missing))
        yield url
