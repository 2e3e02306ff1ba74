"""The stores that a suite runs over, each alike."""

from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from storyfold.edges.store.opening import open_store
from storyfold.ports import Store
from tests.brokers.postgresql import fresh_database
from tests.fakes.store import MemoryStore


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    with ExitStack() as stack:
        match request.param:
            case "memory":
                opened: Store = MemoryStore()
            case "sqlite":
                opened = await open_store(f"sqlite:///{tmp_path / 'store.db'}")
            case _:
                server: str = request.getfixturevalue("postgresql_url")
                opened = await open_store(stack.enter_context(fresh_database(server)))
        yield opened
        await opened.close()
