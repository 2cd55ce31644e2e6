"""`world`: the bot wired to the sandbox, and ways to wait for what becomes true there."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.world import World


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A running bot in a small world: web-1 and db-1, backups that end only when told."""
    living = World(tmp_path / "bot.sqlite")
    await living.begin()
    yield living
    await living.end()
