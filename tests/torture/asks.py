"""What people ask of the bot: each ask names a word of its own, by which all its traces are found."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from bot.sandbox.people.actors import Actor, Answer, NotPossible
from bot.sandbox.server import Sandbox
from bot.sandbox.slack.form_state import placed
from bot.sandbox.slack.workspace import Message

T = TypeVar("T")

Kind = Literal["create", "delete", "agreed delete", "restore", "safe restore", "watch"]
KINDS: tuple[Kind, ...] = ("create", "delete", "agreed delete", "restore", "safe restore", "watch")
VERBS: dict[Kind, str] = {"agreed delete": "delete", "safe restore": "restore"}
"""The verb of each kind that is not called like it."""

ANSWER_SECONDS = 3.0
LATER_SECONDS = 0.3
WATCH = "Tell me when it ends"
GUARDED = tuple(f"vault-{number}" for number in range(1, 6))
"""Servers on which nothing is deleted without consent."""


@dataclass
class Ask:
    """One thing that somebody asks for. `acked` is True once Slack has the bot's word that it was taken.

    `person` asked from `began` until `ended` (UTC seconds), answers that came a little later included.
    """

    number: int
    kind: Kind
    server: str
    backup_id: int = 0
    acked: bool = field(default=False, init=False)
    person: str = field(default="", init=False)
    began: float = field(default=0.0, init=False)
    ended: float = field(default=float("inf"), init=False)

    @property
    def verb(self) -> str:
        """What is asked for."""
        return VERBS.get(self.kind, self.kind)

    @property
    def word(self) -> str:
        """A word that no other ask has; given as the reason."""
        return f"ask-{self.number:05d}-"


def prepare(sandbox: Sandbox, number: int, kind: Kind, server: str) -> Ask:
    """Return an ask; a backup to restore, to delete or to watch is there only for it."""
    ask = Ask(number, kind, GUARDED[number % len(GUARDED)] if kind == "agreed delete" else server)
    if kind != "create":
        status = "in_progress" if kind == "watch" else "completed"
        made = sandbox.provider.add_backup(
            ask.server, backup_type="automatic", status=status, description="for torture"
        )
        ask.backup_id = made.id
    return ask


async def utter(sandbox: Sandbox, ask: Ask, person: Actor) -> None:
    """Let somebody ask. Where the bot dies meanwhile they give up, and the ask is not acked."""
    ask.person, ask.began = person.person.id, time.time()
    with suppress(NotPossible, TimeoutError):
        match ask.verb:
            case "create":
                ask.acked = _taken(await person.types(f"/backup create {ask.server} {ask.word}"))
            case "watch":
                await _choose_to_watch(sandbox, ask, person)
            case _:
                await _confirm(sandbox, ask, person)
    while person.modal is not None:
        await person.closes()
    ask.ended = time.time() + LATER_SECONDS


async def agree(sandbox: Sandbox, ask: Ask, person: Actor) -> None:
    """Approve what was asked for, as soon as there is a question; again, where the bot did not take it."""
    while True:
        question = await _until(sandbox, lambda: _question(sandbox, ask))
        began = time.time()
        answer = await person.clicks("approve", message=question, confirm=True)
        await asyncio.sleep(LATER_SECONDS)
        if _taken(answer) and not told_alone(sandbox, person.person.id, began, time.time()):
            return


def told_alone(sandbox: Sandbox, person: str, began: float, ended: float) -> list[str]:
    """Return what the bot showed that person alone between two moments (UTC seconds)."""
    return [
        message.text
        for messages in sandbox.workspace.messages.values()
        for message in messages
        if message.by_bot and message.ephemeral_to == person and began <= float(message.ts) <= ended
    ]


async def _confirm(sandbox: Sandbox, ask: Ask, person: Actor) -> None:
    if not _taken(await person.types(f"/backup {ask.verb} {ask.backup_id}")):
        return
    async with asyncio.timeout(ANSWER_SECONDS):
        await _until(sandbox, lambda: person.modal and "typed_name" in str(person.modal.payload))
    values: dict[str, object] = {"typed_name": ask.server, "reason": ask.word}
    if ask.verb == "restore":
        values["safety"] = ask.kind == "safe restore"
    await person.fills(values)
    answer = await person.submits()
    ask.acked = _taken(answer) and person.modal is None


async def _choose_to_watch(sandbox: Sandbox, ask: Ask, person: Actor) -> None:
    if not _taken(await person.types(f"/backup list {ask.server}")):
        return
    async with asyncio.timeout(ANSWER_SECONDS):
        row = await _until(sandbox, lambda: _row(sandbox, ask, person))
    block_id, listing = row
    ask.began = time.time()
    answer = await person.chooses(WATCH, action_id="list_row", block_id=block_id, message=listing)
    ask.acked = _taken(answer)
    asyncio.get_running_loop().call_later(LATER_SECONDS, sandbox.provider.finish, ask.backup_id)


def _row(sandbox: Sandbox, ask: Ask, person: Actor) -> tuple[str, Message] | None:
    """Return the block with the menu of the backup that is asked about, and the list it is in."""
    for messages in sandbox.workspace.messages.values():
        for message in messages:
            if message.ephemeral_to == person.person.id:
                for at in placed(message.blocks):
                    if f"watch:{_number(sandbox, ask)}:{ask.backup_id}" in str(at.element):
                        return at.block_id, message
    return None


def _number(sandbox: Sandbox, ask: Ask) -> int:
    return sandbox.provider.server(ask.server).id


def _question(sandbox: Sandbox, ask: Ask) -> Message | None:
    return next(
        (
            message
            for messages in sandbox.workspace.messages.values()
            for message in messages
            if ask.word in message.text and any(at.action_id == "approve" for at in placed(message.blocks))
        ),
        None,
    )


async def _until(sandbox: Sandbox, look: Callable[[], T | None]) -> T:
    """Look whenever something changes in the workspace, until there is something; return it."""
    changed = asyncio.Event()
    forget = sandbox.workspace.listen(lambda _: changed.set())
    try:
        while not (found := look()):
            changed.clear()
            await changed.wait()
    finally:
        forget()
    return found


def _taken(answer: Answer) -> bool:
    return answer.acked and answer.error is None
