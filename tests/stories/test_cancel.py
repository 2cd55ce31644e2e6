"""Cancelling what has not acted yet: in the queue, or in the middle of a safety backup."""

import asyncio
import copy
from dataclasses import replace
from typing import Any

import pytest

from bot.operations import engine
from bot.sandbox.slack.form_state import placed
from bot.sandbox.slack.workspace import Message
from bot.slack.forms import OperationForm
from tests.stories.asking import TWO, asks, events, form_of, trail
from tests.stories.queued import NOUNS, busy, buttons, in_safety_backup, queued, request
from tests.stories.three_verbs import VERBS, Verb, calls
from tests.world import World, set_up

APPROVERS = {"bot_approvers": "UCLEO"}
"""Ana and Ben are operators, Cleo can approve."""


async def until_cancelled(world: World, thing: str, by: str = "UANA") -> Message:
    """Wait until Ana's operation is told to be cancelled: on its card, and to Ana if another did it."""
    words = f":no_entry_sign: <@{by}> cancelled the {thing} of *web-1*"
    if by == "UANA":
        return await world.until_post(words)
    return await world.until_reply(f"<@UANA> {words}")


def told(world: World) -> list[Message]:
    """Return all that is said in the channel of how something ended."""
    return [*world.posts(), *world.replies()]


async def until_all_had_their_turn(world: World, verb: Verb = "create") -> None:
    """Finish Ben's backup and let him make another, which comes after all that is queued by now."""
    made = len(world.provider.creates)
    before = calls(world)
    await world.person("ben").types("/backup create web-1 to see who is left")
    world.provider.finish()
    await world.until(lambda: len(world.provider.creates) > made)
    after = calls(world)
    assert [after[0] - before[0], *after[1:]] == [1, *before[1:]], verb
    assert "to see who is left" in world.provider.creates[-1].description
    world.provider.finish()
    await world.until(
        lambda: len([each for each in world.replies() if "<@UBEN> :white_check_mark:" in each.text]) == 2,
        "Ben's backups are done",
    )


@pytest.mark.parametrize(("handle", "verb"), [("ana", "create"), ("cleo", "delete"), ("ana", "restore")])
@set_up(**APPROVERS)
async def test_its_requester_and_an_approver_can_cancel_what_is_queued(
    world: World, handle: str, verb: Verb
) -> None:
    card = await queued(world, verb)
    person = world.person(handle)
    await person.clicks("cancel_operation", message=card)
    await world.until_whisper(handle, f"I'll cancel the {NOUNS[verb]} of *web-1*")

    told = await until_cancelled(world, NOUNS[verb], person.person.id)
    assert card.ts in (told.ts, told.thread_ts)
    assert "Nothing was changed." in told.text
    assert [each.status for each in world.provider.creates] == ["in_progress"], "Ben's backup still runs"
    await world.until(lambda: "cancelled the" in card.text, "the card says it too")
    assert buttons(card)[0] == "Try again"

    await until_all_had_their_turn(world, verb)
    assert len([each for each in world.replies() if "<@UANA>" in each.text]) == (handle == "cleo")
    assert len(world.posts()) == 3
    ours = [entry for entry in trail(world) if entry.person == "UANA"]
    assert [entry.event for entry in ours] == ["requested", "cancelled", "ended"]
    assert [ours[1].decided_by, ours[2].state] == [person.person.id, "refused"]


@set_up(**APPROVERS)
async def test_nobody_else_can_cancel(world: World) -> None:
    card = await queued(world)
    for handle, words in (
        ("ben", "You don't have permission to cancel this.\nAsk <@UANA> or <@UCLEO>."),
        ("gus", "Only full members of this workspace can use me"),
    ):
        await world.person(handle).clicks("cancel_operation", message=card)
        await world.until_whisper(handle, words)
    refused = [entry for entry in trail(world) if entry.event == "refused"]
    assert [(entry.person, entry.verb, entry.server_name) for entry in refused] == [
        (person, "cancel", "web-1") for person in ("UBEN", "UGUS")
    ]
    world.provider.finish()
    await world.until(lambda: len(world.provider.creates) == 2)
    world.provider.finish()
    await world.until_reply("<@UANA> :white_check_mark: *web-1* is backed up")
    assert "cancelled" not in events(world)


@set_up(**APPROVERS)
async def test_a_cancelled_operation_is_no_longer_in_the_queue(world: World) -> None:
    card = await queued(world)
    await world.person("ben").types("/backup status")
    await world.until_whisper("ben", "1 running · 1 queued")
    await world.person("ana").clicks("cancel_operation", message=card)
    await until_cancelled(world, "backup")
    await world.person("ben").types("/backup status")
    await world.until_whisper("ben", "1 running · 0 queued")


@set_up(**APPROVERS)
async def test_it_is_cancelled_once_by_whoever_is_first(world: World) -> None:
    card = await queued(world)
    shown = replace(card)
    await world.person("cleo").clicks("cancel_operation", message=card)
    await until_cancelled(world, "backup", "UCLEO")
    await world.person("ana").clicks("cancel_operation", message=shown)
    await world.until_whisper("ana", "There is nothing left to cancel: it has ended.")
    await until_all_had_their_turn(world)
    assert events(world).count("cancelled") == 1
    assert len([each for each in world.replies() if "cancelled the" in each.text]) == 1


@set_up(**APPROVERS)
async def test_impatient_and_repeated_clicks_cancel_once(world: World) -> None:
    card = await queued(world)
    world.faults.socket_duplicates = 2
    ana = world.person("ana")
    await asyncio.gather(*(ana.clicks("cancel_operation", message=replace(card)) for _ in range(3)))
    world.faults.socket_duplicates = 0
    await until_cancelled(world, "backup")
    await until_all_had_their_turn(world)
    assert events(world).count("cancelled") == 1
    assert len([each for each in told(world) if "cancelled the" in each.text]) == 1


@set_up(**TWO)
async def test_what_was_approved_and_is_queued_can_be_cancelled(world: World) -> None:
    await busy(world)
    question = await asks(world)
    await world.person("cleo").clicks("approve", message=question, confirm=True)
    await world.until(lambda: "Cancel" in buttons(question), "the approved delete is queued")
    await world.person("ana").clicks("cancel_operation", message=question)
    await until_cancelled(world, "delete")
    await until_all_had_their_turn(world)
    ours = [entry.event for entry in trail(world) if entry.person == "UANA"]
    assert ours == ["requested", "approval_requested", "approved", "cancelled", "ended"]


@pytest.mark.parametrize("is_approved", [False, True])
@set_up(**TWO)
async def test_a_click_before_it_is_in_the_queue_is_told_at_once_too(
    world: World, monkeypatch: pytest.MonkeyPatch, is_approved: bool
) -> None:
    await busy(world)
    clicked, enqueue = asyncio.Event(), engine.enqueue

    async def enqueue_after_the_click(*args: Any) -> None:
        await clicked.wait()
        await enqueue(*args)

    monkeypatch.setattr(engine, "enqueue", enqueue_after_the_click)
    if is_approved:
        card = await asks(world)
        await world.person("cleo").clicks("approve", message=card, confirm=True)
        await world.until(lambda: "Cancel" in buttons(card), "the approved delete is said to be queued")
    else:
        await request(world, "create")
        card = await world.until_post("*web-1*: backup is queued")
    await world.person("ana").clicks("cancel_operation", message=card)
    await world.until_whisper("ana", f"I'll cancel the {'delete' if is_approved else 'backup'} of *web-1*")
    clicked.set()
    await until_cancelled(world, "delete" if is_approved else "backup")
    assert [each.status for each in world.provider.creates] == ["in_progress"], "Ben's backup still runs"
    await until_all_had_their_turn(world)
    assert events(world).count("cancelled") == 1


@set_up(**TWO)
async def test_what_still_waits_for_approval_is_withdrawn_not_cancelled(world: World) -> None:
    card = await queued(world)
    question = await asks(world)
    forged = copy.deepcopy(card)
    for at in placed(forged.blocks):
        at.element["value"] = OperationForm(operation=form_of(question).operation).as_json()
    await world.person("ana").clicks("cancel_operation", message=forged)
    await world.until_whisper("ana", "There is nothing left to cancel")
    await world.person("cleo").clicks("approve", message=question, confirm=True)
    await world.until(lambda: "Cancel" in buttons(question), "it was approved all the same")


async def test_what_was_cancelled_can_be_tried_again(world: World) -> None:
    card = await queued(world)
    ana = world.person("ana")
    await ana.clicks("cancel_operation", message=card)
    await until_cancelled(world, "backup")
    await world.until(lambda: buttons(card) == ["Try again"], "it can be tried again")
    await ana.clicks(label="Try again", message=card)
    await world.until(lambda: len(world.posts()) == 3, "another backup is queued")
    world.provider.finish()
    await world.until(lambda: len(world.provider.creates) == 2)
    world.provider.finish()
    await world.until_reply("<@UANA> :white_check_mark: *web-1* is backed up")
    assert "before the upgrade" in world.provider.creates[1].description


@set_up(**APPROVERS)
async def test_a_restore_that_is_cancelled_during_its_safety_backup_is_not_called(world: World) -> None:
    card, safety = await in_safety_backup(world)
    person = world.person("cleo")
    await person.clicks("cancel_operation", message=card)
    await world.until_whisper("cleo", "I'll cancel the restore of *web-1*")
    world.provider.finish(safety.id)
    told = await until_cancelled(world, "restore", person.person.id)
    assert "The restore was not started; its safety backup stays." in told.text
    await world.until(
        lambda: f"*Safety backup* backup {safety.id}" in card.text, "the card names the safety backup"
    )
    assert calls(world) == [1, 0, 0]
    assert safety.id in world.provider.backups
    assert events(world) == ["requested", "started", "cancelled", "ended"]


async def test_what_was_cancelled_is_told_so_though_it_would_be_refused_as_well(world: World) -> None:
    card, safety = await in_safety_backup(world)
    await world.person("ana").clicks("cancel_operation", message=card)
    await world.until_whisper("ana", "I'll cancel the restore of *web-1*")
    [target] = [each for each in world.provider.backups if each != safety.id]
    world.provider.delete(target)
    world.provider.finish(safety.id)
    await until_cancelled(world, "restore")
    assert calls(world) == [1, 0, 0]


async def test_a_safety_backup_that_fails_after_the_restore_was_cancelled_is_told(world: World) -> None:
    card, safety = await in_safety_backup(world)
    await world.person("ana").clicks("cancel_operation", message=card)
    await world.until_whisper("ana", "I'll cancel the restore of *web-1*")
    world.provider.finish(safety.id, "failed")
    told = await world.until_reply("<@UANA> :no_entry_sign: Not restored: *web-1*")
    assert "The safety backup did not complete." in told.text
    assert calls(world) == [1, 0, 0]


async def test_a_backup_that_has_just_been_started_is_not_said_to_be_cancelled(world: World) -> None:
    card = await queued(world)
    shown = replace(card)  # as Ana still sees it
    world.provider.finish()
    await world.until(lambda: len(world.provider.creates) == 2)
    await world.person("ana").clicks("cancel_operation", message=shown)
    await world.until_whisper("ana", "unless it has just been started. Its message will say which.")
    world.provider.finish()
    await world.until_reply("<@UANA> :white_check_mark: *web-1* is backed up")
    assert "cancelled" not in events(world)
    assert "cancelled" not in "".join(each.text for each in [*world.posts(), *world.replies()])


async def test_a_restore_that_has_just_been_called_is_not_said_to_be_cancelled(world: World) -> None:
    card, safety = await in_safety_backup(world)
    shown = replace(card)
    world.provider.finish(safety.id)
    await world.until(lambda: world.provider.restores)
    await world.person("ana").clicks("cancel_operation", message=shown)
    await world.until_whisper("ana", "unless it has just been started. Its message will say which.")
    await world.until_looked_at_servers()
    world.provider.finish_restores()
    await world.until_reply("<@UANA> :white_check_mark: *web-1* is back: restored to")
    assert "cancelled" not in events(world)
    assert len(world.replies()) == 1


async def test_what_has_ended_is_said_to_have_ended(world: World) -> None:
    card = await queued(world)
    shown = replace(card)
    world.provider.finish()
    await world.until(lambda: len(world.provider.creates) == 2)
    world.provider.finish()
    await world.until_reply("<@UANA> :white_check_mark: *web-1* is backed up")
    await world.person("ana").clicks("cancel_operation", message=shown)
    await world.until_whisper("ana", "There is nothing left to cancel: it has ended.")
    assert "cancelled" not in events(world)


@pytest.mark.parametrize("verb", VERBS)
async def test_a_click_at_the_very_moment_of_its_turn_either_cancels_or_comes_too_late(
    world: World, verb: Verb
) -> None:
    card = await queued(world, verb)
    before = calls(world)
    clicking = asyncio.create_task(world.person("ana").clicks("cancel_operation", message=replace(card)))
    world.provider.finish()
    assert (await clicking).acked

    def has_acted() -> bool:
        return calls(world) != before

    def is_told() -> bool:
        return any("cancelled the" in each.text for each in world.posts())

    await world.until(lambda: has_acted() or is_told(), "it is cancelled or acts")
    world.provider.finish()
    if world.provider.restores:
        await world.until_looked_at_servers()
        world.provider.finish_restores()
    await world.until(lambda: events(world).count("ended") == 2, "both have ended")
    await world.until(lambda: len(world.replies()) == 1 + has_acted(), "both are told")
    assert has_acted() != is_told()
    assert ("cancelled" in events(world)) == is_told()


async def test_a_cancel_survives_a_restart(world: World) -> None:
    card = await queued(world)
    await world.person("ana").clicks("cancel_operation", message=card)
    await until_cancelled(world, "backup")
    await world.restart_bot()
    await until_all_had_their_turn(world)
    assert events(world).count("cancelled") == 1


async def test_a_cancel_during_a_safety_backup_survives_a_restart(world: World) -> None:
    card, safety = await in_safety_backup(world)
    await world.person("ana").clicks("cancel_operation", message=card)
    await world.until_whisper("ana", "I'll cancel the restore of *web-1*")
    await world.restart_bot()
    world.provider.finish(safety.id)
    told = await until_cancelled(world, "restore")
    assert f"*Safety backup* backup {safety.id}" in told.text
    assert calls(world) == [1, 0, 0]


async def test_a_cancel_is_told_even_if_the_bot_stops_at_once(world: World) -> None:
    card = await queued(world, "restore")
    answer = await world.person("ana").clicks("cancel_operation", message=card)
    assert answer.acked
    await world.restart_bot()
    await until_cancelled(world, "restore")
    await until_all_had_their_turn(world, "restore")
    assert events(world).count("cancelled") == 1
