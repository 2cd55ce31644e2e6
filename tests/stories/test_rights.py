"""Every role and what it can do, by the real bot: from the command to what reaches VPS.org."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio

from bot.sandbox.slack.workspace import Person
from tests.stories.asking import asks, events, trail
from tests.world import World, set_up, unstarted

ROLES: dict[str, Any] = {
    "bot_operators": "UANA,S0OPS",
    "bot_approvers": "UBEN,S0APP",
    "bot_auditors": "UFAY",
    "bot_second_person": "restore",
}
MORE_PEOPLE = {"dan": "operator by group", "eve": "approver by group", "fay": "auditor"}

# y can, - can't. The member is Cleo, the guest Gus, and Hal is of another organisation.
TABLE = """
      list  status  servers  create  delete  restore  decide  audit
ana   y     y       y        y       y       y        -       -
dan   y     y       y        y       y       y        -       -
ben   y     y       y        -       -       -        y       y
eve   y     y       y        -       -       -        y       y
fay   y     y       y        -       -       -        -       y
cleo  y     y       y        -       -       -        -       -
gus   -     -       -        -       -       -        -       -
hal   -     -       -        -       -       -        -       -
"""


@pytest_asyncio.fixture
async def staffed(world: World) -> World:
    """A world with somebody of each kind, in which Ana has requested to restore web-1."""
    for handle, role in MORE_PEOPLE.items():
        person = Person(f"U{handle.upper()}", handle, handle.capitalize(), role)
        world.workspace.people[person.id] = person
        world.workspace.channels["COPS"].members.add(person.id)
    world.workspace.usergroups |= {"S0OPS": ["UDAN", "UGUS", "UHAL"], "S0APP": ["UEVE", "UGUS", "UHAL"]}
    await world.start_bot(**ROLES)
    return world


def said_to(world: World, handle: str) -> str:
    """Return all that one person alone was shown: messages, and the modal in front of them."""
    modal = world.person(handle).modal
    return "\n".join([*(each.text for each in world.whispers(handle)), str(modal.payload) if modal else ""])


async def _types(world: World, handle: str, text: str, *, done: Callable[[], object]) -> bool:
    """Type a command; tell whether it was done rather than refused."""
    before = events(world).count("refused")
    await world.person(handle).types(text)
    return await _is_done(world, handle, done, before)


async def _is_done(world: World, handle: str, done: Callable[[], object], before: int) -> bool:
    refusals = ("You don't have permission to", "Only full members", "You can't approve your own request")
    words = [f":warning: {refusal}" for refusal in refusals]
    await world.until(lambda: done() or any(each in said_to(world, handle) for each in words))
    refused = any(each in said_to(world, handle) for each in words)
    assert not (refused and done())
    if refused:
        assert events(world).count("refused") == before + 1
        assert trail(world)[-1].person == world.person(handle).person.id
    return not refused


async def looks(world: World, handle: str, verb: str, words: str) -> bool:
    """Request something that changes nothing."""
    return await _types(world, handle, f"/backup {verb}", done=lambda: words in said_to(world, handle))


async def creates(world: World, handle: str) -> bool:
    """Have a backup made."""
    return await _types(world, handle, "/backup create db-1", done=lambda: world.provider.creates)


async def destroys(world: World, handle: str, verb: str) -> bool:
    """Request to delete or restore a backup, as far as the form that confirms it."""
    return await _types(
        world, handle, f"/backup {verb} 5001", done=lambda: "to confirm" in said_to(world, handle)
    )


async def decides(world: World, handle: str) -> bool:
    """Decline what Ana requested, as far as the form."""
    before = events(world).count("refused")
    await world.person(handle).clicks("decline")
    return await _is_done(world, handle, lambda: "Decline this request" in said_to(world, handle), before)


VERBS: dict[str, Callable[[World, str], Awaitable[bool]]] = {
    "list": lambda world, handle: looks(world, handle, "list", "`5001`"),
    "status": lambda world, handle: looks(world, handle, "status", "waiting for approval"),
    "servers": lambda world, handle: looks(world, handle, "servers", "web-1"),
    "create": creates,
    "delete": lambda world, handle: destroys(world, handle, "delete"),
    "restore": lambda world, handle: destroys(world, handle, "restore"),
    "decide": decides,
    "audit": lambda world, handle: looks(world, handle, "audit", "Newest first"),
}


def _expected() -> list[tuple[str, str]]:
    (names, *rows) = (line.split() for line in TABLE.strip().splitlines())
    assert names == list(VERBS)
    return [(handle, "".join(cells)) for handle, *cells in rows]


@pytest.mark.parametrize(("handle", "cells"), _expected(), ids=[handle for handle, _ in _expected()])
@unstarted
async def test_each_can_do_what_the_table_says_and_every_denial_is_on_record(
    staffed: World, handle: str, cells: str
) -> None:
    await asks(staffed, "restore")
    found = ""
    for does in VERBS.values():
        found += "y" if await does(staffed, handle) else "-"
        while staffed.person(handle).modal:
            await staffed.person(handle).closes(everything=True)
        for message in staffed.whispers(handle):
            staffed.workspace.remove(message)
    assert found == cells
    assert (staffed.provider.deletes, staffed.provider.restores) == ([], [])


@unstarted
async def test_a_denial_says_who_can(staffed: World) -> None:
    await staffed.person("cleo").types("/backup create web-1")
    await staffed.until_whisper(
        "cleo", "You don't have permission to back up this server.\nAsk <!subteam^S0OPS> or <@UANA>."
    )


@set_up(bot_operators="")
async def test_with_nothing_configured_everybody_can_look_and_the_denial_says_how_to_allow_more(
    world: World,
) -> None:
    world.provider.add_backup("web-1")
    await world.person("cleo").types("/backup list")
    await world.until_whisper("cleo", "`5001`")
    for typed, action in (
        ("create web-1", "back up this server"),
        ("delete 5001", "delete backups of this server"),
        ("restore 5001", "restore this server"),
    ):
        await world.person("ana").types(f"/backup {typed}")
        words = f"You don't have permission to {action}.\nNobody has it yet."
        denial = await world.until_whisper("ana", words)
        assert "nobody is named in `BOT_OPERATORS`" in denial.text
    assert events(world) == ["refused"] * 3


@set_up(bot_channels="COPS")
async def test_what_is_limited_to_a_channel_is_denied_elsewhere(world: World) -> None:
    world.provider.add_backup("web-1")
    for verb in ("list", "create web-1", "create", "delete 5001", "restore web-1"):
        for channel, place in (("random", "CRANDOM"), ("dm", "DANA")):
            await world.person("ana").types(f"/backup {verb}", channel)
            words = "You can't do that in this channel.\nYou can in <#COPS>."
            world.workspace.remove(await world.until_whisper("ana", words, place))
            assert (world.provider.creates, world.person("ana").modal) == ([], None), verb
    await world.person("ana").types("/backup create web-1", "ops")
    await world.until(lambda: world.provider.creates)


async def test_a_person_slack_can_t_describe_is_nobody_until_it_can(world: World) -> None:
    world.faults.next_slack["users.info"] += ["internal_error"] * 20
    await world.person("ana").types("/backup create web-1")
    await world.until_whisper("ana", "I can't check who you are")
    assert world.provider.creates == []
    world.faults.next_slack.clear()
    await world.person("ana").types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    world.faults.next_slack["users.info"] += ["internal_error"] * 20
    await world.person("ana").types("/backup create db-1")
    await world.until(lambda: len(world.provider.creates) == 2, "she is known by now")


@unstarted
async def test_a_group_slack_can_t_list_has_no_members_until_it_can(staffed: World) -> None:
    await staffed.stop_bot()
    staffed.faults.next_slack["usergroups.users.list"] += ["internal_error"] * 50
    await staffed.start_bot(**ROLES)
    await staffed.person("dan").types("/backup create web-1")
    await staffed.until_whisper("dan", "You don't have permission to back up")
    assert staffed.provider.creates == []
    staffed.faults.next_slack.clear()
    await staffed.person("dan").types("/backup create web-1")
    await staffed.until(lambda: staffed.provider.creates)


@pytest.mark.parametrize("change", ["leaves the group", "becomes a guest", "is deactivated"])
@unstarted
async def test_a_person_who_is_no_longer_what_the_rules_mean_can_do_no_more(
    staffed: World, change: str
) -> None:
    dan = staffed.workspace.people["UDAN"]
    await staffed.person("dan").types("/backup create web-1")
    await staffed.until(lambda: staffed.provider.creates)
    if change == "leaves the group":
        staffed.workspace.usergroups["S0OPS"].remove("UDAN")
    elif change == "becomes a guest":
        dan.is_guest = True
    else:
        dan.deleted = True
    await staffed.restart_bot(**ROLES)
    await staffed.person("dan").types("/backup create db-1")
    await staffed.until(lambda: events(staffed)[-1] == "refused")
    assert len(staffed.provider.creates) == 1
