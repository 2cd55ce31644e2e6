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
    },
    "functions": {"run_backup": {}},
}


def manifest_of_everything() -> Json:
    """A manifest with something of every feature, for a test to change."""
    return copy.deepcopy(_EVERYTHING)
