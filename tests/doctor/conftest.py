"""A sandbox with its servers and backups, which the doctor is to examine."""

from collections.abc import AsyncIterator

import pytest

from bot.sandbox.server import Sandbox


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    sandbox = Sandbox()
    await sandbox.start()
    yield sandbox
    await sandbox.stop()
