"""A request outlasts restarts, crashes and changes of rights; what is too late does not count."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
import pytest_asyncio

from bot.approvals.approval import TOPIC
from bot.approvals.model import Choice, Vote
from bot.errors import Denial, NotAllowed
from bot.operations import engine
from bot.sandbox.slack.workspace import Message, Person
from bot.slack.messages import in_short
from tests.stories.asking import TWO, answers, asks, declines, events, form_of, trail, until_recorded
from tests.world import World, set_up

MINUTES = 0.05
MOMENT: dict[str, Any] = {**TWO, "bot_approval_minutes": MINUTES}
CARRIED_OUT = ["requested", "approval_requested", "approved", "started", "ended"]


@set_up(**TWO)
async def test_a_restart_while_it_waits_changes_nothing(world: World) -> None:
    question = await asks(world)
    await world.restart_bot(**TWO)
    await world.person("cleo").clicks("approve", message=question, confirm=True)
    reply = await world.until_reply("<@UANA> :white_check_mark: Deleted backup 5001")
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
    await answers(world, "ben", "withdraw", question)
    await world.until_whisper("ben", "Only the person who requested this")
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
    await world.until_reply("No answer in time for the delete of *web-1*")
    answer = await world.person("cleo").clicks("approve", message=old, confirm=True)
    assert answer.acked
    await world.until_whisper("cleo", "This request was answered already, or has ended.")
    assert world.provider.deletes == []
    assert len(world.replies()) == 1
    assert events(world) == ["requested", "approval_requested", "expired", "ended"]


@set_up(**TWO, bot_approval_minutes=0.1)
async def test_reminders_come_once_each_through_restarts_and_all_end_with_the_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.approvals.model.SHORTEST_PAUSE", timedelta(0))
    question = await asks(world)
    for number in (1, 2):
        await world.until(lambda: len(world.replies()) == number)  # noqa: B023
        await until_recorded(world, "reminded")
        await world.restart_bot(**TWO, bot_approval_minutes=0.1)
    reminders = world.replies()
    await declines(world, "cleo", question)
    reply = await world.until_reply("declined the delete")
    for each in reminders:
        await world.until(lambda: "Declined by <@UCLEO>" in each.text, "the reminder says so")  # noqa: B023
    assert world.replies() == [*reminders, reply]
    assert events(world)[2:] == ["reminded", "reminded", "declined", "ended"]


@set_up(**TWO)
async def test_a_question_that_slack_does_not_take_for_long_is_asked_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.operations.card.ANNOUNCE_SECONDS", 0.05)
    backup = world.provider.add_backup("web-1")
    await world.person("ana").types(f"/backup delete {backup.id}")
    waiting = world.faults.next_slack["chat.postMessage"]
    waiting += ["down"] * 3
    await world.confirms("ana")
    await world.until(lambda: not waiting, "the outage is over")
    question = await world.until_post("Approval needed: delete")
    await world.person("cleo").clicks("approve", message=question, confirm=True)
    await world.until_reply("<@UANA> :white_check_mark: Deleted backup 5001")
    assert len(world.posts()) == 1


FORGED: dict[str, tuple[dict[str, Any], Denial, str]] = {
    "too late": (
        {"at": datetime(2100, 1, 1, tzinfo=UTC)},
        Denial.VOTE_TOO_LATE,
        "It came after the request had expired.",
    ),
    "on another request": (
        {"shown": "0" * 16},
        Denial.VOTE_ON_OTHER,
        "It was meant for another request than this one.",
    ),
    "by the requester": ({"person": "UANA"}, Denial.OWN_REQUEST, "You can't approve your own request."),
    "by nobody": ({"person": "UDAN"}, Denial.NOT_A_MEMBER, "Only full members"),
    "by no approver": (
        {"person": "UFAY"},
        Denial.NO_ROLE,
        "You don't have permission to approve requests for this server. Ask <@UBEN> or <@UCLEO>.",
    ),
    "by a guest": ({"person": "UGUS"}, Denial.NOT_A_MEMBER, "Only full members"),
    "from another workspace": ({"team": "T0OTHER"}, Denial.NOT_A_MEMBER, "Only full members"),
    "withdrawn by another": (
        {"choice": Choice.WITHDRAWN},
        Denial.NOT_THE_REQUESTER,
        "Only the person who requested this can do that. Ask <@UANA>.",
    ),
    "break-glass by another": (
        {"choice": Choice.BREAK_GLASS},
        Denial.NOT_THE_REQUESTER,
        "Only the person who requested this",
    ),
    "break-glass against the rules": (
        {"choice": Choice.BREAK_GLASS, "person": "UANA"},
        Denial.NO_BREAK_GLASS,
        "The rules for this server don't allow break-glass.",
    ),
    "withdrawn from another workspace": (
        {"choice": Choice.WITHDRAWN, "person": "UANA", "team": "T0OTHER"},
        Denial.NOT_A_MEMBER,
        "Only full members",
    ),
}


@set_up(**TWO)
async def test_a_vote_that_reached_the_request_all_the_same_is_judged_there(world: World) -> None:
    world.workspace.people["UFAY"] = Person("UFAY", "fay", "Fay", "member")
    question = await asks(world)
    form = form_of(question)
    for before, (forged, (changed, denial, why)) in enumerate(FORGED.items()):
        vote = Vote(
            choice=Choice.APPROVED, person="UCLEO", team="T0SANDBOX", shown=form.shown, at=datetime.now(UTC)
        )
        vote = vote.model_copy(update=changed)
        await engine.send(form.operation, TOPIC, vote.model_dump(mode="json"), forged)
        await world.until(lambda: events(world).count("refused") > before, f"{forged} is on record")  # noqa: B023
        noted = trail(world)[-1]
        assert noted.failure, forged
        assert isinstance(noted.failure.error, NotAllowed), forged
        assert noted.failure.error.denial is denial, forged
        assert why in in_short(noted.failure.error), forged
        assert (noted.person, noted.operation) == (vote.person, form.operation), forged
        if vote.person in world.workspace.people:
            told = await world.until_direct(vote.person, "That did not count.")
            assert why in told.text, forged
            world.workspace.remove(told)
    await answers(world, "ana", "withdraw", question)
    await world.until_post("<@UANA> withdrew the delete of *web-1*")
    assert world.provider.deletes == []


async def approved_and_queued(world: World) -> Message:
    """Let Cleo approve what Ana requested, while the server is busy with a backup of Ben's."""
    await world.person("ben").types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    question = await asks(world)
    await world.person("cleo").clicks("approve", message=question, confirm=True)
    return await world.until_post("*web-1*: delete is queued\nWaiting for <@UBEN>'s backup to finish")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"bot_operators": "UBEN"}, "You don't have permission to delete backups of this server."),
        (
            {"bot_approvers": "UBEN"},
            "The person who approved this can no longer approve requests for this server.",
        ),
        ({"bot_channels": "CRANDOM"}, "You can't do that in this channel."),
    ],
    ids=["the requester's", "the approver's", "the channel's"],
)
@set_up(**TWO)
async def test_rights_that_were_taken_away_before_its_turn_stop_it(
    world: World, changed: dict[str, str], words: str
) -> None:
    await approved_and_queued(world)
    await world.restart_bot(**TWO | changed)
    world.provider.finish()
    reply = await world.until_reply("Not deleted: backup 5002 of *web-1*")
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
    await world.until_post("*web-1*: delete is queued")
    await world.restart_bot(bot_approvers="UCLEO", bot_second_person="delete")
    world.provider.finish()
    await world.until_reply("This now needs approval.")
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
    reply = await world.until_reply("<@UANA> :white_check_mark: Deleted backup 5001")
    assert reply.thread_ts == question.ts
    assert (world.provider.deletes, len(world.posts())) == ([5001], 1)
    assert events(world) == CARRIED_OUT
