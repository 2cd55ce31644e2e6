"""Backups as VPS.org tells of them, and what people ask for."""

from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

MANUAL_SLOTS = 10
"""Manual backups a server may have at most (VPS-API.md, rules)."""

FAILED_STATUSES = frozenset({"failed", "error", "cancelled", "canceled"})

_LARGEST = 2**63 - 1

BackupType = Literal["manual", "automatic"]


def _aware(moment: datetime) -> datetime:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        aware.astimezone(UTC)
    except OverflowError:
        raise ValueError("beyond the calendar in UTC") from None
    return aware


def _whole(size: object) -> object:
    whole = round(size) if isinstance(size, float) and isfinite(size) else size
    return None if isinstance(whole, int) and not 0 <= whole <= _LARGEST else whole


def _text(value: object) -> object:
    return "" if value is None else value


Moment = Annotated[datetime, AfterValidator(_aware)]
"""A moment with its offset; one that came without is taken as UTC."""

Megabytes = Annotated[int | None, BeforeValidator(_whole)]
"""A size in MB; None where it is not known, or none that can be."""

Id = Annotated[int, Field(ge=0, le=_LARGEST)]
"""A number that menus can carry and databases store."""

Text = Annotated[str, BeforeValidator(_text)]
"""A text; null is taken as empty."""


class ServerRef(BaseModel):
    """The server a backup belongs to."""

    model_config = ConfigDict(frozen=True)

    id: Id
    name: str


class Backup(BaseModel):
    """One backup. Unknown fields are ignored, unknown statuses and types kept as text (VPS-API.md)."""

    model_config = ConfigDict(frozen=True)

    id: Id
    server: ServerRef
    backup_type: str
    status: str
    size_mb: Megabytes = None
    created_at: Moment
    expires_at: Moment | None = None
    description: Text = ""

    @property
    def is_complete(self) -> bool:
        """True once it can be restored."""
        return self.status == "completed"

    @property
    def has_failed(self) -> bool:
        """True once it has ended without being usable."""
        return self.status in FAILED_STATUSES

    @property
    def is_final(self) -> bool:
        """True once its status will not change any more."""
        return self.is_complete or self.has_failed

    @property
    def is_manual(self) -> bool:
        """True for backups a person made; these use one of the server's slots."""
        return self.backup_type == "manual"


def newest_first(backups: list[Backup]) -> list[Backup]:
    """Return the backups sorted by age; the provider promises no order."""
    return sorted(backups, key=lambda backup: (backup.created_at, backup.id), reverse=True)


@dataclass(frozen=True)
class ListBackups:
    """Show the backups of one server, or of all."""

    server: str | None = None
    backup_type: BackupType | None = None


@dataclass(frozen=True)
class CreateBackup:
    """Make a backup of a server."""

    server: str | None = None
    reason: str = ""


@dataclass(frozen=True)
class DeleteBackup:
    """Delete one backup for ever."""

    backup_id: int | None = None


@dataclass(frozen=True)
class RestoreBackup:
    """Put a server back to a backup, given by its id or by its server's name."""

    backup_id: int | None = None
    server: str | None = None


@dataclass(frozen=True)
class ShowHelp:
    """Explain the command, or one verb of it."""

    verb: str | None = None


@dataclass(frozen=True)
class ShowMenu:
    """Offer the verbs as buttons."""


Request = ListBackups | CreateBackup | DeleteBackup | RestoreBackup | ShowHelp | ShowMenu
