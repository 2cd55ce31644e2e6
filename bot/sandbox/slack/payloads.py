"""The payloads Slack sends when somebody does something, in their complete forms.

https://docs.slack.dev/reference/interaction-payloads and https://docs.slack.dev/reference/events
"""

import mimetypes
from urllib.parse import quote
from uuid import uuid4

from bot.sandbox.slack.modals import view_json
from bot.sandbox.slack.workspace import Channel, File, Json, Message, OpenView, Person, StepRun, Workspace

FILE_PATH = "/slack/files/"
"""Where files are downloaded."""


def file_path(file: File) -> str:
    """Return where a file is downloaded, without the workspace's address."""
    return f"{FILE_PATH}{file.id}/{quote(file.name, safe='')}"


def message_json(workspace: Workspace, message: Message, *, metadata: bool = True) -> Json:
    """A message as methods answer it and payloads carry it."""
    app = workspace.app
    found: Json = {"type": "message", "user": message.user, "ts": message.ts, "text": message.text}
    found["team"] = app.team_id
    if message.by_bot:
        found |= {"bot_id": app.bot_id, "app_id": app.id}
    elif message.user in workspace.other_apps:
        found |= {"bot_id": message.user.replace("U", "B", 1), "app_id": message.user.replace("U", "A", 1)}
    if message.blocks:
        found["blocks"] = message.blocks
    if message.thread_ts:
        found["thread_ts"] = message.thread_ts
    if message.broadcast:
        found["subtype"] = "thread_broadcast"
    if message.files:
        found["files"] = [file_json(workspace, file) for file in message.files]
    if message.reactions:
        found["reactions"] = [
            {"name": name, "users": list(who), "count": len(who)} for name, who in message.reactions.items()
        ]
    if message.edited:
        found["edited"] = {"user": message.user, "ts": message.ts}
    if metadata and message.metadata:
        found["metadata"] = message.metadata
    return found


def file_json(workspace: Workspace, file: File) -> Json:
    """A file as methods answer it and messages carry it."""
    address = workspace.base_url + file_path(file)
    return {
        "id": file.id,
        "name": file.name,
        "title": file.title or file.name,
        "mimetype": mimetypes.guess_type(file.name)[0] or "application/octet-stream",
        "filetype": file.name.rpartition(".")[2],
        "size": file.size,
        "user": workspace.app.bot_user,
        "url_private": address,
        "url_private_download": address,
    }


def slash(
    workspace: Workspace, person: Person, channel: Channel, command: str, text: str, response_url: str
) -> Json:
    """A slash command. Every field is a string, `is_enterprise_install` too."""
    app = workspace.app
    return {
        "token": app.verification_token,
        "team_id": app.team_id,
        "team_domain": app.team_domain,
        "channel_id": channel.id,
        "channel_name": _name(channel),
        "user_id": person.id,
        "user_name": person.handle,
        "command": command,
        "text": text,
        "api_app_id": app.id,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": workspace.triggers.mint(person.id),
    }


def message_actions(
    workspace: Workspace, person: Person, message: Message, action: Json, response_url: str
) -> Json:
    """`block_actions` from a message; one only the person sees doesn't carry the message itself."""
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": message.ephemeral_to is not None,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    channel = workspace.channels[message.channel]
    payload = _interaction(workspace, person, "block_actions") | {
        "container": container,
        "trigger_id": workspace.triggers.mint(person.id),
        "channel": {"id": channel.id, "name": _name(channel)},
        "state": {"values": workspace.chosen.get((person.id, message.ts), {})},
        "response_url": response_url,
        "actions": [action],
    }
    return payload if message.ephemeral_to else payload | {"message": message_json(workspace, message)}


def view_actions(workspace: Workspace, person: Person, view: Json, action: Json) -> Json:
    """`block_actions` from a modal or a Home."""
    return _interaction(workspace, person, "block_actions") | {
        "container": {"type": "view", "view_id": view["id"]},
        "trigger_id": workspace.triggers.mint(person.id, view["id"]),
        "view": view,
        "actions": [action],
    }


def submission(workspace: Workspace, person: Person, view: OpenView) -> Json:
    """`view_submission`."""
    return _interaction(workspace, person, "view_submission") | {
        "trigger_id": workspace.triggers.mint(person.id, view.id),
        "view": view_json(workspace, view),
        "response_urls": [],
    }


def closed(workspace: Workspace, person: Person, view: OpenView, *, is_cleared: bool) -> Json:
    """`view_closed`."""
    described = view_json(workspace, view) | {"state": {"values": {}}}
    return _interaction(workspace, person, "view_closed") | {"view": described, "is_cleared": is_cleared}


def suggestion(
    workspace: Workspace, person: Person, where: Json, block_id: str, action_id: str, query: str
) -> Json:
    """`block_suggestion`; `where` holds the container and the view or message."""
    ids = {"action_id": action_id, "block_id": block_id, "value": query}
    return _interaction(workspace, person, "block_suggestion") | ids | where


def global_shortcut(workspace: Workspace, person: Person, callback_id: str) -> Json:
    """`shortcut`, from the composer's menu; like `message_action`, it does not say which app it is for."""
    payload = _without_app(_interaction(workspace, person, "shortcut"))
    del payload["user"]["name"]
    return payload | {
        "action_ts": workspace.next_ts(),
        "callback_id": callback_id,
        "trigger_id": workspace.triggers.mint(person.id),
    }


def message_shortcut(
    workspace: Workspace, person: Person, callback_id: str, message: Message, response_url: str
) -> Json:
    """`message_action`, from a message's menu."""
    channel = workspace.channels[message.channel]
    return _without_app(_interaction(workspace, person, "message_action")) | {
        "action_ts": workspace.next_ts(),
        "callback_id": callback_id,
        "trigger_id": workspace.triggers.mint(person.id),
        "channel": {"id": channel.id, "name": _name(channel)},
        "message_ts": message.ts,
        "message": message_json(workspace, message),
        "response_url": response_url,
    }


def event(workspace: Workspace, inner: Json) -> Json:
    """`event_callback` around an event."""
    app = workspace.app
    authorization = {
        "enterprise_id": None,
        "team_id": app.team_id,
        "user_id": app.bot_user,
        "is_bot": True,
        "is_enterprise_install": False,
    }
    return {
        "token": app.verification_token,
        "team_id": app.team_id,
        "api_app_id": app.id,
        "event": inner,
        "type": "event_callback",
        "event_id": f"Ev{uuid4().hex[:10].upper()}",
        "event_time": int(workspace.now()),
        "authorizations": [authorization],
        "is_ext_shared_channel": False,
        "event_context": f"4-{uuid4().hex}",
    }


def said(workspace: Workspace, message: Message, kind: str) -> Json:
    """The event of a person's message: `app_mention` or `message`."""
    found: Json = {
        "client_msg_id": str(uuid4()),
        "type": kind,
        "text": message.text,
        "user": message.user,
        "ts": message.ts,
        "team": workspace.app.team_id,
        "channel": message.channel,
        "event_ts": message.ts,
    }
    if kind == "message":
        found["channel_type"] = channel_type(workspace.channels[message.channel])
    if message.thread_ts:
        found["thread_ts"] = message.thread_ts
    return found


def channel_type(channel: Channel) -> str:
    """What the events of its messages call a channel's kind."""
    return {"public": "channel", "private": "group", "im": "im"}[channel.kind]


def subscription(event: Json) -> str:
    """The name of an event in the list of those an app subscribes to."""
    if event["type"] != "message":
        return str(event["type"])
    return "message.im" if event["channel_type"] == "im" else f"message.{event['channel_type']}s"


def step_started(workspace: Workspace, run: StepRun) -> Json:
    """The event of a step of a workflow: `function_executed`."""
    stamp = int(workspace.now())
    function = workspace.app.functions[run.callback_id]
    return {
        "type": "function_executed",
        "function": {
            "id": "Fn0SANDBOX",
            "callback_id": run.callback_id,
            "title": function.title,
            "description": function.description,
            "type": "app",
            "input_parameters": [parameter.as_json() for parameter in function.inputs],
            "output_parameters": [parameter.as_json() for parameter in function.outputs],
            "app_id": workspace.app.id,
            "date_created": stamp,
            "date_released": 0,
            "date_updated": stamp,
            "date_deleted": 0,
        },
        "inputs": run.inputs,
        "function_execution_id": run.id,
        "workflow_execution_id": run.id.replace("Fx", "Wx", 1),
        "event_ts": workspace.next_ts(),
        "bot_access_token": run.token,
    }


def _interaction(workspace: Workspace, person: Person, kind: str) -> Json:
    app = workspace.app
    return {
        "type": kind,
        "team": {"id": app.team_id, "domain": app.team_domain},
        "user": {
            "id": person.id,
            "username": person.handle,
            "name": person.handle,
            "team_id": person.team_id,
        },
        "api_app_id": app.id,
        "token": app.verification_token,
        "is_enterprise_install": False,
    }


def _without_app(payload: Json) -> Json:
    return {name: part for name, part in payload.items() if name != "api_app_id"}


def _name(channel: Channel) -> str:
    return "directmessage" if channel.kind == "im" else channel.name
