"""The bot is stopped in the middle, by hand or by force, and started again on the same database."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from shutil import copy

import pytest_asyncio

from tests.world import World, set_up


async def test_a_backup_that_ends_while_the_bot_is_away_is_told_when_it_is_back(world: World) -> None:
    await world.person("ana").types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    card = await world.until_post("Backing up *web-1*")
    await world.stop_bot()
    world.provider.finish()
    await world.start_bot()
    reply = await world.until_reply("<@UANA> :white_check_mark: *web-1* is backed up")
    assert reply.thread_ts == card.ts
    assert len(world.provider.creates) == 1
    assert len(world.posts()) == 1
    assert len(world.replies()) == 1


async def test_a_stop_lets_a_call_under_way_finish(world: World) -> None:
    world.faults.provider_latency = 0.1
    await world.person("ana").types("/backup create web-1")
    await world.until(lambda: world.provider.calls[-1].method == "POST")
    await world.stop_bot()
    assert [call.status for call in world.provider.calls if call.method == "POST"] == [201]
    world.faults.provider_latency = 0.0
    await world.start_bot()
    world.provider.finish()
    await world.until_reply("*web-1* is backed up")
    assert len(world.provider.creates) == 1


async def test_those_in_the_queue_keep_their_place(world: World) -> None:
    await world.person("ana").types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    await world.person("ben").types("/backup create web-1")
    await world.until_post("*web-1*: backup is queued")
    await world.restart_bot()
    assert len(world.provider.creates) == 1
    world.provider.finish()
    await world.until(lambda: len(world.provider.creates) == 2)
    world.provider.finish()
    await world.until_reply("<@UBEN> :white_check_mark: *web-1* is backed up")
    await world.until_reply("<@UANA> :white_check_mark: *web-1* is backed up")
    assert len(world.replies()) == 2


async def test_what_slack_did_not_take_before_the_stop_it_gets_after_the_start(world: World) -> None:
    await world.person("ana").types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    world.faults.next_slack["chat.update"] += ["down"] * 50
    world.provider.finish()
    await world.until(lambda: len(world.faults.next_slack["chat.update"]) < 50, "the bot tries to tell")
    await world.stop_bot()
    world.faults.next_slack.clear()
    await world.start_bot()
    await world.until_reply("*web-1* is backed up")
    assert len(world.posts()) == 1
    assert len(world.replies()) == 1


@set_up(bot_late_minutes=0.001)
async def test_a_late_backup_is_said_to_be_late_once(world: World) -> None:
    await world.person("ana").types("/backup create web-1")
    await world.until_reply("I'll keep watching it")
    await world.until(lambda: world.provider.calls[-1].query == {"server_id": "101"}, "it is watched on")
    await world.restart_bot(bot_late_minutes=0.001)
    world.provider.finish()
    await world.until_reply("*web-1* is backed up")
    assert ["I'll keep watching it" in reply.text for reply in world.replies()] == [True, False]


async def test_a_restore_goes_on_where_it_was(world: World) -> None:
    old = world.provider.add_backup("web-1", age=timedelta(days=1))
    await world.person("ana").types(f"/backup restore {old.id}")
    await world.confirms("ana")
    await world.until(lambda: world.provider.creates)
    await world.restart_bot()
    world.provider.finish()
    await world.until(lambda: world.provider.restores)
    await world.until_post("I'll tell you when it's back.")
    await world.restart_bot()
    await world.until_looked_at_servers()
    await world.until_looked_at_servers()
    world.provider.finish_restores()
    await world.until_reply("*web-1* is back: restored to")
    assert len(world.provider.creates) == 1
    assert world.provider.restores == [("web-1", old.id)]
    assert len(world.posts()) == 1


async def test_a_form_opened_before_the_restart_can_be_submitted_after_it(world: World) -> None:
    old = world.provider.add_backup("web-1")
    await world.person("ana").types(f"/backup delete {old.id}")
    await world.until_modal("ana", "to confirm")
    await world.restart_bot()
    await world.confirms("ana")
    await world.until_reply(f"Deleted backup {old.id}")


async def test_a_button_from_before_the_restart_still_works(world: World) -> None:
    await world.person("ana").types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    world.provider.finish(status="failed")
    card = await world.until_post("The backup of *web-1* failed")
    await world.restart_bot()
    await world.person("ana").clicks(label="Try again", message=card)
    await world.until(lambda: len(world.provider.creates) == 2)


SERVERS = ("unsent", "unheard", "watched", "untold", "deleting", "restoring", "doubtful")


@pytest_asyncio.fixture
async def crashing(tmp_path: Path, empty_database: Path) -> AsyncIterator[World]:
    """A world with a server for each moment, whose bot is a process of its own."""
    living = World(Path(copy(empty_database, tmp_path / "bot.sqlite")))
    living.provider.hold()
    for name in SERVERS:
        living.provider.add_server(name)
    await living.sandbox.start()
    bot = await living.sandbox.start_bot(living.database, BOT_LATE_MINUTES="60")
    await bot.ready()
    yield living
    await living.end()


async def _starts_a_backup(world: World, server: str, fault: str | None = None) -> None:
    if fault:
        world.faults.next_provider["POST", "/backups/"].append(fault)
    before = _called(world, "POST")
    await world.person("ana").types(f"/backup create {server}")
    await world.until(lambda: _called(world, "POST") > before, f"a backup of {server} is asked for")


def _called(world: World, method: str, path: str = "") -> int:
    return sum(call.method == method and path in call.path for call in world.provider.calls)


async def test_a_kill_at_any_moment_loses_nothing_and_does_nothing_twice(crashing: World) -> None:
    world, bot = crashing, crashing.sandbox.bot
    assert bot
    ana, provider = world.person("ana"), world.provider
    old = {name: provider.add_backup(name, age=timedelta(days=1)) for name in SERVERS[4:]}
    await _starts_a_backup(world, "watched")
    await _starts_a_backup(world, "untold")
    await _starts_a_backup(world, "unsent", "timeout_before_acting")
    await _starts_a_backup(world, "unheard", "timeout_after_acting")

    world.faults.next_provider["DELETE", f"/backups/{old['deleting'].id}/"].append("timeout_after_acting")
    await ana.types(f"/backup delete {old['deleting'].id}")
    await world.confirms("ana", "deleting")
    for name, fault in (("restoring", "timeout_after_acting"), ("doubtful", "timeout_before_acting")):
        path = f"/servers/{provider.server(name).id}/restore/"
        world.faults.next_provider["POST", path].append(fault)
        await ana.types(f"/backup restore {old[name].id}")
        await world.confirms("ana", name, safety=False)
    await world.until(lambda: _called(world, "POST", "/restore/") == 2 and provider.deletes)

    world.faults.slack_fail = "down"
    [untold] = provider.backups_of("untold")
    provider.finish(untold.id)
    seen = len(provider.calls)
    await world.until(lambda: [call for call in provider.calls[seen:] if call.status], "its end is seen")
    await bot.kill()
    assert [made.server.name for made in provider.creates] == ["watched", "untold", "unheard"]
    world.faults.slack_fail = None
    await bot.start()

    await world.until(lambda: len(provider.creates) == 4, "the backup that was not sent is made")
    provider.finish()
    for name in ("watched", "untold", "unsent", "unheard"):
        await world.until_reply(f"<@UANA> :white_check_mark: *{name}* is backed up")
    await world.until_reply(f"<@UANA> :white_check_mark: Deleted backup {old['deleting'].id}")
    doubtful = await world.until_reply("*doubtful*: can't tell whether the restore was started")
    assert "I was interrupted just when I called VPS.org." in doubtful.text
    await world.until_post("I'll tell you when it's back.")
    provider.finish_restores()
    await world.until_reply("*restoring* is back: restored to")

    assert sorted(made.server.name for made in provider.creates) == sorted(SERVERS[:4])
    assert provider.deletes == [old["deleting"].id]
    assert provider.restores == [("restoring", old["restoring"].id)]
    assert _called(world, "POST", "/restore/") == 2
    assert len(world.posts()) == len(SERVERS)
    assert len(world.replies()) == len(SERVERS)

    await _starts_a_backup(world, "watched")
    await bot.stop()
    assert bot.state == "stopped"
    assert not [line for line in bot.lines if "task cancelled" in line], (
        "a step's arguments hold what people typed"
    )
