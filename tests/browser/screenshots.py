"""Pictures of every card and form, light, dark and on a phone, to be looked at by people.

python -m tests.browser.screenshots --into FOLDER
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, Page

from bot.sandbox.faults import ProviderFault
from bot.sandbox.people.actors import Actor
from bot.sandbox.server import Sandbox
from bot.sandbox.slack.form_state import placed
from tests.browser.chromium import launched

VARIANTS = (("light", 1280, 1000), ("dark", 1280, 1000), ("light", 390, 1000))
QUIET_SECONDS = 0.7
LONGEST_SECONDS = 12.0


@dataclass(frozen=True)
class Studio:
    """The sandbox and where its pictures go."""

    sandbox: Sandbox
    browser: BrowserContext
    folder: Path

    def person(self, handle: str) -> Actor:
        """Somebody who acts."""
        return self.sandbox.people.person(handle)

    async def settled(self) -> None:
        """Wait until nothing has changed for a while."""
        changed = asyncio.Event()
        forget = self.sandbox.workspace.listen(lambda _: changed.set())
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_SECONDS):
                with suppress(TimeoutError):
                    while True:
                        changed.clear()
                        await asyncio.wait_for(changed.wait(), QUIET_SECONDS)
        forget()

    async def shoot(
        self, name: str, *, person: str = "UANA", channel: str = "COPS", thread: str = "", tab: str = ""
    ) -> None:
        """Take the picture in each variant, of what this person sees."""
        await self.settled()
        address = f"?as={person}&in={channel}" + (thread and f"&thread={thread}") + (tab and f"&tab={tab}")
        for scheme, width, height in VARIANTS:
            page = await self.browser.new_page()
            await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            await page.set_viewport_size({"width": width, "height": height})
            await page.add_init_script("sessionStorage.setItem('open/guide', '')")
            await self.take(page, address, f"{name}-{scheme}-{width}.png")

    async def take(self, page: Page, address: str, file: str) -> None:
        """Go there, take a picture, and close the window."""
        await page.goto(f"{self.sandbox.base_url}/{address}")
        await page.wait_for_selector("body[data-connected]")
        await page.screenshot(path=self.folder / file)
        await page.close()

    def clear(self) -> None:
        """Take away all messages and forms."""
        self.sandbox.workspace.modals.clear()
        self.sandbox.workspace.messages.clear()


Scene = Callable[[Studio], Awaitable[None]]


def typing(command: str, *, person: str) -> Scene:
    """A scene of what comes back for a command: a message or a form."""

    async def scene(studio: Studio) -> None:
        await studio.person(person).types(command)
        await studio.shoot(f"{person}-{_name(command)}", person=studio.person(person).person.id)

    return scene


def _name(command: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in command).split())[:60]


async def readme(studio: Studio) -> None:
    """Take `sandbox.png`, which README shows, while there is nothing yet but what people have said."""
    ana = studio.person("ana")
    await ana.types("/backup list web-1 --type manual")
    await ana.types("/backup create web-1 New certificates")
    await ended(studio, "web-1")
    await studio.settled()
    page = await studio.browser.new_page()
    await studio.take(page, "?as=UANA&in=COPS", "sandbox.png")


async def create(studio: Studio) -> None:
    ana, provider = studio.person("ana"), studio.sandbox.provider
    provider.hold()
    await ana.types("/backup create web-1 before the new certificates")
    await studio.shoot("create-running")
    await ana.types("/backup create web-1 once more")
    await studio.shoot("create-queued")
    await ana.types("/backup status")
    await studio.shoot("status-busy")
    provider.release()
    await ended(studio, "web-1")
    await studio.shoot("create-done")
    await studio.shoot("create-done-thread", thread=studio.sandbox.workspace.messages["COPS"][0].ts)


async def several(studio: Studio) -> None:
    ana, provider = studio.person("ana"), studio.sandbox.provider
    await ana.types("/backup create w* lab-1 db-main before the move")
    await studio.shoot("several-form")
    studio.sandbox.workspace.modals.clear()
    provider.hold()
    await ana.types("/backup create web-1 lab-1")
    await studio.settled()
    await ana.types("/backup create web-1 web-2 lab-1 db-main staging before the move")
    await studio.settled()
    provider.finish(next(one.id for one in provider.creates if one.server.name == "web-2"))
    await asyncio.sleep(4)  # the message is drawn anew every few seconds
    await studio.shoot("several-running")
    await ana.types("/backup status")
    await studio.shoot("several-status")
    await use(studio, "ana", "Cancel the rest")
    provider.release()
    await studio.settled()
    await asyncio.sleep(4)
    await studio.shoot("several-done")


async def ended(studio: Studio, server: str) -> None:
    """Wait until this server was backed up, and nothing is in progress."""
    provider = studio.sandbox.provider

    def is_over() -> bool:
        begun = any(one.server.name == server for one in provider.creates)
        return begun and all(one.status != "in_progress" for one in provider.creates)

    await provider.until(is_over, seconds=30)
    await asyncio.sleep(2)  # the bot has to look, too


async def create_fails(studio: Studio) -> None:
    server = studio.sandbox.provider.server("lab-1")
    server.backups_end = "failed"
    await studio.person("ana").types("/backup create lab-1 to see it fail")
    await ended(studio, "lab-1")
    await studio.shoot("create-failed")
    server.backups_end = "completed"


def newest(studio: Studio, server: str) -> int:
    whole = [one for one in studio.sandbox.provider.backups_of(server) if one.status == "completed"]
    return whole[-1].id


async def confirm(studio: Studio, person: str, server: str) -> None:
    """Type the server's name into the form in front, and submit it."""
    actor = studio.person(person)
    await studio.settled()
    assert actor.modal is not None
    texts = [
        block["block_id"]
        for block in actor.modal.payload["blocks"]
        if block.get("element", {}).get("type") == "plain_text_input"
    ]
    await actor.fills({**dict.fromkeys(texts[:-1], "Mail bounces since the update"), texts[-1]: server})
    await actor.submits()


async def use(studio: Studio, person: str, words: str) -> None:
    """Click the newest button, or choose from the newest menu, what begins with these words."""
    actor = studio.person(person)
    for message in reversed(await actor.sees()):
        for at in placed(message.blocks):
            where: dict[str, Any] = {"message": message, "block_id": at.block_id, "confirm": True}
            for option in at.element.get("options", []):
                if option["text"]["text"].startswith(words):
                    await actor.chooses(option["value"], action_id=at.action_id, **where)
                    return
            if at.kind == "button" and at.element["text"]["text"].startswith(words):
                await actor.clicks(at.action_id, **where)
                return


async def restore(studio: Studio) -> None:
    ana = studio.person("ana")
    await ana.types(f"/backup restore {newest(studio, 'web-2')}")
    await studio.shoot("restore-form")
    studio.sandbox.provider.hold()
    await confirm(studio, "ana", "web-2")
    await studio.shoot("restore-safety-backup")
    studio.sandbox.provider.finish()
    await studio.sandbox.provider.until(lambda: studio.sandbox.provider.restores, seconds=30)
    await studio.shoot("restore-running")
    studio.sandbox.provider.release()
    server = studio.sandbox.provider.server("web-2")
    await studio.sandbox.provider.until(lambda: server.status == "active", seconds=60)
    await asyncio.sleep(3)  # the bot has to look, too
    await studio.shoot("restore-done")
    await studio.shoot("restore-done-thread", thread=studio.sandbox.workspace.messages["COPS"][0].ts)


async def approval(studio: Studio) -> None:
    await studio.person("ana").types(f"/backup restore {newest(studio, 'mail')}")
    await studio.shoot("approval-form")
    await confirm(studio, "ana", "mail")
    await studio.shoot("approval-asked")
    await studio.shoot("approval-asked-ben", person="UBEN")
    await studio.shoot("approval-asked-direct", person="UBEN", channel="DBEN")
    await use(studio, "ben", "Decline")
    await studio.shoot("approval-declining", person="UBEN")
    if studio.person("ben").modal:
        await studio.person("ben").submits()
    await studio.shoot("approval-declined")


async def break_glass(studio: Studio) -> None:
    await studio.person("ana").types(f"/backup restore {newest(studio, 'mail')}")
    await confirm(studio, "ana", "mail")
    await studio.settled()
    await use(studio, "ana", "Break glass")
    await studio.shoot("break-glass")


async def schedules(studio: Studio) -> None:
    ana = studio.person("ana")
    await ana.types("/backup schedule create web-1 every day at 03:00 keep 7 make room")
    await studio.settled()
    await ana.types("/backup schedule create mail web-* every monday and thursday at 2pm")
    await studio.settled()
    await ana.types("/backup schedule")
    await studio.settled()
    await use(studio, "ana", "Run now")
    await studio.shoot("schedules")
    await ana.types("/backup schedule create")
    await studio.settled()
    await ana.fills(scheduled_servers="web-1 db-*", scheduled_when="every 6 hours")
    await studio.shoot("schedule-form")
    await ana.fills(scheduled_when="every blue moon")
    await studio.shoot("schedule-form-refused")
    await ana.closes()


async def delete(studio: Studio) -> None:
    oldest = next(one for one in studio.sandbox.provider.backups_of("web-1") if one.backup_type == "manual")
    await studio.person("ana").types(f"/backup delete {oldest.id}")
    await studio.shoot("delete-form")
    await confirm(studio, "ana", "web-1")
    await studio.shoot("delete-done")


async def wrong_name(studio: Studio) -> None:
    await studio.person("ana").types(f"/backup restore {newest(studio, 'web-1')}")
    await studio.settled()
    await confirm(studio, "ana", "web-2")
    await studio.shoot("restore-form-wrong-name")


async def without_vps(studio: Studio) -> None:
    faults: tuple[ProviderFault, ...] = ("500", "429", "unauthorized")
    for fault in faults:
        studio.sandbox.faults.provider_fail = fault
        await studio.person("ana").types("/backup list web-1")
        await studio.person("ana").types("/backup create web-1")
        await studio.shoot(f"vps-{fault}")
        studio.sandbox.faults.provider_fail = None
        await studio.settled()
        studio.clear()


async def audit(studio: Studio) -> None:
    ben = studio.person("ben")
    await ben.types("/backup audit")
    await studio.shoot("audit", person="UBEN")
    await use(studio, "ben", "Details")
    await studio.shoot("audit-details", person="UBEN")
    studio.clear()
    await ben.types("/backup audit mail")
    await studio.settled()
    await use(studio, "ben", "Export CSV")
    await studio.shoot("audit-of-mail", person="UBEN")
    await studio.shoot("audit-csv", person="UBEN", channel="DBEN")


async def home(studio: Studio) -> None:
    for handle in ("ana", "gus"):
        person = studio.person(handle)
        await person.opens_home()
        await studio.shoot(
            f"home-of-{handle}", person=person.person.id, channel=f"D{handle.upper()}", tab="home"
        )
    await studio.person("ana").clicks("ask_create", view=studio.sandbox.workspace.homes["UANA"]["id"])
    await studio.shoot("home-create", channel="DANA", tab="home")


COMMANDS = {
    "ana": [
        *("", "help", "help restore", "status", "servers", "list", "list web-1", "list lab-1", "timeline"),
        *(
            "create",
            "delete",
            "restore",
            "restore web-1",
            "restore web-1 latest",
            "delete web-1",
            "create db-main",
        ),
        *("lst", "list web", "create wbe-1"),
    ],
    "gus": ["list", "create web-1"],
    "cleo": ["", "create web-1"],
}
SCENES: tuple[Scene, ...] = (
    *(typing(f"/backup {text}", person=who) for who, texts in COMMANDS.items() for text in texts),
    create,
    create_fails,
    several,
    restore,
    wrong_name,
    approval,
    break_glass,
    delete,
    without_vps,
    schedules,
    audit,
    home,
)


async def main(folder: Path) -> None:
    """Walk through all scenes, each with an empty workspace."""
    sandbox = Sandbox(speed=20)
    await sandbox.start()
    try:
        await (await sandbox.start_bot()).ready()
        async with launched() as browser:
            studio = Studio(sandbox, browser, folder)
            await readme(studio)
            for scene in SCENES:
                studio.clear()
                await scene(studio)
    finally:
        await sandbox.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--into", type=Path, required=True)
    into = parser.parse_args().into
    into.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(into))
