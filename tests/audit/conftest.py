"""A trail on each kind of database."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
import sqlalchemy as sa

from bot.audit.store import AuditTrail
from bot.operations.database import open_database


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/bot.sqlite"
    return str(request.getfixturevalue("postgres").new_database())


@pytest.fixture
def database(database_url: str) -> Iterator[sa.Engine]:
    """An empty database, opened as the bot opens it."""
    opened = open_database(database_url)
    yield opened
    opened.dispose()


@pytest_asyncio.fixture
async def trail(database: sa.Engine) -> AsyncIterator[AuditTrail]:
    """A trail without entries."""
    new = AuditTrail(database)
    await new.prepare()
    yield new
    await new.aclose()
