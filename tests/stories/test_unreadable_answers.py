"""Slack answers with something that is no JSON object: the person is answered all the same."""

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import NoReturn

import pytest
from structlog.testing import capture_logs

from bot.operations import views
from bot.slack.message import Message
from tests.stories.three_verbs import ask, confirm, effects, prepare, until_told
from tests.world import World

UNREADABLE = ["broken_json", "wrong_types", "number"]
SILENT = "Slack didn't answer me, so I could not show you this."
BUG = "Something went wrong on my side."


async def test_a_form_that_can_t_be_opened_is_told_and_the_next_one_works(world: World) -> None:
    prepare(world)
    with capture_logs() as logged:
        for said in ("create", "delete", "delete 5001", "restore 5002", "restore mail-1"):
            for fault in UNREADABLE:
                world.faults.next_slack["views.open"].append(fault)
                assert (await world.person("ana").types(f"/backup {said}")).acked, (said, fault)
                world.workspace.remove(await world.until_whisper("ana", SILENT))
                assert world.person("ana").modal is None, (said, fault)
    assert not [line for line in logged if line["event"] == "listener_failed"]
    await ask(world, "delete")
    await confirm(world, "delete")
    await until_told(world, "delete", "done")
    assert effects(world) == [0, 1, 0]


async def test_a_form_that_can_t_be_filled_is_told(world: World) -> None:
    prepare(world)
    for fault in UNREADABLE:
        world.faults.next_slack["views.update"].append(fault)
        assert (await world.person("ana").types("/backup delete 5001")).acked, fault
        world.workspace.remove(await world.until_whisper("ana", SILENT))
        await world.person("ana").closes(everything=True)
    assert effects(world) == [0, 0, 0]


async def test_an_answer_that_can_t_be_shown_in_the_channel_is_a_direct_message(world: World) -> None:
    for fault in UNREADABLE:
        world.faults.next_slack["response_url"].append("expired_url")
        world.faults.next_slack["chat.postEphemeral"].append(fault)
        assert (await world.person("ana").types("/backup list")).acked, fault
        world.workspace.remove(await world.until_direct("ana", "0 backups"))
        assert world.whispers("ana") == [], fault


async def test_a_list_that_can_t_be_shared_is_told(world: World) -> None:
    ana = world.person("ana")
    await ana.types("/backup list")
    listing = await world.until_whisper("ana", "0 backups")
    for fault in UNREADABLE:
        world.faults.next_slack["chat.postMessage"].append(fault)
        assert (await ana.clicks("list_share", message=listing)).acked, fault
        world.workspace.remove(await world.until_whisper("ana", SILENT))
    await ana.clicks("list_share", message=listing)
    await world.until_post("Shared by <@UANA>")
    assert len(world.posts()) == 1


async def test_a_full_server_is_told_directly(world: World) -> None:
    for _ in range(10):
        world.provider.add_backup("web-1")
    for fault in UNREADABLE:
        world.faults.next_slack["chat.postEphemeral"].append(fault)
        assert (await world.person("ana").types("/backup create web-1", channel="secret")).acked, fault
        told = await world.until_direct("ana", "web-1 has no free backup slot (10 of 10).")
        world.workspace.remove(told)


async def test_a_person_slack_does_not_tell_of_is_asked_to_try_again(world: World) -> None:
    for fault in UNREADABLE:
        world.faults.next_slack["users.info"] += [fault] * 20
        assert (await world.person("ana").types("/backup create web-1")).acked, fault
        told = await world.until_whisper("ana", "I can't check who you are: Slack isn't answering.")
        world.workspace.remove(told)
        world.faults.next_slack.clear()
    assert world.provider.creates == []


async def test_if_nothing_at_all_can_be_shown_it_is_logged_and_the_next_is_answered(world: World) -> None:
    for fault in UNREADABLE:
        world.faults.next_slack["response_url"] += ["expired_url"] * 2
        for method in ("chat.postEphemeral", "chat.postMessage"):
            world.faults.next_slack[method] += [fault] * 2
        with capture_logs() as logged:
            assert (await world.person("ana").types("/backup list")).acked, fault
            await _until_logged(world, logged, "nobody_told")
        assert not [line for line in logged if line["event"] == "listener_failed"]
        await world.person("ana").types("/backup list")
        world.workspace.remove(await world.until_whisper("ana", "0 backups"))


async def _until_logged(world: World, logged: Sequence[Mapping[str, object]], event: str) -> None:
    await world.until(lambda: any(line["event"] == event for line in logged), f"{event} is logged")


def _breaks(*_: object, **__: object) -> NoReturn:
    raise AttributeError("'dict' object has no attribute 'dcit'")


@pytest.mark.parametrize(
    "broken",
    [
        "bot.backups.form_views.create_form",
        "slack_sdk.models.views.View.to_dict",
        "bot.slack.interaction.require_id",
    ],
)
async def test_an_attribute_error_of_our_own_is_a_bug_and_no_outage(
    world: World, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    with monkeypatch.context() as patched, capture_logs() as logged:
        patched.setattr(broken, _breaks)
        assert (await world.person("ana").types("/backup create")).acked
        told = await world.until_whisper("ana", BUG)
    [bug] = [line for line in logged if line["event"] == "listener_failed"]
    assert str(bug["reference"]) in told.text
    assert bug["exc_info"]
    assert "dcit" not in told.text
    assert SILENT not in told.text
    assert not [line for line in logged if line["event"] == "slack_unanswered"]


@pytest.mark.parametrize(
    ("drawing", "words"),
    [
        ("in_progress", "I crashed partway and don't know how far it got."),
        ("ended", "I can't say more, because of a bug of mine"),
    ],
)
async def test_an_attribute_error_of_our_own_ends_an_operation_instead_of_being_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch, drawing: str, words: str
) -> None:
    works: Callable[..., Message] = getattr(views, drawing)
    calls = count()

    def breaks_once(*args: object) -> Message:
        return _breaks() if next(calls) == 0 else works(*args)

    monkeypatch.setattr(views, drawing, breaks_once)
    await world.person("ana").types("/backup create web-1")
    if drawing == "ended":
        await world.until(lambda: world.provider.creates)
        world.provider.finish()
    await world.until_reply(words)
