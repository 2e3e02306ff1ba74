"""Services that tests share; one that cannot be had is skipped with a word on a laptop and fails in CI."""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, settings

from tests.brokers.postgresql import PostgresqlMissing, postgresql

# What holds does not depend on how fast the machine is: nothing here is timed, and examples need not come quickly.
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
