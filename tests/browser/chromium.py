"""A real browser to test with: the Chromium that is installed, since no test downloads one."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

_FOUND = [shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")]
CHROMIUM = next((path for path in _FOUND if path), None)
_ALONE = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
_ALONE += ["--disable-component-update", "--disable-sync"]

needs_chromium = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("CI"),
    reason="no Chromium is installed; on Debian: apt-get install chromium",
)
"""Skips where there is none, but not in CI: there it fails, so that nobody believes that it ran."""

expect.set_options(timeout=15_000)  # a busy machine is no failure


@asynccontextmanager
async def launched() -> AsyncIterator[Browser]:
    """Start Chromium without a window, and end it."""
    if CHROMIUM is None:
        pytest.fail("CI must have a Chromium, and there is none.")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=_ALONE)
        yield browser
        await browser.close()


def watched(page: Page, home: str) -> list[str]:
    """Return a list that fills with whatever goes wrong: errors, warnings, requests to anywhere but `home`.

    What the page's content security policy forbids is an error, too.
    """
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("request", lambda request: None if request.url.startswith(home) else wrong.append(request.url))
    return wrong
