"""What is running, and what is in the queue."""

from bot.sandbox.slack.form_state import placed
from tests.world import World, set_up


async def test_nothing_runs(world: World) -> None:
    await world.person("ana").types("/backup status")
    await world.until_whisper("ana", "Nothing is running or waiting.")


@set_up(bot_operators="UANA,UBEN,UCLEO")
async def test_what_is_running_and_queued_for_whom_and_since_when(world: World) -> None:
    await world.person("ana").types("/backup create web-1 before the upgrade")
    await world.until(lambda: world.provider.creates)
    await world.person("ben").types("/backup create web-1")
    await world.until_post("*web-1*: backup is queued")
    await world.person("cleo").types("/backup create db-1")
    await world.until(lambda: len(world.provider.creates) == 2)

    await world.person("ana").types("/backup status")
    message = await world.until_whisper("ana", "2 running · 1 queued")
    running, other, waiting = message.text.split("\n:")[1:]
    assert "Backing up *web-1* · <@UANA> · started <!date^" in running
    assert "|message> · #" in running
    assert running.endswith("\n“before the upgrade”")
    assert "<@UCLEO>" in other
    assert "Backing up *web-1* · <@UBEN> · in the queue, requested <!date^" in waiting
    assert [at.action_id for at in placed(message.blocks)] == ["refresh_status"], "Ana can't cancel Ben's"
    await world.person("ben").types("/backup status")
    own = await world.until_whisper("ben", "2 running · 1 queued")
    assert [at.action_id for at in placed(own.blocks)] == ["cancel_operation", "refresh_status"]

    world.provider.finish()
    await world.until(lambda: len(world.provider.creates) == 3)
    world.provider.finish()
    await world.until_reply("<@UBEN> :white_check_mark: *web-1* is backed up")
    await world.until_reply("<@UCLEO> :white_check_mark: *db-1* is backed up")
    await world.person("ana").types("/backup ps")
    last = await world.until_whisper("ana", "Nothing is running or waiting.")
    assert last.text.count("is backed up · 8.0 GB") == 3
    await world.person("ana").clicks("refresh_status", message=message)
    await world.until(lambda: message.text.startswith("Nothing is running"), "it is shown anew in its place")


@set_up(bot_operators="UANA,UBEN,UCLEO")
async def test_the_status_of_one_server(world: World) -> None:
    for handle, server in (("ana", "web-1"), ("ben", "db-1")):
        await world.person(handle).types(f"/backup create {server}")
    await world.until(lambda: len(world.provider.creates) == 2)
    await world.person("ana").types("/backup status WEB")
    shown = await world.until_whisper("ana", "web-1: 1 running · 0 queued")
    assert "db-1" not in shown.text
    world.provider.finish()
    await world.until_reply("*web-1* is backed up")
    await world.person("ana").clicks("refresh_status", message=shown)
    await world.until(lambda: "web-1: Nothing is running" in shown.text, "it is shown anew for that server")
    assert "db-1" not in shown.text
    await world.person("ana").types("/backup status web-9")
    await world.until_whisper("ana", "There is no server “web-9” that you can see.")


@set_up(bot_second_person="create", bot_approvers="UCLEO")
async def test_what_waits_for_approval_leads_to_its_question(world: World) -> None:
    await world.person("ana").types("/backup create web-1 before the upgrade")
    await world.until_post("Approval needed: back up web-1")
    await world.person("ben").types("/backup status")
    shown = await world.until_whisper("ben", "0 running · 0 queued · 1 waiting for approval")
    assert "Backing up *web-1* · <@UANA> · waiting for approval, requested <!date^" in shown.text
    assert "|message>" in shown.text


async def test_a_hostile_reason_stays_a_reason(world: World) -> None:
    await world.person("ana").types("/backup create web-1 <!channel> *x*")
    await world.until(lambda: world.provider.creates)
    await world.person("ben").types("/backup status")
    assert "<!channel>" not in (await world.until_whisper("ben", "1 running · 0 queued")).text


async def test_more_than_a_message_holds(world: World) -> None:
    ana = world.person("ana")
    for number in range(22):
        await ana.types("/backup create web-1", channel=("ops", "random", "dm")[number % 3])
    await world.until(lambda: len(world.posts() + world.posts("random") + world.direct("ana")) == 22)
    await ana.types("/backup status")
    assert "and 2 more" in str((await world.until_whisper("ana", "1 running · 21 queued")).blocks)
