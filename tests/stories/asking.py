"""What stories about consent share: asking, the buttons under the question, and the trail that is left."""

from contextlib import closing
from datetime import timedelta

from bot.audit.model import Entry, Intact, verify
from bot.audit.store import AuditTrail
from bot.sandbox.slack.form_state import placed
from bot.sandbox.slack.workspace import Message
from bot.slack.forms import RequestForm, read
from tests.world import World

TWO = {"bot_second_person": "delete,restore", "bot_approvers": "UBEN,UCLEO"}
"""Ana and Ben are operators, Ben and Cleo approvers."""

QUESTIONS = {
    "delete": "wants to *delete backup {0} of {1}*",
    "restore": "wants to *restore {1} from backup {0}*",
}


async def asks(
    world: World, verb: str = "delete", handle: str = "ana", server: str = "web-1", reason: str = ""
) -> Message:
    """Let somebody ask for a backup of its own to be deleted or restored; return the question."""
    backup = world.provider.add_backup(server, age=timedelta(hours=7))
    await world.person(handle).types(f"/backup {verb} {backup.id}")
    filled = {"safety": False} if verb == "restore" else {}
    await world.confirms(handle, server, reason=reason, **filled)
    question = await world.until_post(QUESTIONS[verb].format(backup.id, server))
    await until_recorded(world, "asked")
    return question


async def denies(world: World, handle: str, question: Message, reason: str = "") -> None:
    """Let somebody deny, with a reason or without."""
    await world.person(handle).clicks("deny", message=question)
    await world.until_modal(handle, "Deny this request")
    await world.person(handle).fills(reason=reason)
    await world.person(handle).submits()


def value_of(question: Message, action_id: str = "approve") -> str:
    """Return what a button under a question stands for."""
    return next(str(at.element["value"]) for at in placed(question.blocks) if at.action_id == action_id)


def form_of(question: Message) -> RequestForm:
    """Return which request a question is about."""
    return read(RequestForm, value_of(question))


def trail(world: World) -> list[Entry]:
    """Return the audit trail, oldest first, after its chain was verified."""
    with closing(AuditTrail(f"sqlite:///{world.database}")) as found:
        rows = list(found.rows())
    verdict = verify(rows)
    assert isinstance(verdict, Intact), verdict
    return [row.sealed().entry for row in rows]


def events(world: World) -> list[str]:
    """Return what happened, by the trail, oldest first."""
    return [entry.event for entry in trail(world)]


async def until_recorded(world: World, event: str) -> Entry:
    """Wait until the trail has such an entry; return the newest."""
    found = await world.until(
        lambda: [entry for entry in trail(world) if entry.event == event], f"{event} is on record"
    )
    return found[-1]
