"""Running it alone in an emergency: loud, twice confirmed, and on record permanently."""

from collections.abc import Iterator

import pytest

from bot.sandbox.people.actors import NotPossible
from bot.sandbox.slack.form_state import placed
from bot.sandbox.slack.workspace import Message
from tests.stories.asking import TWO, answers, asks, declines, events, trail, until_recorded
from tests.world import World, set_up

GLASS = {**TWO, "bot_break_glass": True}
WHY = "the shop is down and nobody answers"


def buttons(message: Message) -> Iterator[str]:
    """Yield the action ids under a message."""
    return (at.action_id for at in placed(message.blocks))


def menu(question: Message) -> list[str]:
    """Return what the requester's menu under a question offers."""
    [options] = [at.element["options"] for at in placed(question.blocks) if at.action_id == "request_menu"]
    return [option["text"]["text"] for option in options]


async def breaks_glass(world: World, question: Message, name: str = "web-1", reason: str = WHY) -> None:
    """Let Ana break the glass."""
    await answers(world, "ana", "break_glass", question)
    await world.until_modal("ana", "Type the server's name, web-1, once more")
    await world.person("ana").fills(reason=reason, typed_name=name)
    await world.person("ana").submits()


@set_up(**GLASS)
async def test_with_a_reason_and_the_name_once_more_it_runs_and_approvers_are_told(
    world: World,
) -> None:
    question = await asks(world, reason="corrupt")
    assert "Break glass…" in menu(question)
    await breaks_glass(world, question)
    for handle in ("ben", "cleo"):
        alarm = await world.until_direct(handle, "Break-glass: delete a backup of web-1")
        await world.until(lambda: "Deleted backup 5001" in alarm.text, "the alarm says how it ended")  # noqa: B023
    told = await world.until_reply("<@UANA> runs this without approval, now: *delete backup 5001 of web-1*.")
    assert f"\nReason: “{WHY}”" in told.text
    assert (told.thread_ts, told.broadcast) == (question.ts, True)
    await world.until_reply("<@UANA> :white_check_mark: Deleted backup 5001")
    assert world.provider.deletes == [5001]
    [post] = world.posts()
    assert f"*Approved by* :rotating_light: nobody (break-glass: “{WHY}”)" in post.text
    alarmed = await until_recorded(world, "alarmed")
    assert (alarmed.reached, alarmed.not_reached) == (("UBEN", "UCLEO"), ())
    done = [event for event in events(world) if event != "alarmed"]
    assert done == ["requested", "approval_requested", "break_glass", "started", "ended"]
    broken = trail(world)[2]
    assert (broken.person, broken.decided_by, broken.comment) == ("UANA", "UANA", WHY)
    assert broken.reason == "corrupt"
    assert len(world.direct("ben")) == len(world.direct("cleo")) == 1


@set_up(**GLASS, bot_ask_approvers=True)
async def test_approvers_who_were_asked_directly_see_that_it_needs_no_answer_any_more(world: World) -> None:
    await breaks_glass(world, await asks(world))
    await world.until_reply("Deleted backup 5001")
    await world.until(lambda: len(world.direct("ben")) == 2)
    asked, alarm = world.direct("ben")
    for message in (asked, alarm):
        await world.until(lambda: "Deleted backup 5001" in message.text, "it says how it ended")  # noqa: B023
        assert "nobody (break-glass:" in message.text
        assert list(buttons(message)) == ["open_link"]


@set_up(**GLASS)
async def test_approvers_hear_of_it_though_the_bot_is_restarted_meanwhile(world: World) -> None:
    question = await asks(world)
    await world.restart_bot(**GLASS)
    await breaks_glass(world, question)
    await world.restart_bot(**GLASS)
    await world.until_reply("Deleted backup 5001")
    assert [len(world.direct(handle)) for handle in ("ben", "cleo")] == [1, 1]
    assert world.provider.deletes == [5001]


class BenComesLateAndCleoIsGone:
    """Slack is away for the first messages to Ben, and has nobody for those to Cleo."""

    def __init__(self) -> None:
        self.lost = 0

    def for_slack(self, method: str, channel: str) -> str | None:
        """Return what goes wrong with what is posted to whom."""
        if method != "chat.postMessage" or channel not in {"UBEN", "UCLEO"}:
            return None
        if channel == "UCLEO":
            return "user_disabled"
        self.lost += 1
        return "down" if self.lost <= 3 else None

    def for_provider(self, method: str, path: str) -> str | None:
        """Nothing goes wrong there."""

    def wait(self) -> float:
        """Nothing is late."""
        return 0.0


@set_up(**GLASS)
async def test_an_alarm_outlasts_an_outage_and_who_was_not_reached_is_on_record(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.operations.card.ANNOUNCE_SECONDS", 0.05)
    monkeypatch.setattr("bot.notifications.retry._FIRST_WAIT", 0.1)
    question = await asks(world)
    world.faults.plan = BenComesLateAndCleoIsGone()
    await breaks_glass(world, question)
    await world.until_reply("<@UANA> :white_check_mark: Deleted backup 5001")
    alarm = await world.until_direct("ben", "Break-glass: delete a backup of web-1")
    await world.until(lambda: "Deleted backup 5001" in alarm.text, "it came late, and says how it ended")
    alarmed = await until_recorded(world, "alarmed")
    assert (alarmed.reached, alarmed.not_reached) == (("UBEN",), ("UCLEO",))


@set_up(**GLASS)
async def test_an_approver_stops_from_the_alarm_what_has_not_acted_yet(world: World) -> None:
    await world.person("cleo").types("/backup list")
    await world.person("ben").types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    await breaks_glass(world, await asks(world))
    alarm = await world.until_direct("cleo", "Press Cancel, which works until it acts, and call <@UANA>.")
    assert list(buttons(alarm)) == ["cancel_operation", "open_link"]
    await world.person("cleo").clicks("cancel_operation", message=alarm)
    await world.until_reply("<@UANA> :no_entry_sign: <@UCLEO> cancelled the delete of *web-1*")
    await world.until(lambda: "cancelled the delete" in alarm.text, "the alarm says so too")
    assert world.provider.deletes == []


@set_up(**GLASS)
async def test_a_wrong_name_breaks_nothing_the_right_one_then_does(world: World) -> None:
    question = await asks(world)
    await breaks_glass(world, question, "web-2")
    ana = world.person("ana")
    assert ana.modal
    assert ana.modal.errors == {"typed_name": "That is not the server's name. Type web-1 to confirm."}
    assert (world.provider.deletes, events(world)) == ([], ["requested", "approval_requested"])
    await ana.fills(typed_name=" WEB-1 ")
    await ana.submits()
    await world.until_reply("Deleted backup 5001")


@set_up(**GLASS)
async def test_without_a_reason_nothing_is_broken(world: World) -> None:
    question = await asks(world)
    with pytest.raises(NotPossible, match="reason"):
        await breaks_glass(world, question, reason="")
    assert (world.provider.deletes, events(world)) == ([], ["requested", "approval_requested"])


@set_up(**GLASS)
async def test_only_the_requester_breaks_the_glass(world: World) -> None:
    question = await asks(world)
    for handle in ("ben", "cleo", "gus"):
        await answers(world, handle, "break_glass", question)
        words = "Only full members" if handle == "gus" else "Only the person who requested this"
        await world.until_whisper(handle, words)
        assert world.person(handle).modal is None, handle
    refused = [(entry.person, entry.verb) for entry in trail(world) if entry.event == "refused"]
    assert refused == [(person, "break_glass") for person in ("UBEN", "UCLEO", "UGUS")]
    assert world.provider.deletes == []


@set_up(**TWO)
async def test_if_the_rules_don_t_allow_it_there_is_no_button(world: World) -> None:
    assert menu(await asks(world)) == ["Withdraw"]


@set_up(**GLASS)
async def test_if_the_rules_don_t_allow_it_any_more_it_is_refused(world: World) -> None:
    question = await asks(world)
    await world.restart_bot(**TWO)
    await answers(world, "ana", "break_glass", question)
    await world.until_whisper("ana", "The rules for this server don't allow break-glass.")
    assert world.provider.deletes == []


@set_up(**GLASS)
async def test_glass_that_was_broken_under_rules_that_changed_before_its_turn_changes_nothing(
    world: World,
) -> None:
    await world.person("ben").types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    await breaks_glass(world, await asks(world))
    await world.until_post("*web-1*: delete is queued")
    await world.restart_bot(**TWO)
    world.provider.finish()
    await world.until_reply(
        "Not deleted: backup 5002 of *web-1*. The rules for this server don't allow break-glass."
    )
    assert world.provider.deletes == []


@set_up(**GLASS)
async def test_after_it_was_declined_nobody_breaks_the_glass_any_more(world: World) -> None:
    question = await asks(world)
    ana = world.person("ana")
    await answers(world, "ana", "break_glass", question)
    await world.until_modal("ana", "once more")
    await declines(world, "ben", question)
    await world.until_reply("<@UBEN> declined the delete of *web-1*")
    await ana.fills(reason=WHY, typed_name="web-1")
    await ana.submits()
    await world.until_modal("ana", "This request was answered already, or has ended.")
    assert world.provider.deletes == []
    assert "break_glass" not in events(world)
