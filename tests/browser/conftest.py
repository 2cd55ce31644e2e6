"""One sandbox with the unmodified bot, and one browser, for all tests."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest_asyncio
from playwright.async_api import BrowserContext

from bot.sandbox.server import Sandbox
from tests.browser.chromium import launched, watched
from tests.browser.window import Window

SPEED = 60.0
Opener = Callable[..., Awaitable[Window]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[BrowserContext]:
    async with launched() as browser:
        yield browser


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def sandbox() -> AsyncIterator[Sandbox]:
    sandbox = Sandbox(speed=SPEED)
    await sandbox.start()
    bot = await sandbox.start_bot(BOT_ALERT_MINUTES="0.01")
    await bot.ready()
    yield sandbox
    await sandbox.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def opens(browser: BrowserContext, sandbox: Sandbox) -> AsyncIterator[Opener]:
    """Opens windows. Whatever goes wrong in one, or leaves this machine, fails the test."""
    windows: list[Window] = []

    async def open_one(person: str = "UANA", channel: str = "COPS") -> Window:
        page = await browser.new_page()
        window = Window(page, sandbox.base_url, watched(page, f"{sandbox.base_url}/"))
        windows.append(window)
        await window.goes_to(channel, person)
        return window

    yield open_one
    for window in windows:
        await window.closes()
    sandbox.workspace.modals.clear()
    sandbox.workspace.messages.clear()
    assert [wrong for window in windows for wrong in window.wrong] == []
    assert sandbox.workspace.complaints == []


@pytest_asyncio.fixture(loop_scope="session")
async def ana(opens: Opener) -> Window:
    """The operator's window on #ops."""
    return await opens()
