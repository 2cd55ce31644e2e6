"""Failures and short answers, drawn as a message or as a modal."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, SectionBlock
from slack_sdk.models.views import View

from bot.errors import BotError
from bot.slack import ids, messages
from bot.slack.forms import NoteForm
from bot.slack.message import Message, plain, section
from bot.slack.provider_messages import Explanation
from bot.slack.text import plain_label
from bot.verbs import CHANGING

_LONGEST_VALUE = 2000


class Repeat(NamedTuple):
    """What a button carries that does once more what was done."""

    action_id: str
    value: str
    block_id: str | None = None


Json = dict[str, Any]


def explain(trouble: Explanation, repeat: Repeat | None = None) -> Message:
    """Return what happened and what to do about it, with a button for each next step.

    `repeat` is what the button *Try again* does, if that can help.
    """
    blocks: list[Block] = [_block(trouble)]
    buttons = [
        _button(step.label, Repeat(ids.run_command(place), step.command))
        for place, step in enumerate(trouble.next_steps[: ids.MOST_COMMANDS])
    ]
    if buttons:
        blocks.append(ActionsBlock(elements=buttons))
    if repeat and trouble.can_retry:
        button = _button(messages.TRY_AGAIN, repeat)
        blocks.append(ActionsBlock(elements=[button], block_id=repeat.block_id))
    return Message(blocks)


def sentence_alone(text: str) -> Message:
    """Return one sentence, already safe."""
    return Message([section(text)])


def offer(label: str, repeat: Repeat) -> Message:
    """Return a button that goes on with what takes a form, which Slack opens only for a click."""
    blocks: list[Block] = [section(messages.NEEDS_CLICK)]
    return Message([*blocks, ActionsBlock(elements=[_button(label, repeat)])])


def answer(blocks: Sequence[Block]) -> View:
    """Return a message as a modal, for where none can be shown."""
    return View(
        type="modal",
        callback_id=ids.ANSWER_MODAL,
        title=plain(messages.ANSWER_TITLE),
        close=plain("Close"),
        blocks=list(blocks),
    )


def note(error: BotError, channel: str = "", thread_ts: str = "") -> View:
    """Return what happened as a modal; its button shows what to look at next, in the channel or thread."""
    return note_about(messages.explain(error), channel, thread_ts)


def note_about(trouble: Explanation, channel: str = "", thread_ts: str = "") -> View:
    """Return the same for what is explained already."""
    # It is closed by its button, and a form can't be opened on top of what is closed.
    looks = (step for step in trouble.next_steps if step.command.partition(" ")[0] not in CHANGING)
    step = next(looks, None)
    form = None
    if step:
        form = NoteForm(command=step.command[:_LONGEST_VALUE], channel=channel, thread_ts=thread_ts)
    return View(
        type="modal",
        callback_id=ids.NOTE_MODAL,
        title=plain(trouble.title),
        submit=plain(plain_label(step.label, 24)) if step else None,
        close=plain("Close"),
        blocks=[_block(trouble)],
        private_metadata=form.as_json() if form else None,
    )


def _button(label: str, repeat: Repeat) -> ButtonElement:
    value = repeat.value[:_LONGEST_VALUE] or None
    return ButtonElement(text=plain(plain_label(label, 75)), action_id=repeat.action_id, value=value)


def kept(view: Json, trouble: Explanation, entered_in: Json | None = None) -> Json:
    """Return a modal with what went wrong at its top, and with all that was entered in it (or in another)."""
    entered = ((entered_in or view).get("state") or {}).get("values") or {}
    blocks = [block for block in view["blocks"] if block.get("block_id") != _TROUBLE]
    filled = [_filled(block, entered.get(block.get("block_id")) or {}) for block in blocks]
    said = {**_block(trouble).to_dict(), "block_id": _TROUBLE}
    return {key: view[key] for key in _SENT if view.get(key) is not None} | {"blocks": [said, *filled]}


_TROUBLE = "trouble"
_SENT = ("type", "callback_id", "title", "submit", "close", "private_metadata")
_INITIAL = {
    "value": "initial_value",
    "selected_option": "initial_option",
    "selected_options": "initial_options",
    "selected_conversation": "initial_conversation",
}


def _filled(block: Json, entered: Json) -> Json:
    for place in ("element", "accessory"):
        element = block.get(place)
        if element and element.get("action_id") in entered:
            state = entered[element["action_id"]]
            names = {initial: state.get(key) for key, initial in _INITIAL.items() if key in state}
            said = {key: value for key, value in (element | names).items() if value not in (None, "", [])}
            return {**block, place: said}
    return block


def _block(explanation: Explanation) -> SectionBlock:
    text = "\n".join(messages.lines(explanation))
    return section(f":warning: {text}")
