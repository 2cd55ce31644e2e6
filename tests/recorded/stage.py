"""What is recorded: the kinds of operations, what must come of each, and the pretend VPS.org they are on."""

from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel

from bot.sandbox.vps.provider import Provider
from bot.verbs import Verb

Kind = Literal["create", "delete", "restore", "safe-restore", "watch", "approved", "cancelled"]
KINDS: tuple[Kind, ...] = get_args(Kind)
VERBS: dict[str, Verb] = {
    "create": Verb.CREATE,
    "delete": Verb.DELETE,
    "restore": Verb.RESTORE,
    "safe-restore": Verb.RESTORE,
    "watch": Verb.WATCH,
    "approved": Verb.DELETE,
    "waiting": Verb.DELETE,
    "ahead": Verb.CREATE,
    "queued": Verb.CREATE,
    "cancelled": Verb.CREATE,
}
"""Operations by their kind. What is `approved` or `waiting` needs a second person, as the rules file says.

The backup of what is `ahead` does not end; what is `queued` or `cancelled` waits behind such an operation.
"""
ACTING = frozenset(
    {
        "announce",
        "ask",
        "call_create",
        "call_delete",
        "call_restore",
        "show_approved",
        "show_outcome",
        "tell_requester",
    }
)
"""Steps that are interrupted before they act, and also between the act and its record."""

Ending = Literal["done", "left", "unknown", "cancelled", "told"]
"""`left`: too late to begin. `unknown`: a restore that may have been called. `told`: it was, before."""

A_CENTURY = 100 * 365.25 * 24 * 60
"""Minutes."""

FOR_AS_LONG_AS_IT_TAKES: dict[str, Any] = {
    "bot_late_minutes": 1_000_000,
    "bot_give_up_hours": A_CENTURY / 60,
    "bot_confirmation_hours": A_CENTURY / 60,
    "bot_keep_days": 36_500,
    "bot_rules_file": Path(__file__).with_name("rules.toml"),
}
"""Recordings grow old: with these settings an operation does not give up since it began years ago."""

FIRST_BACKUP = 5001
"""The number of the first backup that the pretend VPS.org makes."""


class Interrupted(BaseModel):
    """An operation, where it was interrupted (nowhere if `at` is empty), and what must come of it.

    Its server has the name `server`. `tag` is in the descriptions of the backups it makes, `target` is the
    backup it is about.
    """

    id: str
    kind: str
    server: str
    tag: str
    target: int | None = None
    at: str = ""
    ending: Ending


class RecordedBackup(BaseModel):
    """A backup at the pretend VPS.org."""

    id: int
    server: str
    created_at: datetime
    description: str


class Recorded(BaseModel):
    """Servers, by name in the order of their ids, what was done to them, and what was begun."""

    servers: list[str]
    restored: list[str]
    backups: list[RecordedBackup]
    operations: list[Interrupted]


def ending(kind: str, step: str) -> Ending:
    """Return what must come of an operation that was interrupted at this step."""
    if step == "admit":
        return "left"
    if step == "call_restore":
        return "unknown"
    return "cancelled" if kind == "cancelled" else "done"


def recorded(provider: Provider, operations: list[Interrupted]) -> Recorded:
    """Return the state of things."""
    backups = [
        RecordedBackup(
            id=backup.id,
            server=backup.server.name,
            created_at=backup.created_at,
            description=backup.description,
        )
        for backup in provider.backups.values()
    ]
    servers = [server.name for server in provider.servers.values()]
    restored = [name for name, _ in provider.restores]
    return Recorded(servers=servers, restored=restored, backups=backups, operations=operations)


def build(provider: Provider, found: Recorded) -> None:
    """Give an empty provider those servers and backups; what was in progress completes at once."""
    for name in found.servers:
        provider.add_server(name)
    by_id = {each.id: each for each in found.backups}
    # Those in between were deleted; their numbers must not be given to others.
    for _ in range(max(by_id) - FIRST_BACKUP + 1):
        backup = provider.add_backup(found.servers[0])
        if each := by_id.get(backup.id):
            backup.server = provider.server(each.server)
            backup.created_at = each.created_at
            backup.description = each.description
        else:
            del provider.backups[backup.id]
