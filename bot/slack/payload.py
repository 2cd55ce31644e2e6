"""Reading what Slack sends: as it is, without the characters that no database takes.

https://docs.slack.dev/reference/interaction-payloads and https://docs.slack.dev/reference/events
"""

import json
import re
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from bot.errors import Misuse, UsageError

Json = dict[str, Any]

MESSAGES = frozenset({"app_mention", "message"})
"""Events that tell of what somebody wrote."""
_WRITTEN = frozenset({None, "", "file_share", "thread_broadcast"})
"""Subtypes of messages that a person wrote; others tell of edits, deletions and the like."""
_MENTION = re.compile(r"\s*<@(\w+)(?:\|[^>]*)?>[,:]?")
_STYLED = re.compile(r"(?<!\S)([*_~`]+)(?=\S)(.*?\S)\1(?!\w)", re.DOTALL)
_MOST_READ = 2000
"""Characters of a message that are read: what is told to the bot is short."""

_MOST_SEARCHED = 5000
_ANSWERS = frozenset({"hooks.slack.com", "hooks.slack-gov.com"})
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class InvalidPayload(ValueError):
    """It is nothing that Slack sends."""


def parse(body: str, content_type: str) -> Json:
    """Return the payload that a request's body holds; {} for an empty body.

    Bolt's own parser takes a command that speaks of a "payload" for an empty one.

    Raises:
        InvalidPayload: there is none in it.
    """
    try:
        if content_type == "application/json" or body.startswith("{"):
            return storable(json.loads(body))
        form = dict(parse_qsl(body, keep_blank_values=True))
        return storable(json.loads(form["payload"]) if "payload" in form else form)
    except (json.JSONDecodeError, RecursionError) as error:
        raise InvalidPayload(type(error).__name__) from None


def storable(payload: object) -> Json:
    """Return the payload without NUL and halves of characters; raises InvalidPayload if it is no object."""
    if not isinstance(payload, dict):
        raise InvalidPayload(type(payload).__name__)
    try:
        cleaned: Json = _cleaned(payload)
    except RecursionError:
        raise InvalidPayload("nested too deeply") from None
    return cleaned


def _cleaned(part: Any) -> Any:
    if isinstance(part, str):
        return _UNSTORABLE.sub("", part)
    if isinstance(part, dict):
        return {_cleaned(key): _cleaned(value) for key, value in part.items()}
    if isinstance(part, list):
        return [_cleaned(each) for each in part]
    return part


_KINDS = {
    "event_callback": "event",
    "block_actions": "action",
    "interactive_message": "action",
    "view_submission": "view",
    "view_closed": "view",
    "block_suggestion": "options",
    "shortcut": "shortcut",
    "message_action": "shortcut",
}


def kind_of(payload: object) -> str:
    """Return what Slack asks for: command, action, view, options, shortcut, event or step; else unknown."""
    match payload:
        case {"command": _}:
            return "command"
        case {"type": "event_callback", "event": {"type": "function_executed"}}:
            return "step"
        case {"type": str(kind)}:
            return _KINDS.get(kind, "unknown")
    return "unknown"


def is_for_us(event: Json) -> bool:
    """Tell whether an event is something to handle: no message of a bot's, no edit, and each message once.

    What is written in channels comes as `app_mention`, and what is written to the bot directly as `message`.
    """
    if event.get("type") not in MESSAGES:
        return True
    is_by_bot = bool(event.get("bot_id")) or event.get("user") in {None, "", "USLACKBOT"}
    is_change = event.get("subtype") not in _WRITTEN or bool(event.get("edited"))
    is_twice = event["type"] == "message" and event.get("channel_type") != "im"
    return not (is_by_bot or is_change or is_twice)


def read_event(payload: Json, bot_user: str) -> Json:
    """Return an event in the shape of a command: who, where, and what they wrote to the bot if they did."""
    event = payload["event"]
    team = event.get("user_team") or event.get("team") or payload.get("team_id")
    body = {"event": event, "event_id": payload.get("event_id")}
    named = {"user_id": event.get("user"), "channel_id": event.get("channel"), "team_id": team}
    if event.get("type") in MESSAGES:
        named["text"] = _written_to(bot_user, event)
    return body | {name: value for name, value in named.items() if isinstance(value, str)}


_SAYS = frozenset({"text", "fallback", "pretext", "title", "value", "footer"})


def words_of(message: Json) -> str:
    """Return all that a message says: in its text, its blocks and its attachments, as alerts use them."""
    said: list[str] = []

    def collect(part: Any) -> None:
        if isinstance(part, dict):
            said.extend(part[key] for key in _SAYS & part.keys() if isinstance(part[key], str))
            part = list(part.values())
        if isinstance(part, list):
            for each in part:
                collect(each)

    collect({name: message.get(name) for name in ("text", "blocks", "attachments")})
    return "\n".join(said)[:_MOST_SEARCHED]


def require_id(an_id: str | None) -> str:
    """Return an id; raises UsageError if Slack left it out."""
    if not an_id:
        raise UsageError(Misuse.INCOMPLETE_PAYLOAD)
    return an_id


def key_of(body: Json, channel: str, action_id: str, value: str) -> str:
    """Return a key that is the same if Slack delivers a payload twice; empty if it has nothing to make it of.

    A button under a message or in a modal stands for one thing to do, however often it is clicked; not so in
    a Home, which stays the same for years.
    """
    view, message, container = (body.get(part) or {} for part in ("view", "message", "container"))
    is_click, view_id = body.get("type") == "block_actions", view.get("id")
    if body.get("event"):
        return event_key(body)
    if view and not is_click:
        return f"view:{view_id}" if view_id else ""
    if view and view.get("type") != "home":
        button = sha256(f"{action_id}:{value}".encode()).hexdigest()[:16]
        return f"click:{view_id}:{button}" if view_id else ""
    if not view and (ts := message.get("ts") or container.get("message_ts")):
        return f"click:{channel}:{ts}:{action_id}"
    return f"trigger:{body['trigger_id']}" if body.get("trigger_id") else ""


def event_key(body: Json) -> str:
    """Return a key of what an event tells of; empty if Slack left out what to make it of.

    Slack may deliver a message twice, under two ids of an event, and even with two time stamps.
    """
    event = body["event"]
    if run := event.get("function_execution_id"):
        return f"function:{run}"
    if event.get("type") not in MESSAGES:
        return f"event:{body['event_id']}" if body.get("event_id") else ""
    if sent := event.get("client_msg_id"):
        return f"message:{sent}"
    return f"message:{event['channel']}:{event['ts']}" if event.get("channel") and event.get("ts") else ""


def _written_to(bot_user: str, event: Json) -> str:
    """Return what a message tells the bot to do, as it would stand after the command; still escaped.

    In a channel only what begins with the bot's name is meant for it: others may just speak of it.
    """
    text = without_style(str(event.get("text") or "")[:_MOST_READ])
    mention = _MENTION.match(text)
    if mention and mention[1] == bot_user:
        return text[mention.end() :].strip()
    return text if event["type"] == "message" else ""


def without_style(text: str) -> str:
    """Return a message's text on one line, without its bold, italic, struck and code marks."""
    before = ""
    while before != text:
        before, text = text, _STYLED.sub(r"\2", text)
    return " ".join(text.split())


def is_slack_address(address: str, api: str) -> bool:
    """Tell whether answers can go there: to Slack, or if its Web API is elsewhere, to the same origin."""
    try:
        asked, ours = urlsplit(address), urlsplit(api)
        is_ours = (asked.scheme, asked.hostname, asked.port) == (ours.scheme, ours.hostname, ours.port)
        is_slack = asked.scheme == "https" and asked.hostname in _ANSWERS and asked.port in {None, 443}
    except ValueError:
        return False
    return asked.username is None and (is_ours or is_slack)
