"""What the pretend VPS.org keeps: servers, backups, and the calls it received."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

Json = dict[str, Any]

MANUAL_SLOTS = 10
"""Manual backups a server may have (VPS.org's Backups API, rules)."""

STANDARD_DISK_MB = 8000

Outcome = Literal["completed", "failed", "vanishes", "never"]
"""How a backup ends. `vanishes`: it is suddenly missing from the list; `never`: it stays in progress."""


@dataclass(eq=False)
class Server:
    """A server. `disk_mb` sets how big its backups are and how long they and restores take.

    Knobs: `backups_end` is how backups made from now on end; `backups_appear_after`, in seconds, how
    long they are missing from the list at first; `restores_end` the status after a restore (None: it
    stays `restoring`). `restored_from` is the backup it was last put back to, by id.
    """

    id: int
    name: str
    created_at: datetime
    hostname: str = ""
    status: str = "active"
    ip_address: str = ""
    location: str = "Frankfurt"
    disk_mb: int = STANDARD_DISK_MB
    restoring: int | None = None
    restored_from: int | None = None
    backups_end: Outcome = "completed"
    backups_appear_after: float = 0.0
    restores_end: str | None = "active"

    @property
    def seconds_of_work(self) -> float:
        """How long a backup or a restore takes at speed 1: 20 s for 8 GB, 30 s for 18 GB."""
        return 12.0 + self.disk_mb / 1000

    def as_json(self) -> Json:
        """Return the server as the Servers API shows it."""
        return {
            "id": self.id,
            "name": self.name,
            "hostname": self.hostname,
            "status": self.status,
            "ip_address": self.ip_address,
            "location": self.location,
            "plan": {"id": 3, "name": "Standard", "vcpus": 2, "memory": 4096, "storage": 80},
            "os": {"id": 7, "name": "Debian 12"},
            "created_at": _stamp(self.created_at),
            "updated_at": _stamp(self.created_at),
        }


@dataclass(eq=False)
class Backup:
    """A backup. `ends` is how it will end while in progress; a late one is not in the list yet."""

    id: int
    server: Server
    backup_type: str
    status: str
    created_at: datetime
    size_mb: int | None = None
    expires_at: datetime | None = None
    description: str = ""
    ends: Outcome = "completed"
    is_late: bool = False

    def has_expired(self, now: datetime) -> bool:
        """Tell whether it has been kept for as long as it is to be, and is gone."""
        return self.expires_at is not None and self.expires_at <= now

    def as_json(self) -> Json:
        """Return the backup as the Backups API shows it."""
        return {
            "id": self.id,
            "server": {"id": self.server.id, "name": self.server.name},
            "backup_type": self.backup_type,
            "status": self.status,
            "size_mb": self.size_mb,
            "created_at": _stamp(self.created_at),
            "expires_at": _stamp(self.expires_at) if self.expires_at else None,
            "description": self.description,
        }


@dataclass(eq=False)
class Call:
    """A request that arrived. `status` is None while, and where, no answer was sent.

    `path` is the one below the API's base address, `fault` what was spoiled on purpose.
    """

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    body: object = None
    fault: str | None = None
    status: int | None = None


class Refused(Exception):
    """The provider says no, with a status and a JSON body as Django REST framework words it."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body


def not_found(words: str = "Not found.") -> Refused:
    """Return the refusal for whatever does not exist."""
    return Refused(404, {"detail": words})


def forbidden() -> Refused:
    """Return the refusal for a token that may not do this."""
    return Refused(403, {"detail": "You do not have permission to perform this action."})


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
