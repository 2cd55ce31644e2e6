"""Backups by the clock: schedules are made, run, rotate, are paused and resumed, and outlive restarts."""

import json
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.audit.model import Entry
from bot.sandbox.slack.workspace import Message
from tests.metrics.growth import Growth
from tests.stories.asking import trail
from tests.world import World, set_up, unstarted


async def create(world: World, text: str, handle: str = "ana") -> Message:
    """Have a schedule made; return what the channel is told."""
    await world.person(handle).types(f"/backup schedule create {text}")
    return await world.until_post("scheduled backups of")


async def listed(world: World, handle: str = "ana", words: str = "Next:") -> Message:
    """Have the list shown anew; return it as this person sees it."""
    before = len(world.whispers(handle))
    await world.person(handle).types("/backup schedule")
    await world.until(lambda: len(world.whispers(handle)) > before, "the list is shown")
    return await world.until_whisper(handle, words)


async def run(world: World, number: int) -> None:
    """Run the only schedule now, and let its backup finish."""
    await world.person("ana").clicks("schedule_run", message=await listed(world))
    await world.until(lambda: len(world.provider.creates) == number, "a backup is made")
    world.provider.finish()
    await world.until(lambda: len(backed_up(world)) == number, "it is told")


def backed_up(world: World) -> list[Message]:
    """Return the messages about a backup that was made."""
    return [post for post in world.posts() if "is backed up" in post.text]


def ids(world: World, name: str = "web-1") -> list[int]:
    """Return the ids of a server's backups, oldest first."""
    return sorted(each.id for each in world.provider.backups_of(name))


def deletes(world: World) -> list[Entry]:
    """Return what is on record of backups that were deleted."""
    return [entry for entry in trail(world) if entry.verb == "delete"]


async def test_a_schedule_is_made_told_listed_and_run_now(world: World) -> None:
    told = await create(world, "web every day at 03:00 keep 2")
    assert "<@UANA> scheduled backups of *web-1* · every day at 03:00 (Europe/Madrid)" in told.text
    assert "keeps the newest 2 of its own" in told.text
    ana, listing = world.person("ana"), await listed(world)
    assert "It has not run yet." in listing.text
    assert listing.text.count("<!date^") >= 2
    await ana.clicks("schedule_run", message=listing)
    [made] = await world.until(lambda: world.provider.creates)
    assert "Schedule: every day at 03:00" in made.description
    await world.until_whisper("ana", "It starts now.")
    world.provider.finish()
    [outcome] = await world.until(lambda: backed_up(world))
    assert "Requested by <@UANA>" in outcome.text
    assert "1 done" in (await listed(world, words="1 done")).text
    assert "<@UANA> :white_check_mark: *web-1* is backed up" in (await world.until_reply("backed up")).text
    events = [(entry.event, entry.verb) for entry in trail(world)]
    assert events[:2] == [("schedule_created", "schedule"), ("schedule_run", "schedule")]
    assert ("ended", "create") in events


async def test_it_keeps_its_own_newest_and_nothing_else_goes(world: World) -> None:
    by_hand = world.provider.add_backup("web-1", age=timedelta(days=9)).id
    await create(world, "web-1 every 6 hours keep 2")
    for number in (1, 2, 3):
        await run(world, number)
    oldest, *kept = [each.id for each in world.provider.creates]
    await world.until(lambda: world.provider.deletes)
    assert world.provider.deletes == [oldest]
    assert ids(world) == sorted([by_hand, *kept])
    assert f"I'm deleting this schedule's older backup {oldest}." in backed_up(world)[-1].text
    await world.until(lambda: deletes(world)[-1].event == "ended")
    deleted = deletes(world)[0]
    assert deleted.backup_id == oldest
    assert deleted.person == "UANA"
    assert len(world.posts()) == 4


async def test_its_own_oldest_makes_room_on_a_full_server(world: World) -> None:
    await create(world, "web-1 hourly make room")
    await run(world, 1)
    await run(world, 2)
    others = [world.provider.add_backup("web-1", age=timedelta(days=9)).id for _ in range(8)]
    await run(world, 3)
    first, second, third = [each.id for each in world.provider.creates]
    assert world.provider.deletes == [first]
    assert ids(world) == sorted([*others, second, third])
    room = [each for each in trail(world) if each.delete_first == first]
    assert [each.event for each in room] == ["started"]


async def test_it_is_paused_resumed_by_another_and_deleted_through_restarts(world: World) -> None:
    await create(world, "web-1 every weekday at 2pm")
    await world.person("ana").clicks("schedule_pause", message=await listed(world))
    await world.until_post("<@UANA> paused the schedule")
    await world.restart_bot()
    listing = await listed(world, "ben", "*Paused*: it does not run")
    await world.person("ben").clicks("schedule_resume", message=listing)
    await world.until_post("<@UBEN> resumed the schedule")
    assert "runs with the rights of <@UBEN>" in (await listed(world)).text
    ana = world.person("ana")
    await ana.clicks("schedule_edit", message=await listed(world))
    await world.until_modal("ana", "Change schedule")
    await ana.fills(scheduled_when="every 12 hours", keep="4")
    await ana.submits()
    changed = await world.until_post("<@UANA> changed a schedule: *web-1* · every 12 hours")
    assert "keeps the newest 4 of its own" in changed.text
    await world.person("ana").clicks("schedule_delete", message=await listed(world), confirm=True)
    await world.until_post("<@UANA> deleted the schedule *web-1*")
    assert "There are no schedules." in (await listed(world, words="There are no")).text
    changes = [entry.event for entry in trail(world)]
    done = ["created", "paused", "resumed", "changed", "deleted"]
    assert changes == [f"schedule_{each}" for each in done]


@set_up(bot_second_person="delete", bot_approvers="UCLEO,UBEN")
async def test_who_can_t_do_it_alone_is_refused(world: World) -> None:
    ana, cleo = world.person("ana"), world.person("cleo")
    await cleo.types("/backup schedule create web-1 hourly")
    await world.until_whisper("cleo", "You don't have permission to back up this server.")
    await ana.types("/backup schedule create web-1 hourly keep 3")
    await world.until_whisper("ana", "another person has to approve, so it can't be done by the clock")
    await create(world, "web-1 hourly")
    assert "schedule_run" not in str((await listed(world, "cleo")).blocks)
    assert world.provider.creates == []
    refused = [entry.server_name for entry in trail(world) if entry.event == "refused"]
    assert refused == ["", "web-1"]


async def test_without_its_owner_it_is_paused_and_told_once_what_to_do(world: World) -> None:
    await create(world, "web-1 every day at 03:00")
    await world.stop_bot()
    make_older(world, timedelta(days=3))
    await world.start_bot(bot_operators="UBEN")
    told = await world.until_post("I paused the schedule *web-1*")
    assert "it runs with the rights of <@UANA>, who has no permission for that any more." in told.text
    assert "<@UBEN> can resume it" in told.text
    await world.restart_bot(bot_operators="UBEN")
    await world.person("ben").clicks("schedule_resume", message=told)
    await world.until_post("<@UBEN> resumed the schedule")
    assert len([post for post in world.posts() if "I paused" in post.text]) == 1
    assert world.provider.creates == []
    [paused] = [entry for entry in trail(world) if entry.event == "schedule_paused"]
    assert paused.failure


async def test_what_was_missed_is_made_up_once_or_skipped(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However long Slack or VPS.org could not be asked: nobody is there to request it again.
    monkeypatch.setattr("bot.lifecycle.MAX_DELAY_SECONDS", 0.0)
    await create(world, "web-1 every day at 03:00")
    await world.person("ana").types("/backup schedule create db-1 every day at 03:00 skip missed")
    await world.until_post("scheduled backups of *db-1*")
    await world.stop_bot()
    make_older(world, timedelta(days=3))
    await world.start_bot()
    await world.until(lambda: world.provider.creates)
    await world.restart_bot()
    world.provider.finish()
    [outcome] = await world.until(lambda: backed_up(world))
    assert "Scheduled" in outcome.text
    # Nobody is called by what runs each night.
    assert "<@UANA>" not in outcome.text
    assert [each.server.name for each in world.provider.creates] == ["web-1"]
    assert world.replies() == []


async def test_several_servers_run_together_those_that_are_there_then(world: World) -> None:
    await create(world, "web-* db-1 every 6 hours")
    world.provider.add_server("web-2")
    await world.restart_bot()
    await world.person("ana").clicks("schedule_run", message=await listed(world))
    await world.until_post("Backing up *3 servers*")
    await world.until(lambda: len(world.provider.creates) == 3)
    world.provider.finish()
    await world.until_post("*3 servers* are backed up")
    assert {each.server.name for each in world.provider.creates} == {"web-1", "web-2", "db-1"}
    assert "3 done" in (await listed(world, words="3 done")).text


RULES = """
[[rule]]
servers = ["db-*"]
viewers = ["UBEN"]
operators = ["UBEN"]
"""


async def test_what_its_owner_can_t_do_any_more_is_told_and_the_rest_is_done(
    world: World, tmp_path: Path
) -> None:
    growth = Growth()
    await create(world, "web-1 db-1 every day at 03:00 keep 3")
    rules = tmp_path / "rules.toml"
    rules.write_text(RULES)
    await world.stop_bot()
    make_older(world, timedelta(days=3))
    await world.start_bot(bot_rules_file=rules)
    told = await world.until_post("can't back up everything")
    assert told.text.startswith(":warning: <@UANA> The schedule *web-1 and db-1*")
    await world.until(lambda: world.provider.creates)
    world.provider.finish()
    await world.until(lambda: backed_up(world))
    assert [each.server.name for each in world.provider.creates] == ["web-1"]
    assert growth.of("scheduled_backups_total") == {("skipped",): 1, ("done",): 1}
    # It is hidden from who can't see all of its servers, as if there were none.
    assert "There are no schedules." in (await listed(world, words="There are no")).text
    assert "*web-1 and db-1*" in (await listed(world, "ben")).text


@unstarted
async def test_a_pattern_means_the_servers_that_its_owner_sees(world: World, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(RULES)
    await world.start_bot(bot_rules_file=rules)
    await create(world, "* hourly")
    # Who can't see the other one reads nothing of it; it is another's schedule for them.
    await world.person("ana").clicks("schedule_run", message=await listed(world))
    await world.until(lambda: world.provider.creates)
    assert [each.server.name for each in world.provider.creates] == ["web-1"]
    assert [entry for entry in trail(world) if entry.event == "refused"] == []
    assert "There are no schedules." in (await listed(world, "cleo", "There are no")).text
    assert "*∗*" in (await listed(world, "ben")).text


async def test_who_runs_it_now_is_told_each_time_what_is_not_backed_up(world: World) -> None:
    await create(world, "web-1 db-1 hourly")
    del world.provider.servers[world.provider.server("db-1").id]
    await world.restart_bot()
    ben = world.person("ben")
    await ben.clicks("schedule_run", message=await listed(world, "ben"))
    await world.until(lambda: len(troubles(world)) == 1, "it is told")
    await ben.clicks("schedule_run", message=await listed(world, "ben"))
    await world.until(lambda: len(troubles(world)) == 2, "it is told again")
    assert all("<@UBEN> The schedule *web-1 and db-1*" in post.text for post in troubles(world))


def troubles(world: World) -> list[Message]:
    """Return what is told of servers that a schedule can't back up."""
    return [post for post in world.posts() if "can't back up everything" in post.text]


async def test_the_form_checks_the_words_and_says_what_is_wrong(world: World) -> None:
    ana = world.person("ana")
    await ana.types("/backup schedule create")
    await world.until_modal("ana", "New schedule")
    await ana.fills(scheduled_when="every blue moon", keep="3")
    await world.until_modal("ana", "understand when “every blue moon” is.")
    await ana.fills(scheduled_when="every weekday at noon", scheduled_servers="web-9")
    await world.until_modal("ana", "every weekday at 12:00: next")
    await ana.submits()
    await world.until(lambda: ana.modal and "web-9" in str(ana.modal.errors), "what is wrong is said")
    await ana.fills(scheduled_servers="web-1, db-*")
    await ana.submits()
    told = await world.until_post("scheduled backups of *web-1 and db-∗* · every weekday at 12:00")
    assert "keeps the newest 3 of its own, makes up a missed run" in told.text
    assert ana.modal is None


def make_older(world: World, age: timedelta) -> None:
    """Have all schedules be there for longer, as if the bot had been down since."""
    with closing(sqlite3.connect(world.database)) as database, database:
        rows = database.execute("select schedule_name, context from workflow_schedules").fetchall()
        for name, context in rows:
            since = json.loads(context)["active_since"]
            older = context.replace(since, (datetime.fromisoformat(since) - age).isoformat())
            change = "update workflow_schedules set context = ? where schedule_name = ?"
            database.execute(change, (older, name))
