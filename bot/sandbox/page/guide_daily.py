"""What people do with the bot every day, a line for each."""

from htpy import Node

from bot.sandbox.page.guide_step import Step, does, leads, place, typed, types
from bot.sandbox.page.reader import Reader
from bot.sandbox.page.stage import Stage
from bot.sandbox.seed import ALERTED, MONITOR
from bot.sandbox.slack.workspace import Message, Workspace

_ALERTS = "CALERTS"


def _alert(workspace: Workspace) -> Message | None:
    """Return the monitor's newest message."""
    said = [each for each in workspace.messages.get(_ALERTS, []) if each.user == MONITOR.id]
    return said[-1] if said else None


def _mention(stage: Stage, reader: Reader) -> Node:
    alert = _alert(stage.workspace)
    if alert is None:
        return leads("Go there", place(reader, "UANA", _ALERTS))
    text = f"@{stage.workspace.app.name} create {ALERTED} before the fix"
    body = {"as": "UANA", "channel": _ALERTS, "thread_ts": alert.ts, "text": text}
    return does(reader, "Mention it", "/act/types", body, go=place(reader, "UANA", _ALERTS, thread=alert.ts))


def _answered_in_a_thread(stage: Stage) -> bool:
    """Tell whether somebody mentioned the bot in a thread, and it has answered there."""
    mention = f"<@{stage.workspace.app.bot_user}>"
    for messages in stage.workspace.messages.values():
        asked = {each.thread_ts for each in messages if mention in each.text and not each.by_bot}
        if any(each.by_bot and each.thread_ts in asked - {None} for each in messages):
            return True
    return False


def _use_menu(stage: Stage, reader: Reader) -> Node:
    alert = _alert(stage.workspace)
    offered = [name for name, kind in stage.workspace.app.shortcuts.items() if kind == "message"]
    if alert is None or not offered:
        return leads("Go to it", place(reader, "UANA", _ALERTS))
    body = {"as": "UANA", "channel": _ALERTS, "message": alert.ts, "callback_id": offered[0]}
    return does(reader, "Use its menu", "/act/shortcut", body, go=place(reader, "UANA", _ALERTS))


def _backed_up_for_a_message(stage: Stage) -> bool:
    """Tell whether a backup was made whose reason is a link to a message."""
    return any("/archives/" in backup.description for backup in stage.provider.creates)


EVERY_DAY = (
    Step("Ask in an incident's thread", None, _answered_in_a_thread, _mention),
    Step("Back up from an alert's own menu", None, _backed_up_for_a_message, _use_menu),
    Step(
        "See who did what, for a postmortem",
        None,
        lambda stage: typed(stage, "timeline"),
        lambda _, reader: types(reader, "Show the timeline", "/backup timeline"),
    ),
)
