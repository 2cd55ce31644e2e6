"""The menu of verbs, and the help."""

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, SectionBlock

from bot.slack import ids
from bot.slack.message import Message, mrkdwn, plain
from bot.slack.text import escape
from bot.verbs import VERBS

_BUTTONS = (
    (ids.ASK_LIST, "List", None),
    (ids.ASK_CREATE, "Create…", "primary"),
    (ids.ASK_RESTORE, "Restore…", None),
    (ids.ASK_DELETE, "Delete…", "danger"),
    (ids.ASK_STATUS, "Status", None),
    (ids.ASK_SERVERS, "Servers", None),
    (ids.ASK_HELP, "Help", None),
)


def menu() -> Message:
    """Return the verbs as buttons."""
    return Message([SectionBlock(text=mrkdwn("*Server backups.* What do you want to do?")), _buttons()])


def overview() -> Message:
    """Return what each verb does, in a line."""
    lines = [f"`/backup {usage.pattern}`\n{escape(usage.meaning)}" for usage in VERBS.values()]
    blocks: list[Block] = [SectionBlock(text=mrkdwn("\n".join(lines))), _buttons()]
    return Message(blocks)


def explained(verb: str) -> Message:
    """Return what one verb does, with an example."""
    usage = VERBS[verb]
    text = f"`/backup {usage.pattern}`\n{escape(usage.meaning)}\nFor example: `/backup {usage.example}`"
    return Message([SectionBlock(text=mrkdwn(text))])


def _buttons() -> ActionsBlock:
    buttons = [
        ButtonElement(text=plain(text), action_id=action, style=style) for action, text, style in _BUTTONS
    ]
    return ActionsBlock(elements=buttons)
