"""One sandbox with the unmodified bot, and one browser, for all tests of a module."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest_asyncio
from playwright.async_api import Browser

from bot.sandbox.bot_manifest import read_manifest
from bot.sandbox.server import Sandbox
from tests.browser.chromium import launched, watched
from tests.browser.window import Window

SPEED = 60.0
Opener = Callable[..., Awaitable[Window]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with launched() as browser:
        yield browser


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    sandbox = Sandbox(speed=SPEED)
    await sandbox.start()
    bot = await sandbox.start_bot()
    sandbox.manifest = await read_manifest()
    await bot.ready()
    yield sandbox
    await sandbox.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def opens(browser: Browser, sandbox: Sandbox) -> AsyncIterator[Opener]:
    """Opens windows. Whatever goes wrong in one, or leaves this machine, fails the test."""
    windows: list[Window] = []

    async def open_one(person: str = "UANA", channel: str = "COPS") -> Window:
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(10_000)
        window = Window(page, sandbox.base_url, watched(page, f"{sandbox.base_url}/"))
        windows.append(window)
        await window.goes_to(channel, person)
        return window

    yield open_one
    for window in windows:
        await window.page.close()
    sandbox.workspace.modals.clear()
    assert [wrong for window in windows for wrong in window.wrong] == []
    assert sandbox.workspace.complaints == []


@pytest_asyncio.fixture(loop_scope="module")
async def ana(opens: Opener) -> Window:
    """The operator's window on #ops."""
    return await opens()
