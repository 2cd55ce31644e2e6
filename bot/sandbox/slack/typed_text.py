"""Text as people type it, turned into text as Slack sends it on.

https://docs.slack.dev/messaging/formatting-message-text
"""

import re
from collections.abc import Callable
from html import escape

from bot.sandbox.slack.workspace import Workspace

_MENTION = re.compile(r"(<[@#][UC]\w+(?:\|[^<>]*)?>)")
_URL = re.compile(r"https?://[^\s<>|]+|\b(?:[\w-]+\.)+(?:com|org|net|io|dev)\b")


def as_message(workspace: Workspace, text: str) -> str:
    """A message: escaped, mentions as bare ids, anything like an address as a link."""
    return _each(text, lambda part: _URL.sub(_link, _with_mentions(workspace, part, named=False)))


def as_command(workspace: Workspace, text: str) -> str:
    """A slash command's text under `should_escape`: escaped, mentions as ids with names."""
    return _each(text, lambda part: _with_mentions(workspace, part, named=True))


def _each(text: str, change: Callable[[str], str]) -> str:
    parts = _MENTION.split(text)
    return "".join(
        part if index % 2 else change(escape(part, quote=False)) for index, part in enumerate(parts)
    )


def _with_mentions(workspace: Workspace, text: str, *, named: bool) -> str:
    known = {f"@{workspace.app.name}": (f"@{workspace.app.bot_user}", workspace.app.name)}
    for person in workspace.people.values():
        known[f"@{person.handle}"] = (f"@{person.id}", person.handle)
    for channel in workspace.channels.values():
        if channel.kind == "public":
            known[f"#{channel.name}"] = (f"#{channel.id}", channel.name)
    for typed, (reference, name) in known.items():
        has_name = named or typed.startswith("#")
        sent = f"<{reference}|{name}>" if has_name else f"<{reference}>"
        text = re.sub(rf"(?<![\w<|]){re.escape(typed)}(?![\w-])", sent, text)
    return text


def _link(found: re.Match[str]) -> str:
    address = found.group()
    return f"<{address}>" if address.startswith("http") else f"<http://{address}|{address}>"
