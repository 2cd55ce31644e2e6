"""What the audit trail says of what happened, who can read it, and that nothing is done without it."""

import json
import re
import sqlite3
from contextlib import closing

import pytest

from bot.audit.model import Broken, verify
from tests.stories.asking import TWO, answers, asks, audit_trail, declines, events, trail, until_recorded
from tests.world import World, set_up

GLASS = {**TWO, "bot_break_glass": True}
CARRIED_OUT = ["requested", "approval_requested", "approved", "started", "ended"]


def execute(world: World, *statements: str) -> None:
    """Do something to the bot's database, as a person with a shell could."""
    with closing(sqlite3.connect(world.database, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def forbid(world: World, event: str) -> None:
    """Let the database refuse entries of one event."""
    condition = f"""new.written like '%"event":"{event}"%'"""
    execute(
        world,
        f"create trigger full before insert on audit_entries when {condition} "
        "begin select raise(abort, 'no room'); end",
    )


async def lives(world: World) -> None:
    """Let Ana have one backup deleted and a restore declined, and let Gus be denied a backup."""
    question = await asks(world)
    await world.person("cleo").clicks("approve", message=question, confirm=True)
    await world.until_reply("Deleted backup")
    await declines(world, "ben", await asks(world, "restore", server="db-1"), "not now")
    await world.until_reply("declined the restore of *db-1*")
    await world.person("gus").types("/backup create web-1")
    await until_recorded(world, "refused")


@set_up(**TWO)
async def test_who_did_what_where_why_and_how_it_ended(world: World) -> None:
    question = await asks(world, reason="no longer needed")
    await world.person("cleo").clicks("approve", message=question, confirm=True)
    await world.until_reply("Deleted backup")
    story = trail(world)
    assert [entry.event for entry in story] == CARRIED_OUT
    same = {
        (e.person, e.verb, e.server_name, e.server_id, e.backup_id, e.channel, e.reason, e.operation, e.tag)
        for e in story
    }
    [(*facts, operation, tag)] = same
    assert facts == ["UANA", "delete", "web-1", 101, 5001, "COPS", "no longer needed"]
    assert operation.startswith("101:delete:view:")
    assert tag in question.text
    assert {entry.permalink.rpartition("/p")[2] for entry in story[1:]} == {question.ts.replace(".", "")}
    assert [entry.decided_by for entry in story] == [None, None, "UCLEO", None, None]
    assert story[-1].state == "done"
    assert [entry.at for entry in story] == sorted(entry.at for entry in story)


@set_up(**TWO)
async def test_what_was_denied_and_how_it_ended_is_kept_as_facts(world: World) -> None:
    await lives(world)
    await world.person("cleo").types("/backup create web-1")
    await world.until(lambda: events(world).count("refused") == 2)
    written = [json.loads(entry.canonical()) for entry in trail(world)]
    delete, restore = [entry["outcome"] for entry in written if entry["event"] == "ended"]
    assert delete == {
        "kind": "deleted",
        "ended_at": delete["ended_at"],
        "deleted_first": None,
        "backup_id": 5001,
        "was_gone": False,
    }
    assert restore == {
        "kind": "not_approved",
        "ended_at": restore["ended_at"],
        "deleted_first": None,
        "ending": "declined",
        "by": "UBEN",
        "comment": "not now",
        "minutes": 30.0,
        "failure": None,
    }
    denials = {entry["person"]: entry["failure"] for entry in written if entry["event"] == "refused"}
    assert denials == {
        "UGUS": {"kind": "NotAllowed", "facts": {"denial": "not_a_member"}},
        "UCLEO": {
            "kind": "NotAllowed",
            "facts": {
                "denial": "no_role",
                "action": "create",
                "setting": "BOT_OPERATORS",
                "who": ["UANA", "UBEN"],
            },
        },
    }


SENTENCE = re.compile(r"[a-z] [a-z].*[a-z]", re.IGNORECASE)


def sentences(value: object) -> list[str]:
    """Return all texts in an entry, as JSON has it, that have words in a row."""
    if isinstance(value, dict):
        return [each for part in value.values() for each in sentences(part)]
    if isinstance(value, list):
        return [each for part in value for each in sentences(part)]
    return [value] if isinstance(value, str) and SENTENCE.search(value) else []


@set_up(**GLASS)
async def test_no_sentence_is_kept_but_what_people_said(world: World) -> None:
    await lives(world)
    question = await asks(world, reason="no longer needed")
    for handle, button in (("ana", "approve"), ("ben", "withdraw"), ("cleo", "break_glass")):
        await answers(world, handle, button, question)
    await world.until(lambda: events(world).count("refused") == 4)
    world.provider.backups.clear()
    await world.person("cleo").clicks("approve", message=question, confirm=True)
    await world.until_reply("is out of date")
    said = {"not now", "no longer needed", "it broke"}
    found = {each for entry in trail(world) for each in sentences(entry.brief())}
    assert {*events(world)} >= {"refused", "declined", "stale", "ended"}
    assert found == said


@set_up(**TWO)
async def test_it_is_read_in_slack_operation_by_operation_by_server_by_person_and_since_when(
    world: World,
) -> None:
    await lives(world)
    ben = world.person("ben")

    await ben.types("/backup audit")
    newest = await world.until_whisper("ben", "Newest first")
    for words in (
        ":no_entry_sign: *back up* · ",
        "<@UGUS> · refused",
        ":no_entry_sign: *restore db-1* → backup 5002 · ",
        "<@UANA> · declined by <@UBEN> · not done",
        ":white_check_mark: *delete web-1* → backup 5001 · ",
        "<@UANA> · approved by <@UCLEO> · done after ",
        "<#COPS>",
        "|message>",
    ):
        assert words in newest.text
    assert newest.text.count("*delete web-1*") == 1

    await ben.types("/backup audit db-1")
    of_server = await world.until_whisper("ben", "of *db-1*")
    assert "web-1" not in of_server.text
    await ben.clicks(label="Details", message=of_server)
    told = await world.until_modal("ben", "Declined")
    assert [f"*{words}" in told for words in ("Requested", "Approval requested", "Ended (refused)")] == [
        True
    ] * 3
    assert "“not now”" in told

    await ben.types("/backup audit @cleo 1h")
    of_person = await world.until_whisper("ben", "involving <@UCLEO>, since")
    assert ["*delete web-1*" in of_person.text, "db-1" in of_person.text] == [True, False]

    await ben.types("/backup audit web-9")
    await world.until_whisper("ben", "There is no server “web-9” that you can see.")


@set_up(**TWO)
async def test_a_person_who_can_t_read_it_is_told_who_can_and_shown_nothing(world: World) -> None:
    await lives(world)
    for handle, words in (
        ("ana", "You don't have permission to read the audit trail.\nAsk <@UBEN> or <@UCLEO>."),
        ("gus", "Only full members"),
        ("hal", "Only full members"),
    ):
        await world.person(handle).types("/backup audit")
        await world.until_whisper(handle, words)
        assert not [message for message in world.whispers(handle) if "Entries" in message.text]


TAMPERED = {
    "edited": ["update audit_entries set written = replace(written, 'UCLEO', 'UBEN') where seq = 3"],
    "removed": ["delete from audit_entries where seq = 3"],
    "reordered": [
        f"update audit_entries set seq = {new} where seq = {old}" for old, new in ((2, 9), (3, 2), (9, 3))
    ],
}


@set_up(**TWO)
async def test_a_story_that_was_tampered_with_is_found_out(world: World) -> None:
    await world.person("cleo").clicks("approve", message=await asks(world), confirm=True)
    await world.until_reply("Deleted backup")
    await world.stop_bot()
    for statements in TAMPERED.values():
        with pytest.raises(sqlite3.IntegrityError, match="never changed"):
            execute(world, *statements)
    execute(world, *(f"drop trigger audit_entries_no_{change}" for change in ("update", "delete")))
    execute(world, "create table untouched as select * from audit_entries")
    for how, statements in TAMPERED.items():
        execute(world, *statements)
        with audit_trail(world) as found, closing(found.rows()) as rows:
            assert isinstance(verify(rows), Broken), how
        execute(world, "delete from audit_entries", "insert into audit_entries select * from untouched")
    with audit_trail(world) as found, closing(found.rows()) as rows:
        assert not isinstance(verify(rows), Broken), "untouched"


@pytest.mark.parametrize("event", ["requested", "started"])
async def test_what_can_t_be_put_on_record_is_not_done_and_can_be_tried_again(
    world: World, event: str
) -> None:
    forbid(world, event)
    await world.person("ana").types("/backup create web-1")
    reply = await world.until_reply("<@UANA> :no_entry_sign: Not backed up: *web-1*")
    assert "The audit trail can't be written or read, and without it I do nothing." in reply.text
    assert world.provider.creates == []
    execute(world, "drop trigger full")
    await world.person("ana").clicks(label="Try again")
    await world.until(lambda: world.provider.creates)


@pytest.mark.parametrize("event", ["requested", "approved", "started"])
@set_up(**TWO)
async def test_a_decision_that_can_t_be_put_on_record_changes_nothing(world: World, event: str) -> None:
    backup = world.provider.add_backup("web-1")
    forbid(world, event)
    await world.person("ana").types(f"/backup delete {backup.id}")
    await world.confirms("ana")
    if event != "requested":
        question = await world.until_post("Approval needed: delete")
        await world.person("cleo").clicks("approve", message=question, confirm=True)
    await world.until_reply("The audit trail can't be written")
    assert world.provider.deletes == []
    assert event not in events(world)


@set_up(**GLASS)
async def test_no_glass_is_broken_off_the_record(world: World) -> None:
    question = await asks(world)
    forbid(world, "break_glass")
    ana = world.person("ana")
    await answers(world, "ana", "break_glass", question)
    await world.until_modal("ana", "once more")
    await ana.fills(reason="the shop is down", typed_name="web-1")
    await ana.submits()
    await world.until_reply("The audit trail can't be written")
    assert world.provider.deletes == []


async def test_a_denial_stands_though_it_can_t_be_put_on_record(world: World) -> None:
    forbid(world, "refused")
    await world.person("cleo").types("/backup create web-1")
    await world.until_whisper("cleo", "You don't have permission to back up this server.")
    assert (world.provider.creates, events(world)) == ([], [])
