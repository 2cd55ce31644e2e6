"""Backups, operations and outcomes for tests, of a day in March."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.backups.model import Backup, ServerRef
from bot.operations.model import Operation, Outcome, State
from bot.servers.model import Server

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
WEB = Server(id=1, name="web-1", status="running", ip_address="192.0.2.1", location="Helsinki")


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def backup(number: int = 501, *, server: int = 1, name: str = "web-1", **more: Any) -> Backup:
    """Return a complete manual backup of web-1, taken at noon."""
    facts = {"backup_type": "manual", "status": "completed", "size_mb": 2350, "created_at": NOON}
    return Backup(id=number, server=ServerRef(id=server, name=name), **facts | more)


def operation(verb: str = "create", **more: Any) -> Operation:
    """Return what ana asked for at noon in ops."""
    facts = {
        "id": f"{verb}:trigger:1",
        "verb": verb,
        "server_id": 1,
        "server_name": "web-1",
        "asked_by": "UANA",
        "channel": "COPS",
        "asked_at": NOON,
    }
    return Operation.model_validate(facts | more)


def outcome(state: State = State.DONE, **more: Any) -> Outcome:
    """Return an outcome an hour after noon."""
    facts = {"state": state, "ended_at": NOON + hours(1)}
    return Outcome.model_validate(facts | more)
