"""The bot in its sandbox as people meet it: in a real browser, with nothing replaced."""

import re

import pytest
from playwright.async_api import Locator, expect

from bot.sandbox.server import Sandbox
from tests.browser.chromium import in_chromium
from tests.browser.conftest import Opener
from tests.browser.window import Window

pytestmark = in_chromium


async def test_backups_are_listed_filtered_turned_and_shared(ana: Window, opens: Opener) -> None:
    await ana.says("/backup list")
    found = ana.message("newest first")
    await expect(found).to_contain_text("Backups of all servers")
    await found.get_by_role("combobox", name="All servers").click()
    await found.get_by_role("option", name="db-main").click()
    await expect(found).to_contain_text("24 backups · 10 of 10 manual slots")
    await found.get_by_role("combobox").last.select_option("Manual")
    await expect(found).to_contain_text("Manual backups of db-main")
    await expect(found).not_to_contain_text("Automatic daily backup")
    await found.get_by_role("combobox").last.select_option("All types")
    await found.get_by_role("button", name="Older").click()
    await expect(found).to_contain_text("11–20 of 24")
    ben = await opens("UBEN")
    await expect(ben.message("Backups of db-main")).to_have_count(0)
    await found.get_by_role("button", name="Show in channel").click()
    await expect(ben.message("Shared by @ana")).to_contain_text("Backups of db-main")


async def tabs_to(target: Locator, *, key: str = "Tab") -> None:
    """Press Tab until that has the focus, a few times at most."""
    for _ in range(5):
        await target.page.keyboard.press(key)
        if await target.evaluate("element => element === document.activeElement"):
            return
    pytest.fail(f"No way by keyboard to {target}")


async def test_a_backup_is_made_with_the_keyboard_alone(ana: Window, sandbox: Sandbox) -> None:
    keyboard, page = ana.page.keyboard, ana.page
    await keyboard.type("/ba")
    await keyboard.press("Tab")
    await keyboard.type("create")
    await keyboard.press("Enter")
    server = ana.modal.get_by_role("combobox")
    await expect(server).to_be_focused()
    await keyboard.type("web-2")
    await expect(ana.modal.get_by_role("option").first).to_have_text("web-2")
    await keyboard.press("ArrowDown")
    await keyboard.press("Enter")
    await expect(ana.modal.get_by_role("checkbox", name="web-2")).to_be_checked()
    await tabs_to(ana.modal.get_by_label("Reason"))
    await keyboard.type("Before the kernel update")
    await keyboard.press("Enter")
    await ana.modal_closes()
    await expect(page.get_by_label("Message #ops")).to_be_focused()
    card = ana.message("web-2 is backed up")
    await expect(card).to_contain_text("“Before the kernel update”")
    replies = card.get_by_role("link", name="1 reply")
    await expect(replies).to_be_visible()
    await tabs_to(replies, key="Shift+Tab")
    await keyboard.press("Enter")
    await expect(ana.replies().last).to_contain_text(re.compile(r"@ana\s.*web-2 is backed up"))
    await expect(ana.replies().last).to_contain_text(re.compile(r"\d s, backup \d+"))
    await page.wait_for_selector("body[data-connected]")
    await keyboard.press("Escape")
    await expect(page.get_by_role("log", name="Replies")).to_have_count(0)
    assert (
        sandbox.provider.backups_of("web-2")[-1]
        .description.partition(" ")[2]
        .startswith("Before the kernel update")
    )


async def test_a_backup_is_deleted_once_its_servers_name_is_right(ana: Window, sandbox: Sandbox) -> None:
    [oldest, *_] = [one for one in sandbox.provider.backups_of("web-1") if one.backup_type == "manual"]
    await ana.says("/backup list web-1 --type manual")
    found = ana.message("Manual backups of web-1")
    await found.get_by_role("button", name="More options").last.click()
    await found.get_by_role("menuitem", name="Delete…").click()
    await expect(ana.modal).to_contain_text("Before the move to PHP 8.4")
    name = ana.modal.get_by_label("Type the server's name")
    await name.fill("web-2")
    await name.press("Enter")
    await expect(ana.modal.get_by_text("That is not the server's name.")).to_be_visible()
    await expect(name).to_have_value("web-2")
    assert oldest.id not in sandbox.provider.deletes
    await name.fill("web-1")
    await ana.modal.get_by_role("button", name="Delete permanently").click()
    await ana.modal_closes()
    await expect(ana.message(f"Deleted backup {oldest.id} of web-1")).to_be_visible()
    assert sandbox.provider.deletes.count(oldest.id) == 1


async def test_a_server_is_restored_after_a_safety_backup(ana: Window, sandbox: Sandbox) -> None:
    await ana.says("/backup restore")
    await ana.modal.get_by_role("combobox").click()
    await ana.modal.get_by_role("option", name="db-replica").click()
    await ana.modal.get_by_role("combobox", name="Backup", exact=True).click()
    await ana.modal.get_by_role("option").first.click()
    await ana.modal.get_by_role("button", name="Next").click()
    await expect(ana.modal).to_contain_text("Everything written to db-replica after")
    await expect(ana.modal.get_by_label("Back up the current state first")).to_be_checked()
    await ana.modal.get_by_label("Type the server's name").fill("db-replica")
    await ana.modal.get_by_role("button", name="Restore").click()
    await ana.modal_closes()
    card = ana.message("Undo: restore the safety backup…")
    await expect(card).to_contain_text("db-replica is back")
    await expect(card).to_contain_text("afety backup")
    await ana.opens_thread(card)
    await expect(ana.replies().last).to_contain_text(re.compile(r"@ana\s.*db-replica is back"))
    safety = sandbox.provider.backups_of("db-replica")[-1]
    assert (safety.status, "Safety backup" in safety.description) == ("completed", True)
    assert [name for name, _ in sandbox.provider.restores].count("db-replica") == 1


async def test_a_second_person_approves(ana: Window, opens: Opener, sandbox: Sandbox) -> None:
    [oldest, *_] = [one for one in sandbox.provider.backups_of("db-main") if one.backup_type == "manual"]
    await ana.says(f"/backup delete {oldest.id}")
    await expect(ana.modal).to_contain_text(re.compile("Approval\\s*@ben or @cleo"))
    await ana.modal.get_by_label(re.compile("^Reason")).fill("It is very old")
    await ana.modal.get_by_label("Type the server's name").fill("db-main")
    await ana.modal.get_by_role("button", name="Ask for approval").click()
    await ana.modal_closes()
    ben = await opens("UBEN", "DBEN")
    asked = ben.message("Approval needed: delete a backup of db-main")
    await asked.get_by_role("button", name="Approve").click()
    await ben.page.get_by_role("dialog", name="Approve?").get_by_role("button", name="Approve").click()
    told = ben.message(f"Deleted backup {oldest.id} of db-main")
    await expect(told.get_by_role("button", name="Approve")).to_have_count(0)
    card = ana.message(re.compile(f"backup {oldest.id}.*Approved by"))
    await expect(card).to_contain_text(re.compile(r"Approved by\s*@ben"))
    await expect(card).to_contain_text(f"Deleted backup {oldest.id} of db-main")
    assert sandbox.provider.deletes[-1] == oldest.id


async def test_the_glass_is_broken_with_a_reason(ana: Window, opens: Opener, sandbox: Sandbox) -> None:
    [*_, newest] = [one for one in sandbox.provider.backups_of("mail") if one.status == "completed"]
    await ana.says(f"/backup restore {newest.id}")
    await ana.modal.get_by_label(re.compile("^Reason")).fill("Mail is lost")
    await ana.modal.get_by_label("Type the server's name").fill("mail")
    await ana.modal.get_by_role("button", name="Ask for approval").click()
    await ana.modal_closes()
    question = ana.message("Approval needed: restore mail")
    await question.get_by_role("button", name="More options").click()
    await ana.page.get_by_role("menuitem", name="Break glass…").click()
    await ana.modal.get_by_label(re.compile("^Why")).fill("Nobody gets mail")
    await ana.modal.get_by_label("Type the server's name").fill("mail")
    await ana.modal.get_by_role("button", name="Run it alone").click()
    await ana.modal_closes()
    card = ana.message("nobody (break-glass: “Nobody gets mail”)")
    await expect(card).to_contain_text("mail is back")
    ben = await opens("UBEN", "DBEN")
    await expect(ben.message("Nobody gets mail")).to_contain_text("@ana")
    assert sandbox.provider.restores[-1] == ("mail", newest.id)
