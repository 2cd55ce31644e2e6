"""What the browser tells a screen reader of the page."""

import re
from collections import Counter

import pytest
from playwright.async_api import expect

from tests.browser.chromium import in_chromium
from tests.browser.window import Window

pytestmark = in_chromium

MUST_HAVE_NAMES = {
    "article", "button", "checkbox", "combobox", "complementary", "dialog", "heading", "link", "listbox",
    "log", "menuitem", "navigation", "option", "radio", "radiogroup", "tab", "textbox",
}  # fmt: skip

WRONG_IN_THE_MARKUP = """() => {
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  const live = "[role=log], [role=status], [role=alert], [aria-live]";
  const named = (element) => ["aria-labelledby", "aria-describedby", "aria-controls"].flatMap(
    (name) => (element.getAttribute(name) ?? "").split(" ").filter(Boolean));
  return {
    "ids used twice": ids.filter((id, number) => ids.indexOf(id) !== number),
    "ids that lead nowhere": [...document.querySelectorAll("*")].flatMap(named)
      .filter((id) => !document.getElementById(id)),
    "live regions in live regions": [...document.querySelectorAll(live)]
      .filter((element) => element.parentElement.closest(live)).map((element) => element.outerHTML),
    "dialogs without a label": [...document.querySelectorAll("dialog")]
      .filter((dialog) => !document.getElementById(dialog.getAttribute("aria-labelledby"))?.textContent)
      .map((dialog) => dialog.id),
    "positive tabindex": [...document.querySelectorAll("[tabindex]")]
      .filter((element) => element.tabIndex > 0).map((element) => element.outerHTML),
  };
}"""


SMALLER_THAN_A_FINGER = """() =>
  [...document.querySelectorAll("button, a[href], input:not([type=hidden]), select, textarea")]
    .filter((element) => element.checkVisibility({ visibilityProperty: true }))
    .filter((element) => !element.closest(".text, .skip"))
    .map((element) => element.closest("label") ?? element)
    .filter((element) => {
      const { width, height } = element.getBoundingClientRect();
      return width < 43.5 || height < 43.5;
    })
    .map((element) => element.outerHTML)"""


async def check(window: Window) -> Counter[str]:
    """Fail where something can't be named or found; return how often each role is there."""
    found = await window.page.evaluate(WRONG_IN_THE_MARKUP)
    assert {what: where for what, where in found.items() if where} == {}
    nodes = await window.accessible_nodes()
    assert [node for node in nodes if node["role"] in MUST_HAVE_NAMES and not node["name"].strip()] == []
    return Counter(node["role"] for node in nodes)


async def test_all_in_the_channel_has_a_name_and_news_are_told_once(ana: Window) -> None:
    await ana.says("/backup list")
    await expect(ana.message("newest first")).to_be_visible()
    await ana.says("/backup servers")
    await expect(ana.message("lab-1")).to_be_visible()
    await ana.page.get_by_role("button", name="Controls").click()
    roles = await check(ana)
    assert (roles["main"], roles["log"]) == (1, 1)


@pytest.mark.parametrize("command", ["create", "restore db-replica"])
async def test_all_in_a_modal_has_a_name(ana: Window, command: str) -> None:
    await ana.says(f"/backup {command}")
    await expect(ana.modal.get_by_text(re.compile("^Servers?$"))).to_be_visible()
    assert (await check(ana))["dialog"] == 1
    await ana.page.keyboard.press("Escape")
    await ana.modal_closes()


async def test_an_open_thread_has_its_own_log(ana: Window) -> None:
    await ana.says("Anybody here?")
    root = ana.message("Anybody here?")
    await root.hover()
    await root.get_by_role("link", name="Reply in thread").click()
    await ana.page.get_by_label("Reply…").fill("I am")
    await ana.page.get_by_label("Reply…").press("Enter")
    await expect(ana.replies()).to_have_count(2)
    assert (await check(ana))["log"] == 2


async def test_on_a_phone_everything_is_as_large_as_a_finger(ana: Window) -> None:
    await ana.page.set_viewport_size({"width": 390, "height": 844})
    await ana.says("/backup servers")
    await expect(ana.message("lab-1")).to_be_visible()
    await ana.says("/backup create")
    await expect(ana.modal.get_by_role("combobox")).to_be_visible()
    assert await ana.page.evaluate(SMALLER_THAN_A_FINGER) == []
    await ana.page.keyboard.press("Escape")
    await ana.modal_closes()
    for panel in ("Hide the guide", "Controls", "Channels and people"):
        await ana.page.get_by_role("button", name=panel).click()
        assert await ana.page.evaluate(SMALLER_THAN_A_FINGER) == []
        await ana.page.keyboard.press("Escape")
