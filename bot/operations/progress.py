"""How far an operation has come, as its card says: facts alone, which `messages.py` words."""

from dataclasses import dataclass
from datetime import datetime

from bot.verbs import Verb


@dataclass(frozen=True)
class Ahead:
    """The operation that goes first."""

    verb: Verb
    requested_by: str
    requested_at: datetime


@dataclass(frozen=True)
class Queued:
    """It waits for another operation on its server to finish."""

    behind: Ahead


@dataclass(frozen=True)
class Running:
    """It acts now."""


@dataclass(frozen=True)
class SafetyBackupRunning:
    """The restore's safety backup is being made."""


@dataclass(frozen=True)
class AwaitingServer:
    """VPS.org accepted the restore, and the server is watched until it is back."""


@dataclass(frozen=True)
class Late:
    """The backup that was started then takes longer than `limit_seconds`."""

    started_at: datetime
    limit_seconds: float


@dataclass(frozen=True)
class ServerLate:
    """The server whose restore was accepted then is not back after `limit_seconds`; `status` was its last."""

    started_at: datetime
    limit_seconds: float
    status: str


Progress = Queued | Running | SafetyBackupRunning | AwaitingServer | Late | ServerLate
"""What a card says while the operation has not ended."""
