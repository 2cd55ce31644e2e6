"""What the tests of the engine share."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.operations.maintenance import Maintenance
from tests.operations.harness import EngineHarness, Log


@pytest_asyncio.fixture
async def harness(tmp_path: Path, empty_database: Path) -> AsyncIterator[EngineHarness]:
    """A running engine on a file of this test's own, with an empty log."""
    EngineHarness.log = Log()
    path = shutil.copy(empty_database, tmp_path / "bot.sqlite")
    harness = EngineHarness(f"sqlite:///{path}")
    await harness.start()
    yield harness
    await harness.stop()


@pytest.fixture
def maintenance(harness: EngineHarness) -> Maintenance:
    """The maintenance of the harness's engine, to have it look when a test wants it to."""
    return Maintenance("lease-0", harness.engine._lease.live_leases, keep_days=90)
