"""What people request of the bot: each names a word of its own, by which all its traces are found."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, TypeVar, get_args

from bot.sandbox.people.actors import Actor, Answer, NotPossible
from bot.sandbox.server import Sandbox
from bot.sandbox.slack.form_state import placed
from bot.sandbox.slack.workspace import Message, StepRun

T = TypeVar("T")

Kind = Literal[
    "create",
    "mentioned create",
    "step create",
    "batch",
    "delete",
    "approved delete",
    "restore",
    "safe restore",
    "watch",
    "cancelled create",
    "cancelled restore",
    "late cancel",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""A `cancelled create` is cancelled in its server's queue, a `cancelled restore` during its safety backup.

A `late cancel` comes at the moment at which the operation ahead ends. A `mentioned create` is requested by a
mention in a thread, which Slack repeats until the bot has acknowledged it. A `step create` is a step of a
workflow, which waits for it. A `batch` is of several servers.
"""
VERBS: dict[Kind, str] = {
    "mentioned create": "create",
    "step create": "create",
    "batch": "create",
    "approved delete": "delete",
    "safe restore": "restore",
    "cancelled create": "create",
    "cancelled restore": "restore",
    "late cancel": "create",
}
"""The verb of each kind that is not called like it."""
WITH_SAFETY_BACKUP: frozenset[Kind] = frozenset({"safe restore", "cancelled restore"})
CANCELS: frozenset[Kind] = frozenset({"cancelled create", "cancelled restore", "late cancel"})
QUEUED: frozenset[Kind] = frozenset({"cancelled create", "late cancel"})
"""Those that wait in the queue of their server, behind another operation."""

ANSWER_SECONDS = 3.0
LATER_SECONDS = 0.3
LOOK_SECONDS = 1.0
WATCH = "Tell me when it's done"
CANCELLING = "I'll cancel the"
ENDED = (":white_check_mark:", ":no_entry_sign:", ":x:", ":grey_question:")
"""How a card begins that says how it ended."""
GUARDED = tuple(f"vault-{number}" for number in range(1, 6))
"""Servers on which nothing is deleted without approval."""
HELD = tuple(f"queue-{number}" for number in range(1, 6))
"""Servers whose backups end only when told."""


@dataclass
class Ask:
    """One thing that somebody requests. `acked` is True once Slack has the bot's word that it was taken.

    `person` did so from `began` until `ended` (UTC seconds), answers that came a little later included.
    `others` are the further servers of a batch, `run` is that of a step. `ahead` is the operation behind
    which it is queued. It is `cancelled` once the bot has said that it will cancel it, while it could not
    have acted yet.
    """

    number: int
    kind: Kind
    server: str
    backup_id: int = 0
    others: tuple[str, ...] = ()
    ahead: "Ask | None" = None
    acked: bool = field(default=False, init=False)
    cancelled: bool = field(default=False, init=False)
    run: StepRun | None = field(default=None, init=False)
    person: str = field(default="", init=False)
    began: float = field(default=0.0, init=False)
    ended: float = field(default=float("inf"), init=False)

    @property
    def servers(self) -> set[str]:
        """All servers it is about."""
        return {self.server, *self.others}

    @property
    def verb(self) -> str:
        """What is requested."""
        return VERBS.get(self.kind, self.kind)

    @property
    def word(self) -> str:
        """A word that no other has; given as the reason."""
        return f"ask-{self.number:05d}-"

    @property
    def is_over(self) -> bool:
        """True once the person has done what they can."""
        return self.ended < float("inf")


def prepare(sandbox: Sandbox, number: int, kind: Kind, server: str) -> Ask:
    """Return an ask; a backup to restore, to delete or to watch is there only for it."""
    others = tuple(f"{name}-{number % 5 + 1}" for name in ("web", "db")) if kind == "batch" else ()
    ask = Ask(number, kind, _server(number, kind, server), others=others)
    if ask.verb != "create":
        status = "in_progress" if kind == "watch" else "completed"
        made = sandbox.provider.add_backup(
            ask.server, backup_type="automatic", status=status, description="for torture"
        )
        ask.backup_id = made.id
    return ask


def _server(number: int, kind: Kind, server: str) -> str:
    if kind == "approved delete":
        return GUARDED[number % len(GUARDED)]
    return HELD[number % len(HELD)] if kind in CANCELS else server


async def utter(sandbox: Sandbox, ask: Ask, person: Actor) -> None:
    """Let somebody request it. If the bot dies meanwhile they give up, and the ask is not acked."""
    ask.person, ask.began = person.person.id, time.time()
    with suppress(NotPossible, TimeoutError):
        match ask.verb:
            case "create" if ask.kind == "mentioned create":
                ask.acked = _taken(await _mention(sandbox, ask, person))
            case "create" if ask.kind == "step create":
                inputs = {"server": ask.server, "reason": ask.word, "channel": "COPS"}
                ask.run = await person.runs_step("back_up_and_wait", **inputs)
            case "create":
                servers = " ".join(sorted(ask.servers))
                ask.acked = _taken(await person.types(f"/backup create {servers} {ask.word}"))
            case "watch":
                await _choose_to_watch(sandbox, ask, person)
            case _:
                await _confirm(sandbox, ask, person)
    while person.modal is not None:
        await person.closes()
    ask.ended = time.time() + LATER_SECONDS


async def approve(sandbox: Sandbox, ask: Ask, person: Actor) -> None:
    """Approve what was requested, as soon as there is a question; again, if the bot did not take it."""
    while True:
        question = await until(sandbox, lambda: _message_with(sandbox, ask, "approve"))
        began = time.time()
        answer = Answer(acked=False)
        with suppress(NotPossible):
            answer = await person.clicks("approve", message=question, confirm=True)
        await asyncio.sleep(LATER_SECONDS)
        if _taken(answer) and not told_alone(sandbox, person.person.id, began, time.time()):
            return


async def cancel(sandbox: Sandbox, ask: Ask, person: Actor) -> None:
    """Cancel what was requested as soon as that can be done; again, if the bot did not take it.

    Until then what it waits for is held up; from then on nothing is, until this is cancelled.
    """
    clicking = asyncio.create_task(_cancel(sandbox, ask, person))
    try:
        await until(sandbox, lambda: clicking.done() or _is_in_vain(sandbox, ask))
        while not clicking.done() or not clicking.exception():
            _finish_backups(sandbox, ask)
            await _changed(sandbox)
        await clicking
    finally:
        clicking.cancel()


async def _cancel(sandbox: Sandbox, ask: Ask, person: Actor) -> None:
    while True:
        card = await until(
            sandbox, lambda: _message_with(sandbox, ask, "cancel_operation") or _ended_card(sandbox, ask)
        )
        if card.text.startswith(ENDED):
            # It was not begun; or the bot was killed before it had answered the click, which it had recorded.
            return
        if ask.kind == "late cancel":
            _finish_backups(sandbox, ask)
        said = partial(_is_said_to_be_cancelled, sandbox, ask, time.time())
        with suppress(NotPossible):
            await person.clicks("cancel_operation", message=card)
        with suppress(TimeoutError):
            async with asyncio.timeout(LATER_SECONDS):
                await until(sandbox, said)
            ask.cancelled = ask.kind != "late cancel" and bool(_held_backups(sandbox, ask))
            return


def _is_in_vain(sandbox: Sandbox, ask: Ask) -> bool:
    """True if there may be nothing to cancel: it was not taken, acts already, or its card has no buttons."""
    acts = ask.kind in QUEUED and any(ask.word in made.description for made in sandbox.provider.creates)
    # Slack took no more than the card's words.
    is_bare = any(
        ask.word in message.text and message.by_bot and not message.thread_ts and not message.blocks
        for messages in sandbox.workspace.messages.values()
        for message in messages
    )
    return (ask.is_over and not ask.acked) or acts or is_bare


def _is_said_to_be_cancelled(sandbox: Sandbox, ask: Ask, since: float) -> bool:
    return any(
        message.by_bot
        and float(message.ts) >= since
        and message.text.startswith(CANCELLING)
        and f"*{ask.server}*" in message.text
        for messages in sandbox.workspace.messages.values()
        for message in messages
    )


def _held_backups(sandbox: Sandbox, ask: Ask) -> list[int]:
    """Return the backups, in progress, behind which the ask can't have acted."""
    word = ask.ahead.word if ask.ahead else ask.word
    made = sandbox.provider.backups.values()
    return [each.id for each in made if each.status == "in_progress" and word in each.description]


def _finish_backups(sandbox: Sandbox, ask: Ask) -> None:
    words = [ask.word, *([ask.ahead.word] if ask.ahead else [])]
    for each in list(sandbox.provider.backups.values()):
        if each.status == "in_progress" and any(word in each.description for word in words):
            sandbox.provider.finish(each.id)


def told_alone(sandbox: Sandbox, person: str, began: float, ended: float) -> list[str]:
    """Return what the bot showed that person alone between two moments (UTC seconds)."""
    return [
        message.text
        for messages in sandbox.workspace.messages.values()
        for message in messages
        if message.by_bot and message.ephemeral_to == person and began <= float(message.ts) <= ended
    ]


async def _mention(sandbox: Sandbox, ask: Ask, person: Actor) -> Answer:
    """Mention the bot in a thread of its own."""
    workspace = sandbox.workspace
    began = workspace.add(Message("COPS", workspace.next_ts(), person.person.id, "Something is wrong"))
    text = f"@{workspace.app.name} create {ask.server} {ask.word}"
    return await person.types(text, thread_ts=began.ts)


async def _confirm(sandbox: Sandbox, ask: Ask, person: Actor) -> None:
    if not _taken(await person.types(f"/backup {ask.verb} {ask.backup_id}")):
        return
    async with asyncio.timeout(ANSWER_SECONDS):
        await until(sandbox, lambda: person.modal and "typed_name" in str(person.modal.payload))
    values: dict[str, object] = {"typed_name": ask.server, "reason": ask.word}
    if ask.verb == "restore":
        values["safety"] = ask.kind in WITH_SAFETY_BACKUP
    await person.fills(values)
    answer = await person.submits()
    ask.acked = _taken(answer) and person.modal is None


async def _choose_to_watch(sandbox: Sandbox, ask: Ask, person: Actor) -> None:
    if not _taken(await person.types(f"/backup list {ask.server}")):
        return
    async with asyncio.timeout(ANSWER_SECONDS):
        row = await until(sandbox, lambda: _row(sandbox, ask, person))
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
                    if f"watch:{server_id(sandbox, ask)}:{ask.backup_id}" in str(at.element):
                        return at.block_id, message
    return None


def server_id(sandbox: Sandbox, ask: Ask) -> int:
    """Return the id of the server it is about."""
    return sandbox.provider.server(ask.server).id


def _message_with(sandbox: Sandbox, ask: Ask, button: str) -> Message | None:
    """Return the message about the ask that has that button."""
    return next(
        (
            message
            for messages in sandbox.workspace.messages.values()
            for message in messages
            if ask.word in message.text and any(at.action_id == button for at in placed(message.blocks))
        ),
        None,
    )


def _ended_card(sandbox: Sandbox, ask: Ask) -> Message | None:
    """Return the message that says how the ask ended, if it has."""
    about = (each for messages in sandbox.workspace.messages.values() for each in messages)
    return next((each for each in about if ask.word in each.text and each.text.startswith(ENDED)), None)


async def until(sandbox: Sandbox, look: Callable[[], T | None]) -> T:
    """Look whenever something changes in the workspace or at the provider, until there is something."""
    while not (found := look()):
        await _changed(sandbox)
    return found


async def _changed(sandbox: Sandbox) -> None:
    changed = asyncio.Event()
    forget = [
        sandbox.workspace.listen(lambda _: changed.set()),
        sandbox.provider.listen(changed.set),
    ]
    try:
        # Or nothing changes any more, and what is looked for is what a person has done.
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await changed.wait()
    finally:
        for each in forget:
            each()


def _taken(answer: Answer) -> bool:
    return answer.acked and answer.error is None
