"""Making a backup."""

import re
from datetime import timedelta

import pytest

from bot.sandbox.vps.model import Outcome
from tests.world import World, set_up


async def test_a_backup_is_announced_watched_and_told(world: World) -> None:
    await world.person("ana").types("/backup create web-1 before the upgrade")
    card = await world.until_post("Backing up *web-1*")
    [made] = await world.until(lambda: world.provider.creates)
    assert "before the upgrade" in made.description
    world.provider.finish()
    reply = await world.until_reply("*web-1* is backed up")
    assert reply.text.startswith("<@UANA>")
    assert reply.thread_ts == card.ts
    assert [post.ts for post in world.posts()] == [card.ts]
    assert ":white_check_mark: *web-1* is backed up" in world.posts()[0].text


async def test_the_outcome_says_how_big_it_is_and_how_long_it_took(world: World) -> None:
    await world.person("ana").types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    world.provider.finish()
    reply = await world.until_reply("*web-1* is backed up")
    assert re.search(r"\*web-1\* is backed up \(8\.0 GB, [^,]+, backup 5001\)\.", reply.text)
    [post] = world.posts()
    assert re.search(r"\*web-1\* is backed up · 8\.0 GB · [^·]+\nbackup 5001 · Requested by", post.text)


async def test_a_server_goes_by_name_beginning_id_or_host_name(world: World) -> None:
    typed = ["WEB-1", "web", "101", "web-1.example.net", '"web-1"', "“web-1”"]
    for number, said in enumerate(typed, 1):
        await world.person("ana").types(f"/backup create {said} why not")
        await world.until(lambda: len(world.provider.creates) == number, said)  # noqa: B023
        made = world.provider.creates[-1]
        assert made.server.name == "web-1", said
        assert made.description.endswith(" why not · by ana"), said
        world.provider.finish()


async def test_without_a_server_a_form_asks_for_it(world: World) -> None:
    ana = world.person("ana")
    await ana.types("/backup create")
    await world.until_modal("ana", "Back up a server")
    assert [option["text"]["text"] for option in await ana.suggests("server", "db")] == ["db-1"]
    await ana.fills(server="db-1", reason="before the migration")
    await ana.submits()
    assert ana.modal is None
    await world.until_post("Backing up *db-1*")
    [made] = await world.until(lambda: world.provider.creates)
    assert made.description.endswith(" before the migration · by ana")


@set_up(bot_operators="UANA,UBEN")
async def test_a_person_without_permission_is_told_who_has_it(world: World) -> None:
    for said in ("create web-1", "create"):
        await world.person("cleo").types(f"/backup {said}")
        refusal = await world.until_whisper("cleo", "You don't have permission to back up this server.")
        assert "Ask <@UANA> or <@UBEN>." in refusal.text, said
        assert world.person("cleo").modal is None, said
        world.workspace.remove(refusal)
    assert world.posts() == []


async def test_guests_can_do_nothing(world: World) -> None:
    await world.person("gus").types("/backup create web-1")
    await world.until_whisper("gus", "Only full members of this workspace can use me")
    assert world.posts() == []


async def test_a_server_nobody_knows_is_answered_with_near_names(world: World) -> None:
    for said, hint in (
        ("web-2", "Did you mean web-1?"),
        ("wbe-1", "Did you mean web-1 or db-1?"),
        ("zzz", "`/backup servers`"),
        ('"web-1', "A quote is not closed."),
    ):
        await world.person("ana").types(f"/backup create {said}")
        await world.until_whisper("ana", hint)
    assert world.posts() == []
    assert world.provider.creates == []


async def test_a_beginning_that_fits_several_servers_names_them(world: World) -> None:
    world.provider.add_server("web-2")
    await world.person("ana").types("/backup create web-2")  # a new server: the list is asked for anew
    await world.until(lambda: world.provider.creates)
    await world.person("ana").types("/backup create web")
    await world.until_whisper("ana", "Several servers begin with “web”.\nDid you mean web-1 or web-2?")
    assert len(world.provider.creates) == 1


async def test_a_full_server_is_said_to_be_full_to_the_requester_alone(world: World) -> None:
    for days in range(10):
        world.provider.add_backup("web-1", age=timedelta(days=days + 1))
    ana = world.person("ana")
    await ana.types("/backup create web-1")
    full = await world.until_whisper("ana", "web-1 has no free backup slot (10 of 10).")
    assert world.posts() == []
    assert world.provider.creates == []

    await ana.clicks(label="Try again", message=full)
    await world.until(lambda: len(world.whispers("ana")) == 2, "it is as full as before")
    assert world.provider.creates == []


async def test_a_server_that_fills_up_before_its_turn_is_refused_in_the_open(world: World) -> None:
    await world.person("ana").types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    await world.person("ben").types("/backup create web-1")
    await world.until_post("*web-1*: backup is queued")
    for days in range(9):
        world.provider.add_backup("web-1", age=timedelta(days=days + 1))
    world.provider.finish()
    await world.until_reply("<@UBEN> :no_entry_sign: Not backed up: *web-1*")
    card = await world.until_post("Not backed up: *web-1*")
    assert len(world.provider.creates) == 1
    await world.person("ben").clicks(label="Delete the oldest…", message=card)
    await world.until_modal("ben", "Backup 5010 of web-1")


ENDS: list[tuple[Outcome, str]] = [
    ("failed", "VPS.org gives its status as “failed” and no reason."),
    ("vanishes", "Backup 5001 is no longer listed: it failed, or it was deleted while it ran."),
]


@pytest.mark.parametrize(("end", "words"), ENDS)
async def test_a_backup_that_ends_badly_is_told_and_can_be_tried_again(
    world: World, end: Outcome, words: str
) -> None:
    ana = world.person("ana")
    await ana.types("/backup create web-1 before the upgrade")
    await world.until(lambda: world.provider.creates)
    world.provider.finish(status=end)
    reply = await world.until_reply("The backup of *web-1* failed")
    assert words in reply.text
    card = await world.until_post(words)

    await ana.clicks(label="Try again", message=card)
    await ana.clicks(label="Try again", message=card)
    await world.until(lambda: len(world.provider.creates) == 2)
    assert "before the upgrade" in world.provider.creates[1].description
    world.provider.finish()
    await world.until_reply("*web-1* is backed up")
    assert len(world.provider.creates) == 2


@set_up(bot_late_minutes=0.001)
async def test_a_late_backup_is_said_to_be_late_and_watched_on(world: World) -> None:
    await world.person("ana").types("/backup create web-1")
    late = await world.until_reply("I'll keep watching it and tell you when it's done.")
    assert late.text.startswith("<@UANA> The backup of *web-1* has been running for more than")
    await world.until_post("The backup of *web-1* is taking longer than usual")
    world.provider.finish()
    await world.until_reply("*web-1* is backed up")
    assert len(world.replies()) == 2
    assert len(world.posts()) == 1


@set_up(bot_late_minutes=0.001, bot_give_up_hours=0.0001)
async def test_a_backup_that_never_ends_is_given_up_honestly(world: World) -> None:
    await world.person("ana").types("/backup create web-1")
    reply = await world.until_reply("*web-1*: can't tell whether the backup was made")
    assert "it had not ended" in reply.text


async def test_a_new_backup_that_is_listed_late_is_not_taken_as_gone(world: World) -> None:
    world.provider.server("web-1").backups_appear_after = 0.02
    await world.person("ana").types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    world.provider.finish()
    await world.until_reply("*web-1* is backed up")


async def test_a_reason_can_t_mention_link_or_format(world: World) -> None:
    said = "<!channel> <@UBEN> <https://evil.example|docs> *bold* _it_ `x`"
    ana = world.person("ana")
    await ana.types("/backup create")
    await world.until_modal("ana", "Back up a server")
    await ana.fills(server="web-1", reason=said)
    await ana.submits()
    card = await world.until_post("Backing up")
    assert [part for part in said.split() if part in f"{card.text}{card.blocks}"] == []
    [made] = await world.until(lambda: world.provider.creates)
    assert said in made.description


async def test_a_very_long_reason_is_cut_to_what_vps_org_takes(world: World) -> None:
    await world.person("ana").types(f"/backup create web-1 {'why ' * 400}")
    [made] = await world.until(lambda: world.provider.creates)
    assert len(made.description) <= 255
    await world.until_post("Backing up *web-1*")


async def test_one_at_a_time_on_a_server_and_the_other_is_told_for_whom_it_waits(world: World) -> None:
    await world.person("ana").types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    await world.person("ben").types("/backup create web-1")
    waiting = await world.until_post("*web-1*: backup is queued")
    assert "Waiting for <@UANA>'s backup to finish" in waiting.text
    assert len(world.provider.creates) == 1

    world.provider.finish()
    await world.until(lambda: len(world.provider.creates) == 2)
    await world.until(lambda: "Backing up *web-1*" in waiting.text, "ben's message says that it runs")
    world.provider.finish()
    await world.until_reply("<@UBEN> :white_check_mark: *web-1* is backed up")


async def test_different_servers_do_not_wait_for_each_other(world: World) -> None:
    await world.person("ana").types("/backup create web-1")
    await world.person("ben").types("/backup create db-1")
    await world.until(lambda: len(world.provider.creates) == 2)
    world.provider.finish(world.provider.backups_of("db-1")[0].id)
    await world.until_reply("<@UBEN> :white_check_mark: *db-1* is backed up")
    assert [reply for reply in world.replies() if "web-1" in reply.text] == []


async def test_a_server_that_is_gone_when_the_form_is_submitted_is_said_to_be_gone(world: World) -> None:
    ana = world.person("ana")
    await ana.types("/backup create")
    await world.until_modal("ana", "Back up a server")
    await ana.fills(server="web-1")
    del world.provider.servers[101]
    await world.restart_bot()
    await ana.submits()
    await world.until_modal("ana", "There is no server “101” that you can see.")
    assert world.provider.creates == []
