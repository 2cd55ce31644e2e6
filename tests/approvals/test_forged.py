"""No sequence of clicks lets anybody do what the rules forbid, whatever the clicks carry."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.errors import Denial, NotAllowed
from bot.operations import engine, records
from bot.operations.records import DECIDED, Stage
from bot.sandbox.slack.workspace import HOME_TEAM
from bot.sandbox.vps.model import Backup
from bot.slack import ids
from bot.slack.forms import (
    AgainForm,
    BackupChoice,
    ConfirmForm,
    CreateForm,
    PickForm,
    RequestForm,
)
from bot.verbs import Verb
from tests.approvals.forging import RequestForger
from tests.stories.asking import asks, events, form_of, until_recorded
from tests.world import World, set_up

NEEDED: dict[str, Any] = {"bot_second_person": "create,delete,restore", "bot_approvers": "UBEN,UCLEO"}
"""Ana and Ben can request, Ben and Cleo can approve, Gus is a guest and Hal is of another organisation."""
GLASS = {**NEEDED, "bot_break_glass": True}

Spoiled = Literal["", "shown", "operation", "text"]


@dataclass(frozen=True)
class Act:
    """Something that a person sends. `spoiled` says what is wrong with the request or form it carries."""

    person: str
    team: str
    what: str
    spoiled: Spoiled
    filled: tuple[str, ...]
    twice: bool


CLICKS = [ids.APPROVE, ids.DECLINE, "withdrawn", "break_glass"]
LEADS = {
    ids.TRY_AGAIN,
    ids.DELETE_OLDEST,
    ids.USE_BACKUP,
    ids.UNDO,
    ids.LIST_ROW,
    ids.SERVER_CREATE,
}
MODALS = [ids.DECLINE_MODAL, ids.CONFIRM_MODAL, ids.CREATE_MODAL, ids.PICK_MODAL, "glass"]
acts = st.builds(
    Act,
    person=st.sampled_from(["UANA", "UBEN", "UCLEO", "UGUS", "UHAL"]),
    team=st.sampled_from([HOME_TEAM, HOME_TEAM, "T0OTHER"]),
    what=st.sampled_from([*CLICKS, *sorted(LEADS), *MODALS, "picks"]),
    spoiled=st.sampled_from(["", "", "shown", "operation", "text"]),
    filled=st.sampled_from([(), ("typed_name",), ("reason",), ("typed_name", "reason"), ("wrong", "reason")]),
    twice=st.booleans(),
)


def is_approval(act: Act) -> bool:
    """Tell whether this is what lets Ana's request go ahead: a right of an approver's."""
    approver = act.person in {"UBEN", "UCLEO"} and act.team == HOME_TEAM
    return act.what == ids.APPROVE and approver and not act.spoiled


def request_of(form: RequestForm, spoiled: Spoiled) -> str:
    """Return what a button under the question carries, spoiled."""
    changed = {"shown": {"shown": "0" * 16}, "operation": {"operation": "101:delete:view:V0"}}
    written = form.model_copy(update=changed.get(spoiled, {})).as_json()
    return f"{written[:-1]}?" if spoiled == "text" else written


def answer_by(what: str, form: RequestForm, spoiled: Spoiled) -> tuple[str, str]:
    """Return the id of what a question is answered with, and what that carries, spoiled."""
    if what in {ids.APPROVE, ids.DECLINE}:
        return what, request_of(form, spoiled)
    if spoiled == "text":
        return ids.REQUEST_MENU, what
    return ids.REQUEST_MENU, RequestForm.model_validate_json(request_of(form, spoiled)).as_option(what)


def form_for(what: str, backup: Backup, spoiled: Spoiled) -> str:
    """Return what a modal carries that leads to a request, spoiled."""
    channel = "CRANDOM" if spoiled == "operation" else "COPS"
    server, now = backup.server.id, datetime.now(UTC)
    form: CreateForm | PickForm | ConfirmForm = CreateForm(channel=channel)
    if what == ids.CONFIRM_MODAL:
        moment = backup.created_at.replace(microsecond=0)
        form = ConfirmForm(
            verb=Verb.DELETE,
            channel=channel,
            server_id=server,
            server_name="web-1",
            backup_id=backup.id,
            backup_moment=moment,
            shown_at=now,
        )
    elif what in {ids.PICK_MODAL, "picks"}:
        form = PickForm(verb=Verb.RESTORE, channel=channel, server_id=server)
    written = form.as_json()
    return {"text": f"{written[:-1]}?", "shown": written[1:]}.get(spoiled, written)


def lead_to(what: str, backup: Backup, spoiled: Spoiled) -> str:
    """Return what a button carries that leads to a request."""
    if spoiled == "text":
        return "delete:101:nothing"
    if what in {ids.TRY_AGAIN, ids.DELETE_OLDEST}:
        return AgainForm(verb=Verb.CREATE, server_id=backup.server.id, reason="once more").as_json()
    if what == ids.SERVER_CREATE:
        return str(backup.server.id)
    return BackupChoice(verb=Verb.DELETE, server_id=backup.server.id, backup_id=backup.id).as_option()


async def pending(world: World) -> RequestForm:
    """Return what the buttons under a request of Ana's carry, a new one if none waits for an answer."""
    for post in reversed(world.posts()):
        if "Approval needed: delete" in post.text and "<@UANA>" in post.text:
            form = form_of(post)
            found = await records.find(form.operation)
            is_open = found is not None and found.stage is Stage.AWAITING_APPROVAL
            if is_open and not await engine.event(form.operation, DECIDED):
                return form
    # Slack shows three modals on top of each other at most.
    if world.person("ana").modal:
        await world.person("ana").closes(everything=True)
    return form_of(await asks(world))


async def does(forger: RequestForger, act: Act, question: RequestForm, backup: Backup) -> dict[str, Any]:
    """Do it, and return what a modal is answered."""
    name = "db-1" if "wrong" in act.filled else "web-1"
    filled = {field: name if field == "typed_name" else "an emergency" for field in act.filled}
    who = {"team": act.team}
    if act.what in CLICKS:
        button, value = answer_by(act.what, question, act.spoiled)
        await forger.clicks(act.person, button, value, **who)
    elif act.what in LEADS:
        await forger.clicks(act.person, act.what, lead_to(act.what, backup, act.spoiled), **who)
    elif act.what == "picks":
        await forger.picks(act.person, form_for(act.what, backup, act.spoiled), str(backup.server.id), **who)
    elif act.what in {ids.DECLINE_MODAL, "glass"}:
        callback = ids.BREAK_GLASS_MODAL if act.what == "glass" else act.what
        return await forger.submits(act.person, callback, request_of(question, act.spoiled), filled, **who)
    else:
        filled |= {"server": str(backup.server.id), "backup": f"delete:{backup.server.id}:{backup.id}"}
        stored = form_for(act.what, backup, act.spoiled)
        return await forger.submits(act.person, act.what, stored, filled, **who)
    return {}


def seen(world: World, person: str) -> object:
    """Return all that a person sees, to tell whether anything has come of what they did."""
    places = ("COPS", "CRANDOM", world.workspace.im_of(person).id)
    texts = [message.text for place in places for message in world.workspace.messages.get(place, [])]
    return texts, [(view.id, view.hash) for view in world.workspace.modals.get(person, [])]


# Nothing is shrunk: each example goes on in the world that the ones before have left.
@settings(
    max_examples=25,
    phases=[Phase.generate],
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(sequence=st.lists(acts.filter(lambda act: not is_approval(act)), min_size=1, max_size=6))
@set_up(**NEEDED)
async def test_without_approval_no_sequence_of_clicks_changes_anything(
    world: World, sequence: list[Act]
) -> None:
    backup = world.provider.add_backup("web-1", age=timedelta(days=3))
    forger = RequestForger(world)
    for act in sequence:
        request, before = await pending(world), seen(world, act.person)
        answer = await does(forger, act, request, backup)
        # A form that is not open any more can't be answered in it.
        if not answer and act.what != "picks":
            await world.until(lambda: seen(world, act.person) != before, f"{act} is answered")  # noqa: B023
        if act.twice:
            await forger.again()
    assert (world.provider.creates, world.provider.deletes, world.provider.restores) == ([], [], [])
    assert not {"approved", "break_glass", "started"} & set(events(world))


@set_up(**NEEDED)
async def test_the_right_click_goes_ahead_once_however_often_it_is_delivered(world: World) -> None:
    forger, form = RequestForger(world), form_of(await asks(world))
    await forger.clicks("UCLEO", ids.APPROVE, form.as_json())
    for _ in range(3):
        await forger.again()
    await world.until_reply("Deleted backup 5001")
    await forger.again()
    await world.until_whisper("cleo", "answered already")
    assert world.provider.deletes == [5001]
    assert events(world).count("approved") == 1


@set_up(**NEEDED)
async def test_an_approval_of_one_request_is_none_of_another(world: World) -> None:
    forger = RequestForger(world)
    one, other = form_of(await asks(world)), form_of(await asks(world, server="db-1"))
    mixed = other.model_copy(update={"shown": one.shown})
    await forger.clicks("UCLEO", ids.APPROVE, mixed.as_json())
    await world.until_whisper("cleo", "This button belongs to another request.")
    await forger.clicks("UCLEO", ids.APPROVE, one.as_json())
    await world.until_reply("Deleted backup 5001")
    assert world.provider.deletes == [5001]


BROKEN: dict[str, tuple[str, str, dict[str, str]]] = {
    "without a name": ("UANA", HOME_TEAM, {"reason": "down"}),
    "without a reason": ("UANA", HOME_TEAM, {"typed_name": "web-1"}),
    "with an empty reason": ("UANA", HOME_TEAM, {"typed_name": "web-1", "reason": "  "}),
    "with a wrong name": ("UANA", HOME_TEAM, {"typed_name": "db-1", "reason": "down"}),
    "with nothing filled in": ("UANA", HOME_TEAM, {}),
    "from another workspace": ("UANA", "T0OTHER", {"typed_name": "web-1", "reason": "down"}),
    "by an approver": ("UCLEO", HOME_TEAM, {"typed_name": "web-1", "reason": "down"}),
    "by another operator": ("UBEN", HOME_TEAM, {"typed_name": "web-1", "reason": "down"}),
    "by a guest": ("UGUS", HOME_TEAM, {"typed_name": "web-1", "reason": "down"}),
}


@set_up(**GLASS)
async def test_no_forged_form_breaks_the_glass(world: World) -> None:
    stored = form_of(await asks(world)).as_json()
    expected = ["requested", "approval_requested"]
    for how, (person, team, filled) in BROKEN.items():
        answer = await RequestForger(world).submits(person, ids.BREAK_GLASS_MODAL, stored, filled, team=team)
        assert answer["response_action"] in {"errors", "update"}, how
        expected += ["refused"] if answer["response_action"] == "update" else []
        assert (events(world), world.provider.deletes) == (expected, []), how


TAKEN: dict[str, tuple[dict[str, Any], str, str, Denial]] = {
    "an approver's": ({"bot_approvers": "UBEN"}, "UCLEO", ids.APPROVE, Denial.NO_ROLE),
    "an approver's to decline": ({"bot_approvers": "UBEN"}, "UCLEO", ids.DECLINE, Denial.NO_ROLE),
    "the requester's": ({"bot_operators": "UBEN"}, "UANA", "break_glass", Denial.NO_ROLE),
    "the rule's": ({"bot_break_glass": False}, "UANA", "break_glass", Denial.NO_BREAK_GLASS),
    "an approver's as a member": ({}, "UCLEO", ids.APPROVE, Denial.NOT_A_MEMBER),
    "the requester's as a member": ({}, "UANA", "withdrawn", Denial.NOT_A_MEMBER),
}
WORDS = {
    ids.APPROVE: "You don't have permission to approve requests for this server.",
    ids.DECLINE: "You don't have permission to approve requests for this server.",
    "break_glass": "You don't have permission to delete backups of this server.",
}


@pytest.mark.parametrize("whose", TAKEN)
@set_up(**GLASS)
async def test_a_click_on_an_old_message_counts_by_the_rights_of_now(world: World, whose: str) -> None:
    changed, person, action_id, denial = TAKEN[whose]
    form = form_of(await asks(world))
    world.workspace.people[person].is_guest = not changed
    await world.restart_bot(**GLASS | changed)
    await RequestForger(world).clicks(person, *answer_by(action_id, form, ""))
    refused = await until_recorded(world, "refused")
    assert refused.failure
    assert isinstance(refused.failure.error, NotAllowed)
    assert refused.failure.error.denial is denial
    words = {
        Denial.NO_ROLE: WORDS.get(action_id, ""),
        Denial.NO_BREAK_GLASS: "The rules for this server don't allow break-glass.",
        Denial.NOT_A_MEMBER: "Only full members",
    }
    await world.until_whisper(world.workspace.people[person].handle, words[denial])
    assert (world.provider.deletes, events(world)) == ([], ["requested", "approval_requested", "refused"])


@set_up(bot_channels="COPS", bot_second_person="")
async def test_a_form_that_names_a_channel_is_decided_by_the_rights_there(world: World) -> None:
    backup, forger = world.provider.add_backup("web-1"), RequestForger(world)
    choice = BackupChoice(verb=Verb.RESTORE, server_id=backup.server.id, backup_id=backup.id).as_option()
    filled = {"typed_name": "web-1", "server": str(backup.server.id), "backup": choice}
    for modal in (ids.CREATE_MODAL, ids.CONFIRM_MODAL, ids.PICK_MODAL):
        answer = await forger.submits("UANA", modal, form_for(modal, backup, "operation"), filled)
        assert answer["response_action"] == "update", modal
        assert "You can't do that in this channel." in str(answer["view"]), modal
        assert "You can in <#COPS>." in str(answer["view"]), modal
    assert (world.provider.creates, world.provider.deletes) == ([], [])
    assert events(world) == ["refused"] * 3


@set_up(bot_channels="COPS", bot_second_person="")
async def test_a_server_picked_in_a_form_is_decided_by_the_rights_in_the_form_s_channel(world: World) -> None:
    backup, forger = world.provider.add_backup("web-1"), RequestForger(world)
    await forger.picks("UANA", form_for("picks", backup, "operation"), str(backup.server.id))
    await until_recorded(world, "refused")
    assert "/backups/" not in {call.path for call in world.provider.calls}
