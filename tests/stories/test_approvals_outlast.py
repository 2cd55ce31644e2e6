"""A request outlasts restarts, crashes and changes of who may what; what is too late does not count."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
import pytest_asyncio

from bot.approvals.model import Vote
from bot.approvals.wait import TOPIC
from bot.operations import engine
from bot.sandbox.slack.workspace import Message
from tests.stories.asking import TWO, asks, events, form_of, trail, until_recorded
from tests.world import World, set_up

MINUTES = 0.05
MOMENT: dict[str, Any] = {**TWO, "bot_approval_minutes": MINUTES}
CARRIED_OUT = ["requested", "asked", "approved", "started", "ended"]


@set_up(**TWO)
async def test_a_restart_while_it_waits_changes_nothing(world: World) -> None:
    question = await asks(world)
    await world.restart_bot(**TWO)
    await world.person("cleo").clicks("approve", message=question, confirm=True)
    reply = await world.until_reply("<@UANA> Deleted backup 5001")
    assert reply.thread_ts == question.ts
    assert len(world.posts()) == 1
    assert events(world) == CARRIED_OUT


@set_up(**TWO)
async def test_a_click_while_the_bot_is_away_is_said_to_have_failed_and_does_not_count(world: World) -> None:
    question = await asks(world)
    await world.stop_bot()
    answer = await world.person("cleo").clicks("approve", message=question, confirm=True)
    assert not answer.acked
    await world.start_bot(**TWO)
    await world.person("ben").clicks("withdraw", message=question)
    await world.until_whisper("ben", "Only whoever asked")
    assert (world.provider.deletes, "approved" in events(world)) == ([], False)


@set_up(**MOMENT)
async def test_a_request_whose_time_ran_out_while_the_bot_was_away_ends_without_a_reminder(
    world: World,
) -> None:
    question = await asks(world)
    old = replace(question)
    await world.stop_bot()
    deadline = datetime.now(UTC) + timedelta(minutes=MINUTES)
    await world.until(lambda: datetime.now(UTC) > deadline, "the time is up")
    await world.start_bot(**MOMENT)
    await world.until_reply("Nobody decided in time.")
    answer = await world.person("cleo").clicks("approve", message=old, confirm=True)
    assert answer.acked
    await world.until_whisper("cleo", "has been decided already, or has ended")
    assert world.provider.deletes == []
    assert len(world.replies()) == 1
    assert events(world) == ["requested", "asked", "expired", "ended"]


@set_up(**TWO)
async def test_a_question_that_slack_does_not_take_for_long_is_asked_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.notices.post.ANNOUNCE_SECONDS", 0.05)
    backup = world.provider.add_backup("web-1")
    await world.person("ana").types(f"/backup delete {backup.id}")
    waiting = world.faults.next_slack["chat.postMessage"]
    waiting += ["down"] * 3
    await world.confirms("ana")
    await world.until(lambda: not waiting, "the outage is over")
    question = await world.until_post("wants to *delete backup")
    await world.person("cleo").clicks("approve", message=question, confirm=True)
    await world.until_reply("<@UANA> Deleted backup 5001")
    assert len(world.posts()) == 1


FORGED: dict[str, tuple[dict[str, Any], str]] = {
    "too late": ({"at": datetime(2100, 1, 1, tzinfo=UTC)}, "It came after the time was up."),
    "on something else": ({"shown": "0" * 16}, "It was given on something else than is asked for."),
    "by the asker": ({"person": "UANA"}, "You asked for this yourself"),
    "by no approver": ({"person": "UDAN"}, "Only full members"),
    "by a guest": ({"person": "UGUS"}, "Only full members"),
    "by somebody of elsewhere": ({"team": "T0OTHER"}, "Only full members"),
    "withdrawn by another": ({"choice": "withdrawn"}, "Only whoever asked"),
    "glass broken by another": ({"choice": "break_glass"}, "Only whoever asked"),
    "glass that can't be broken": ({"choice": "break_glass", "person": "UANA"}, "know no break-glass"),
    "withdrawn from elsewhere": (
        {"choice": "withdrawn", "person": "UANA", "team": "T0OTHER"},
        "Only full members",
    ),
}


@pytest.mark.parametrize("forged", FORGED)
@set_up(**TWO)
async def test_a_vote_that_reached_the_request_all_the_same_is_judged_there(
    world: World, forged: str
) -> None:
    changed, why = FORGED[forged]
    question = await asks(world)
    form = form_of(question)
    vote = Vote(choice="approved", person="UCLEO", team="T0SANDBOX", shown=form.shown, at=datetime.now(UTC))
    vote = vote.model_copy(update=changed)
    await engine.send(form.operation, TOPIC, vote.model_dump(mode="json"), forged)
    noted = await until_recorded(world, "refused")
    assert why in noted.what
    assert (noted.person, noted.operation) == (vote.person, form.operation)
    await world.person("ana").clicks("withdraw", message=question)
    await world.until_reply("Withdrawn.")
    assert world.provider.deletes == []


async def agreed_and_waiting(world: World) -> Message:
    """Let Cleo agree to what Ana asked for, while the server is busy with a backup of Ben's."""
    await world.person("ben").types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    question = await asks(world)
    await world.person("cleo").clicks("approve", message=question, confirm=True)
    return await world.until_post("waits for its turn\nThe backup <@UBEN> asked for")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"bot_operators": "UBEN"}, "You may not delete backups of this server."),
        ({"bot_approvers": "UBEN"}, "Whoever approved this may no longer decide on this server."),
        ({"bot_channels": "CRANDOM"}, "That may not be asked for in this channel."),
    ],
    ids=["the asker's", "the approver's", "the channel's"],
)
@set_up(**TWO)
async def test_rights_that_were_taken_away_before_its_turn_stop_it(
    world: World, changed: dict[str, str], words: str
) -> None:
    await agreed_and_waiting(world)
    await world.restart_bot(**TWO | changed)
    world.provider.finish()
    reply = await world.until_reply("was not deleted")
    assert words in reply.text
    assert world.provider.deletes == []
    assert "started" not in [entry.event for entry in trail(world) if entry.verb == "delete"]


@set_up(bot_approvers="UCLEO")
async def test_a_rule_that_came_since_asks_for_a_second_person_before_its_turn(world: World) -> None:
    await world.person("ben").types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    backup = world.provider.add_backup("web-1", age=timedelta(hours=1))
    await world.person("ana").types(f"/backup delete {backup.id}")
    await world.confirms("ana")
    await world.until_post("waits for its turn")
    await world.restart_bot(bot_approvers="UCLEO", bot_second_person="delete")
    world.provider.finish()
    await world.until_reply("By now this needs a second person.")
    assert world.provider.deletes == []


@pytest_asyncio.fixture
async def crashing(tmp_path: Path, empty_database: Path) -> AsyncIterator[World]:
    """A world whose bot is a process of its own."""
    living = World(Path(copy(empty_database, tmp_path / "bot.sqlite")))
    living.provider.hold()
    living.provider.add_server("web-1")
    await living.sandbox.start()
    bot = await living.sandbox.start_bot(
        living.database, BOT_OPERATORS="UANA", BOT_SECOND_PERSON="delete", BOT_APPROVERS="UBEN,UCLEO"
    )
    await bot.ready()
    yield living
    await living.end()


async def test_a_crash_loses_neither_the_request_nor_the_decision(crashing: World) -> None:
    world, bot = crashing, crashing.sandbox.bot
    assert bot
    question = await asks(world)
    await bot.kill()
    await bot.start()
    await bot.ready()
    world.faults.provider_fail = "500"
    answer = await world.person("cleo").clicks("approve", message=question, confirm=True)
    await bot.kill()
    assert answer.acked
    assert world.provider.deletes == []
    world.faults.provider_fail = None
    await bot.start()
    reply = await world.until_reply("<@UANA> Deleted backup 5001")
    assert reply.thread_ts == question.ts
    assert (world.provider.deletes, len(world.posts())) == ([5001], 1)
    assert events(world) == CARRIED_OUT
