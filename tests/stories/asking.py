"""What stories about approvals share: requesting, the buttons under the question, and the audit trail."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

from bot.audit.model import Entry, Intact, Row, verify
from bot.audit.store import AuditTrail
from bot.operations.database import open_database
from bot.sandbox.people.actors import Answer
from bot.sandbox.slack.form_state import placed
from bot.sandbox.slack.workspace import Message
from bot.slack.forms import RequestForm, read_form
from tests.world import World

TWO = {"bot_second_person": "delete,restore", "bot_approvers": "UBEN,UCLEO"}
"""Ana and Ben are operators, Ben and Cleo approvers."""

QUESTIONS = {
    "delete": "Approval needed: delete a backup of {0}",
    "restore": "Approval needed: restore {0}",
}
MENU = {"withdraw": "Withdraw", "break_glass": "Break glass…"}
"""What stands in the requester's menu under a question."""


async def asks(
    world: World, verb: str = "delete", handle: str = "ana", server: str = "web-1", reason: str = "it broke"
) -> Message:
    """Let somebody request to delete or restore a backup of its own; return the question."""
    backup = world.provider.add_backup(server, age=timedelta(hours=7))
    await world.person(handle).types(f"/backup {verb} {backup.id}")
    filled = {"safety": False} if verb == "restore" else {}
    await world.confirms(handle, server, reason=reason, **filled)
    question = await world.until_post(QUESTIONS[verb].format(server))
    await until_recorded(world, "approval_requested")
    return question


async def answers(world: World, handle: str, choice: str, question: Message) -> Answer:
    """Let somebody use a button or the menu under a question."""
    person = world.person(handle)
    if choice in MENU:
        return await person.chooses(MENU[choice], action_id="request_menu", message=question)
    return await person.clicks(choice, message=question, confirm=choice == "approve")


async def declines(world: World, handle: str, question: Message, reason: str = "") -> None:
    """Let somebody decline, with a reason or without."""
    await world.person(handle).clicks("decline", message=question)
    await world.until_modal(handle, "Decline this request")
    await world.person(handle).fills(reason=reason)
    await world.person(handle).submits()


def value_of(question: Message, action_id: str = "approve") -> str:
    """Return what a button under a question stands for."""
    return next(str(at.element["value"]) for at in placed(question.blocks) if at.action_id == action_id)


def form_of(question: Message) -> RequestForm:
    """Return which request a question is about."""
    return read_form(RequestForm, value_of(question))


@contextmanager
def audit_trail(world: World) -> Iterator[AuditTrail]:
    """Open the audit trail beside the bot that writes it."""
    database = open_database(f"sqlite:///{world.database}")
    try:
        yield AuditTrail(database)
    finally:
        database.dispose()


def trail(world: World) -> list[Entry]:
    """Return the audit trail, oldest first, after its chain was verified."""
    with audit_trail(world) as found:
        return _entries(found)


def _entries(found: AuditTrail) -> list[Entry]:
    with closing(found.rows()) as read:
        rows = [row for row in read if isinstance(row, Row)]
    verdict = verify(rows)
    assert isinstance(verdict, Intact), verdict
    return [row.chained_entry().entry for row in rows]


def events(world: World) -> list[str]:
    """Return what happened, by the audit trail, oldest first."""
    return [entry.event for entry in trail(world)]


async def until_recorded(world: World, event: str) -> Entry:
    """Wait until the trail has such an entry; return the newest."""
    with audit_trail(world) as found:
        recorded = await world.until(
            lambda: [entry for entry in _entries(found) if entry.event == event], f"{event} is on record"
        )
    return recorded[-1]
