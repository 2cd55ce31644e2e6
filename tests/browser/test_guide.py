"""The things to try, the first by keyboard alone, those of every day with a thumb on a phone."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Locator, Page, ViewportSize, expect

from bot.sandbox import seed
from bot.sandbox.server import Sandbox
from tests.browser.chromium import in_chromium, watched

pytestmark = in_chromium

FINGER = 44
"""Pixels that a target must be high and wide for a thumb."""

KEY_TO = """target => {
  const here = document.activeElement;
  if (here === target) return null;
  return here.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_PRECEDING ? "Shift+Tab" : "Tab";
}"""
"""The key that leads towards a target; none at the target itself."""

Uses = Callable[[Locator], Awaitable[None]]


@pytest_asyncio.fixture(loop_scope="session")
async def sandbox_in_use(sandbox: Sandbox) -> AsyncIterator[Sandbox]:
    """The sandbox with nothing ticked. What is made in it stays, or the bot would alert of it."""
    sandbox.workspace.typed.clear()
    sandbox.workspace.homes.clear()
    sandbox.workspace.step_runs.clear()
    sandbox.provider.creates.clear()
    sandbox.provider.restores.clear()
    sandbox.interrupted = {}
    seed.conversation(sandbox.workspace)
    yield sandbox
    sandbox.workspace.modals.clear()
    sandbox.workspace.messages.clear()
    assert sandbox.workspace.complaints == []


@pytest_asyncio.fixture(loop_scope="session")
async def page(
    browser: BrowserContext, sandbox_in_use: Sandbox, request: pytest.FixtureRequest
) -> AsyncIterator[Page]:
    assert browser.browser is not None
    touch = request.param == "touch"
    size = ViewportSize(width=390, height=844) if touch else ViewportSize(width=1280, height=800)
    context = await browser.browser.new_context(viewport=size, has_touch=touch, is_mobile=touch)
    page = await context.new_page()
    wrong = watched(page, f"{sandbox_in_use.base_url}/")
    await page.goto(f"{sandbox_in_use.base_url}/")
    await page.wait_for_selector("body[data-connected]")
    yield page
    await context.close()
    assert wrong == []


@pytest.fixture
def uses(page: Page, request: pytest.FixtureRequest) -> Uses:
    """Uses a button or a field as a keyboard alone, or a thumb, can."""

    async def goes_there_by_tab(target: Locator) -> None:
        await expect(target).to_be_visible()
        for _ in range(150):
            key = await target.evaluate(KEY_TO)
            if key is None:
                return
            await page.keyboard.press(key)
        pytest.fail(f"No way by keyboard to {target}")

    async def presses(target: Locator) -> None:
        await goes_there_by_tab(target)
        if await target.get_attribute("type") != "text":
            await page.keyboard.press("Enter")

    async def taps(target: Locator) -> None:
        box = None
        while box is None:  # It has none while it is drawn anew.
            await expect(target).to_be_visible()
            box = await target.bounding_box()
        assert min(box["width"], box["height"]) >= FINGER, await target.evaluate("one => one.outerHTML")
        await target.tap()

    return taps if request.node.callspec.params["page"] == "touch" else presses


async def begins(page: Page, uses: Uses, button: str) -> None:
    """Open the guide where it is hidden, and use one of its buttons."""
    target = page.get_by_role("button", name=button).or_(page.get_by_role("link", name=button))
    await page.wait_for_selector("body[data-connected]")
    if not await page.locator("#guide").is_visible():
        await uses(page.get_by_role("button", name="Try it"))
    await uses(target)


async def confirms(page: Page, uses: Uses, server: str) -> None:
    """Type the server's name into the form's last field, and a reason where one is needed; submit it."""
    modal = page.locator("dialog[data-modal]")
    fields = modal.locator("input[type=text][required]")
    await expect(fields.last).to_be_visible()
    for number in range(await fields.count()):
        await uses(fields.nth(number))
        await page.keyboard.type(server)
    await uses(modal.locator("[type=submit]"))
    await expect(modal).to_have_count(0)


@pytest.mark.parametrize("page", ["keyboard"], indirect=True)
async def test_all_that_comes_first_is_tried(page: Page, uses: Uses, sandbox_in_use: Sandbox) -> None:
    await begins(page, uses, "List web-1's")
    await expect(page.locator(".step.done")).to_have_count(1)
    await begins(page, uses, "Back up web-2")
    await begins(page, uses, "Restore web-1")
    await confirms(page, uses, "web-1")
    await begins(page, uses, "Ask as Ana")
    await confirms(page, uses, "mail")
    await begins(page, uses, "Answer as Ben")
    await page.wait_for_url(re.compile("as=UBEN"))
    await uses(page.get_by_role("log").get_by_role("button", name="Approve").last)
    await uses(page.get_by_role("dialog").get_by_role("button", name="Approve"))
    await begins(page, uses, "Back up db-main")
    await page.wait_for_url(re.compile("as=UANA"))
    await expect(page.locator(".step.done")).to_have_count(5, timeout=40_000)
    await begins(page, uses, "Back up, then kill")
    await begins(page, uses, "Start the bot again")
    await expect(page.locator(".step.done")).to_have_count(6, timeout=40_000)
    if not await page.locator("#guide").is_visible():
        await uses(page.get_by_role("button", name="Try it"))
    await uses(page.get_by_role("button", name="Hide the guide"))
    await expect(page.locator("#guide")).to_be_hidden()
    await page.reload()
    await expect(page.locator("#guide")).to_be_hidden()
    assert [name for name, _ in sandbox_in_use.provider.restores][-2:] == ["web-1", "mail"]


@pytest.mark.parametrize("page", ["touch"], indirect=True)
async def test_what_is_done_every_day_is_tried(page: Page, uses: Uses, sandbox_in_use: Sandbox) -> None:
    async def submits(form: str) -> None:
        modal = page.get_by_role("dialog", name=form)
        await expect(modal).to_be_visible()
        for field in await modal.locator("input[type=text][required]").all():
            await uses(field)
            await page.keyboard.type("It is known")
        await uses(modal.locator("[type=submit]"))
        await expect(modal).to_have_count(0)

    await begins(page, uses, "Open Home")
    await expect(page.locator("#home")).to_contain_text("8 servers")
    await begins(page, uses, "Choose them")
    await page.wait_for_url(re.compile("in=COPS"))
    await submits("Back up")
    await begins(page, uses, "Mention it")
    await page.wait_for_url(re.compile("thread="))
    await expect(page.get_by_role("log", name="Replies").get_by_role("article")).to_have_count(4)
    await begins(page, uses, "Use its menu")
    await page.wait_for_url(re.compile("in=CALERTS$"))
    await submits("Back up")
    # What there was at first has been told, and taken away with all messages.
    sandbox_in_use.provider.add_backup("mail", backup_type="automatic", status="failed", age=timedelta(0))
    await begins(page, uses, "See alerts")
    await page.wait_for_url(re.compile("in=CALERTS$"))
    alert = page.get_by_role("log").get_by_role("article").filter(has_text="automatic backup of mail failed")
    await uses(alert.get_by_role("button", name="Acknowledge"))
    await submits("Acknowledge")
    fired = page.get_by_role("log").get_by_role("article").filter(has_text="Firing:").last
    await uses(fired.get_by_role("button", name="More message actions"))
    await uses(page.get_by_role("menuitem", name="Back up a server"))
    await uses(page.get_by_role("dialog", name="Back up").get_by_role("button", name="Cancel"))
    await begins(page, uses, "Show the timeline")
    await page.wait_for_url(re.compile("in=COPS"))
    await begins(page, uses, "Schedule it")
    await expect(page.get_by_role("log").get_by_text("scheduled backups of web-2")).to_be_visible()
    await begins(page, uses, "Show schedules")
    await uses(page.get_by_role("log").get_by_role("button", name="Run now").last)
    await begins(page, uses, "Run it")
    await expect(page.locator("#drawer-runs")).to_contain_text("completed")
    await expect(page.locator(".step-line:not(.done)")).to_have_text([], timeout=40_000)
