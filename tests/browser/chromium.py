"""A real browser to test with: the Chromium that is installed, since no test downloads one."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import BrowserContext, Page, async_playwright, expect

# The first shows no window, and takes a quarter less of the processor.
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
_FOUND = [shutil.which(name) for name in _NAMES]
CHROMIUM = next((path for path in _FOUND if path), None)
_ALONE = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
_ALONE += ["--disable-component-update", "--disable-sync"]
# A process for each window would take longer to start than most tests take.
_ALONE += ["--renderer-process-limit=1"]

_needs_chromium = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("CI"),
    reason="no Chromium is installed; on Debian: apt-get install chromium",
)
"""Skips where there is none, but not in CI: there it fails, so that nobody believes that it ran."""

in_chromium = [_needs_chromium, pytest.mark.asyncio(loop_scope="session")]
"""Marks of a module whose tests use the browser, of which there is one."""

expect.set_options(timeout=15_000)  # a busy machine is no failure


@asynccontextmanager
async def launched() -> AsyncIterator[BrowserContext]:
    """Start Chromium with one empty window, which keeps its process alive between the others, and end it."""
    if CHROMIUM is None:
        pytest.fail("CI must have a Chromium, and there is none.")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=_ALONE)
        context = await browser.new_context(viewport={"width": 1280, "height": 800})
        context.set_default_timeout(10_000)
        await context.new_page()
        yield context
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
