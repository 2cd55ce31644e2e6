"""A harness with a fixed clock, and a browser's way to it."""

from collections.abc import AsyncIterator
from typing import TypeAlias

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from tests.sandbox.page.harness import PageHarness

NOW = 1_790_000_000.0
Client: TypeAlias = TestClient[web.Request, web.Application]


@pytest.fixture
def harness() -> PageHarness:
    return PageHarness(now=lambda: NOW)


@pytest.fixture
async def client(harness: PageHarness) -> AsyncIterator[Client]:
    async with TestClient(TestServer(harness.application(), host="127.0.0.1")) as opened:
        harness.workspace.base_url = str(opened.make_url("")).rstrip("/")
        yield opened
