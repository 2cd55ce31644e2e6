"""What runs and waits, for `/backup status`."""

from collections.abc import Sequence

from slack_sdk.models.blocks import Block, ContextBlock, SectionBlock

from bot.operations.model import Operation, Verb
from bot.operations.records import Unfinished
from bot.slack.message import Message, mrkdwn
from bot.slack.text import ago, called, mention, quote

MOST_SHOWN = 20
_DOING: dict[Verb, str] = {
    "create": "Backing up *{server}*",
    "delete": "Deleting backup {backup} of *{server}*",
    "restore": "Restoring *{server}* from backup {backup}",
    "watch": "Watching backup {backup} of *{server}*",
}


def status(unfinished: Sequence[Unfinished]) -> Message:
    """Return what runs and what waits, oldest first."""
    if not unfinished:
        return Message([SectionBlock(text=mrkdwn(":zzz: Nothing runs or waits right now."))])
    running = sum(one.is_running for one in unfinished)
    title = f"*{running} running, {len(unfinished) - running} waiting*"
    blocks: list[Block] = [SectionBlock(text=mrkdwn(title))]
    blocks += [SectionBlock(text=mrkdwn(_line(one))) for one in unfinished[:MOST_SHOWN]]
    if len(unfinished) > MOST_SHOWN:
        blocks.append(ContextBlock(elements=[mrkdwn(f"and {len(unfinished) - MOST_SHOWN} more")]))
    return Message(blocks)


def _line(one: Unfinished) -> str:
    operation = one.operation
    if one.is_running:
        state = f":arrows_counterclockwise: {doing(operation)}, running since {ago(one.since)}"
    elif one.is_undecided:
        state = f":raised_hand: {doing(operation)}, waiting for a second person since {ago(one.since)}"
    else:
        state = f":hourglass_flowing_sand: {doing(operation)}, waiting since {ago(one.since)}"
    reason = f" · “{quote(operation.reason, 100)}”" if operation.reason else ""
    return f"{state}\nfor {mention(operation.asked_by)}{reason} · {operation.tag}"


def doing(operation: Operation) -> str:
    """Return what an operation does, in a few words."""
    return _DOING[operation.verb].format(server=called(operation.server_name), backup=operation.backup_id)
