"""A second person is asked, approves or declines, and it is carried out or not."""

import asyncio
from datetime import timedelta

import pytest

from bot.sandbox.people.actors import NotPossible
from bot.sandbox.slack.form_state import placed
from tests.stories.asking import TWO, answers, asks, declines, events, trail, until_recorded
from tests.world import World, set_up

CARRIED_OUT = ["requested", "approval_requested", "approved", "started", "ended"]


def refused(ending: str) -> list[str]:
    """Return the trail of a request that ended without being carried out."""
    return ["requested", "approval_requested", ending, "ended"]


@set_up(**TWO)
async def test_nothing_happens_before_the_second_person_approves_then_it_does(world: World) -> None:
    question = await asks(world, "restore", reason="the upgrade broke it")
    assert world.provider.restores == []
    await world.person("cleo").clicks("approve", message=question, confirm=True)
    await world.until(lambda: world.provider.restores)
    await world.until_looked_at_servers()
    world.provider.finish_restores()
    reply = await world.until_reply("<@UANA> :white_check_mark: *web-1* is back: restored to")
    assert reply.thread_ts == question.ts
    [post] = world.posts()
    assert "*Approved by* <@UCLEO>, <!date^" in post.text
    assert reply.broadcast, "all in the channel hear of a restore"
    assert len(world.provider.restores) == 1
    assert events(world) == CARRIED_OUT
    approved = next(entry for entry in trail(world) if entry.event == "approved")
    assert (approved.person, approved.decided_by) == ("UANA", "UCLEO")
    assert approved.permalink


@set_up(**TWO)
async def test_the_question_has_all_that_a_decision_needs(world: World) -> None:
    question = await asks(world, "restore", reason="the <!channel> upgrade broke it")
    [backup] = world.provider.backups_of("web-1")
    needed = (
        "Approval needed: restore web-1",
        "Needs approval from <@UBEN> or <@UCLEO>.",
        "*Requested by* <@UANA>, <!date^",
        f"*Back to* <!date^{int(backup.created_at.timestamp())}^",
        f"(7 h old), backup {backup.id}",
        "*Loses* everything written since then (7 h)",
        "*Safety backup* *no* – this can't be undone",
        "*Reason* “the &lt;!channel&gt; upgrade broke it”",
        "Expires <!date^",
    )
    assert [words for words in needed if words not in question.text] == []
    with pytest.raises(NotPossible, match=f"When you approve, I'll restore web-1 from backup {backup.id}"):
        await world.person("cleo").clicks("approve", message=question)


@set_up(**TWO)
@pytest.mark.parametrize(("reason", "words"), [("", "Nothing was changed."), ("not *now*", "“not ∗now∗”")])
async def test_a_declined_request_is_not_carried_out(world: World, reason: str, words: str) -> None:
    question = await asks(world)
    await declines(world, "ben", question, reason)
    reply = await world.until_reply("<@UANA> :no_entry_sign: <@UBEN> declined the delete of *web-1*.")
    assert words in reply.text
    assert world.provider.deletes == []
    assert events(world) == refused("declined")
    declined, ended = trail(world)[-2:]
    assert (declined.decided_by, declined.comment) == ("UBEN", reason)
    assert ended.state == "refused"


@set_up(**TWO, bot_approval_minutes=0.01)
async def test_silence_is_no_approval_and_of_a_short_request_approvers_are_reminded_once(
    world: World,
) -> None:
    question = await asks(world)
    reminder = await world.until_reply("<@UBEN> <@UCLEO>")
    assert reminder.text.startswith(":bell: Reminder: <@UANA> needs an answer by <!date^")
    assert reminder.thread_ts == question.ts
    reply = await world.until_reply("No answer in time for the delete of *web-1*")
    assert "so nothing was done." in reply.text
    assert len(world.replies()) == 2
    await world.until(lambda: "Expired without an answer" in reminder.text, "the reminder says how it ended")
    assert world.provider.deletes == []
    assert events(world) == ["requested", "approval_requested", "reminded", "expired", "ended"]


@set_up(**TWO, bot_ask_approvers=True, bot_approval_minutes=0.01)
async def test_approvers_who_are_asked_directly_are_reminded_there_and_nowhere_else(world: World) -> None:
    await asks(world)
    reminder = await world.until_direct("ben", ":bell: Reminder: <@UANA> needs an answer by <!date^")
    assert "<@UBEN>" not in reminder.text
    assert reminder.thread_ts == world.direct("ben")[0].ts
    reply = await world.until_reply("No answer in time for the delete of *web-1*")
    assert world.replies() == [reply]
    await world.until(lambda: "Expired without an answer" in reminder.text, "the reminder says how it ended")


@set_up(**TWO)
async def test_the_requester_and_nobody_else_can_withdraw(world: World) -> None:
    question = await asks(world)
    await answers(world, "ben", "withdraw", question)
    await world.until_whisper("ben", "Only the person who requested this can do that.\nAsk <@UANA>.")
    await answers(world, "ana", "withdraw", question)
    await world.until_post("<@UANA> withdrew the delete of *web-1*")
    assert world.provider.deletes == []
    await world.until(lambda: events(world)[2:] == ["refused", "withdrawn", "ended"])
    assert world.replies() == [], "the requester is not pinged by their own click"


@set_up(**TWO)
async def test_a_request_whose_backup_has_vanished_can_t_be_approved(world: World) -> None:
    question = await asks(world)
    world.provider.backups.clear()
    await world.person("cleo").clicks("approve", message=question, confirm=True)
    await world.until_reply("The delete of *web-1* is out of date. Backup 5001 is gone")
    # So says the message that Cleo clicked, too.
    assert "The delete of *web-1* is out of date\nBackup 5001 is gone" in question.text
    assert world.provider.deletes == []
    assert events(world) == refused("stale")


@set_up(bot_second_person="restore", bot_approvers="UBEN,UCLEO")
async def test_a_request_that_was_overtaken_can_t_be_approved(world: World) -> None:
    question = await asks(world, "restore")
    other = world.provider.add_backup("web-1", age=timedelta(hours=2))
    await world.person("ben").types(f"/backup delete {other.id}")
    await world.confirms("ben")
    await world.until_reply(f"Deleted backup {other.id}")
    await world.person("ben").clicks("approve", message=question, confirm=True)
    await world.until_reply("The restore of *web-1* is out of date. A newer delete on web-1 has ended")
    assert "The restore of *web-1* is out of date\nA newer delete on web-1 has ended" in question.text
    assert world.provider.restores == []
    assert [each for each in events(world) if each in {"approved", "stale"}] == ["stale"]


@set_up(**TWO)
async def test_an_outage_of_vps_org_makes_nothing_stale_and_changes_nothing(world: World) -> None:
    question = await asks(world)
    world.faults.provider_fail = "500"
    await world.person("cleo").clicks("approve", message=question, confirm=True)
    reply = await world.until_reply("Deleting backup 5001 of *web-1* failed")
    assert "VPS.org is having problems (error 500)." in reply.text
    assert reply.text.endswith("Nothing was changed.")
    assert world.provider.deletes == []
    assert events(world) == CARRIED_OUT
    ended = trail(world)[-1]
    assert (ended.state, ended.outcome and ended.outcome.kind) == ("failed", "not_done")


@set_up(**TWO)
async def test_nobody_approves_what_they_requested_themselves(world: World) -> None:
    question = await asks(world, handle="ben")
    assert "<@UCLEO>" in question.text
    assert "Needs approval from <@UCLEO>." in question.text
    await world.person("ben").clicks("approve", message=question, confirm=True)
    await world.until_whisper("ben", "You can't approve your own request.")
    await world.person("cleo").clicks("approve", message=question, confirm=True)
    await world.until_reply("<@UBEN> :white_check_mark: Deleted backup 5001")
    assert events(world) == ["requested", "approval_requested", "refused", *CARRIED_OUT[2:]]
    assert (trail(world)[2].person, trail(world)[2].verb) == ("UBEN", "approve")


def _answers(world: World, handle: str) -> list[str]:
    """Return what a person was told about a decision of theirs that did not count."""
    said = [message.text for message in [*world.whispers(handle), *world.direct(handle)]]
    modal = world.person(handle).modal
    told = [*said, str(modal.payload) if modal else ""]
    return [text for text in told if "answered already" in text]


@set_up(**TWO)
async def test_of_two_who_decide_at_once_one_counts_and_the_other_is_told(world: World) -> None:
    question = await asks(world)
    ben, cleo = world.person("ben"), world.person("cleo")
    await cleo.clicks("decline", message=question)
    await world.until_modal("cleo", "Decline this request")
    answers = await asyncio.gather(ben.clicks("approve", message=question, confirm=True), cleo.submits())
    assert [answer.acked for answer in answers] == [True, True]
    await world.until(lambda: events(world)[-1:] == ["ended"])
    ending, loser = ("approved", "cleo") if world.provider.deletes else ("declined", "ben")
    assert [each for each in events(world) if each in {"approved", "declined"}] == [ending]
    await world.until(lambda: _answers(world, loser))


@set_up(**TWO)
async def test_of_two_who_approve_at_once_one_counts_and_it_is_done_once(world: World) -> None:
    question = await asks(world)
    people = [world.person(handle) for handle in ("ben", "cleo")]
    answers = await asyncio.gather(
        *(person.clicks("approve", message=question, confirm=True) for person in people)
    )
    assert [answer.acked for answer in answers] == [True, True]
    await world.until_reply("Deleted backup 5001")
    assert world.provider.deletes == [5001]
    [approved] = [entry for entry in trail(world) if entry.event == "approved"]
    loser = "ben" if approved.decided_by == "UCLEO" else "cleo"
    await world.until(lambda: _answers(world, loser))


@set_up(bot_second_person="create", bot_approvers="UCLEO")
async def test_a_backup_that_has_to_be_approved_needs_a_reason(world: World) -> None:
    ana = world.person("ana")
    await ana.types("/backup create web-1")
    await world.until_modal("ana", "Back up a server")
    assert world.posts() == []
    with pytest.raises(NotPossible, match="required"):
        await ana.submits()
    await ana.fills(reason="before the upgrade")
    await ana.submits()
    question = await world.until_post("Approval needed: back up web-1")
    assert "*Reason* “before the upgrade”" in question.text
    await ana.types("/backup create")
    await world.until_modal("ana", "Back up a server")
    await ana.fills(server="db-1")
    await ana.submits()
    assert ana.modal
    assert ana.modal.errors == {"reason": "Say why: another person must approve this."}


@pytest.mark.parametrize(
    ("world", "words"),
    [
        ({"bot_second_person": "delete"}, "nobody else can give it"),
        ({"bot_second_person": "delete", "bot_approvers": "UANA"}, "nobody else can give it"),
        (
            {"bot_second_person": "delete", "bot_approvers": "S0EMPTY"},
            "nobody else can give it",
        ),
        (
            {"bot_second_person": "delete", "bot_approvers": "S0GUESTS"},
            "nobody else can give it",
        ),
    ],
    indirect=["world"],
    ids=["nobody", "only the requester", "an empty group", "a group of guests"],
)
async def test_if_nobody_is_there_to_approve_nothing_is_done(world: World, words: str) -> None:
    world.workspace.usergroups.update({"S0EMPTY": [], "S0GUESTS": ["UGUS"]})
    backup = world.provider.add_backup("web-1")
    ana = world.person("ana")
    await ana.types(f"/backup delete {backup.id}")
    await world.until(lambda: words in f"{ana.modal and ana.modal.payload}{world.whispers('ana')}")
    assert (world.provider.deletes, world.posts()) == ([], [])
    assert events(world)[-1] == "refused"


@set_up(**TWO, bot_ask_approvers=True)
async def test_approvers_who_are_asked_directly_see_there_how_it_ended(world: World) -> None:
    question = await asks(world)
    assert "The 2 people who can approve this were asked directly." in question.text
    assert "<@UBEN>" not in question.text
    asked = {
        handle: await world.until_direct(handle, "Approval needed: delete a backup of web-1")
        for handle in ("ben", "cleo")
    }
    assert "requested in <#COPS>" in asked["ben"].text
    buttons = list(placed(asked["ben"].blocks))
    assert [at.action_id for at in buttons] == ["approve", "decline", "open_link"]
    assert question.ts.replace(".", "") in buttons[-1].element["url"]
    await world.person("cleo").clicks("approve", message=asked["cleo"], confirm=True)
    await world.until_reply("Deleted backup 5001")
    for handle, message in asked.items():
        await world.until(lambda: "Deleted backup 5001" in message.text, f"{handle} sees how it ended")  # noqa: B023
        assert "*Approved by* <@UCLEO>" in message.text
        assert [at.action_id for at in placed(message.blocks)] == ["open_link"]
        assert len(world.direct(handle)) == 1


class CleoCantBeWrittenTo:
    """Slack has nobody by Cleo's id to write to."""

    def for_slack(self, method: str, channel: str) -> str | None:
        """Return what goes wrong with what is posted to whom."""
        return "user_not_found" if (method, channel) == ("chat.postMessage", "UCLEO") else None

    def for_provider(self, method: str, path: str) -> str | None:
        """Nothing goes wrong there."""

    def wait(self) -> float:
        """Nothing is late."""
        return 0.0


@set_up(**TWO, bot_ask_approvers=True)
async def test_an_approver_who_can_t_be_written_to_is_mentioned_in_the_thread(world: World) -> None:
    world.faults.plan = CleoCantBeWrittenTo()
    question = await asks(world)
    await world.until_direct("ben", "Approval needed: delete a backup of web-1")
    reply = await world.until_reply("Needs approval from <@UCLEO>.")
    assert reply.thread_ts == question.ts
    await world.person("cleo").clicks("approve", message=question, confirm=True)
    await world.until_reply("Deleted backup 5001")


@set_up(**TWO)
async def test_a_request_that_awaits_approval_does_not_block_others(world: World) -> None:
    question = await asks(world)
    await world.person("ben").types("/backup create web-1")
    [made] = await world.until(lambda: world.provider.creates)
    await world.until_post("Backing up *web-1*")
    await world.person("ben").types("/backup status")
    await world.until_whisper("ben", "waiting for approval, requested")
    await world.person("cleo").clicks("approve", message=question, confirm=True)
    await world.until_post("*web-1*: delete is queued\nWaiting for <@UBEN>'s backup to finish")
    assert world.provider.deletes == []
    world.provider.finish(made.id)
    await world.until_reply("Deleted backup 5001")


@set_up(**TWO)
@pytest.mark.parametrize("place", ["secret", "ana's messages"])
async def test_if_approvers_can_t_see_the_question_they_are_written_to(world: World, place: str) -> None:
    channel = world.workspace.im_of("UANA").name if place == "ana's messages" else place
    backup = world.provider.add_backup("web-1")
    await world.person("ana").types(f"/backup delete {backup.id}", channel=channel)
    await world.confirms("ana")
    question = await world.until_direct("cleo", "Approval needed: delete")
    # There is no button to open what only Ana can.
    assert [at.action_id for at in placed(question.blocks)] == ["approve", "decline"]
    await until_recorded(world, "approval_requested")
    await world.person("cleo").clicks("approve", message=question, confirm=True)
    await world.until_direct("ana", "<@UANA> :white_check_mark: Deleted backup 5001")
    await world.until(lambda: "Deleted backup 5001" in question.text, "Cleo sees how it ended")
    assert list(placed(question.blocks)) == []
    assert events(world) == CARRIED_OUT
