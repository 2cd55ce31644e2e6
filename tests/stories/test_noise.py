"""What a channel is told that wants outcomes or failures only; the requester always hears all of it."""

import pytest

from bot.sandbox.slack.form_state import placed
from tests.stories.asking import TWO, asks, events
from tests.world import World, set_up

OUTCOMES = {"bot_notify": "outcomes"}
FAILURES = {"bot_notify": "failures"}


async def _backs_up(world: World, handle: str = "ana") -> int:
    """Let somebody back up web-1; return the backup's id."""
    made = len(world.provider.creates)
    await world.person(handle).types("/backup create web-1")
    await world.until(lambda: len(world.provider.creates) > made)
    return world.provider.creates[-1].id


@set_up(**OUTCOMES)
async def test_a_channel_of_outcomes_is_told_once_at_the_end_and_the_requester_sees_all_of_it(
    world: World,
) -> None:
    backup = await _backs_up(world)
    await world.until_whisper(
        "ana", "I'll tell you in our direct messages how it goes: <#COPS> is told only how"
    )
    card = await world.until_direct("ana", "Backing up *web-1*")
    assert world.posts() == []
    world.provider.finish(backup)
    told = await world.until_direct("ana", "<@UANA> :white_check_mark: *web-1* is backed up")
    assert told.thread_ts == card.ts
    post = await world.until_post(":white_check_mark: *web-1* is backed up")
    assert "Requested by <@UANA>" in post.text
    await world.restart_bot(**OUTCOMES)
    assert (world.posts(), world.replies()) == ([post], [])
    assert card.text.startswith(":white_check_mark: *web-1* is backed up")
    assert events(world) == ["requested", "started", "ended"]


@set_up(**FAILURES)
async def test_a_channel_of_failures_is_told_what_failed_and_nothing_else(world: World) -> None:
    world.provider.finish(await _backs_up(world))
    await world.until_direct("ana", "<@UANA> :white_check_mark: *web-1* is backed up")
    world.provider.finish(await _backs_up(world, "ben"), status="failed")
    await world.until_direct("ben", "<@UBEN> :x: The backup of *web-1* failed")
    await world.until_post(":x: The backup of *web-1* failed")
    assert (len(world.posts()), world.replies()) == (1, [])


@set_up(**FAILURES)
async def test_what_waits_in_a_quiet_channel_is_cancelled_from_its_card_and_the_channel_hears_nothing(
    world: World,
) -> None:
    await _backs_up(world, "ben")
    await world.person("ana").types("/backup create web-1")
    card = await world.until_direct("ana", "*web-1*: backup is queued")
    await world.person("ana").clicks("cancel_operation", message=card)
    await world.until(lambda: "cancelled the backup" in card.text, "the card says so")
    assert (world.posts(), world.replies()) == ([], [])


@set_up(**FAILURES)
async def test_everybody_hears_that_a_server_was_reset(world: World) -> None:
    backup = world.provider.add_backup("web-1")
    await world.person("ana").types(f"/backup restore {backup.id}")
    await world.confirms("ana", safety=False)
    await world.until_whisper("ana", "<#COPS> is told only failures.")
    await world.until(lambda: world.provider.restores)
    assert world.posts() == []
    await world.until_looked_at_servers()
    world.provider.finish_restores()
    await world.until_direct("ana", "<@UANA> :white_check_mark: *web-1* is back")
    await world.until_post(":white_check_mark: *web-1* is back")


@set_up(**TWO, **FAILURES)
async def test_a_request_for_approval_shows_in_any_channel_and_stays_there(world: World) -> None:
    question = await asks(world)
    await world.person("cleo").clicks("approve", message=question, confirm=True)
    reply = await world.until_reply("Deleted backup 5001")
    assert (world.posts(), reply.thread_ts, reply.broadcast) == ([question], question.ts, False)
    assert "Deleted backup 5001" in question.text
    assert world.direct("ana") == []


@set_up(**FAILURES)
async def test_what_failed_before_it_had_a_card_is_told_everybody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.lifecycle.admit", _breaks)
    await world.person("ana").types("/backup create web-1")
    post = await world.until_post("*web-1*: can't tell whether the backup was made")
    reply = await world.until_reply("<@UANA> :grey_question:")
    buttons = [at.action_id for at in placed(post.blocks)]
    assert (reply.thread_ts, "try_again" in buttons) == (post.ts, True)
    assert world.direct("ana") == []


@set_up(**FAILURES)
async def test_of_a_schedule_s_runs_only_failures_are_told(world: World) -> None:
    ana = world.person("ana")
    await ana.types("/backup schedule create web-1 db-1 every day at 03:00")
    made_known = await world.until_post("scheduled backups of")
    await ana.types("/backup schedule")
    await ana.clicks("schedule_run", message=await world.until_whisper("ana", "Schedules"))
    await world.until(lambda: len(world.provider.creates) == 2, "both backups are made")
    for each in world.provider.creates:
        world.provider.finish(each.id, "completed" if each.server.name == "web-1" else "failed")
    post = await world.until_post(":x: *db-1*")
    await world.until(lambda: events(world).count("ended") == 2, "both have ended")
    await world.until_direct("ana", "<@UANA> :warning: *1 of 2 servers* is backed up.")
    assert world.posts() == [made_known, post]


async def _breaks(*_: object) -> None:
    raise RuntimeError("a bug")
