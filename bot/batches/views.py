"""The one message of a batch: the verdict, a bar, a line per server, and what can be done."""

from collections.abc import Iterator

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement

from bot.batches import messages
from bot.batches.model import BatchState, Group
from bot.operations.messages import CANCEL_REST
from bot.slack import ids
from bot.slack.forms import BatchForm
from bot.slack.message import Message, button, context, plain, section

MOST_LINES = 30
"""Servers with a line of their own; of the others only the names are told."""
SECTION_LIMIT = 2900


def batch_message(state: BatchState) -> Message:
    """Return the message of a batch, whether it is over or not."""
    top = [messages.headline(state), messages.bar(state), messages.not_understood(state.batch.unknown)]
    blocks: list[Block] = [section("\n".join(filter(None, top)))]
    blocks += [section(text) for text in _sections(_lines(state))]
    blocks.append(context(messages.origin(state.batch)))
    if buttons := [*_buttons(state)]:
        blocks.append(ActionsBlock(elements=buttons))
    return Message(blocks)


def _lines(state: BatchState) -> Iterator[str]:
    """Yield a line for each server, those that need attention first, and one for the rest of each group."""
    room = MOST_LINES
    for group in Group:
        parts = [part for part in state.parts if part.group is group]
        yield from (messages.line(part) for part in parts[:room])
        if rest := parts[room:]:
            yield messages.folded(group, rest)
        room = max(0, room - len(parts))


def _sections(lines: Iterator[str]) -> Iterator[str]:
    section = ""
    for line in lines:
        if section and len(section) + 1 + len(line) > SECTION_LIMIT:
            yield section
            section = ""
        section = f"{section}\n{line}" if section else line
    if section:
        yield section


def _buttons(state: BatchState) -> Iterator[ButtonElement]:
    value = BatchForm(batch=state.batch.id).as_json()
    if state.count(Group.QUEUED):
        yield button(CANCEL_REST, ids.CANCEL_BATCH, value)
    again = sum(part.may_be_tried_again for part in state.parts)
    if state.is_over and again:
        label = plain(messages.again(again))
        yield ButtonElement(text=label, action_id=ids.TRY_BATCH_AGAIN, value=value)
