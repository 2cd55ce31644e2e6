"""What a person does at the page's window."""

import re
from typing import Any

from playwright.async_api import Locator, Page, expect


class Window:
    """Somebody's browser window on the sandbox."""

    def __init__(self, page: Page, home: str, wrong: list[str]) -> None:
        self.page = page
        self.wrong = wrong
        self._home = home

    async def goes_to(self, channel: str, person: str) -> None:
        """Open a channel as a person, by their ids, and wait until the page hears of news."""
        await self.page.goto(f"{self._home}/?as={person}&in={channel}")
        await self.page.wait_for_selector("body[data-connected]")

    async def closes(self) -> None:
        """Close the window, and let the next one know nothing of it."""
        await self.page.evaluate("localStorage.clear()")
        await self.page.close()

    async def says(self, text: str) -> None:
        """Write into the channel and send."""
        field = self.page.locator("#composer-text")
        await field.fill(text)
        await field.press("Enter")

    @property
    def modal(self) -> Locator:
        """The modal in front."""
        return self.page.locator("dialog[data-modal]")

    async def modal_closes(self) -> None:
        """Wait until no modal is open."""
        await expect(self.modal).to_have_count(0)

    def message(self, text: str | re.Pattern[str]) -> Locator:
        """Return the newest message of the channel that says this."""
        return self.page.get_by_role("log", name="Messages").get_by_role("article").filter(has_text=text).last

    def replies(self) -> Locator:
        """Return the messages of the open thread."""
        return self.page.get_by_role("log", name="Replies").get_by_role("article")

    async def opens_thread(self, message: Locator) -> None:
        """Open the thread under a message that has replies."""
        await message.get_by_role("link", name=re.compile("repl(y|ies) last")).click()
        await self.page.wait_for_selector("body[data-connected]")

    async def accessible_nodes(self) -> list[dict[str, Any]]:
        """Return role, name and element of all that the browser tells a screen reader."""
        session = await self.page.context.new_cdp_session(self.page)
        tree = await session.send("Accessibility.getFullAXTree")
        await session.detach()
        return [
            {"role": node["role"]["value"], "name": node.get("name", {}).get("value", "")}
            for node in tree["nodes"]
            if not node.get("ignored") and "role" in node
        ]
