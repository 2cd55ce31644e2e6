"""Manifests of apps to install in a pretend workspace."""

import copy
from typing import Any

Json = dict[str, Any]
_EVERYTHING: Json = {
    "display_information": {"name": "Backup Bot"},
    "features": {
        "app_home": {
            "home_tab_enabled": True,
            "messages_tab_enabled": True,
            "messages_tab_read_only_enabled": False,
        },
        "bot_user": {"display_name": "backup-bot"},
        "shortcuts": [
            {
                "name": "Start",
                "type": "global",
                "callback_id": "start_backup",
                "description": "Opens the form",
            },
            {"name": "Link", "type": "message", "callback_id": "link_backup", "description": "Links it"},
        ],
        "slash_commands": [
            {
                "command": "/backup",
                "description": "Back up and restore servers",
                "usage_hint": "list | create | restore | delete | status [server]",
                "should_escape": True,
            }
        ],
    },
    "oauth_config": {
        "scopes": {
            "bot": [
                *("commands", "app_mentions:read", "users:read", "usergroups:read", "im:write"),
                *("chat:write", "chat:write.public", "channels:read", "groups:read", "im:read", "im:history"),
            ]
        }
    },
    "settings": {
        "event_subscriptions": {
            "bot_events": ["app_home_opened", "app_mention", "function_executed", "message.im"]
        },
        "interactivity": {"is_enabled": True},
        "socket_mode_enabled": True,
        "org_deploy_enabled": True,
        "function_runtime": "remote",
    },
    "functions": {
        "run_backup": {
            "title": "Run a backup",
            "description": "Waits for its end",
            "input_parameters": {
                "properties": {
                    "server": {"type": "string", "title": "Server"},
                    "person": {"type": "slack#/types/user_id", "title": "For"},
                    "hours": {"type": "integer", "title": "Hours", "description": "How old it may be"},
                    "is_loud": {"type": "boolean", "title": "Tell all"},
                },
                "required": ["server"],
            },
            "output_parameters": {
                "properties": {"job_id": {"type": "string", "title": "Job"}},
                "required": ["job_id"],
            },
        }
    },
}


def manifest_of_everything() -> Json:
    """A manifest with something of every feature, for a test to change."""
    return copy.deepcopy(_EVERYTHING)
