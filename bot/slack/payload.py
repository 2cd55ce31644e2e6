"""What Slack sends, looked at before anything reads it: Bolt and the handlers take every part at its word.

https://docs.slack.dev/reference/interaction-payloads and https://docs.slack.dev/reference/events
"""

import json
import re
from typing import Annotated, Any
from urllib.parse import parse_qsl

from pydantic import BaseModel, Field, ValidationError

Json = dict[str, Any]

LONGEST_ID = 255

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

Text = str | None
Id = Annotated[str, Field(max_length=LONGEST_ID, pattern=r"^[\w.-]*$")] | None
"""Mentions are made of ids, so that they must hold nothing else."""

_NEEDED: dict[str, tuple[str, ...]] = {
    "block_actions": ("actions",),
    "block_suggestion": ("action_id",),
    "view_submission": ("view.type", "view.callback_id"),
    "view_closed": ("view.type", "view.callback_id"),
    "shortcut": ("callback_id",),
    "message_action": ("callback_id",),
    "event_callback": ("event.type",),
}
"""What tells where a payload of each type belongs."""


class Unreadable(ValueError):
    """It is nothing that Slack sends."""


class _Option(BaseModel):
    value: Text = None


class _Element(BaseModel):
    action_id: Text = None
    block_id: Text = None
    type: Text = None
    value: Text = None
    selected_option: _Option | None = None
    selected_options: list[_Option] | None = None


class _Action(_Element):
    action_id: str


class _State(BaseModel):
    values: dict[str, dict[str, _Element]] | None = None


class _Part(BaseModel):
    """A payload, or any part of one: Bolt looks for the same ids in all of them, at any depth."""

    type: Text = None
    subtype: Text = None
    id: Id = None
    name: Text = None
    username: Text = None
    user_name: Text = None
    user_id: Id = None
    team_id: Id = None
    user_team: Id = None
    app_installed_team_id: Id = None
    enterprise_id: Id = None
    channel_id: Id = None
    ts: Id = None
    message_ts: Id = None
    thread_ts: Id = None
    trigger_id: Id = None
    callback_id: Text = None
    action_id: Text = None
    block_id: Text = None
    private_metadata: Text = None
    command: Text = None
    text: Text = None
    value: Text = None
    response_url: Text = None
    user: "Id | _Part" = None
    team: "Id | _Part" = None
    enterprise: "Id | _Part" = None
    channel: "Id | _Part" = None
    view: "_Part | None" = None
    state: _State | None = None
    actions: Annotated[list[_Action], Field(min_length=1)] | None = None
    container: "_Part | None" = None
    message: "_Part | None" = None
    previous_message: "_Part | None" = None
    item: "_Part | None" = None
    assistant_thread: "_Part | None" = None
    event: "_Part | None" = None
    authorizations: "list[_Part] | None" = None
    response_urls: "list[_Part] | None" = None
    function: Json | None = None
    function_data: Json | None = None


def parse(body: str, content_type: str) -> Json:
    """Return the payload that a request's body holds, as by `readable`; {} for an empty body.

    Bolt's own parser takes a command that speaks of a "payload" for an empty one.

    Raises:
        Unreadable: there is none in it, or none of Slack's.
    """
    try:
        if content_type == "application/json" or body.startswith("{"):
            return readable(json.loads(body))
        form = dict(parse_qsl(body, keep_blank_values=True))
        return readable(json.loads(form["payload"]) if "payload" in form else form)
    except (json.JSONDecodeError, RecursionError) as error:
        raise Unreadable(type(error).__name__) from None


def readable(payload: object) -> Json:
    """Return the payload, without the characters that no database takes (NUL and halves of others).

    Raises:
        Unreadable: a part that Bolt or a handler would read is of another type than Slack's.
    """
    try:
        part = _Part.model_validate(payload)
        cleaned: Json = _cleaned(payload)
    except ValidationError as error:
        places = [".".join(map(str, problem["loc"])) for problem in error.errors(include_input=False)[:3]]
        raise Unreadable(", ".join(places)) from None
    except RecursionError:
        raise Unreadable("nested too deeply") from None
    _check_complete(part)
    return cleaned


def _check_complete(part: _Part) -> None:
    for needed in _NEEDED.get(part.type or "", ()):
        found: object = part
        for name in needed.split("."):
            found = getattr(found, name, None)
        if found is None:
            raise Unreadable(f"{needed} is missing")


def _cleaned(part: Any) -> Any:
    if isinstance(part, str):
        return _UNSTORABLE.sub("", part)
    if isinstance(part, dict):
        return {_cleaned(key): _cleaned(value) for key, value in part.items()}
    if isinstance(part, list):
        return [_cleaned(each) for each in part]
    return part
