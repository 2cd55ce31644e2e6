"""What people do with the bot every day, a line for each."""

import re

from htpy import Node

from bot.sandbox.page.guide_first import SAVED
from bot.sandbox.page.guide_step import Step, does, leads, place, shows, typed, types
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


def _said(workspace: Workspace, words: re.Pattern[str]) -> bool:
    """Tell whether the bot has written such words anywhere."""
    return any(
        each.by_bot and words.search(each.text)
        for messages in workspace.messages.values()
        for each in messages
    )


def _run_step(stage: Stage, _reader: Reader) -> Node:
    functions = stage.workspace.app.functions.values()
    callback_id = next((each.callback_id for each in functions), "")
    inputs = {"server": SAVED, "reason": "Nightly workflow", "channel": "COPS"}
    body = {"as": "UANA", "callback_id": callback_id, "inputs": inputs}
    return shows("Run it", "/act/step", body, "drawer-steps")


_SEVERAL = re.compile(r"\d+ servers\*? (is|are) backed up")
_ANSWERED = re.compile(r"> (acknowledged|snoozed) this")

EVERY_DAY = (
    Step(
        "See what needs you",
        None,
        lambda stage: bool(stage.workspace.homes),
        lambda _, reader: leads("Open Home", place(reader, "UANA", "dm", tab="home")),
    ),
    Step(
        "Back up several at once",
        None,
        lambda stage: _said(stage.workspace, _SEVERAL),
        lambda _, reader: types(reader, "Choose them", "/backup create web-1 databases before the switch"),
    ),
    Step(
        "Back up by the clock",
        None,
        lambda stage: any("Schedule: " in backup.description for backup in stage.provider.creates),
        lambda _, reader: [
            types(reader, "Schedule it", f"/backup schedule create {SAVED} every day at 03:00 keep 2"),
            types(reader, "Show schedules", "/backup schedule"),
        ],
    ),
    Step("Ask in an incident's thread", None, _answered_in_a_thread, _mention),
    Step("Back up from an alert", None, _backed_up_for_a_message, _use_menu),
    Step(
        "Acknowledge what the bot alerts of",
        None,
        lambda stage: _said(stage.workspace, _ANSWERED),
        lambda _, reader: leads("See alerts", place(reader, "UANA", _ALERTS)),
    ),
    Step(
        "Let a workflow back up and wait",
        None,
        lambda stage: any(run.status == "completed" for run in stage.workspace.step_runs.values()),
        _run_step,
    ),
    Step(
        "See who did what",
        None,
        lambda stage: typed(stage, "timeline"),
        lambda _, reader: types(reader, "Show the timeline", "/backup timeline"),
    ),
)
