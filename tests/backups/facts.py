"""Backups, operations and outcomes for tests, of a day in March."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from bot.backups.model import Backup, ServerRef
from bot.errors import Failure, Silence, Stale, StaleConfirmation, Unreachable
from bot.operations.model import (
    Accepted,
    AnyOperation,
    BackedUp,
    BackupFailed,
    BackupRef,
    NotDone,
    NotKnown,
    Operation,
    Outcome,
    State,
)
from bot.servers.model import Server
from bot.verbs import Verb

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
WEB = Server(id=1, name="web-1", status="running", ip_address="192.0.2.1", location="Helsinki")
SHOWN = BackupRef(id=501, created_at=NOON)
GONE = Failure.of(StaleConfirmation(Stale.GONE, backup_id=501))
TIMED_OUT = Failure.of(Unreachable(silence=Silence.TIMED_OUT, may_have_acted=True))

_OPERATION = TypeAdapter[Operation](AnyOperation)
_OF_VERB: dict[str, dict[str, Any]] = {
    Verb.DELETE: {"backup": SHOWN, "shown_at": NOON},
    Verb.RESTORE: {"backup": SHOWN, "shown_at": NOON},
    Verb.WATCH: {"backup_id": 501},
}


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def backup(number: int = 501, *, server: int = 1, name: str = "web-1", **more: Any) -> Backup:
    """Return a complete manual backup of web-1, taken at noon."""
    facts: dict[str, Any] = {"backup_type": "manual", "status": "completed", "size_mb": 2350}
    facts |= {"created_at": NOON} | more
    return Backup(id=number, server=ServerRef(id=server, name=name), **facts)


def operation(verb: str = Verb.CREATE, **more: Any) -> Any:
    """Return what ana requested at noon in ops, of the type that the verb has."""
    facts = {
        "id": f"1:{verb}:trigger:1",
        "verb": verb,
        "server_id": 1,
        "server_name": "web-1",
        "requested_by": "UANA",
        "channel": "COPS",
        "requested_at": NOON,
    }
    return _OPERATION.validate_python(facts | _OF_VERB.get(verb, {}) | more)


def outcome(state: State = State.DONE) -> Outcome:
    """Return an outcome of that state, an hour after noon."""
    ended_at = NOON + hours(1)
    match state:
        case State.DONE:
            return BackedUp(ended_at=ended_at, backup_id=501, size_mb=2350, seconds=3600)
        case State.ACCEPTED:
            return Accepted(ended_at=ended_at, status="running")
        case State.REFUSED:
            return NotDone(ended_at=ended_at, failure=GONE)
        case State.FAILED:
            return BackupFailed(ended_at=ended_at, backup_id=501, status="failed")
        case State.UNKNOWN:
            return NotKnown(ended_at=ended_at, failure=TIMED_OUT)
