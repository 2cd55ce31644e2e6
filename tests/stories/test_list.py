"""Looking at backups."""

import re
from datetime import timedelta

import pytest

from bot.sandbox.slack.form_state import placed
from bot.sandbox.slack.workspace import Message
from bot.vps.budget import LOOKS
from tests.world import World, set_up


def rows(listing: Message) -> list[str]:
    """The numbers of the backups shown, in their order."""
    texts = [at.block["text"]["text"] for at in placed(listing.blocks) if at.action_id == "list_row"]
    return [re.findall(r"`(\d+)`", text)[0] for text in texts]


def buttons(listing: Message) -> list[str]:
    """What its buttons say."""
    return [at.element["text"]["text"] for at in placed(listing.blocks) if at.kind == "button"]


def choices(listing: Message) -> list[str]:
    """What the menu at its first backup offers."""
    first = next(at for at in placed(listing.blocks) if at.action_id == "list_row")
    return [option["text"]["text"] for option in first.element["options"]]


async def test_the_newest_come_first_and_only_the_requester_sees_them(world: World) -> None:
    old = world.provider.add_backup("web-1", age=timedelta(days=2), description="before the move")
    new = world.provider.add_backup("web-1", backup_type="automatic", kept=timedelta(days=7))
    await world.person("ana").types("/backup list web-1")
    listing = await world.until_whisper("ana", "Backups of web-1\n2 backups · 1 of 10 manual slots · newest")
    assert rows(listing) == [str(new.id), str(old.id)]
    for known in ("status active", "manual", "automatic", "8.0 GB", "\nbefore the move", "expires"):
        assert known in listing.text
    assert world.posts() == []
    assert listing not in await world.person("ben").sees()


async def test_over_all_servers_each_has_its_newest_backup_and_a_way_to_the_others(world: World) -> None:
    for name, days in (("web-1", 2), ("web-1", 1), ("db-1", 3)):
        world.provider.add_backup(name, age=timedelta(days=days))
    ana = world.person("ana")
    await ana.types("/backup list")
    listing = await world.until_whisper("ana", "Backups of all servers\n3 backups of 2 servers")
    assert re.findall(r"\*(.+?)\* · .*\n.*`(\d+)`", listing.text) == [("web-1", "5002"), ("db-1", "5003")]
    await ana.clicks(label="Backups (2)", message=listing)
    await world.until(lambda: rows(listing) == ["5002", "5001"], "web-1's backups are shown in its place")
    await ana.chooses("All servers", action_id="list_server", message=listing)
    await world.until(lambda: "Backups of all servers" in listing.text, "and all again")


@set_up(bot_operators="UANA")
async def test_a_backup_can_be_made_from_the_list_by_those_who_can(world: World) -> None:
    for handle in ("ana", "ben"):
        await world.person(handle).types("/backup list web-1")
        listing = await world.until_whisper(handle, "Backups of web-1")
        assert ("Back up…" in buttons(listing)) is (handle == "ana")
    await world.person("ana").clicks(label="Back up…", message=world.whispers("ana")[-1])
    await world.until_modal("ana", "Back up a server")


async def test_no_backups_at_all(world: World) -> None:
    await world.person("ana").types("/backup list web-1")
    listing = await world.until_whisper("ana", "Backups of web-1\n0 backups")
    assert "No backups yet." in listing.text
    assert "Older" not in buttons(listing)


async def test_one_server_and_one_type(world: World) -> None:
    wanted = world.provider.add_backup("web-1")
    world.provider.add_backup("web-1", backup_type="automatic")
    world.provider.add_backup("db-1")
    await world.person("cleo").types("/backup list web-1 —type man")
    listing = await world.until_whisper("cleo", "Manual backups of web-1\n1 manual backup")
    assert rows(listing) == [str(wanted.id)]


async def test_the_eleventh_is_on_the_second_page(world: World) -> None:
    made = [world.provider.add_backup("web-1", age=timedelta(hours=hours)) for hours in range(1, 12)]
    ana = world.person("ana")
    await ana.types("/backup list web-1")
    listing = await world.until_whisper("ana", "Backups of web-1\n11 backups")
    assert rows(listing) == [str(each.id) for each in made[:10]]
    assert buttons(listing) == ["Back up…", "Older ▶", "Show in channel"]

    await ana.clicks(label="Older ▶", message=listing)
    await world.until(lambda: rows(listing) == [str(made[10].id)], "the second page is shown")
    assert "11–11 of 11, newest first" in listing.text
    await ana.clicks(label="◀ Newer", message=listing)
    await world.until(lambda: len(rows(listing)) == 10, "the first page is shown")
    assert len(world.whispers("ana")) == 1


async def test_the_last_days_are_a_chart_and_numbers_where_slack_has_no_charts(world: World) -> None:
    for days in (1, 2, 4):
        world.provider.add_backup("web-1", age=timedelta(days=days))
    ana = world.person("ana")
    await ana.types("/backup list web-1")
    listing = await world.until_whisper(
        "ana", "Backups of the last 14 days\nThe last 14 days: 3 complete · no complete one of "
    )
    assert "data_visualization" in [block["type"] for block in listing.blocks]
    world.faults.newer_blocks_refused = True
    await ana.types("/backup list web-1")
    await world.until(lambda: len(world.whispers("ana")) == 2)
    older = world.whispers("ana")[-1]
    assert "data_visualization" not in [block["type"] for block in older.blocks]
    assert "Complete: " in str(older.blocks)
    assert "The last 14 days: 3 complete · no complete one of " in older.text


async def test_thirty_thousand_backups(world: World) -> None:
    for hours in range(30_000):
        world.provider.add_backup("web-1", backup_type="automatic", age=timedelta(hours=hours))
    ana = world.person("ana")
    assert (await ana.types("/backup list")).acked
    listing = await world.until_whisper("ana", "30000 backups of 1 server")
    await ana.clicks(label="Backups (30000)", message=listing)
    await world.until(lambda: "1–10 of 30000" in listing.text, "the first page is shown")
    assert rows(listing)[0] == "5001"


async def test_the_filters_change_the_list_in_its_place(world: World) -> None:
    web = world.provider.add_backup("web-1")
    db = world.provider.add_backup("db-1", backup_type="automatic", age=timedelta(hours=2))
    ana = world.person("ana")
    await ana.types("/backup list")
    listing = await world.until_whisper("ana", "2 backups")
    await ana.chooses("db-1", action_id="list_server", message=listing)
    await world.until(lambda: rows(listing) == [str(db.id)], "db-1's backups are shown")
    await ana.chooses("Manual", action_id="list_type", message=listing)
    await world.until(
        lambda: "Manual backups of db-1\n0 manual backups" in listing.text, "db-1 has no manual ones"
    )
    await ana.chooses("All servers", action_id="list_server", message=listing)
    await world.until(lambda: f"`{web.id}`" in listing.text, "all manual ones are shown")
    await ana.chooses("All types", action_id="list_type", message=listing)
    await world.until(lambda: "2 backups of 2 servers" in listing.text, "all are shown")
    assert len(world.whispers("ana")) == 1


async def test_a_page_can_be_shared_with_everybody(world: World) -> None:
    world.provider.add_backup("web-1", description="before the move")
    ana = world.person("ana")
    await ana.types("/backup list web-1")
    await world.until_whisper("ana", "1 backup")
    await ana.clicks(label="Show in channel")
    shared = await world.until_post("Shared by <@UANA>")
    assert "before the move" in shared.text
    assert list(placed(shared.blocks)) == []


async def test_if_the_bot_can_t_post_it_says_how_to_let_it_share(world: World) -> None:
    ana = world.person("ana")
    await ana.types("/backup list", channel="secret")
    await world.until_whisper("ana", "0 backups", channel="secret")
    await ana.clicks(label="Show in channel")
    await world.until_whisper("ana", "Invite me with `/invite`", channel="secret")


async def test_the_menu_at_a_backup_leads_to_what_can_be_done_with_it(world: World) -> None:
    done = world.provider.add_backup("web-1")
    ana = world.person("ana")
    await ana.types("/backup list web-1")
    listing = await world.until_whisper("ana", "1 backup")
    assert choices(listing) == ["Restore…", "Delete…"]
    await ana.chooses("Restore…", action_id="list_row", message=listing)
    await world.until_modal("ana", "Everything written to web-1 after ")
    await ana.closes()
    await ana.chooses("Delete…", action_id="list_row", message=listing)
    await world.confirms("ana")
    await world.until_reply(f"Deleted backup {done.id}")


async def test_only_what_makes_sense_is_offered(world: World) -> None:
    world.provider.add_backup("web-1", status="in_progress")
    world.provider.add_backup("db-1", status="failed")
    for server, status, offered in (
        ("web-1", "in_progress", ["Tell me when it's done", "Delete…"]),
        ("db-1", "failed", ["Delete…"]),
    ):
        await world.person("ana").types(f"/backup list {server}")
        listing = await world.until_whisper("ana", "1 backup")
        assert choices(listing) == offered
        assert status.replace("_", " ") in listing.text
        world.workspace.remove(listing)


@set_up(bot_operators="UANA,UBEN")
async def test_a_person_without_permission_is_told_when_they_choose_not_when_they_look(world: World) -> None:
    world.provider.add_backup("web-1")
    cleo = world.person("cleo")
    await cleo.types("/backup list web-1")
    listing = await world.until_whisper("cleo", "1 backup")
    await cleo.chooses("Delete…", action_id="list_row", message=listing)

    def refusal() -> str:
        texts = [
            str(cleo.modal.payload) if cleo.modal else "",
            *(each.text for each in world.whispers("cleo")),
        ]
        return next(
            (text for text in texts if "You don't have permission to delete backups of this server." in text),
            "",
        )

    assert "Ask <@UANA> or <@UBEN>." in await world.until(refusal, "cleo is refused")


async def test_what_makes_no_sense_is_explained(world: World) -> None:
    for said, words in (
        ("list web-9", "Did you mean web-1"),
        ("list --all", "I don't know the option “--all”."),
        ("list --type weekly", "Types are `manual` and `automatic`."),
        ("list web-1 db-1", "I list one server at a time."),
    ):
        await world.person("ana").types(f"/backup {said}")
        await world.until_whisper("ana", words)


HOSTILE = ["<!channel> now", "<@UBEN>", "<https://evil.example|click>", "*x* _y_ ~z~ `c`", "a\n> b\u202ec"]


async def test_names_and_descriptions_can_t_mention_link_or_format(world: World) -> None:
    for description in HOSTILE:
        world.provider.add_server(description)
        world.provider.add_backup(description, description=description)
    ana = world.person("ana")
    await ana.types("/backup list")
    listing = await world.until_whisper("ana", "5 backups")
    await ana.clicks(label="Show in channel", message=listing)
    shared = await world.until_post("Shared by")
    for description in HOSTILE:
        assert description not in listing.text
        assert description not in [block["text"]["text"] for block in listing.blocks if "text" in block]
        assert description not in shared.text
    assert world.workspace.complaints == []


async def test_the_longest_name_and_description_there_are(world: World) -> None:
    name = "n" * 255
    world.provider.add_server(name)
    for _ in range(10):
        world.provider.add_backup(name, backup_type="automatic", description="&" * 255)
    ana = world.person("ana")
    await ana.types(f"/backup list {name}")
    listing = await world.until_whisper("ana", "10 backups")
    assert len(rows(listing)) == 10
    await ana.chooses("Restore…", action_id="list_row", message=listing)
    await world.confirms("ana", name)
    await world.until_post("Step 1 of 2: safety backup")


async def test_what_vps_org_counts_but_does_not_show_is_said(world: World) -> None:
    for _ in range(12):
        world.provider.add_backup("web-1")
    world.provider.cut_lists_at = 10
    await world.person("ana").types("/backup list")
    await world.until_whisper("ana", "VPS.org counts 2 more that it did not show")


async def test_pages_of_vps_org_are_read_to_the_end(world: World) -> None:
    for _ in range(12):
        world.provider.add_backup("web-1")
    world.provider.page_size = 5
    await world.person("ana").types("/backup list")
    await world.until_whisper("ana", "12 backups")


async def test_a_hiccup_of_vps_org_is_not_even_noticed(world: World) -> None:
    world.faults.next_provider["GET", "/backups/"] += ["500", "reset"]
    await world.person("ana").types("/backup list")
    await world.until_whisper("ana", "0 backups")


async def test_who_looks_all_the_time_has_to_wait_but_can_act(world: World) -> None:
    ana = world.person("ana")
    for _ in range(LOOKS):
        await ana.types("/backup list web-1")
    await ana.types("/backup servers")
    refused = await world.until_whisper("ana", "You've asked for a lot in the last minute.\nTry again in")
    assert buttons(refused) == ["Try again"]
    await world.person("ben").types("/backup list web-1")
    await world.until_whisper("ben", "Backups of web-1")
    await ana.types("/backup create web-1")
    await world.until(lambda: world.provider.creates)


@pytest.mark.parametrize("asked", ["list", "servers"])
async def test_who_waits_for_vps_org_is_told_so_after_a_second_and_then_answered(
    world: World, asked: str
) -> None:
    world.provider.add_backup("web-1")
    world.faults.provider_latency = 1.2
    await world.person("ana").types(f"/backup {asked}")
    await world.until_whisper("ana", "Asking VPS.org…")
    answer = "server" if asked == "servers" else "backup"
    await world.until(lambda: answer in world.whispers("ana")[-1].text and len(world.whispers("ana")) == 2)
