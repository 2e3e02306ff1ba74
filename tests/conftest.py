"""Services that tests share; one that cannot be had is skipped with a word on a laptop and fails in CI."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, settings

from tests.brokers.apache import KafkaMissing, apache_kafka
from tests.brokers.postgresql import PostgresqlMissing, postgresql
from tests.fakes.kafka_broker import GIVEN

# What holds does not depend on how fast the machine is: nothing here is timed, and examples need not come quickly.
settings.register_profile("storyfold", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("storyfold")


def missing(why: str) -> NoReturn:
    """A service that a test needs is not there: skipped with a word on a laptop, a failure in CI."""
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)


@pytest.fixture(scope="session")
def apache_bootstrap() -> Iterator[str]:
    """Addresses, comma-separated, of an Apache Kafka for tests that use topics of their own and leave it alive."""
    if given := os.environ.get(GIVEN):
        yield given
        return
    with ExitStack() as stack:
        try:
            kafka = stack.enter_context(apache_kafka())
        except KafkaMissing as error:
            missing(str(error))
        yield ",".join(kafka.bootstrap)


# How long an example takes says more about the machine's load than about the code; what is to be timed times itself.
settings.register_profile("storyfold", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("storyfold")


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A PostgreSQL server, asked for by tests that make their own databases in it."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(postgresql())
        except PostgresqlMissing as error:
            missing(str(error))
        yield url
