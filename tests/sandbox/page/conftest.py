"""A stand with a fixed clock, and a browser's way to it."""

from collections.abc import AsyncIterator
from typing import TypeAlias

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from tests.sandbox.page.stand import Stand

NOW = 1_790_000_000.0
Client: TypeAlias = TestClient[web.Request, web.Application]


@pytest.fixture
def stand() -> Stand:
    return Stand(now=lambda: NOW)


@pytest.fixture
async def client(stand: Stand) -> AsyncIterator[Client]:
    async with TestClient(TestServer(stand.application(), host="127.0.0.1")) as opened:
        stand.workspace.base_url = str(opened.make_url("")).rstrip("/")
        yield opened
