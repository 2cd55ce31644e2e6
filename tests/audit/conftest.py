"""A trail on each kind of database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.audit.store import AuditTrail


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/bot.sqlite"
    return str(request.getfixturevalue("postgres").new_database())


@pytest_asyncio.fixture
async def trail(database_url: str) -> AsyncIterator[AuditTrail]:
    """A trail without entries."""
    new = AuditTrail(database_url)
    await new.prepare()
    yield new
    await new.aclose()
