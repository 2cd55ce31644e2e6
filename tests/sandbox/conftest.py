"""The pretend VPS.org, served."""

from collections.abc import AsyncIterator

import httpx
import pytest

from bot.sandbox.clock import ManualClock
from bot.sandbox.server import Sandbox
from tests.sandbox.provider_kit import NOON, Api


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    clock = ManualClock(NOON)
    sandbox = Sandbox(seeded=False, clock=clock)
    await sandbox.start()
    web = sandbox.provider.add_server("web-1")
    headers = {"Authorization": f"Bearer {sandbox.provider.token}"}
    async with httpx.AsyncClient(base_url=sandbox.vps_api_url, headers=headers, trust_env=False) as http:
        yield Api(sandbox.provider, clock, http, web)
    await sandbox.stop()
