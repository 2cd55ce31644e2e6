"""The Slack app this bot needs, as a manifest of version 2 to paste on api.slack.com/apps.

https://docs.slack.dev/reference/app-manifest
"""

import json
from typing import Any
from urllib.parse import quote

import yaml

from bot.slack.ids import COMMAND, MENU_SHORTCUT, MESSAGE_SHORTCUT
from bot.verbs import USAGES

SCOPES = (
    "commands",
    "chat:write",
    "chat:write.public",
    "app_mentions:read",
    "im:history",
    "im:write",
    "users:read",
    "usergroups:read",
)
"""What the bot can't work without; `im:history` is what people write to it directly."""

EVENTS = ("app_home_opened", "app_mention", "message.im", "function_executed")

OPTIONAL_SCOPES = (
    "channels:history",
    "groups:history",
    "channels:read",
    "groups:read",
    "files:write",
)
"""With `history` the bot looks for its own message after a crash, instead of risking to post it twice; with
`read` the doctor can tell whether a channel is there; with `files:write` people can get the audit trail
and timelines as files."""


_SERVER = {"type": "string", "title": "Server", "description": "Its name, host name, address or id"}
_PERSON = {
    "type": "slack#/types/user_context",
    "title": "Person",
    "description": "Who started the workflow; Slack fills this in",
}
_BACKUP_ID = {"type": "string", "title": "Backup id", "description": "The backup's number at VPS.org"}
_SIZE = {"type": "integer", "title": "Size in MB", "description": "Left out if VPS.org does not tell it"}

FUNCTIONS = {
    "back_up_and_wait": {
        "title": "Back up a server and wait",
        "description": "Makes a backup, and goes on when it is complete",
        "input_parameters": {
            "properties": {
                "server": _SERVER,
                "reason": {"type": "string", "title": "Reason", "description": "Why, for all to see"},
                "channel": {
                    "type": "slack#/types/channel_id",
                    "title": "Channel",
                    "description": "Where I tell of it; else I write to the person",
                },
                "person": _PERSON,
            },
            "required": ["server", "person"],
        },
        "output_parameters": {
            "properties": {
                "backup_id": _BACKUP_ID,
                "size_mb": _SIZE,
                "seconds": {"type": "integer", "title": "Seconds", "description": "How long it took"},
                "status": {"type": "string", "title": "Status", "description": "How it ended: done"},
            },
            "required": ["backup_id", "status"],
        },
    },
    "find_last_backup": {
        "title": "Find the last good backup",
        "description": "Finds a server's newest complete backup, and tells how old it is",
        "input_parameters": {
            "properties": {"server": _SERVER, "person": _PERSON},
            "required": ["server", "person"],
        },
        "output_parameters": {
            "properties": {
                "backup_id": _BACKUP_ID,
                "moment": {
                    "type": "slack#/types/timestamp",
                    "title": "Made at",
                    "description": "When the backup was made",
                },
                "age": {"type": "string", "title": "Age", "description": "How old it is, in words"},
                "age_hours": {"type": "number", "title": "Age in hours", "description": "To branch on"},
                "size_mb": _SIZE,
            },
            "required": ["backup_id", "moment", "age", "age_hours"],
        },
    },
}
"""The steps in Workflow Builder. Never change an id: people's workflows hold them.

https://docs.slack.dev/workflows/workflow-steps
"""


def manifest(request_url: str | None = None) -> dict[str, Any]:
    """Return the manifest for Socket Mode, or for HTTP mode where Slack is to call `request_url`."""
    reached_at = {"url": request_url} if request_url else {}
    events_at = {"request_url": request_url} if request_url else {}
    interactions_at = (
        {"request_url": request_url, "message_menu_options_url": request_url} if request_url else {}
    )
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": "Backup Bot",
            "description": "Back up and restore your VPS.org servers",
            "background_color": "#1f2937",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "backup-bot", "always_online": False},
            "shortcuts": [
                {
                    "name": "Server backups",
                    "type": "global",
                    "callback_id": MENU_SHORTCUT,
                    "description": "List, create, restore or delete backups",
                },
                {
                    "name": "Back up a server…",
                    "type": "message",
                    "callback_id": MESSAGE_SHORTCUT,
                    "description": "Back up the server that a message is about",
                },
            ],
            "slash_commands": [
                {
                    "command": COMMAND,
                    **reached_at,
                    "description": "List, create, restore or delete backups of your servers",
                    "usage_hint": f"[{'|'.join(USAGES)}]",
                    "should_escape": True,
                }
            ],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES), "bot_optional": list(OPTIONAL_SCOPES)}},
        "settings": {
            "event_subscriptions": {**events_at, "bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True, **interactions_at},
            "org_deploy_enabled": True,
            "socket_mode_enabled": request_url is None,
            "token_rotation_enabled": False,
            "function_runtime": "remote",
        },
        "functions": FUNCTIONS,
    }


def as_yaml(request_url: str | None = None) -> str:
    """Return the manifest as text, ready to paste."""
    return yaml.safe_dump(manifest(request_url), sort_keys=False, allow_unicode=True, width=100)


def as_link(request_url: str | None = None) -> str:
    """Return an address at which Slack offers to make the app, with the manifest filled in."""
    content = json.dumps(manifest(request_url), separators=(",", ":"))
    return f"https://api.slack.com/apps?new_app=1&manifest_json={quote(content, safe='')}"
