"""The page's script in a real browser, with a bot that is a function."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer
from playwright.async_api import BrowserContext, Page, expect

from bot.sandbox.slack import modals
from bot.sandbox.slack.workspace import Json
from tests.browser.chromium import in_chromium, watched
from tests.sandbox.page.conftest import NOW
from tests.sandbox.page.harness import PageHarness
from tests.sandbox.page.test_actions import MODAL, option, plain, text_input

pytestmark = in_chromium


@pytest.fixture
def harness() -> PageHarness:
    return PageHarness(now=lambda: NOW)


@pytest_asyncio.fixture(loop_scope="session")
async def home(harness: PageHarness) -> AsyncIterator[str]:
    """Where the harness is served."""
    async with TestServer(harness.application(), host="127.0.0.1") as server:
        harness.workspace.base_url = str(server.make_url("")).rstrip("/")
        yield str(server.make_url("/"))


@pytest_asyncio.fixture(loop_scope="session")
async def window(browser: BrowserContext, home: str, harness: PageHarness) -> AsyncIterator[Page]:
    """Ana's window on #ops. Whatever goes wrong in it, or leaves this machine, fails the test."""
    harness.says("Hello")
    page = await browser.new_page()
    wrong = watched(page, home)
    await page.goto(f"{home}?as=UANA&in=COPS")
    await page.wait_for_selector("body[data-connected]")
    yield page
    await page.close()
    assert wrong == []


def suggests_one_server_and_refuses_its_name(payload: Json) -> Json:
    if payload["type"] == "block_suggestion":
        return {"options": [option("web-1")]}
    errors = {"name": "Not its name.", "server": "Not this one."}
    refused = {"response_action": "errors", "errors": errors}
    return refused if payload["type"] == "view_submission" else {}


async def test_what_one_types_survives_what_arrives(window: Page, harness: PageHarness) -> None:
    await window.keyboard.type("half ")
    harness.says("news")
    await expect(window.get_by_text("news")).to_be_visible()
    await window.keyboard.type("done")
    await expect(window.get_by_label("Message #ops")).to_have_value("half done")
    await window.reload()
    await expect(window.get_by_label("Message #ops")).to_have_value("half done")


async def test_a_command_is_completed_and_sent_with_the_keyboard(window: Page, harness: PageHarness) -> None:
    await window.keyboard.type("/ba")
    await expect(window.get_by_role("option")).to_contain_text("Back up and restore servers")
    await window.keyboard.press("Tab")
    await window.keyboard.type("list web-1")
    await window.keyboard.press("Enter")
    assert (await harness.bot_function.hears("command"))["text"] == "list web-1"
    await expect(window.get_by_label("Message #ops")).to_have_value("")


async def test_mentions_are_completed_also_in_a_thread(window: Page, harness: PageHarness, home: str) -> None:
    alert = harness.says("The disk of web-1 is almost full.")
    await window.goto(f"{home}?as=UANA&in=COPS&thread={alert.ts}")
    await window.wait_for_selector("body[data-connected]")
    reply = window.get_by_label("Reply…")
    await reply.press_sequentially("now @back")
    await expect(window.get_by_role("option")).to_have_text("@backup-bot App")
    await reply.press("Enter")
    await expect(reply).to_have_value("now @backup-bot ")
    await reply.press_sequentially("create web-1")
    await reply.press("Enter")
    event = (await harness.bot_function.hears("event_callback"))["event"]
    assert (event["text"], event["thread_ts"]) == ("now <@U0BACKUPBOT> create web-1", alert.ts)


async def test_a_step_of_a_workflow_is_run_and_seen_to_end(window: Page, harness: PageHarness) -> None:
    await window.get_by_role("button", name="Controls").click()
    drawer = window.locator("#drawer")
    await drawer.get_by_text("Run a backup").click()
    await drawer.get_by_role("button", name="Run the workflow").click()
    await expect(drawer.get_by_role("alert").first).to_have_text("Please complete this required field.")
    await drawer.get_by_label("Server").first.fill("web-1")
    await drawer.get_by_role("button", name="Run the workflow").click()
    await expect(drawer.get_by_text("running").last).to_be_visible()
    [run] = harness.workspace.step_runs.values()
    run.status, run.outputs = "completed", {"job_id": "5011"}
    await expect(drawer.locator(".outputs")).to_have_text("job_id5011")


async def test_lines_stay_apart_and_suggestions_are_not_cut_off(window: Page, harness: PageHarness) -> None:
    harness.bot_function.answers = lambda _payload: {"options": [option(f"web-{n}") for n in range(6)]}
    text = {"type": "mrkdwn", "text": "first\n`second` third"}
    select = {"type": "external_select", "action_id": "pick", "min_query_length": 0}
    harness.says("x", blocks=[{"type": "section", "text": text}, {"type": "actions", "elements": [select]}])
    await expect(window.locator(".block-section").last).to_have_text(
        "first\nsecond third", use_inner_text=True
    )
    await window.get_by_role("combobox").last.click()
    await expect(window.get_by_role("option", name="WEB-5")).to_be_in_viewport(ratio=1)


async def test_of_grouped_suggestions_the_very_one_is_picked(window: Page, harness: PageHarness) -> None:
    twins = [{"text": plain("Mon 09:17"), "value": value} for value in ("first", "second")]
    groups = [
        {"label": plain("Manual"), "options": twins},
        {"label": plain("Nightly"), "options": [option("n")]},
    ]
    harness.bot_function.answers = lambda payload: (
        {"option_groups": groups} if payload["type"] == "block_suggestion" else {}
    )
    element = {"type": "external_select", "action_id": "pick", "min_query_length": 0}
    asked = {"type": "input", "block_id": "backup", "label": plain("Backup"), "element": element}
    modals.push(harness.workspace, "UANA", MODAL | {"blocks": [asked]})
    modal = window.get_by_role("dialog", name="Restore")
    await modal.get_by_role("combobox").click()
    await modal.get_by_role("group", name="Manual").get_by_role("option").last.click()
    await expect(modal.get_by_role("combobox")).to_have_value("Mon 09:17")
    await modal.get_by_role("button", name="Restore").click()
    state = (await harness.bot_function.hears("view_submission"))["view"]["state"]["values"]
    assert state["backup"]["pick"]["selected_option"] == twins[1]


async def test_several_are_picked_of_what_is_suggested(window: Page, harness: PageHarness) -> None:
    harness.bot_function.answers = lambda payload: (
        {"options": [option("web-1"), option("web-2")]} if payload["type"] == "block_suggestion" else {}
    )
    element = {"type": "multi_external_select", "action_id": "pick", "min_query_length": 0}
    asked = {"type": "input", "block_id": "servers", "label": plain("Servers"), "element": element}
    modals.push(harness.workspace, "UANA", MODAL | {"blocks": [asked]})
    modal = window.get_by_role("dialog", name="Restore")
    for name in ("WEB-1", "WEB-2"):
        await modal.get_by_role("combobox").click()
        await modal.get_by_role("option", name=name).click()
        await expect(modal.get_by_role("checkbox", name=name)).to_be_checked()
    await modal.get_by_role("checkbox", name="WEB-1").uncheck()
    await modal.get_by_role("button", name="Restore").click()
    state = (await harness.bot_function.hears("view_submission"))["view"]["state"]["values"]
    assert state["servers"]["pick"]["selected_options"] == [option("web-2")]


async def test_a_modal_is_filled_in_and_complained_about(window: Page, harness: PageHarness) -> None:
    harness.bot_function.answers = suggests_one_server_and_refuses_its_name
    modals.push(harness.workspace, "UANA", MODAL)
    modal = window.get_by_role("dialog", name="Restore")
    await expect(modal.get_by_label("Name").first).to_be_focused()
    await modal.get_by_role("button", name="Restore").click()
    await expect(modal.get_by_role("alert").first).to_have_text("Please complete this required field.")
    await modal.get_by_role("combobox").click()
    await modal.get_by_role("option", name="WEB-1").click()
    await modal.get_by_label("Name").first.fill("web-2")
    await modal.get_by_role("button", name="Restore").click()
    await expect(modal.get_by_text("Not its name.")).to_be_visible()
    await expect(modal.get_by_label("Name").first).to_be_focused()
    await expect(modal.get_by_label("Name").first).to_have_value("web-2")
    await modal.get_by_label("Name").first.press_sequentially("0")
    await expect(modal.get_by_text("Not its name.")).to_have_count(0)
    await expect(modal.get_by_role("combobox")).to_have_attribute("aria-invalid", "true")
    await modal.get_by_role("combobox").fill("")
    await modal.get_by_role("combobox").click()
    await modal.get_by_role("option", name="WEB-1").click()
    await expect(modal.get_by_text("Not this one.")).to_have_count(0)
    await expect(modal.get_by_role("combobox")).not_to_have_attribute("aria-invalid", "true")
    state = (await harness.bot_function.hears("view_submission"))["view"]["state"]["values"]
    assert state["server"]["pick"]["selected_option"] == option("web-1")
    await expect(modal.locator("[aria-busy=true]")).to_have_count(0)
    await window.keyboard.press("Escape")
    await expect(modal).to_have_count(0)
    await expect(window.get_by_label("Message #ops")).to_be_focused()


async def test_the_next_form_begins_at_its_first_field(window: Page, harness: PageHarness) -> None:
    first = MODAL | {"blocks": [text_input("server")]}
    boxes = {"type": "checkboxes", "action_id": "on", "options": [option("safety")]}
    asked = {
        "type": "input",
        "block_id": "safe",
        "optional": True,
        "label": plain("Before"),
        "element": boxes,
    }
    view = MODAL | {"blocks": [asked, text_input("name")]}
    harness.bot_function.answers = lambda _payload: {"response_action": "update", "view": view}
    modals.push(harness.workspace, "UANA", first)
    await window.get_by_label("Name").fill("web-1")
    await window.get_by_role("dialog").get_by_role("button", name="Restore").press("Enter")
    await expect(window.get_by_role("checkbox", name="SAFETY")).to_be_focused()


async def test_a_dangerous_button_asks_first(window: Page, harness: PageHarness) -> None:
    confirm = {
        "title": plain("Sure?"),
        "text": plain("Really."),
        "confirm": plain("Yes"),
        "deny": plain("No"),
    }
    button = {"type": "button", "action_id": "go", "text": plain("Delete"), "confirm": confirm}
    harness.says("x", blocks=[{"type": "actions", "elements": [button]}])
    await window.get_by_role("button", name="Delete").click()
    await window.get_by_role("button", name="No").click()
    assert not [payload for payload in harness.bot_function.told if payload.get("type") == "block_actions"]
    await window.get_by_role("button", name="Delete").click()
    await window.get_by_role("button", name="Yes").click()
    assert (await harness.bot_function.hears("block_actions"))["actions"][0]["action_id"] == "go"


async def test_a_menu_opens_and_is_used_with_the_keyboard(window: Page, harness: PageHarness) -> None:
    menu = {"type": "overflow", "action_id": "row", "options": [option("one"), option("two")]}
    harness.says("x", blocks=[{"type": "actions", "elements": [menu]}])
    await window.get_by_role("button", name="More options").press("Enter")
    await expect(window.get_by_role("menuitem", name="ONE")).to_be_focused()
    await window.keyboard.press("ArrowDown")
    await window.keyboard.press("Enter")
    assert (await harness.bot_function.hears("block_actions"))["actions"][0]["selected_option"][
        "value"
    ] == "two"


async def test_a_data_table_is_sorted_and_turned_and_stays_so(window: Page, harness: PageHarness) -> None:
    names = ["Server", "web-10", "web-2", "Mail", "web-1"]
    slots = [10, 2, 9, 0]
    numbers = [{"type": "raw_number", "value": number, "text": f"{number} of 10"} for number in slots]
    column = [{"type": "raw_text", "text": "Slots"}, *numbers]
    rows = [[{"type": "raw_text", "text": name}, slot] for name, slot in zip(names, column, strict=True)]
    table = {"type": "data_table", "caption": "Servers", "page_size": 3, "rows": rows}
    message = harness.says("x", blocks=[table])
    shown = window.get_by_role("table", name="Servers").locator("tbody tr")

    async def is_shown(*expected: str) -> None:
        await expect(shown.filter(visible=True).get_by_role("rowheader")).to_have_text(list(expected))

    await is_shown("web-10", "web-2", "Mail")
    await window.get_by_role("button", name="Server").click()
    await is_shown("Mail", "web-1", "web-2")
    await window.get_by_role("button", name="Next").click()
    await is_shown("web-10")
    harness.workspace.edited(message)
    await expect(window.get_by_text("4–4 of 4")).to_be_visible()
    await is_shown("web-10")
    await window.get_by_role("button", name="Slots").press("Enter")
    await window.get_by_role("button", name="Slots").press("Enter")
    await is_shown("web-10", "Mail", "web-2")
    await expect(window.get_by_role("columnheader", name="Slots")).to_have_attribute(
        "aria-sort", "descending"
    )


async def test_moments_are_in_the_zone_of_who_one_is(window: Page, harness: PageHarness, home: str) -> None:
    # 22:30 in UTC of a summer's day.
    harness.says("<!date^1784845800^{date_num} {time}|then>")
    await expect(window.get_by_text("2026-07-24 12:30 AM")).to_be_visible()
    await window.goto(f"{home}?as=UBEN&in=COPS")
    await expect(window.get_by_text("2026-07-23 11:30 PM")).to_be_visible()


async def test_faults_are_switched_in_the_drawer(window: Page, harness: PageHarness) -> None:
    await expect(window.locator("#guide")).to_be_visible()
    await window.get_by_role("button", name="Controls").click()
    boxes = [await window.locator(panel).bounding_box() for panel in ("#guide", "#drawer")]
    assert len({box["y"] for box in boxes if box}) == 1
    await window.locator("#drawer").get_by_text("answers lost").click()
    await expect(window.locator("#status")).to_contain_text("VPS.org answers lost")
    assert harness.faults.provider_fail == "timeout_after_acting"
