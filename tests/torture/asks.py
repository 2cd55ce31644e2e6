"""What people ask of the bot: each ask names a word of its own, by which all its traces are found."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from bot.sandbox.people.actors import Actor, Answer, NotPossible
from bot.sandbox.server import Sandbox

Kind = Literal["create", "delete", "restore", "safe restore"]
KINDS: tuple[Kind, ...] = ("create", "delete", "restore", "safe restore")
MODAL_SECONDS = 3.0
ANSWER_SECONDS = 0.3


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
    def word(self) -> str:
        """A word that no other ask has; given as the reason."""
        return f"ask-{self.number:05d}-"


def prepare(sandbox: Sandbox, number: int, kind: Kind, server: str) -> Ask:
    """Return an ask; a backup to restore or delete is there only for it."""
    ask = Ask(number, kind, server)
    if kind != "create":
        made = sandbox.provider.add_backup(server, backup_type="automatic", description="for torture")
        ask.backup_id = made.id
    return ask


async def utter(sandbox: Sandbox, ask: Ask, person: Actor) -> None:
    """Let somebody ask. Where the bot dies meanwhile they give up, and the ask is not acked."""
    ask.person, ask.began = person.person.id, time.time()
    with suppress(NotPossible, TimeoutError):
        if ask.kind == "create":
            ask.acked = _taken(await person.types(f"/backup create {ask.server} {ask.word}"))
        else:
            await _confirm(sandbox, ask, person)
    while person.modal is not None:
        await person.closes()
    ask.ended = time.time() + ANSWER_SECONDS


async def _confirm(sandbox: Sandbox, ask: Ask, person: Actor) -> None:
    verb = "delete" if ask.kind == "delete" else "restore"
    if not _taken(await person.types(f"/backup {verb} {ask.backup_id}")):
        return
    await _until_modal(sandbox, person)
    values: dict[str, object] = {"typed_name": ask.server, "reason": ask.word}
    if verb == "restore":
        values["safety"] = ask.kind == "safe restore"
    await person.fills(values)
    answer = await person.submits()
    ask.acked = _taken(answer) and person.modal is None


async def _until_modal(sandbox: Sandbox, person: Actor) -> None:
    """Wait until the modal asks for the server's name; raise TimeoutError."""
    changed = asyncio.Event()
    forget = sandbox.workspace.listen(lambda _: changed.set())
    try:
        async with asyncio.timeout(MODAL_SECONDS):
            while person.modal is None or "typed_name" not in str(person.modal.payload):
                changed.clear()
                await changed.wait()
    finally:
        forget()


def _taken(answer: Answer) -> bool:
    return answer.acked and answer.error is None
