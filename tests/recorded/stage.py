"""The pretend VPS.org on which operations were recorded, kept as JSON next to them."""

from datetime import datetime
from pathlib import Path
from typing import Any

from bot.backups.create import create_backup
from bot.backups.delete import delete_backup
from bot.backups.restore import restore_backup
from bot.backups.watch import watch_backup
from bot.operations.engine import Workflow
from bot.operations.model import Operation, Outcome, Verb
from bot.sandbox.vps.provider import Provider

WORKFLOWS: dict[Verb, Workflow[[Operation], Outcome]] = {
    "create": create_backup,
    "delete": delete_backup,
    "restore": restore_backup,
    "watch": watch_backup,
}

KINDS: dict[str, Verb] = {**{verb: verb for verb in WORKFLOWS}, "agreed": "delete"}
"""What is recorded; what is `agreed` waits for a second person, as the rules file says for its servers."""

A_CENTURY = 100 * 365.25 * 24 * 60
"""Minutes."""

FOR_AS_LONG_AS_IT_TAKES: dict[str, Any] = {
    "bot_late_minutes": A_CENTURY,
    "bot_give_up_hours": A_CENTURY / 60,
    "bot_rules_file": Path(__file__).with_name("rules.toml"),
}
"""Recordings grow old: with these settings an operation does not give up since it began years ago."""


FIRST_BACKUP = 5001
"""The number of the first backup that the pretend VPS.org makes."""


def as_json(provider: Provider) -> dict[str, Any]:
    """Return the servers, by name in the order of their ids, the backups, and which servers were restored."""
    return {
        "servers": [server.name for server in provider.servers.values()],
        "restored": [name for name, _ in provider.restores],
        "backups": [
            {
                "id": backup.id,
                "server": backup.server.name,
                "created_at": backup.created_at.isoformat(),
                "description": backup.description,
            }
            for backup in provider.backups.values()
        ],
    }


def build(provider: Provider, stage: dict[str, Any]) -> None:
    """Give an empty provider those servers and backups; what was in progress completes at once."""
    for name in stage["servers"]:
        provider.add_server(name)
    recorded = {each["id"]: each for each in stage["backups"]}
    # Those in between were deleted; their numbers must not be given to others.
    for _ in range(max(recorded) - FIRST_BACKUP + 1):
        backup = provider.add_backup(stage["servers"][0])
        if each := recorded.get(backup.id):
            backup.server = provider.server(each["server"])
            backup.created_at = datetime.fromisoformat(each["created_at"])
            backup.description = each["description"]
        else:
            del provider.backups[backup.id]
