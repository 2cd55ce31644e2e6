"""A second person is asked, decides in one way or another, and it is carried out or not."""

import asyncio
from datetime import timedelta

import pytest

from bot.sandbox.people.actors import NotPossible
from tests.stories.asking import TWO, asks, denies, events, trail, until_recorded
from tests.world import World, set_up

CARRIED_OUT = ["requested", "asked", "approved", "started", "ended"]


def refused(ending: str) -> list[str]:
    """Return the trail of a request that ended without being carried out."""
    return ["requested", "asked", ending, "ended"]


@set_up(**TWO)
async def test_nothing_happens_before_the_second_person_agrees_then_it_does(world: World) -> None:
    question = await asks(world, "restore", reason="the upgrade broke it")
    assert world.provider.restores == []
    await world.person("cleo").clicks("approve", message=question, confirm=True)
    await world.until(lambda: world.provider.restores)
    await world.until_looked_at_servers()
    world.provider.finish_restores()
    reply = await world.until_reply("<@UANA> *web-1* was restored")
    assert reply.thread_ts == question.ts
    [post] = world.posts()
    assert "approved by <@UCLEO>" in post.text
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
        f"<@UANA> wants to *restore web-1 from backup {backup.id}*",
        "<@UBEN> or <@UCLEO>",
        f"taken <!date^{int(backup.created_at.timestamp())}^",
        "*What is lost:* everything written to web-1 since then",
        "*Safety backup first:* *no*",
        "*Why:* “the &lt;!channel&gt; upgrade broke it”",
        "Ends <!date^",
    )
    assert [words for words in needed if words not in question.text] == []
    with pytest.raises(NotPossible, match=f"I restore web-1 from backup {backup.id} as soon as you approve"):
        await world.person("cleo").clicks("approve", message=question)


@set_up(**TWO)
@pytest.mark.parametrize(
    ("reason", "words"), [("", "Denied. Decided by <@UBEN>."), ("not *now*", "Denied: “not *now*”.")]
)
async def test_a_denied_request_is_not_carried_out(world: World, reason: str, words: str) -> None:
    question = await asks(world)
    await denies(world, "ben", question, reason)
    reply = await world.until_reply("<@UANA> Backup 5001 of *web-1* was not deleted")
    assert words in reply.text
    assert world.provider.deletes == []
    assert events(world) == refused("denied")
    assert trail(world)[-1].state == "refused"


@set_up(**TWO, bot_approval_minutes=0.01)
async def test_silence_is_no_consent_and_is_reminded_of_once(world: World) -> None:
    question = await asks(world)
    reply = await world.until_reply("Nobody decided in time.")
    assert "was not deleted" in reply.text
    [reminder] = [each for each in world.replies() if "still waits for one of you" in each.text]
    assert reminder.thread_ts == question.ts
    assert "<@UBEN> <@UCLEO>" in reminder.text
    assert world.provider.deletes == []
    assert events(world) == ["requested", "asked", "reminded", "expired", "ended"]


@set_up(**TWO)
async def test_whoever_asked_and_nobody_else_can_withdraw(world: World) -> None:
    question = await asks(world)
    await world.person("ben").clicks("withdraw", message=question)
    await world.until_whisper("ben", "Only whoever asked may do that.\nAsk <@UANA>.")
    await world.person("ana").clicks("withdraw", message=question)
    await world.until_reply("Withdrawn.")
    assert world.provider.deletes == []
    assert events(world) == ["requested", "asked", "refused", "withdrawn", "ended"]


@set_up(**TWO)
async def test_a_request_whose_backup_has_vanished_can_t_be_approved(world: World) -> None:
    question = await asks(world)
    world.provider.backups.clear()
    await world.person("cleo").clicks("approve", message=question, confirm=True)
    await world.until_whisper("cleo", "Backup 5001 is gone")
    await world.until_reply("was not deleted. Backup 5001 is gone")
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
    await world.until_whisper("ben", "A newer delete on web-1 has ended")
    await world.until_reply("*web-1* was not restored. A newer delete on web-1 has ended")
    assert world.provider.restores == []
    assert [each for each in events(world) if each in {"approved", "stale"}] == ["stale"]


@set_up(**TWO)
async def test_an_outage_of_vps_org_makes_nothing_stale_and_changes_nothing(world: World) -> None:
    question = await asks(world)
    world.faults.provider_fail = "500"
    await world.person("cleo").clicks("approve", message=question, confirm=True)
    await world.until_reply("was not deleted")
    assert world.provider.deletes == []
    assert events(world) == CARRIED_OUT
    assert trail(world)[-1].state == "refused"


@set_up(**TWO)
async def test_nobody_approves_what_they_asked_for_themselves(world: World) -> None:
    question = await asks(world, handle="ben")
    assert "<@UCLEO>" in question.text
    assert "agrees: <@UBEN>" not in question.text
    await world.person("ben").clicks("approve", message=question, confirm=True)
    await world.until_whisper("ben", "You asked for this yourself, so somebody else has to decide.")
    await world.person("cleo").clicks("approve", message=question, confirm=True)
    await world.until_reply("<@UBEN> Deleted backup 5001")
    assert events(world) == ["requested", "asked", "refused", *CARRIED_OUT[2:]]
    assert (trail(world)[2].person, trail(world)[2].verb) == ("UBEN", "approve")


def _answers(world: World, handle: str) -> list[str]:
    """Return what somebody was told about a decision that came to nothing."""
    said = [message.text for message in [*world.whispers(handle), *world.direct(handle)]]
    modal = world.person(handle).modal
    told = [*said, str(modal.payload) if modal else ""]
    return [text for text in told if "decided already" in text]


@set_up(**TWO)
async def test_of_two_who_decide_at_once_one_counts_and_the_other_is_told(world: World) -> None:
    question = await asks(world)
    ben, cleo = world.person("ben"), world.person("cleo")
    await cleo.clicks("deny", message=question)
    await world.until_modal("cleo", "Deny this request")
    answers = await asyncio.gather(ben.clicks("approve", message=question, confirm=True), cleo.submits())
    assert [answer.acked for answer in answers] == [True, True]
    await world.until(lambda: events(world)[-1:] == ["ended"])
    ending, loser = ("approved", "cleo") if world.provider.deletes else ("denied", "ben")
    assert [each for each in events(world) if each in {"approved", "denied"}] == [ending]
    await world.until(lambda: _answers(world, loser))


@set_up(**TWO)
async def test_of_two_who_agree_at_once_one_counts_and_it_is_done_once(world: World) -> None:
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


@pytest.mark.parametrize(
    ("world", "words"),
    [
        ({"bot_second_person": "delete"}, "nobody else may approve it"),
        ({"bot_second_person": "delete", "bot_approvers": "UANA"}, "nobody else may approve it"),
        ({"bot_second_person": "delete", "bot_approvers": "S0EMPTY"}, "I know of nobody else"),
    ],
    indirect=["world"],
    ids=["nobody", "only the asker", "an empty group"],
)
async def test_where_nobody_is_there_to_agree_nothing_is_done(world: World, words: str) -> None:
    world.workspace.usergroups["S0EMPTY"] = []
    backup = world.provider.add_backup("web-1")
    ana = world.person("ana")
    await ana.types(f"/backup delete {backup.id}")
    await world.until(lambda: words in f"{ana.modal and ana.modal.payload}{world.whispers('ana')}")
    assert (world.provider.deletes, world.posts()) == ([], [])
    assert events(world)[-1] == "refused"


@set_up(**TWO, bot_ask_approvers=True)
async def test_approvers_who_are_asked_directly_see_there_how_it_ended(world: World) -> None:
    await asks(world)
    asked = {
        handle: await world.until_direct(handle, "wants to *delete backup 5001") for handle in ("ben", "cleo")
    }
    assert "deny" in str(asked["ben"].blocks)
    await world.person("cleo").clicks("approve", message=asked["cleo"], confirm=True)
    await world.until_reply("Deleted backup 5001")
    for handle, message in asked.items():
        assert message.text.startswith("*Delete backup 5001 of web-1: approved* by <@UCLEO>")
        assert [block["type"] for block in message.blocks] == ["section"]
        assert len(world.direct(handle)) == 1


@set_up(**TWO)
async def test_waiting_for_a_decision_holds_nobody_up(world: World) -> None:
    question = await asks(world)
    await world.person("ben").types("/backup create web-1")
    [made] = await world.until(lambda: world.provider.creates)
    await world.until_post("Backing up *web-1*")
    await world.person("ben").types("/backup status")
    await world.until_whisper("ben", "waiting for a second person since")
    await world.person("cleo").clicks("approve", message=question, confirm=True)
    await world.until_post("waits for its turn\nThe backup <@UBEN> asked for")
    assert world.provider.deletes == []
    world.provider.finish(made.id)
    await world.until_reply("Deleted backup 5001")


@set_up(**TWO)
@pytest.mark.parametrize("place", ["secret", "ana's messages"])
async def test_where_approvers_can_t_see_the_question_they_are_written_to(world: World, place: str) -> None:
    channel = world.workspace.im_of("UANA").name if place == "ana's messages" else place
    backup = world.provider.add_backup("web-1")
    await world.person("ana").types(f"/backup delete {backup.id}", channel=channel)
    await world.confirms("ana")
    question = await world.until_direct("cleo", "wants to *delete backup")
    await until_recorded(world, "asked")
    await world.person("cleo").clicks("approve", message=question, confirm=True)
    await world.until_direct("ana", "<@UANA> Deleted backup 5001")
    assert events(world) == CARRIED_OUT
