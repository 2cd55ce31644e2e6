"""Several servers at once: typed, by pattern, by group, in the form; one message, summary and cancel."""

import re
from datetime import timedelta
from pathlib import Path

from bot.sandbox.slack.workspace import Message
from tests.metrics.growth import Growth
from tests.stories.asking import trail
from tests.world import World, set_up, unstarted

RULES = """
[[rule]]
servers = ["db-*"]
second_person = ["create"]
approvers = ["UCLEO"]

[[rule]]
servers = ["mail"]
operators = ["UBEN"]

[[rule]]
servers = ["secret"]
viewers = []
operators = ["UBEN"]

[[group]]
name = "fleet"
servers = ["*"]
"""


async def made(world: World, count: int) -> list[str]:
    await world.until(lambda: len(world.provider.creates) == count, f"{count} backups are made")
    return sorted(each.server.name for each in world.provider.creates)


async def begun(world: World) -> Message:
    """Ana backs up both servers."""
    await world.person("ana").types("/backup create web-1 db-1")
    message = await world.until_post("Backing up *2 servers*")
    await made(world, 2)
    return message


async def test_servers_that_are_named_are_backed_up_at_once_and_told_in_one_message(world: World) -> None:
    growth = Growth()
    await world.person("ana").types("/backup create web-1, db-1 before the fix")
    message = await world.until_post("Backing up *2 servers*")
    assert await made(world, 2) == ["db-1", "web-1"]
    assert all(" before the fix · by ana" in each.description for each in world.provider.creates)
    await world.until(lambda: "2 running" in message.text, "both run")
    assert re.search(r"\*web-1\* · started <!date", message.text)
    await world.person("ben").types("/backup status")
    status = await world.until_whisper("ben", "2 running")
    assert "Backing up *2 servers* · <@UANA> · 2 running, requested" in status.text
    assert "*web-1*" not in status.text
    world.provider.finish(world.provider.creates[0].id)
    await world.until(lambda: "50 % · 1 of 2 ended" in message.text, "the first is shown to have ended")
    world.provider.finish()
    reply = await world.until_reply("*2 servers* are backed up")
    assert reply.text == "<@UANA> :white_check_mark: *2 servers* are backed up."
    assert reply.thread_ts == message.ts
    assert "100 % · 2 of 2 ended · 2 done" in message.text
    assert len(world.posts()) == len(world.replies()) == 1
    assert growth.of("operation_seconds_count") == {("create", "done"): 2}
    assert growth.of("notice_seconds_count") == {("create",): 1}
    ends = [entry for entry in trail(world) if entry.event == "ended"]
    assert {(entry.server_name, entry.state) for entry in ends} == {("web-1", "done"), ("db-1", "done")}
    assert all(message.ts.replace(".", "") in entry.permalink for entry in ends)


@unstarted
async def test_those_that_can_t_be_are_said_at_once_with_the_reason(world: World, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(RULES)
    for name in ("mail", "full", "secret"):
        world.provider.add_server(name)
    for days in range(10):
        world.provider.add_backup("full", age=timedelta(days=days + 1))
    await world.start_bot(bot_rules_file=rules)
    ana = world.person("ana")
    await ana.types("/backup create fleet before the move")
    await world.until_modal("ana", "*4 servers*, with all that “fleet” stands for")
    assert world.provider.creates == []
    await ana.submits()
    message = await world.until_post("Backing up *4 servers*")
    assert await made(world, 1) == ["web-1"]
    await world.until(lambda: "3 not backed up · 1 running" in message.text, "what can't be is shown")
    lines = {line.split("*")[1]: line for line in message.text.splitlines() if line.startswith(":no_entry")}
    assert "You don't have permission to back up this server." in lines["mail"]
    assert "This needs approval. Request it for this server alone" in lines["db-1"]
    assert "*full* · has no free backup slot (10 of 10)." in lines["full"]
    world.provider.finish()
    reply = await world.until_reply("*1 of 4 servers* is backed up")
    assert "Not backed up: db-1, full, mail." in reply.text
    assert "secret" not in message.text + reply.text
    await ana.types("/backup create mail db-1")
    await world.until_whisper("ana", "You don't have permission to back up this server.")
    assert len(world.posts()) == 1
    refused = {entry.server_name: entry for entry in trail(world) if entry.state == "refused"}
    assert set(refused) == {"mail", "db-1", "full"}


@unstarted
async def test_only_those_left_in_the_form_are_backed_up(world: World) -> None:
    world.provider.add_server("web-2")
    await world.start_bot()
    ana = world.person("ana")
    await ana.types("@backup-bot create web-* db-1")
    offer = await world.until_whisper("ana", "I need a form for that")
    await ana.clicks(label="Back up…", message=offer)
    await world.until_modal("ana", "*3 servers*, with all that “web-∗” stands for")
    await ana.fills(server=["web-2", "db-1"], reason="why not")
    await ana.submits()
    await world.until_post("Backing up *2 servers*")
    assert await made(world, 2) == ["db-1", "web-2"]


@set_up(bot_approvers="UCLEO")
async def test_one_click_cancels_what_has_not_begun(world: World) -> None:
    await world.person("ben").types("/backup create web-1")
    await made(world, 1)
    await world.person("ana").types("/backup create web-1 db-1")
    message = await world.until_post("Backing up *2 servers*")
    await made(world, 2)
    await world.until(lambda: "1 running · 1 queued" in message.text, "one waits")
    await world.person("gus").clicks("cancel_batch", message=message)
    await world.until_whisper("gus", "Only full members")
    await world.person("ben").clicks("cancel_batch", message=message)
    await world.until_whisper("ben", "You don't have permission to cancel this.")
    await world.person("cleo").clicks("cancel_batch", message=message)
    await world.until_whisper("cleo", "I'll cancel 1 backup that has not begun.")
    await world.until(lambda: "*web-1* · cancelled by <@UCLEO>" in message.text, "it is cancelled")
    world.provider.finish()
    reply = await world.until_reply("*1 of 2 servers* is backed up")
    assert "Cancelled: web-1." in reply.text
    await world.until_reply("<@UBEN> :white_check_mark: *web-1* is backed up")
    assert len(world.provider.creates) == 2
    [cancelled] = [entry for entry in trail(world) if entry.event == "cancelled"]
    assert (cancelled.server_name, cancelled.decided_by) == ("web-1", "UCLEO")


async def test_what_failed_is_said_in_the_channel_and_can_be_tried_again(world: World) -> None:
    message = await begun(world)
    failing, other = world.provider.creates
    world.provider.finish(failing.id, status="failed")
    world.provider.finish(other.id)
    reply = await world.until_reply(":warning: *1 of 2 servers* is backed up.")
    assert f"Failed: {failing.server.name}." in reply.text
    assert reply.broadcast
    ana = world.person("ana")
    await ana.clicks(label="Try again (1)", message=message)
    await ana.clicks(label="Try again (1)", message=message)
    await world.until_whisper("ana", "This was tried again already.")
    await world.until_post("Backing up *1 server*")
    await made(world, 3)
    assert world.provider.creates[2].server.name == failing.server.name
    world.provider.finish()
    await world.until_reply("<@UANA> :white_check_mark: *1 server* is backed up.")


async def test_a_batch_outlives_restarts_and_is_told_once(world: World) -> None:
    message = await begun(world)
    await world.stop_bot()
    world.provider.finish(world.provider.creates[0].id)
    await world.start_bot()
    await world.until(lambda: "50 % · 1 of 2 ended" in message.text, "what ended meanwhile is shown")
    await world.stop_bot()
    world.provider.finish()
    await world.start_bot()
    await world.until_reply("*2 servers* are backed up")
    await world.until(lambda: "100 %" in message.text)
    await world.restart_bot()
    assert len(world.posts()) == len(world.replies()) == 1
    assert len(world.provider.creates) == 2


async def test_what_fits_nothing_starts_nothing_and_is_answered_with_what_may_be_meant(world: World) -> None:
    ana = world.person("ana")
    await ana.types("/backup create web-1 bd-1 before the fix")
    said = await world.until_whisper("ana", "There is no server “bd-1” that you can see.")
    assert "put the reason in quotes" in said.text
    await ana.types("/backup create web-1 nothing-* before the fix")
    await world.until_whisper("ana", "No server that you can see fits “nothing-*”.")
    assert world.provider.creates == []
    await ana.clicks(label="db-1", message=said)
    await world.until_post("Backing up *2 servers*")
    assert await made(world, 2) == ["db-1", "web-1"]
    assert " before the fix · by ana" in world.provider.creates[0].description


async def test_a_batch_lives_in_the_thread_where_it_was_requested(world: World) -> None:
    await world.person("ben").types("both are slow")
    report = next(each for each in world.workspace.messages["COPS"] if each.text == "both are slow")
    await world.person("ana").types("@backup-bot create web-1 and db-1", thread_ts=report.ts)
    message = await world.until_reply("Backing up *2 servers*")
    await made(world, 2)
    world.provider.finish()
    reply = await world.until_reply("*2 servers* are backed up.")
    assert (message.thread_ts, reply.thread_ts) == (report.ts, report.ts)
    assert world.posts() == []


@set_up(bot_notify="outcomes")
async def test_a_channel_that_is_told_outcomes_is_told_the_end_of_a_batch(world: World) -> None:
    await world.person("ana").types("/backup create web-1 db-1")
    await world.until_whisper("ana", "I'll tell you in our direct messages how it goes")
    await world.until_direct("ana", "Backing up *2 servers*")
    await made(world, 2)
    assert world.posts() == []
    world.provider.finish()
    await world.until_direct("ana", "<@UANA> :white_check_mark: *2 servers* are backed up.")
    await world.until_post(":white_check_mark: *2 servers* are backed up")
    assert len(world.posts()) == 1
