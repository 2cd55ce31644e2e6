"""A person's Home: what it shows, what can be done there, and that it keeps up with what happens."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.home import homes
from bot.sandbox.slack.form_state import placed
from bot.slack import hints
from tests.stories.asking import TWO, asks, until_recorded
from tests.world import World, set_up, unstarted


@pytest.fixture(autouse=True)
def quick_homes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Homes are shown anew at once, as nobody else is there to be kept waiting."""
    monkeypatch.setattr(homes, "SETTLE_SECONDS", 0.02)
    monkeypatch.setattr(homes, "SPACING_SECONDS", 0.1)


def shown(world: World, handle: str) -> str:
    """Return what this person's Home says."""
    home: dict[str, Any] = world.workspace.homes.get(world.person(handle).person.id, {})
    return str([block.get("text") or block.get("elements") or block for block in home.get("blocks", [])])


async def until_home(world: World, handle: str, *words: str) -> str:
    """Wait until this person's Home holds all these words."""
    return await world.until(
        lambda: text if all(each in (text := shown(world, handle)) for each in words) else "",
        f"{handle}'s Home says {words}",
    )


async def test_an_operator_sees_what_is_at_risk_first_and_backs_it_up_from_there(world: World) -> None:
    world.provider.add_backup("web-1", age=timedelta(days=3))
    world.provider.add_backup("db-1", age=timedelta(seconds=1))  # today, also just after midnight
    ana = world.person("ana")
    await ana.opens_home()
    text = await until_home(world, "ana", "2 servers · 1 needs attention", "*web-1*", "*db-1*")
    assert text.index("*web-1* · last good backup <!date^") < text.index("*db-1*")
    assert "⬜⬜⬜⬜⬜⬜⬜⬜⬜⬜⬜⬜⬜🟩  good on 1 of 14 days" in text
    await ana.chooses("create:101", action_id="server_menu")
    await world.until_modal("ana", "Without a channel, I'll write to you directly")
    await ana.submits()
    await world.until_direct("ana", "Backing up *web-1*")
    await until_home(world, "ana", "Running and waiting now", "Backing up *web-1*")
    await world.until(lambda: world.provider.creates)
    world.provider.finish()
    await until_home(world, "ana", "2 servers'", "Your last operations", "*web-1* is backed up")
    assert world.posts() == []


@set_up(**TWO)
async def test_an_approver_approves_from_home(world: World) -> None:
    await world.person("cleo").opens_home()
    await until_home(world, "cleo", "2 servers")
    await asks(world, "delete")
    await until_home(world, "cleo", "Waiting for your approval", "Approval needed: delete a backup of web-1")
    await world.person("ana").opens_home()
    assert "Waiting for your approval" not in await until_home(world, "ana", "waiting for approval")
    await world.person("cleo").clicks("approve", view=home_id(world, "cleo"), confirm=True)
    assert (await until_recorded(world, "approved")).decided_by == "UCLEO"
    await world.until(lambda: world.provider.deletes)
    await world.until(lambda: "Waiting for your approval" not in shown(world, "cleo"), "it was decided")


@set_up(**TWO)
async def test_a_request_is_declined_from_home_with_a_reason(world: World) -> None:
    await asks(world, "delete")
    ben = world.person("ben")
    await ben.opens_home()
    await until_home(world, "ben", "Approval needed: delete a backup of web-1")
    await ben.clicks("decline", view=home_id(world, "ben"))
    await world.until_modal("ben", "Decline this request")
    await ben.fills(reason="not today")
    await ben.submits()
    assert (await until_recorded(world, "declined")).comment == "not today"
    await world.until(lambda: "Approval needed" not in shown(world, "ben"), "it was decided")


@set_up(bot_viewers="UCLEO")
async def test_a_viewer_can_look_and_a_guest_is_told_why_they_can_t(world: World) -> None:
    for handle in ("cleo", "gus"):
        await world.person(handle).opens_home()
    await until_home(world, "cleo", "You can look. Ask <@UANA> or <@UBEN> to back up or restore.", "*web-1*")
    home = world.workspace.homes["UCLEO"]
    menu = next(at for at in placed(home["blocks"]) if at.action_id == "server_menu")
    assert [option["value"] for option in menu.element["options"]] == ["list:102"]
    text = await until_home(world, "gus", "Only full members of this workspace can use me, not guests")
    assert "web-1" not in text


async def test_rights_that_were_lost_are_refused_in_a_modal_and_gone_from_home(world: World) -> None:
    ana = world.person("ana")
    await ana.opens_home()
    await until_home(world, "ana", "*web-1*")
    await world.restart_bot(bot_operators="UBEN")
    await ana.chooses("create:101", action_id="server_menu", block_id=menu_of(world, "ana", 101))
    await world.until_modal("ana", "You don't have permission to back up this server.")
    await world.until(lambda: "create:101" not in str(world.workspace.homes["UANA"]), "Home knows it, too")
    assert world.provider.creates == []
    assert (await until_recorded(world, "refused")).verb == "create"


async def test_what_is_begun_in_home_is_told_in_the_channel_that_is_chosen(world: World) -> None:
    backup = world.provider.add_backup("db-1", age=timedelta(days=3))
    ana = world.person("ana")
    await ana.opens_home()
    await until_home(world, "ana", "*db-1*")
    await ana.chooses("create:101", action_id="server_menu", view=home_id(world, "ana"))
    await world.until_modal("ana", "Back up a server")
    await ana.fills(channel="COPS")
    await ana.submits()
    await world.until_post("Backing up *web-1*")
    await ana.chooses("restore:102", action_id="server_menu", block_id=menu_of(world, "ana", 102))
    await world.until_modal("ana", "Choose a backup")
    await ana.fills(backup=f"restore:102:{backup.id}")
    await ana.submits()
    await world.confirms("ana", "db-1", channel="COPS", safety=False)
    await world.until_post("*db-1*")
    assert world.direct("ana") == []


async def test_answers_to_clicks_in_home_come_as_a_modal_with_pages_of_its_own(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hints, "ASKING_AFTER_SECONDS", 0.02)
    world.faults.provider_latency = 0.2
    world.provider.add_backup("web-1")
    for day in range(3, 15):
        world.provider.add_backup("db-1", age=timedelta(days=day))
    ana = world.person("ana")
    await ana.opens_home()
    await until_home(world, "ana", "*web-1*")
    await ana.chooses("list:102", action_id="server_menu", view=home_id(world, "ana"))
    await world.until_modal("ana", "Asking VPS.org")
    world.faults.provider_latency = 0.0
    assert "Show in channel" not in await world.until_modal("ana", "1–10 of 12")
    await ana.clicks(label="Older ▶")
    await world.until_modal("ana", "11–12 of 12")
    await ana.closes()
    assert ana.modal is None, "the page took the place of the one before"
    await ana.clicks("ask_status", view=home_id(world, "ana"))
    await world.until_modal("ana", "Nothing is running or waiting.")
    assert world.direct("ana") == []


@unstarted
async def test_hundreds_of_servers_have_pages_and_can_be_found(world: World, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text('[[group]]\nname = "databases"\nservers = ["db-*"]\n')
    for number in range(300):
        world.provider.add_server(f"app-{number:03}")
    world.provider.add_backup("web-1")
    await world.start_bot(bot_rules_file=str(rules))
    ana = world.person("ana")
    await ana.opens_home()
    await until_home(world, "ana", "302 servers · 301 need attention", "1–15 of 302")
    await ana.clicks("home_next", view=home_id(world, "ana"))
    await until_home(world, "ana", "16–30 of 302")
    await ana.opens_messages_tab()
    await ana.opens_home()
    await until_home(world, "ana", "16–30 of 302")
    await ana.chooses("APP-29", action_id="home_find", view=home_id(world, "ana"))
    text = await until_home(world, "ana", "*app-290*", "*app-299*")
    assert "*web-1*" not in text
    await ana.clicks("home_all", view=home_id(world, "ana"))
    await until_home(world, "ana", "1–15 of 302")
    await ana.chooses("Needing attention", action_id="home_show", view=home_id(world, "ana"))
    await until_home(world, "ana", "1–15 of 301")
    await ana.chooses("Group: databases", action_id="home_show", view=home_id(world, "ana"))
    assert "*app-000*" not in await until_home(world, "ana", "*db-1*")


async def test_vps_org_goes_away_and_home_shows_what_is_known_until_it_is_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(homes, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(homes, "LISTED_SECONDS", 0.0)
    world.provider.add_backup("web-1")
    ana = world.person("ana")
    await ana.opens_home()
    await until_home(world, "ana", "good on 1 of 14 days")
    world.faults.provider_fail = "500"
    await until_home(
        world, "ana", "VPS.org is having problems (error 500).", "*web-1*", "good on 1 of 14 days"
    )
    world.faults.provider_fail = None
    await world.until(lambda: "having problems" not in shown(world, "ana"), "VPS.org is back")
    world.faults.provider_fail = "500"
    await world.restart_bot()
    await world.person("ben").opens_home()
    text = await until_home(world, "ben", "VPS.org is having problems (error 500).", "Back up…")
    assert "*web-1*" not in text


def menu_of(world: World, handle: str, server_id: int) -> str:
    """Return the id of the block with a server's menu."""
    home = world.workspace.homes[world.person(handle).person.id]
    menus = (at for at in placed(home["blocks"]) if at.action_id == "server_menu")
    return next(at.block_id for at in menus if f":{server_id}'" in str(at.element))


def home_id(world: World, handle: str) -> str:
    """Return the id of this person's Home."""
    return str(world.workspace.homes[world.person(handle).person.id]["id"])
